"""Pose and labels have as many frames as their recording."""

from __future__ import annotations

from boutwise.checks._contract import Study
from boutwise.errors import DataError
from boutwise.project.files import SourceFile
from boutwise.types import Problem, Recording, Severity

DESCRIPTION = "pose files and frame-by-frame label files with another number of frames"


def find(project: Study) -> list[Problem]:
    """Compare every file with the recording (or trial) that it speaks of."""
    recordings = {recording.id: recording for recording in project.recordings()}
    problems = []
    for recording in recordings.values():
        problems += pose_count(project, recording)
    for file in project.files():
        if file.kind == "labels" and file.recording in recordings:
            problems += label_count(file, recordings[file.recording])
    return problems


def pose_count(project: Study, recording: Recording) -> list[Problem]:
    """What is wrong with the number of frames of a recording's pose."""
    if not project.has_pose(recording.id):
        return []
    try:
        n_frames = project.pose(recording.id).n_frames
    except DataError as error:
        return [_problem(recording.id, error.what, file=error.file or "", todo=error.todo or "")]
    if n_frames == recording.n_frames:
        return []
    return [
        _problem(
            recording.id,
            f"the pose has {n_frames} frames",
            expected=f"{recording.n_frames}, as the recording",
            value=float(n_frames - recording.n_frames),
        )
    ]


def label_count(file: SourceFile, recording: Recording) -> list[Problem]:
    """What is wrong with the number of rows of a label file that has one a frame."""
    if file.n_rows is None:
        return []
    expected, what = recording.n_frames, "the recording"
    if file.trial is not None:
        lengths = {trial.number: trial.n_frames for trial in recording.trials}
        if file.trial not in lengths:
            return [
                _problem(
                    recording.id,
                    f"there are labels of trial {file.trial}, and there is no such trial",
                    file=str(file.path),
                    todo="declare the trials of this recording",
                )
            ]
        expected, what = lengths[file.trial], f"trial {file.trial}"
    if file.n_rows == expected:
        return []
    return [
        Problem(
            "frame_counts",
            Severity.WARNING,
            f"the labels have {file.n_rows} frames",
            recording=recording.id,
            file=str(file.path),
            expected=f"{expected}, as {what}",
            todo="look whether both start at the same frame and have the same rate",
            value=float(file.n_rows - expected),
        )
    ]


def _problem(
    recording: str,
    what: str,
    *,
    file: str = "",
    expected: str = "",
    todo: str = "",
    value: float | None = None,
) -> Problem:
    return Problem(
        "frame_counts",
        Severity.BLOCKING,
        what,
        recording=recording,
        file=file,
        expected=expected,
        todo=todo or "import the file that belongs to it",
        value=value,
    )
