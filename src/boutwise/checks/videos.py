"""The video of each recording is there, whole, and has the frames that the recording has."""

from __future__ import annotations

from boutwise.checks._contract import Study
from boutwise.errors import BoutwiseError
from boutwise.types import Problem, Recording, Severity
from boutwise.video import VideoIndex, probe

DESCRIPTION = "videos that are gone, changed, cut off, damaged, or have other frames or times"

SAME_FRAME = 0.5
"""Frames by which the times of video and recording may differ: beyond it another frame is meant."""


def find(project: Study) -> list[Problem]:
    """Look at the video of every recording that has one."""
    recordings = {recording.id: recording for recording in project.recordings()}
    problems = []
    for file in project.files():
        if file.kind != "video" or file.recording not in recordings:
            continue
        recording, path = recordings[file.recording], str(file.path)
        try:
            index = project.video_index(recording.id)
        except BoutwiseError as error:
            problems.append(_unusable(recording.id, path, error))
            continue
        problems += differences(recording, index, path)
        problems += probe(path, index, recording=recording.id, check="videos").problems
    return problems


def differences(recording: Recording, index: VideoIndex, path: str) -> list[Problem]:
    """Where a video and its recording are not of the same frames.

    Args:
        recording: With its frames and their times.
        index: Of its video.
        path: Of the video.
    """
    more = index.n_frames - recording.n_frames
    if more:
        return [
            _problem(
                recording.id,
                path,
                f"the video has {index.n_frames} frames, and the recording {recording.n_frames}",
                "import video, pose and labels together into a new project, and say there by "
                "--rows which frame each row of pose is",
                float(more),
            )
        ]
    off = recording.clock.apart(index.clock)
    # A person who declared a rate beside a video says that the times of the video are not true.
    if recording.clock.kind == "pts" and off > SAME_FRAME:
        return [
            _problem(
                recording.id,
                path,
                f"the times of the video are up to {off:.1f} frames from those of the recording",
                "find out which video the labels were made on, and import that one",
                off,
            )
        ]
    return []


def _problem(recording: str, path: str, what: str, todo: str, value: float) -> Problem:
    return Problem(
        "videos", Severity.BLOCKING, what, recording=recording, file=path, todo=todo, value=value
    )


def _unusable(recording: str, path: str, error: BoutwiseError) -> Problem:
    """A video that cannot be read now: recipes on pose do without, and those on video say so."""
    return Problem(
        "videos",
        Severity.WARNING,
        error.what,
        recording=recording,
        file=error.file or path,
        frame=error.frame,
        expected=error.expected or "",
        todo=error.todo or "",
    )
