"""The second step of an import: what was planned is written into the project."""

from __future__ import annotations

from collections.abc import Callable

from boutwise.api.importing.types import ImportPlan, ImportResult, PlannedRecording
from boutwise.errors import DataError
from boutwise.project import Project
from boutwise.types import Recording

Say = Callable[[int, int, str], None]


def _silent(done: int, total: int, words: str) -> None:
    """Say nothing."""


def apply_import(project: Project, plan: ImportPlan, *, say: Say = _silent) -> ImportResult:
    """Carry out a plan.

    Each recording and each label file is one transaction: an import that was interrupted is
    completed by importing again, and importing twice adds nothing.

    Args:
        project: The project for which the plan was made.
        plan: From :func:`plan_import`.
        say: Called with (done, total, words) as the import advances.

    Raises:
        DataError: The plan has problems that stop it; nothing was changed.
    """
    plan.check()
    _refuse_vanished(plan)
    with project.database.transaction():
        pass  # a project that cannot be written to refuses here, before its decisions are changed
    _write_config(project, plan)
    before = {recording.id for recording in project.recordings()}
    total = len(plan.recordings) + len(plan.labels)
    for done, planned in enumerate(plan.recordings):
        say(done, total, planned.recording.id)
        _add_recording(project, planned)
    for session in plan.sessions:
        project.add_session(session)
    added = deleted = kept = same = 0
    for done, labels in enumerate(plan.labels, start=len(plan.recordings)):
        say(done, total, labels.path.name)
        change = project.add_label_file(
            labels.path,
            format=labels.format,
            options=labels.options,
            parts=labels.parts,
            bouts=labels.bouts,
            ratings=labels.ratings,
        )
        added += len(change.added)
        deleted += len(change.deleted)
        kept += len(change.kept)
        same += change.same
    say(total, total, "done")
    new = sorted({planned.recording.id for planned in plan.recordings} - before)
    return ImportResult(
        tuple(new),
        added,
        deleted,
        kept,
        same,
        tuple(plan.problems),
        tuple(plan.notes),
        tuple(plan.unmatched),
        ratings=sum(len(labels.ratings) for labels in plan.labels),
    )


def _refuse_vanished(plan: ImportPlan) -> None:
    """Before anything is written, every file of the plan must still be there."""
    planned = [each.path for each in plan.recordings if each.format]
    planned += [each.video.path for each in plan.recordings if each.video is not None]
    for path in [*planned, *(each.path for each in plan.labels)]:
        if not path.is_file():
            raise DataError(
                "the file is no longer there",
                file=path,
                expected="the files as they were when the import was planned",
                todo="bring it back, or plan the import again",
            )


def _write_config(project: Project, plan: ImportPlan) -> None:
    if plan.ethogram is not None:
        project.set_ethogram(plan.ethogram)
    if plan.roles:
        project.set_roles({**project.config.keypoints, **plan.roles})


def _add_recording(project: Project, planned: PlannedRecording) -> None:
    recording: Recording = planned.recording
    # One transaction: a recording is there with its pose and video, or not at all.
    with project.database.transaction():
        for animal in planned.animals:
            project.add_animal(animal)
        if planned.rename:
            project.rename_animals(recording.id, recording.animals)
        project.add_recording(recording)
        if planned.format:
            project.add_pose(
                recording.id,
                planned.path,
                format=planned.format,
                options=planned.options,
                row_to_frame=planned.row_to_frame,
                track=planned.parsed,
            )
        if planned.video is not None:
            project.add_video(recording.id, planned.video.path, planned.video.index)
