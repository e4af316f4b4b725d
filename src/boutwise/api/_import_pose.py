"""Second step of an import: recordings out of pose files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from boutwise.api._import_matching import Candidate
from boutwise.api._import_metadata import (
    AnimalFacts,
    Metadata,
    by_pattern,
    grid,
    session_by_pattern,
)
from boutwise.api._import_reading import ImportOptions, ReadFile, defaults
from boutwise.api._import_sources import slug
from boutwise.api._import_types import ImportPlan, ImportRow, PlannedRecording
from boutwise.errors import DataError
from boutwise.project import Project
from boutwise.types import (
    Animal,
    FrameClock,
    PoseTrack,
    Problem,
    Recording,
    Session,
    Severity,
    Trial,
)


@dataclass(frozen=True, eq=False)
class Draft:
    """A recording before its clock is known.

    Attributes:
        id: Of the recording.
        file: Its pose file; None for a recording of the project that this import does not touch.
        name: Base name, as its file says it.
        n_frames: Frames of the recording.
        tracks: Names of the animals in the pose file.
        keypoints: Names of the keypoints.
        roles: As far as the format knows.
        known: The recording, where the project has it.
        folder: Where the pose file lies.
    """

    id: str
    file: ReadFile | None
    name: str
    n_frames: int
    tracks: tuple[str, ...]
    keypoints: tuple[str, ...]
    roles: Mapping[str, str]
    known: Recording | None
    folder: Path | None

    @property
    def candidate(self) -> Candidate:
        """What label files are matched to."""
        return Candidate(self.id, self.name, self.folder, self.n_frames)


def drafts(project: Project, files: Sequence[ReadFile], plan: ImportPlan) -> dict[str, Draft]:
    """Recordings of the pose files, and those of the project, by id."""
    there = {recording.id: recording for recording in project.recordings()}
    places = {f.recording: f.path for f in project.files() if f.kind == "pose"}
    groups: dict[str, list[ReadFile]] = {}
    for file in files:
        if file.is_pose:
            groups.setdefault(_id(file, places), []).append(file)
    found: dict[str, Draft] = {}
    for name, group in sorted(groups.items()):
        chosen = _one_of(project, name, group, plan)
        if chosen is not None:
            found[name] = _draft(project, name, chosen, there.get(name))
    for name, recording in there.items():
        if name not in found and project.has_pose(name):
            tracks, keypoints = project.pose_names(name)
            found[name] = Draft(
                name,
                None,
                name.rsplit("/", 1)[-1],
                recording.n_frames,
                tracks,
                keypoints,
                {},
                recording,
                places[name].parent,
            )
    return found


def _id(file: ReadFile, places: Mapping[str, Path]) -> str:
    if file.known is not None:
        return file.known.recording
    base = file.contents.recording if file.contents else file.path.stem
    name = slug("/".join(part for part in (file.found.folder, base.replace("/", "_")) if part))
    taken = places.get(name)
    parents = [part for part in file.path.resolve().parent.parts if slug(part)]
    # The same name from another folder is another recording: it gets the name of its folder.
    while (
        taken is not None
        and taken.resolve() != file.path.resolve()
        and taken.resolve().parent != file.path.resolve().parent
        and parents
    ):
        name = slug(f"{parents.pop()}/{name}")
        taken = places.get(name)
    return name


def _one_of(
    project: Project, name: str, group: list[ReadFile], plan: ImportPlan
) -> ReadFile | None:
    """The pose file of a recording, when several of the same contents lie side by side."""
    group = sorted(group, key=lambda file: (file.known is None, file.path.suffix, str(file.path)))
    first = group[0]
    differing = [
        file for file in group[1:] if not _equal(_track(project, first), _track(project, file))
    ]
    if not differing:
        for file in group[1:]:
            plan.rows.append(_row(file, name, f"the same pose as {first.path.name}", matched=False))
        return first
    for file in group:
        others = " and ".join(f.path.name for f in group if f is not file)
        plan.rows.append(_row(file, name, f"{others} has another pose of {name}", matched=False))
    plan.problems.append(
        Problem(
            "import",
            Severity.BLOCKING,
            f"{len(group)} different pose files claim the recording '{name}'",
            recording=name,
            file=str(first.path),
            expected="one pose file a recording",
            todo="import only one of: " + ", ".join(file.path.name for file in group),
        )
    )
    return None


def _row(file: ReadFile, name: str, why: str, *, matched: bool, news: str = "") -> ImportRow:
    pose = file.contents.pose if file.contents else None
    return ImportRow(
        str(file.path),
        "pose",
        file.found.format,
        matched,
        why,
        recording=name,
        n_rows=pose.n_frames if pose else None,
        news=news,
    )


def _track(project: Project, file: ReadFile) -> PoseTrack:
    if file.contents is not None and file.contents.pose is not None:
        return file.contents.pose
    track = project.parsed_pose(
        file.path, format=file.found.format, options=file.options, track=None
    )
    assert track is not None  # it was there a moment ago, when the file was read
    return track


def _equal(a: PoseTrack, b: PoseTrack) -> bool:
    return (
        a.keypoints == b.keypoints
        and a.positions.shape == b.positions.shape
        and np.allclose(a.positions, b.positions, rtol=1e-4, atol=1e-3, equal_nan=True)
    )


def _draft(project: Project, name: str, file: ReadFile, known: Recording | None) -> Draft:
    track = _track(project, file)
    frames = file.contents.row_to_frame if file.contents else None
    n_frames = track.n_frames if frames is None else int(frames[-1]) + 1
    if known is not None and file.contents is None:
        n_frames = known.n_frames
    base = file.contents.recording if file.contents else name.rsplit("/", 1)[-1]
    roles = track.roles if file.contents else {}
    return Draft(
        name,
        file,
        base,
        n_frames,
        track.animals,
        track.keypoints,
        roles,
        known,
        file.path.resolve().parent,
    )


def plan_recordings(
    found: Mapping[str, Draft],
    rates: Mapping[str, Sequence[float]],
    metadata: Metadata,
    options: ImportOptions,
    plan: ImportPlan,
    default_fps: float | None,
) -> dict[str, Recording]:
    """Give each draft its clock, animals, session and trials.

    Args:
        found: From :func:`drafts`.
        rates: Id -> frame rates that its label files state.
        metadata: Tables that the user gave.
        options: What the user said.
        plan: Gets recordings, sessions, rows, notes and problems.
        default_fps: Of ``boutwise.yaml``.

    Raises:
        DataError: No frame rate anywhere.
    """
    done: dict[str, Recording] = {}
    sessions: dict[str, Session] = {}
    for name, draft in found.items():
        facts, how = _animals(draft, metadata, options, plan)
        fps = _fps(draft, rates.get(name, ()), options, plan, default_fps)
        recording = Recording(
            name,
            draft.known.clock if draft.known else FrameClock.declared(draft.n_frames, fps),
            tuple(fact.animal.id for fact in facts),
            session=_session(draft, facts, options) or (draft.known.session if draft.known else ""),
            trials=_trials(draft, metadata, options, plan),
        )
        recording = _conditions(recording, facts, sessions, plan)
        done[name] = recording
        _say(draft, recording, facts, how, plan)
    plan.sessions = list(sessions.values())
    return done


def _say(
    draft: Draft, recording: Recording, facts: Sequence[AnimalFacts], how: str, plan: ImportPlan
) -> None:
    known, file = draft.known, draft.file
    if known is not None and file is not None and known.n_frames != draft.n_frames:
        plan.contradictions.append(
            Problem(
                "import",
                Severity.BLOCKING,
                f"the pose file now has {draft.n_frames} frames",
                recording=draft.id,
                file=str(file.path),
                expected=f"{known.n_frames}, as when it was imported",
                todo="import it under another name, or into a new project",
            )
        )
    rename = known is not None and known.animals != recording.animals
    if file is not None:
        news = "new" if known is None else "unchanged" if file.contents is None else "changed"
        if known is not None and file.known is not None:
            news = "unchanged"
        plan.rows.append(
            replace(
                _row(file, draft.id, f"{how}: {', '.join(recording.animals)}", matched=True),
                n_rows=draft.n_frames,
                news=news,
            )
        )
    if file is None and not rename and known is not None:
        unchanged = (known.session, known.trials) == (recording.session, recording.trials)
        if unchanged:
            return
    path = file.path if file is not None else Path()
    plan.recordings.append(
        PlannedRecording(
            recording,
            path,
            file.found.format if file is not None else "",
            dict(file.options) if file is not None else {},
            tuple(fact.animal for fact in facts),
            draft.tracks,
            draft.keypoints,
            draft.roles,
            rename=rename,
            parsed=file.contents.pose if file is not None and file.contents else None,
            row_to_frame=file.contents.row_to_frame if file is not None and file.contents else None,
        )
    )


def _fps(
    draft: Draft,
    of_labels: Sequence[float],
    options: ImportOptions,
    plan: ImportPlan,
    default_fps: float | None,
) -> float:
    own = draft.file.contents.fps if draft.file and draft.file.contents else None
    if draft.known is not None:
        fps = draft.known.clock.fps
        if options.fps is not None and abs(options.fps - fps) > 1e-6:
            plan.contradictions.append(
                _rate_problem(draft, f"{options.fps:g}", f"{fps:g}, as in the project")
            )
        return fps
    of_format = defaults(draft.file.found.format).get("fps") if draft.file else None
    stated = sorted(set(of_labels))
    from_labels = stated[0] if len(stated) == 1 else None
    choices = [options.fps, own, from_labels, default_fps, of_format]
    rate = next((float(choice) for choice in choices if choice is not None), None)
    if rate is not None:
        for other in [*stated, *([own] if own is not None else [])]:
            if abs(other - rate) > 0.01:
                problem = _rate_problem(draft, f"{other:g}", f"{rate:g}, which is used")
                plan.problems.append(problem)
        return rate
    raise DataError(
        "nothing says how many frames a second has",
        recording=draft.id,
        file=draft.file.path if draft.file else None,
        todo="give it: --fps F (or defaults.fps in boutwise.yaml)",
    )


def _rate_problem(draft: Draft, said: str, expected: str) -> Problem:
    return Problem(
        "import",
        Severity.BLOCKING,
        f"a frame rate of {said} is stated",
        recording=draft.id,
        file=str(draft.file.path) if draft.file else "",
        expected=expected,
        todo="find out which is right, and give it by --fps",
    )


def names_of(draft: Draft) -> list[str]:
    """Everything that a table may call the recording, most exact first."""
    names = [draft.id, draft.name, slug(draft.name)]
    if draft.file is not None:
        names += [draft.file.path.name, draft.file.path.stem]
    return list(dict.fromkeys(names))


def _animals(
    draft: Draft, metadata: Metadata, options: ImportOptions, plan: ImportPlan
) -> tuple[list[AnimalFacts], str]:
    """The animals of a recording in the order of its pose, and how they are known."""
    n, known = len(draft.tracks), draft.known
    declared, how = metadata.animals_of(names_of(draft)), "animals declared"
    if not declared and options.animal_pattern is not None:
        place = draft.file.path.stem if draft.file is not None else draft.name
        declared, how = by_pattern(options.animal_pattern, place), "animals by the pattern"
        if not declared:
            _warn(plan, draft, f"the animal pattern does not fit '{place}'", "change the pattern")
    if declared:
        ordered = _in_order(declared, draft.tracks)
        if len(ordered) == n:
            return ordered, how
        _warn(
            plan,
            draft,
            f"{len(declared)} animals are declared, and the pose has {n}: "
            + ", ".join(draft.tracks),
            "declare each animal of the pose once, in its order or with a column 'track'",
            Severity.BLOCKING,
        )
    if known is not None:
        return [AnimalFacts(Animal(name)) for name in known.animals], "in the project"
    pattern = defaults(draft.file.found.format).get("animal_pattern") if draft.file else None
    if pattern and options.animal_pattern is None:
        declared = by_pattern(str(pattern), draft.name)
        if len(declared) == n:
            return declared, f"animals by the format's pattern {pattern}"
    if n > 1:
        _undeclared(plan, draft, f"named as in the pose file: {', '.join(draft.tracks)}")
        return [AnimalFacts(Animal(name)) for name in draft.tracks], "animals as in the file"
    _undeclared(plan, draft, "named after the recording")
    return [AnimalFacts(Animal(draft.id))], "animal named after the recording"


def _in_order(declared: Sequence[AnimalFacts], tracks: Sequence[str]) -> list[AnimalFacts]:
    by_track = {fact.track: fact for fact in declared if fact.track}
    if not by_track:
        return list(declared)
    return [by_track[track] for track in tracks if track in by_track]


def _undeclared(plan: ImportPlan, draft: Draft, how: str) -> None:
    _warn(
        plan,
        draft,
        f"no animals were declared; they are {how}",
        "give --animals or an animal pattern: animals are what scores are split by",
    )


def _warn(
    plan: ImportPlan,
    draft: Draft,
    what: str,
    todo: str,
    severity: Severity = Severity.WARNING,
) -> None:
    file = str(draft.file.path) if draft.file is not None else ""
    plan.problems.append(
        Problem("import", severity, what, recording=draft.id, file=file, todo=todo)
    )


def _session(draft: Draft, facts: Sequence[AnimalFacts], options: ImportOptions) -> str:
    named = [fact.session for fact in facts if fact.session]
    if named:
        return named[0]
    if options.session_pattern is not None:
        place = draft.file.path.stem if draft.file is not None else draft.name
        return session_by_pattern(options.session_pattern, place)
    return ""


def _conditions(
    recording: Recording,
    facts: Sequence[AnimalFacts],
    sessions: dict[str, Session],
    plan: ImportPlan,
) -> Recording:
    conditions = {f.animal.id: f.condition for f in facts if f.condition is not None}
    if conditions and not recording.session:
        plan.notes.append(
            f"{recording.id}: a condition needs a session; it is named after the recording"
        )
        recording = replace(recording, session=recording.id)
    if recording.session:
        date = next((fact.date for fact in facts if fact.date), "")
        old = sessions.get(recording.session, Session(recording.session))
        for animal, condition in conditions.items():
            if old.conditions.get(animal, condition) != condition:
                plan.contradictions.append(
                    Problem(
                        "import",
                        Severity.BLOCKING,
                        f"animal '{animal}' has two conditions in session '{old.id}'",
                        recording=recording.id,
                        expected="one condition of an animal in a session",
                        todo="give the second condition a session of its own",
                    )
                )
        sessions[old.id] = Session(old.id, old.date or date, {**old.conditions, **conditions})
    return recording


def _trials(
    draft: Draft, metadata: Metadata, options: ImportOptions, plan: ImportPlan
) -> tuple[Trial, ...]:
    trials = metadata.trials_of(names_of(draft))
    known = draft.known.trials if draft.known is not None else ()
    if not trials and options.trial_length is not None:
        trials = known or grid(draft.n_frames, options.trial_length)
        left = draft.n_frames % options.trial_length
        if left and not known:
            _warn(
                plan,
                draft,
                f"{draft.n_frames} frames are {len(trials)} trials of {options.trial_length} and "
                f"{left} frames",
                "check the length of the trials; the last frames are in no trial",
            )
    if trials and known and trials != known:
        plan.contradictions.append(
            Problem(
                "import",
                Severity.BLOCKING,
                "other trials are declared than the project has",
                recording=draft.id,
                expected=f"the {len(known)} trials of the project",
                todo="import into a new project",
            )
        )
    if trials and trials[-1].stop_frame > draft.n_frames:
        plan.contradictions.append(
            Problem(
                "import",
                Severity.BLOCKING,
                f"trial {trials[-1].number} ends at frame {trials[-1].stop_frame}",
                recording=draft.id,
                expected=f"at most {draft.n_frames}, the end of the pose",
                todo="mend the trials",
            )
        )
        return known
    return trials or known
