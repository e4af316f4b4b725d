"""Labels as a file has them become bouts on the frames of a recording."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from boutwise.errors import LabelError, did_you_mean
from boutwise.formats._contract import LabelRow, LabelTrack
from boutwise.types import Bout, Bouts, Observed, Problem, Recording, Severity, Trial

_Span = tuple[int, int]


@dataclass
class _Conversion:
    """One track on its way to one recording."""

    track: LabelTrack
    recording: Recording
    source: str
    strict: bool
    first_frame: int
    stop_frame: int
    animal_map: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def report(self, what: str, *, row: int | None = None, **more: object) -> None:
        """Keep a blocking problem, or raise it at once when strict."""
        frame = more.get("frame")
        expected, todo = str(more.get("expected", "")), str(more.get("todo", ""))
        if self.strict:
            raise LabelError(
                what,
                file=self.source or None,
                row=row,
                recording=self.recording.id,
                frame=frame if isinstance(frame, int) else None,
                expected=expected or None,
                todo=todo or None,
            )
        self._keep(Severity.BLOCKING, what, row, expected, todo)

    def warn(self, what: str, *, row: int | None = None, todo: str = "") -> None:
        """Keep a warning."""
        self._keep(Severity.WARNING, what, row, "", todo)

    def _keep(
        self, severity: Severity, what: str, row: int | None, expected: str, todo: str
    ) -> None:
        self.problems.append(
            Problem(
                "labels",
                severity,
                what,
                recording=self.recording.id,
                file=self.source,
                row=row,
                expected=expected,
                todo=todo,
            )
        )

    def animal(self, name: str, row: int | None) -> str | None:
        """The recording's animal behind a name of the file; None after a report."""
        known = self.recording.animals
        if name in self.animal_map:
            name = self.animal_map[name]
        elif not name and len(known) == 1:
            return known[0]
        if name in known:
            return name
        what = f"the animal '{name}' is not in the recording" if name else "no animal is named"
        self.report(
            what,
            row=row,
            expected=f"one of {', '.join(known)}",
            todo=f"map it by animal_map; {did_you_mean(name, known)}",
        )
        return None

    def span(self, start: float, stop: float, row: int | None) -> _Span | None:
        """Frames of a label; None when none of it lies in the recording (after a report)."""
        if self.track.unit == "frame":
            begin, end = self._whole(start, row), self._whole(stop, row)
        else:
            clock = self.recording.clock
            shift = float(clock.to_seconds(self.first_frame)) - float(clock.to_seconds(0))
            begin = int(clock.to_frame(start + shift))
            end = int(clock.to_frame(stop + shift))
            if end <= begin and self.track.n_rows is not None:
                # Rows that come faster than frames: a frame keeps the row nearest to it.
                self.warn(f"a label of {stop - start:g} s falls between two frames", row=row)
                return None
            over = float(clock.to_seconds(self.stop_frame)) + 0.5 / clock.fps
            if begin == self.stop_frame and stop + shift < over:
                begin = self.stop_frame - 1  # the last frame is the nearest one there is
        end = max(end, begin + 1)  # a point, or less than half a frame: it still happened
        if begin < 0 or begin >= self.stop_frame:
            self.report(
                f"a label begins at frame {begin}",
                row=row,
                frame=begin,
                expected=f"0 to {self.stop_frame - 1}",
                todo="check the frame rate, the trial and the offset of this file",
            )
            return None
        if end > self.stop_frame + 1:
            self.report(
                f"a label ends at frame {end}, past the end",
                row=row,
                frame=begin,
                expected=f"at most {self.stop_frame}",
                todo="check the frame rate, the trial and the offset of this file",
            )
        elif end > self.stop_frame:
            self.warn(f"a label ends one frame past the end, at {end}, and was cut", row=row)
        return begin, min(end, self.stop_frame)

    def _whole(self, frame: float, row: int | None) -> int:
        if frame % 1:
            raise LabelError(
                f"{frame:g} is no frame",
                file=self.source or None,
                row=row,
                recording=self.recording.id,
                expected="a whole number",
                todo="say that the file counts in seconds",
            )
        return int(frame) + self.first_frame


def _trial(track: LabelTrack, recording: Recording, source: str) -> Trial | None:
    if track.trial is None:
        return None
    numbers = {trial.number: trial for trial in recording.trials}
    if track.trial not in numbers:
        raise LabelError(
            f"there is no trial {track.trial}",
            file=source or None,
            recording=recording.id,
            expected=f"one of {', '.join(map(str, numbers)) or 'no trials at all'}",
            todo="give --trials or --trial-length",
        )
    return numbers[track.trial]


def label_offset(track: LabelTrack, recording: Recording, *, source: str = "") -> int:
    """Frames at the head of a trial that a file of labels frame by frame leaves out.

    A file with fewer rows than its trial has frames holds the last ones (345 of 360: offset 15);
    a full file never moves. To be shown in a dry run and used only when a person agrees.

    Raises:
        LabelError: The file has more rows than the trial has frames.
    """
    trial = _trial(track, recording, source)
    n_frames = trial.n_frames if trial else recording.n_frames
    if track.n_rows is None:
        return 0
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


def labels_to_bouts(
    track: LabelTrack,
    recording: Recording,
    *,
    annotator: str,
    source: str,
    offset_frames: int = 0,
    animal_map: Mapping[str, str] | None = None,
    strict: bool = True,
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

    Returns:
        The bouts with what was observed, and the problems with file and row.

    Raises:
        LabelError: A label does not fit (strict), or the trial or a frame cannot be.
    """
    trial = _trial(track, recording, source)
    head = trial.first_frame if trial else 0
    end = trial.stop_frame if trial else recording.n_frames
    job = _Conversion(track, recording, source, strict, head + offset_frames, end, animal_map or {})
    if trial and not trial.valid:
        job.warn(f"trial {trial.number} is invalid; its labels are left out")
        return Bouts.from_rows([]), job.problems
    who = track.annotator or annotator
    bouts = [bout for row in track.rows if (bout := _bout(job, row, who))]
    _overlaps(job, bouts)
    if not track.rows:
        job.warn("the file holds no label", todo="remove it if it was made by mistake")
    observed = _observed(job, [bout for _, bout in bouts], who)
    return Bouts.from_rows((bout for _, bout in bouts), observed), job.problems


def _bout(job: _Conversion, row: LabelRow, annotator: str) -> tuple[LabelRow, Bout] | None:
    animal = job.animal(row.animal, row.row)
    target = job.animal(row.target, row.row) if row.target else ""
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


def _overlaps(job: _Conversion, bouts: list[tuple[LabelRow, Bout]]) -> None:
    """Report labels of one behavior and subject that lie over each other in frames."""
    last: dict[tuple[str, str, str], tuple[LabelRow, Bout]] = {}
    for row, bout in sorted(bouts, key=lambda pair: (pair[1].start, pair[1].stop)):
        key = (bout.animal, bout.target, bout.behavior)
        before = last.get(key)
        # Two labels may share a frame only because both were rounded to it.
        if before and bout.start < before[1].stop and row.start < before[0].stop:
            job.warn(
                f"two labels of '{bout.behavior}' overlap from frame {bout.start}; "
                f"the other is in row {before[0].row}",
                row=row.row,
                todo="remove one of them",
            )
        if before is None or bout.stop > before[1].stop:
            last[key] = row, bout


def _observed(job: _Conversion, bouts: list[Bout], annotator: str) -> list[Observed]:
    """What the file says was examined, on frames."""
    track, recording = job.track, job.recording
    found: list[Observed] = []
    if track.examined is not None:
        for row in track.examined:
            animal = job.animal(row.animal, row.row)
            target = job.animal(row.target, row.row) if row.target else ""
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


def _observed_spans(job: _Conversion) -> list[_Span]:
    track = job.track
    if track.observed is None:
        stop = job.stop_frame
        if track.n_rows is not None:
            stop = min(stop, job.first_frame + track.n_rows)
        return [(max(job.first_frame, 0), stop)] if stop > job.first_frame else []
    spans = [job.span(start, stop, None) for start, stop in track.observed]
    return [span for span in spans if span is not None]


def _subjects(job: _Conversion, bouts: list[Bout]) -> dict[str, list[tuple[str, str]]]:
    """Behavior -> (animal, target) for which it was examined.

    A file speaks of the animals and pairs that occur in it; an animal that it never names was not
    examined. A behavior that is never directed is one of single animals.
    """
    alone = dict.fromkeys((bout.animal, "") for bout in bouts)
    if not alone and len(job.recording.animals) == 1:
        alone = {(job.recording.animals[0], ""): None}
    pairs = dict.fromkeys((bout.animal, bout.target) for bout in bouts if bout.target)
    directed = {bout.behavior for bout in bouts if bout.target}
    single = {bout.behavior for bout in bouts if not bout.target}
    names = dict.fromkeys([*job.track.behaviors, *(bout.behavior for bout in bouts)])
    subjects: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in names:
        if name in directed:
            subjects[name] += pairs
        if name in single or name not in directed:
            subjects[name] += alone
    return subjects
