"""Pose and labels have a row for each frame of their recording, and it is known which.

Where the numbers differ, a mapping of rows to frames is proposed in words with what speaks for it.
Nothing is ever applied here: which frame a row is, a person says on import.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from boutwise.checks._contract import Study
from boutwise.checks._row_proposals import confirm, propose, rate_ratio, unused_ends
from boutwise.checks.sync import SyncEstimate, estimates_from_movement
from boutwise.errors import BoutwiseError
from boutwise.project.files import SourceFile
from boutwise.types import Problem, Recording, Severity

__all__ = ["DESCRIPTION", "confirm", "find", "label_count", "propose", "unused_ends"]

DESCRIPTION = "pose that cannot be read, and pose or labels with another number of rows than frames"


def find(project: Study) -> list[Problem]:
    """Compare every file with the recording (or trial) that it speaks of."""
    recordings = {recording.id: recording for recording in project.recordings()}
    label_files: dict[str, list[SourceFile]] = {}
    for file in project.files():
        if file.kind == "labels" and file.recording in recordings:
            label_files.setdefault(file.recording, []).append(file)
    problems = []
    for recording in recordings.values():
        problems += pose_count(project, recording, label_files.get(recording.id, []))
    odd = [
        (file, recordings[name])
        for name, files in label_files.items()
        for file in files
        if not _fits(file, recordings[name])
    ]
    # Holding labels against movement costs seconds: only where there is something to be told.
    estimates = estimates_from_movement(project) if any(map(_whole, odd)) else {}
    common = _median([one.offset_frames for one in estimates.values() if not one.cannot_tell])
    for file, recording in odd:
        late = None
        if _whole((file, recording)):
            mine = {who: one for (name, who), one in estimates.items() if name == recording.id}
            only = next(iter(mine.values())) if len(mine) == 1 else None
            late = late_frames(mine.get(file.annotator, only), common)
        problems += label_count(file, recording, late)
    return problems


def pose_count(
    project: Study, recording: Recording, label_files: Iterable[SourceFile] = ()
) -> list[Problem]:
    """What is wrong with the number of rows of a recording's pose, or with its file."""
    if not project.has_pose(recording.id):
        return []
    try:
        pose = project.pose(recording.id)
    except BoutwiseError as error:
        return [
            _problem(
                recording.id,
                f"the pose cannot be used: {error.what}",
                file=error.file or "",
                expected=error.expected or "",
                todo=error.todo or "import the file that belongs to it",
            )
        ]
    except OSError as error:
        return [
            _problem(
                recording.id,
                f"the pose cannot be read: {error.strerror or error}",
                file=str(error.filename or ""),
                todo="look whether the file and the folder 'store' of the project can be read",
            )
        ]
    if pose.n_frames == recording.n_frames:
        return []
    proposal = propose(pose.n_frames, recording.n_frames, ends=unused_ends(pose))
    same = sum(file.n_rows == recording.n_frames for file in label_files)
    also = f", and so many rows have {same} label files" if same else ""
    return [
        _problem(
            recording.id,
            f"the pose has {pose.n_frames} rows for {recording.n_frames} frames: {proposal.words}",
            expected=f"{recording.n_frames} rows, one a frame{also}",
            todo=confirm(proposal),
            value=float(pose.n_frames - recording.n_frames),
        )
    ]


def label_count(file: SourceFile, recording: Recording, late: float | None = None) -> list[Problem]:
    """What is wrong with the number of rows of a label file that has one a frame.

    Args:
        file: The label file.
        recording: That it speaks of.
        late: How many frames its labels come behind the movement where they are now; None when
            nobody can tell.
    """
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
    if _fits(file, recording):
        return []
    rows = f"the labels have {file.n_rows} rows for {expected} frames of {what}"
    ratio = rate_ratio(file.n_rows, expected)
    # Fewer labels that lie on the movement, one a frame, are a part of the recording.
    if ratio and (file.n_rows > expected or late is None):
        return [
            _problem(
                recording.id,
                f"{rows}, {ratio} as many: they seem to have another rate, and then they lie on "
                "the wrong frames",
                file=str(file.path),
                expected=f"{expected} rows, one a frame",
                todo="import the pose that belongs to these labels, or labels made at the rate of "
                "this pose; --label-offset moves labels and cannot mend a rate",
                value=float(file.n_rows - expected),
            )
        ]
    proposal = propose(file.n_rows, expected, late=late)
    return [
        Problem(
            "rows_and_frames",
            Severity.WARNING,
            f"{rows}: {proposal.words}",
            recording=recording.id,
            file=str(file.path),
            expected=f"{expected} rows, one a frame",
            todo="look whether both start at the same frame and have the same rate; then say "
            "where the labels begin by --label-offset when you import the file again",
            value=float(file.n_rows - expected),
        )
    ]


def late_frames(estimate: SyncEstimate | None, common: float) -> float | None:
    """How far labels come behind the movement, less what is usual in the project."""
    if estimate is None or estimate.cannot_tell:
        return None
    return estimate.offset_frames - common


def _fits(file: SourceFile, recording: Recording) -> bool:
    """Whether a label file has a row a frame, or a person said where its rows belong."""
    if file.n_rows is None or file.part is None:
        return True
    if file.part.row_to_frame is not None:
        return bool(file.part.row_to_frame.size == file.n_rows)
    trial = next((one for one in recording.trials if one.number == file.trial), None)
    if file.trial is not None and trial is None:
        return False
    start = trial.first_frame if trial else 0
    stop = trial.stop_frame if trial else recording.n_frames
    first = file.part.first_frame
    if first is not None and first > start:
        return first + file.n_rows <= stop
    return recording.open_end or file.n_rows == stop - start


def _whole(odd: tuple[SourceFile, Recording]) -> bool:
    """Whether an odd file speaks of a whole recording and has too few rows."""
    file, recording = odd
    return file.trial is None and (file.n_rows or 0) < recording.n_frames


def _median(values: list[float]) -> float:
    return float(np.median(values)) if values else 0.0


def _problem(
    recording: str,
    what: str,
    *,
    todo: str,
    file: str = "",
    expected: str = "",
    value: float | None = None,
) -> Problem:
    return Problem(
        "rows_and_frames",
        Severity.BLOCKING,
        what,
        recording=recording,
        file=file,
        expected=expected,
        todo=todo,
        value=value,
    )
