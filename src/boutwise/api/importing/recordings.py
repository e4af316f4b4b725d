"""Third step of an import: recordings with clock, animals, session and trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from boutwise.api.importing.draft import Draft
from boutwise.api.importing.drafts import pose_row
from boutwise.api.importing.facts import (
    IN_PROJECT,
    animals_of,
    declared_animals,
    session_of,
    trials_of,
    with_conditions,
)
from boutwise.api.importing.labels_only import animals_in, with_length
from boutwise.api.importing.labels_only import animals_of as animals_of_labels
from boutwise.api.importing.matched import Matched
from boutwise.api.importing.metadata import AnimalFacts, Metadata
from boutwise.api.importing.rates import all_rates
from boutwise.api.importing.reading import ImportOptions
from boutwise.api.importing.rows import with_rows
from boutwise.api.importing.types import ImportPlan, PlannedRecording, PlannedVideo
from boutwise.api.importing.video_clock import (
    clock_with_video,
    refuse_other_video,
    tell_other_times,
)
from boutwise.api.importing.video_files import video_row
from boutwise.types import Animal, FrameClock, Problem, Recording, Session, Severity


def plan_recordings(
    found: dict[str, Draft],
    labels: Mapping[str, Sequence[Matched]],
    metadata: Metadata,
    options: ImportOptions,
    plan: ImportPlan,
    default_fps: float | None,
) -> dict[str, Recording]:
    """Give each draft its clock, animals, session and trials.

    Args:
        found: From :func:`drafts`; recordings without pose get their length and their animals here.
        labels: Id -> label tracks of this import, for every recording with labels here.
        metadata: Tables that the user gave.
        options: What the user said.
        plan: Gets recordings, sessions, rows, notes and problems.
        default_fps: Of ``boutwise.yaml``.

    Raises:
        DataError: No frame rate anywhere. Where only some have none, these are left out.
    """
    done: dict[str, Recording] = {}
    sessions: dict[str, Session] = {}
    elsewhere = replace(
        options,
        fps=None,
        animal_pattern=None,
        session_pattern=None,
        trial_length=None,
        rows=None,
    )
    # What is said of the files of this import is not said of the project's other recordings.
    said = {
        name: options if draft.touched or name in labels else elsewhere
        for name, draft in found.items()
    }
    for name, fps in all_rates(found, labels, said, plan, default_fps).items():
        told, mine = said[name], labels.get(name, ())
        refuse_other_video(found[name], told.fps, plan)
        tell_other_times(found[name], plan)
        draft, open_end = _with_end(found[name], mine, fps, metadata, told, plan)
        if draft.posed:
            facts, how = animals_of(draft, metadata, told, plan)
        else:
            facts, how, draft = _without_pose(draft, mine, metadata, told, plan)
        found[name] = draft
        recording = Recording(
            name,
            _clock(draft, fps),
            tuple(fact.animal.id for fact in facts),
            session=session_of(draft, facts, told) or (draft.known.session if draft.known else ""),
            trials=trials_of(draft, metadata, told, plan),
            open_end=open_end,
        )
        recording = with_conditions(recording, facts, sessions, plan)
        done[name] = recording
        _keep(draft, recording, facts, how, plan)
    plan.sessions = list(sessions.values())
    return done


def _with_end(
    draft: Draft,
    labels: Sequence[Matched],
    fps: float,
    metadata: Metadata,
    options: ImportOptions,
    plan: ImportPlan,
) -> tuple[Draft, bool]:
    """The draft with its number of frames, and whether the recording may be longer than that."""
    if draft.shown is not None and not draft.posed:
        return replace(with_rows(draft, metadata, options, plan), n_frames=draft.shown), False
    if not draft.posed:
        tracks = [one.track for one in labels]
        return with_length(draft, tracks, fps, metadata, options, plan)
    draft = with_rows(draft, metadata, options, plan)
    if draft.known is None:
        return draft, False
    # Pose with a row for each frame shows where the recording ends; declared rows may not.
    ended = draft.shown is not None or (draft.first_pose and draft.row_to_frame is None)
    return draft, draft.known.open_end and not ended


def _animals_of_files(labels: Sequence[Matched]) -> dict[str, Animal]:
    """What label files know of animals, by their ids."""
    contents = [one.file.contents for one in labels]
    return {animal.id: animal for each in contents if each for animal in each.animals}


def _clock(draft: Draft, fps: float) -> FrameClock:
    known, of_video = draft.known, clock_with_video(draft, fps)
    if of_video is not None:
        return of_video
    if known is not None and not (known.open_end and draft.n_frames >= known.n_frames):
        return known.clock
    own = draft.file.contents.times_s if draft.file and draft.file.contents else None
    if own is not None and len(own) == draft.n_frames:
        return FrameClock.from_pts(own)
    return FrameClock.declared(draft.n_frames, fps)


def _without_pose(
    draft: Draft,
    labels: Sequence[Matched],
    metadata: Metadata,
    options: ImportOptions,
    plan: ImportPlan,
) -> tuple[list[AnimalFacts], str, Draft]:
    """Animals of a recording without pose, how they are known, and their names in its labels."""
    names, of_files = animals_in(one.track for one in labels), _animals_of_files(labels)
    declared, how = declared_animals(draft, metadata, options, plan)
    if declared:
        fitting = animals_of_labels(draft, declared, names, plan)
        if fitting is not None:
            return fitting[0], how, replace(draft, tracks=fitting[1])
    if draft.known is None and names and set(names) <= set(of_files):
        facts = [AnimalFacts(of_files[name]) for name in names]
        return facts, "animals as the file says", replace(draft, tracks=names)
    if draft.known is None:
        draft = replace(draft, tracks=names)
        facts, how = animals_of(draft, Metadata(), replace(options, animal_pattern=None), plan)
        return facts, how, replace(draft, tracks=names or ("",))
    facts = [AnimalFacts(Animal(name)) for name in draft.known.animals]
    if len(names) == len(facts) == 1:
        draft = replace(draft, tracks=names)
    return facts, IN_PROJECT, draft


def _keep(
    draft: Draft, recording: Recording, facts: Sequence[AnimalFacts], how: str, plan: ImportPlan
) -> None:
    known, file, video = draft.known, draft.file, draft.video
    if known is not None and file is not None:
        plan.contradictions += _contradictions(draft, known, recording, how)
    rename = known is not None and known.animals != recording.animals
    if known is not None and draft.first_pose:
        rename = rename and set(known.animals) != set(recording.animals)
    if known is not None and rename:
        old, new = ", ".join(known.animals), ", ".join(recording.animals)
        plan.notes.append(f"{draft.id}: its animals are renamed, from {old} to {new}")
    if file is not None:
        news = "new" if known is None else "unchanged" if file.contents is None else "changed"
        if known is not None and file.known is not None:
            news = "unchanged"
        plan.rows.append(
            replace(
                pose_row(file, draft.id, f"{how}: {', '.join(recording.animals)}", matched=True),
                n_rows=draft.n_rows,
                news=news,
            )
        )
    if video is not None:
        why = video.why or "as the project has it"
        if file is None:
            why += f"; {how}: {', '.join(recording.animals)}"
        plan.rows.append(video_row(video, draft.id, why, matched=True, news=video.news))
    untouched = file is None and (video is None or video.news == "unchanged")
    if untouched and not rename and known is not None:
        unchanged = (known.session, known.trials) == (recording.session, recording.trials)
        if unchanged and known.n_frames == recording.n_frames:
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
            row_to_frame=draft.row_to_frame,
            video=None if video is None else PlannedVideo(video.path, video.index),
        )
    )


def _contradictions(
    draft: Draft, known: Recording, recording: Recording, how: str
) -> list[Problem]:
    """Why a pose file cannot be that of a recording of the project."""
    found = []
    file = draft.file.path if draft.file is not None else Path()
    if draft.first_pose:
        counted = "video" if known.video else "labels"
        has = f"{known.n_frames}, the frames of its {counted}"
        todo = "check the frame rate and which recording this is; if rows are missing or too many, "
        todo += "say which frame each row is: --rows"
        n_tracks = len(draft.tracks)
        said = draft.tracks if how == IN_PROJECT else recording.animals
        swapped = set(known.animals) != set(said) and n_tracks > 1
        if n_tracks != len(known.animals) or swapped:
            found.append(
                Problem(
                    "import",
                    Severity.BLOCKING,
                    f"the pose has {n_tracks} animals: {', '.join(draft.tracks)}",
                    recording=draft.id,
                    file=str(file),
                    expected=f"those of its {counted}: {', '.join(known.animals)}",
                    todo="say by --animals, with a column 'track', which animal is which; if their "
                    "number is wrong in the project, import all files together into a new one",
                )
            )
    else:
        has = f"{known.n_frames}, as when it was imported"
        todo = "import it under another name, or into a new project"
    free = draft.first_pose and known.open_end and draft.n_frames > known.n_frames
    if known.n_frames != draft.n_frames and not free:
        now = "" if draft.first_pose else "now "
        found.append(
            Problem(
                "import",
                Severity.BLOCKING,
                f"the pose file {now}has {draft.n_frames} frames",
                recording=draft.id,
                file=str(file),
                expected=("at least " if draft.first_pose and known.open_end else "") + has,
                todo=todo,
            )
        )
    return found
