"""Labels as a file has them become bouts on the frames of a recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from boutwise.errors import LabelError, did_you_mean
from boutwise.formats._contract import LabelRow, LabelTrack
from boutwise.formats._lost import without_lost
from boutwise.formats._placing import Placing, Span
from boutwise.types import Bout, Bouts, Ethogram, Observed, Problem, Recording, Trial

LENGTH_SHARE = 0.02
"""Share of its length by which a recording may differ from what a label file says of it."""


def _trial(track: LabelTrack, recording: Recording, source: str) -> Trial | None:
    if track.trial is None:
        return None
    numbers = {trial.number: trial for trial in recording.trials}
    if track.trial not in numbers:
        raise LabelError(
            f"there is no trial {track.trial}",
            file=source or None,
            recording=recording.id,
            expected=f"one of {', '.join(map(str, numbers))}"
            if numbers
            else "a trial; it has none",
            todo="give --trials or --trial-length",
        )
    return numbers[track.trial]


def label_offset(track: LabelTrack, recording: Recording, *, source: str = "") -> int:
    """Frames at the head of a trial that a file of labels frame by frame leaves out.

    A file with fewer rows than its trial has frames holds the last ones (345 of 360: offset 15);
    a full file never moves, nor one whose own frame numbers reach beyond its rows. To be shown
    in a dry run and used only when a person agrees.

    Raises:
        LabelError: The file has more rows than the trial has frames.
    """
    trial = _trial(track, recording, source)
    n_frames = trial.n_frames if trial else recording.n_frames
    if track.n_rows is None or track.unit == "second":
        return 0
    last = max([stop for _, stop in track.observed or ()] + [row.stop for row in track.rows] + [0])
    if track.n_rows < last <= n_frames:
        return 0  # the file numbers its frames itself: they do not begin at 0, or have gaps
    if track.n_rows > n_frames:
        raise LabelError(
            f"there are {track.n_rows} rows of labels",
            file=source or None,
            recording=recording.id,
            expected=f"at most {n_frames}, the frames of "
            + (f"trial {trial.number}" if trial else "the recording"),
            todo="check which recording and trial this file belongs to",
        )
    return n_frames - track.n_rows


# Eight parameters: the first two are the matter, the others are named by every caller.
def labels_to_bouts(
    track: LabelTrack,
    recording: Recording,
    *,
    annotator: str,
    source: str,
    offset_frames: int = 0,
    animal_map: Mapping[str, str] | None = None,
    strict: bool = True,
    ethogram: Ethogram | None = None,
) -> tuple[Bouts, list[Problem]]:
    """Put the labels of a file on the frames of their recording.

    Seconds go to the nearest frame of the recording's clock, never down; a point, and a label of
    less than half a frame, becomes one frame. Frames of a trial count from the trial's first.

    Args:
        track: Labels of one recording or trial.
        recording: The recording that they belong to.
        annotator: Who labeled; the track's own annotator wins.
        source: File that they came from, for messages and for the bouts.
        offset_frames: Frames that the file leaves out at the head; see :func:`label_offset`.
        animal_map: Name in the file -> animal of the recording; the empty name is allowed.
        strict: Raise on the first label that does not fit; else report it, cut it to the
            recording, or leave it out when nothing of it lies inside.
        ethogram: When given, behaviors that it does not know and overlaps in its exclusive groups
            are found here, with their rows; such labels stay in the bouts.

    Returns:
        The bouts with what was observed, and the problems with file and row.

    Raises:
        LabelError: A label does not fit (strict), or the trial or a frame cannot be.
    """
    trial = _trial(track, recording, source)
    head = trial.first_frame if trial else 0
    end = trial.stop_frame if trial else recording.n_frames
    job = Placing(track, recording, source, strict, head + offset_frames, end, animal_map or {})
    if trial and not trial.valid:
        job.warn(f"trial {trial.number} is invalid; its labels are left out")
        return Bouts.from_rows([]), job.problems
    who = track.annotator or annotator
    placed = [(row, _bout(job, row, who)) for row in track.rows]
    bouts = [bout for _, bout in placed if bout]
    lost = [*track.lost, *(row for row, bout in placed if not bout)]
    _check(job, bouts, ethogram)
    _check_targets(job)
    _check_length(job)
    if not track.rows and not lost:
        job.warn("the file holds no label", todo="remove it if it was made by mistake")
    observed = _observed(job, [bout for _, bout in bouts], who)
    observed = without_lost(job, observed, lost)
    return Bouts.from_rows((bout for _, bout in bouts), observed), job.problems


def _check_length(job: Placing) -> None:
    """Warn where the file says that its recording is much longer or shorter than this one.

    The rate may be another, or a video before this one may be missing: labels would lie elsewhere.
    """
    track, clock = job.track, job.recording.clock
    if track.length is None or track.trial is not None:
        return
    mine = clock.duration_s if track.unit == "second" else float(clock.n_frames)
    least = 1.0 if track.unit == "second" else clock.fps
    if abs(track.length - mine) > max(LENGTH_SHARE * mine, least):
        unit = "s" if track.unit == "second" else "frames"
        job.warn(
            f"the file is of a recording of {track.length:g} {unit}, and this one has {mine:g}",
            todo="check the frame rate, and whether the labels count from the start of this video "
            "or of one before it",
        )


def _check_targets(job: Placing) -> None:
    """Warn where modifiers are names of other animals, and nobody has said what they mean."""
    named = [
        (row, word)
        for row in job.track.rows
        for word in row.modifiers.split("|")
        if word and not row.target and job.known_animal(word) not in (None, row.animal)
    ]
    if named:
        words = ", ".join(dict.fromkeys(word for _, word in named))
        job.warn(
            f"modifiers of {len(named)} labels are names of animals: {words}; the labels are taken "
            "as of one animal each",
            row=named[0][0].row,
            todo="if they are acted upon, say targets: [...] with these names in --mapping, and "
            "import again",
        )


def _bout(job: Placing, row: LabelRow, annotator: str) -> tuple[LabelRow, Bout] | None:
    animal = job.animal(row.animal, row.row)
    target = job.target(row)
    span = job.span(row.start, row.stop, row.row)
    if animal is None or target is None or span is None:
        return None
    return row, Bout(
        job.recording.id,
        animal,
        row.behavior,
        *span,
        target=target,
        state=row.state,
        annotator=annotator,
        source=row.source or job.source,
        confidence=row.confidence,
        modifiers=row.modifiers,
        comment=row.comment,
    )


def _check(job: Placing, bouts: list[tuple[LabelRow, Bout]], ethogram: Ethogram | None) -> None:
    """Report unknown behaviors, and labels of one subject that must not lie over each other."""
    known = [*ethogram.names, *ethogram.merges] if ethogram else []
    if ethogram:
        for row, bout in bouts:
            if bout.behavior not in known:
                job.report(
                    f"the behavior '{bout.behavior}' is not in the ethogram",
                    row=row.row,
                    expected=", ".join(known),
                    todo=f"add it, or merge it into another; {did_you_mean(bout.behavior, known)}",
                )
    last: dict[tuple[str, str, str], tuple[LabelRow, Bout]] = {}
    for row, bout in sorted(bouts, key=lambda pair: (pair[1].start, pair[1].stop)):
        if bout.state != "yes":
            continue
        name = bout.behavior
        group = ethogram.group_of(ethogram.merged(name)) if ethogram and name in known else None
        key = (bout.animal, bout.target, f"group {group.name}" if group else name)
        before = last.get(key)
        if before and bout.start < before[1].stop:
            _overlap(job, before, (row, bout), ethogram)
        if before is None or bout.stop > before[1].stop:
            last[key] = row, bout


def _overlap(
    job: Placing,
    first: tuple[LabelRow, Bout],
    second: tuple[LabelRow, Bout],
    ethogram: Ethogram | None,
) -> None:
    """Report two labels that share frames: a warning for one behavior, blocking for two."""
    (before, one), (row, two) = first, second
    names = {ethogram.merged(bout.behavior) if ethogram else bout.behavior for bout in (one, two)}
    other = f"the other is in row {before.row}"
    if len(names) > 1:
        job.report(
            f"'{one.behavior}' and '{two.behavior}' overlap from frame {two.start}, "
            f"but exclude each other; {other}",
            row=row.row,
            frame=two.start,
            expected="one behavior of an exclusive group at a time",
            todo="mend one of them, or take it out of the group",
        )
    elif replace(one, confidence=0.0) == replace(two, confidence=0.0):
        job.warn(
            f"a label of '{two.behavior}' has the same frames as another one: it counts once",
            row=row.row,
            frame=two.start,
            other=before.row,
            todo="remove one of them",
        )
    elif row.start < before.stop:  # else both were only rounded to the same frame
        job.warn(
            f"a label of '{two.behavior}' overlaps with another one of it",
            row=row.row,
            frame=two.start,
            other=before.row,
            todo="mend one of them, or have them joined: 'rules' in the mapping of intervals",
        )


def _observed(job: Placing, bouts: list[Bout], annotator: str) -> list[Observed]:
    """What the file says was examined, on frames."""
    track, recording = job.track, job.recording
    found: list[Observed] = []
    if track.examined is not None:
        for row in track.examined:
            animal = job.animal(row.animal, row.row)
            target = job.target(row)
            span = job.span(row.start, row.stop, row.row)
            if animal is not None and target is not None and span is not None:
                found.append(Observed(recording.id, animal, row.behavior, *span, target, annotator))
        return found
    spans = _observed_spans(job)
    for behavior, subjects in _subjects(job, bouts).items():
        found += [
            Observed(recording.id, animal, behavior, start, stop, target, annotator)
            for animal, target in subjects
            for start, stop in spans
        ]
    return found


def _observed_spans(job: Placing) -> list[Span]:
    track = job.track
    if track.observed is None:
        stop = job.stop_frame
        if track.n_rows is not None:
            stop = min(stop, job.first_frame + track.n_rows)
        return [(max(job.first_frame, 0), stop)] if stop > job.first_frame else []
    spans = [job.span(start, stop, None) for start, stop in track.observed]
    return [span for span in spans if span is not None]


def _subjects(job: Placing, bouts: list[Bout]) -> dict[str, list[tuple[str, str]]]:
    """Behavior -> (animal, target) for which it was examined.

    A file speaks of the animals and pairs that occur in it; an animal that it never names was not
    examined, nor is anything known of the only one where the file names another. A behavior that
    was looked for and never seen is one of pairs where all that was seen is directed, else one of
    single animals.
    """
    alone = dict.fromkeys((bout.animal, "") for bout in bouts)
    named = [row.animal for row in (*job.track.rows, *job.track.lost) if row.animal]
    foreign = bool(named) and all(job.known_animal(name) is None for name in named)
    if not alone and len(job.recording.animals) == 1 and not foreign:
        alone = {(job.recording.animals[0], ""): None}
    pairs = dict.fromkeys((bout.animal, bout.target) for bout in bouts if bout.target)
    directed = {bout.behavior for bout in bouts if bout.target}
    single = {bout.behavior for bout in bouts if not bout.target}
    names = dict.fromkeys([*job.track.behaviors, *(bout.behavior for bout in bouts)])
    subjects: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in names:
        unseen = name not in directed | single
        if name in directed or (unseen and directed and not single):
            subjects[name] += pairs
        if name in single or (unseen and (single or not directed)):
            subjects[name] += alone
    return subjects
