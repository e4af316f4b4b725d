"""Recordings that only label files speak of: no pose tells how long they are, and of whom."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from boutwise.api.importing.draft import Draft, names_of
from boutwise.api.importing.facts import warn
from boutwise.api.importing.matching import apart, plain
from boutwise.api.importing.metadata import MOST_FRAMES, AnimalFacts, Metadata
from boutwise.api.importing.reading import ImportOptions, ReadFile
from boutwise.api.importing.sources import slug
from boutwise.api.importing.types import ImportPlan
from boutwise.errors import DataError
from boutwise.formats import LabelTrack
from boutwise.formats._contract import THE_OTHER
from boutwise.types import FrameClock, Problem, Severity

FileTrack = tuple[ReadFile, LabelTrack]


@dataclass
class _Group:
    """Label tracks of one recording, of one file or several."""

    name: str
    tracks: list[FileTrack] = field(default_factory=list)

    def takes(self, file: ReadFile, track: LabelTrack) -> bool:
        """Whether a track is of this recording: the same name, and no other place or time.

        Equal names in folders such as ``mouse1`` and ``mouse2`` are two recordings, unless another
        person labeled them: then they are ``rater1`` and ``rater2``.
        """
        if plain(track.recording) != plain(self.name):
            return False
        folder = file.path.resolve().parent
        others = [other.path.resolve().parent for other, _ in self.tracks]
        if not any(apart(other, folder) for other in others):
            return True
        return bool(track.annotator) and track.annotator not in {
            other.annotator for _, other in self.tracks
        }

    def id(self, taken: Collection[str]) -> str:
        """Id of the recording: the folder that its files share below the source, and its name.

        A folder that is called like the annotator tells who labeled, and not where.
        """
        folders = [
            [step for step in PurePosixPath(file.found.folder).parts if step != track.annotator]
            for file, track in self.tracks
        ]
        shared = []
        for steps in zip(*folders, strict=False):
            if len(set(steps)) > 1:
                break
            shared.append(steps[0])
        name = slug("/".join([*shared, self.name.replace("/", "_")]))
        parents = [p for p in self.tracks[0][0].path.resolve().parent.parts if slug(p)]
        while name in taken and parents:
            name = slug(f"{parents.pop()}/{name}")
        return name


def drafts_of(lost: Sequence[FileTrack], taken: Collection[str]) -> list[Draft]:
    """A recording for every label track that has none.

    Args:
        lost: Files and their tracks; several of one recording share a draft.
        taken: Ids of the recordings that are there.

    Returns:
        The draft of each track, in order; how long they are is not known yet.
    """
    groups: list[_Group] = []
    places: list[int] = []
    for file, track in lost:
        fits = [place for place, group in enumerate(groups) if group.takes(file, track)]
        if not fits:
            groups.append(_Group(track.recording))
            fits = [len(groups) - 1]
        groups[fits[0]].tracks.append((file, track))
        places.append(fits[0])
    made: list[Draft] = []
    ids = set(taken)
    for group in groups:
        name = group.id(ids)
        ids.add(name)
        paths = [file.path for file, _ in group.tracks]
        also = tuple(dict.fromkeys(n for path in paths for n in (path.name, path.stem)))
        folder = paths[0].resolve().parent
        format = group.tracks[0][0].found.format
        draft = Draft(name, None, group.name, 0, (), (), {}, None, folder, posed=False, also=also)
        made.append(replace(draft, label_format=format))
    return [made[place] for place in places]


def with_length(
    draft: Draft,
    tracks: Sequence[LabelTrack],
    fps: float,
    metadata: Metadata,
    options: ImportOptions,
    plan: ImportPlan,
) -> tuple[Draft, bool]:
    """The draft with its number of frames, and whether the recording may be longer than that.

    What counts frames wins: a declared number, rows of labels frame by frame, the length that a
    file states, the end of what it says was examined, trials. Else the recording ends with its
    last label, and the plan says so.
    """
    known = draft.known
    if known is not None and (not known.open_end or not tracks):
        return draft, known.open_end
    counted = _counted(draft, tracks, fps, metadata, options)
    shown = max((_last_frame(track, fps) for track in tracks), default=0)
    n_frames = counted or max(shown, 1)
    if known is not None:
        counted, n_frames = counted * (counted >= known.n_frames), max(n_frames, known.n_frames)
    if not counted and (known is None or n_frames > known.n_frames):
        plan.problems.append(
            Problem(
                "import",
                Severity.WARNING,
                "the length is taken from the last label: no file says how many frames there are",
                recording=draft.id,
                todo="import its video or pose, or give the number in a column 'frames' of "
                "--animals",
                value=float(n_frames),
            )
        )
    return replace(draft, n_frames=n_frames), not counted


def refuse_endless(draft: Draft, tracks: Sequence[LabelTrack], fps: float) -> None:
    """Refuse labels that would make a recording of months: a slip, or another unit.

    Raises:
        DataError: A label ends, or the file states a length, beyond all recordings.
    """
    ends = [(max(_last_frame(track, fps), _stated(track, fps)), track) for track in tracks]
    last, track = max(ends, key=lambda end: end[0], default=(0, None))
    if draft.posed or track is None or last <= MOST_FRAMES:
        return
    row = max(track.rows, key=lambda label: label.stop).row if track.rows else None
    raise DataError(
        f"the last label ends at frame {last}",
        recording=draft.id,
        row=row,
        expected=f"at most {MOST_FRAMES}, which are weeks",
        todo="check the unit of the times, the frame rate, and this row",
    )


def _counted(
    draft: Draft,
    tracks: Sequence[LabelTrack],
    fps: float,
    metadata: Metadata,
    options: ImportOptions,
) -> int:
    """Frames of a recording where something counts them; 0 where nothing does."""
    declared = metadata.frames_of(names_of(draft))
    if declared is not None:
        return declared
    trials = metadata.trials_of(names_of(draft))
    if trials:
        return trials[-1].stop_frame
    numbers = [track.trial for track in tracks if track.trial is not None]
    if numbers and options.trial_length is not None:
        return max(numbers) * options.trial_length
    return max((_stated(track, fps) for track in tracks if track.trial is None), default=0)


def _stated(track: LabelTrack, fps: float) -> int:
    scale = fps if track.unit == "second" else 1.0
    if track.length is not None:
        return round(track.length * scale)
    if track.reaches is not None:
        return round(track.reaches * scale)
    if track.n_rows is None:
        return 0
    if not track.observed:
        return track.n_rows
    return max(round(max(stop for _, stop in track.observed) * scale), 1)


def _last_frame(track: LabelTrack, fps: float) -> int:
    """Frame after the last one that a track speaks of."""
    rows = [*track.rows, *(track.examined or ())]
    ends = [(row.start, row.stop) for row in rows] + list(track.observed or ())
    if not ends:
        return 0
    if track.unit == "frame":
        return int(max(stop for _, stop in ends))
    clock = FrameClock.declared(1, fps)
    starts, stops = zip(*ends, strict=True)
    return int(max(clock.to_frame(max(stops)), clock.to_frame(max(starts)) + 1))


def animals_in(tracks: Iterable[LabelTrack]) -> tuple[str, ...]:
    """Names of animals in labels, in the order in which they occur."""
    rows = [row for track in tracks for row in (*track.rows, *(track.examined or ()))]
    return tuple(
        dict.fromkeys(
            name for row in rows for name in (row.animal, row.target) if name not in ("", THE_OTHER)
        )
    )


def animals_of(
    draft: Draft,
    declared: Sequence[AnimalFacts],
    names: tuple[str, ...],
    plan: ImportPlan,
) -> tuple[list[AnimalFacts], tuple[str, ...]] | None:
    """Declared animals of a recording without pose, and the name of each in the label files.

    Args:
        draft: The recording.
        declared: What a table or a pattern says; not empty.
        names: Names in the labels.
        plan: Gets a problem where they do not fit.

    Returns:
        None where they do not fit: the reason is in the plan.
    """
    facts = list(declared)
    if draft.known is not None:
        old = draft.known.animals
        facts = _in_place(facts, old)
        if len(facts) != len(old):
            _refuse(plan, draft, facts or list(declared), old)
            return None
    said = tuple(fact.track or fact.animal.id for fact in facts)
    if not set(names) <= set(said):
        if len(names) != len(facts) or any(fact.track for fact in facts) or len(names) > 1:
            _refuse(plan, draft, facts, names)
            return None
        said = names
    return facts, said


def _in_place(facts: list[AnimalFacts], old: tuple[str, ...]) -> list[AnimalFacts]:
    """Facts in the order of the animals that the project has, by their ids or by their tracks."""
    for by in ({f.animal.id: f for f in facts}, {f.track: f for f in facts if f.track}):
        if set(by) == set(old):
            return [by[name] for name in old]
    return facts if len(facts) == len(old) == 1 else []


def _refuse(
    plan: ImportPlan, draft: Draft, facts: Sequence[AnimalFacts], names: Sequence[str]
) -> None:
    declared = ", ".join(fact.animal.id for fact in facts)
    warn(
        plan,
        draft,
        f"the animals {declared} are declared, and the labels name {', '.join(names)}",
        "say in a column 'track' of --animals how the labels name each animal",
        Severity.BLOCKING,
    )
    plan.contradictions.append(plan.problems[-1])


def folders_of(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The folders of some files, each once."""
    return tuple(dict.fromkeys(path.resolve().parent for path in paths))
