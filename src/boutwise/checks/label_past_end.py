"""No label ends after its recording."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from boutwise import formats
from boutwise.checks._contract import Study
from boutwise.errors import BoutwiseError
from boutwise.project.files import SourceFile
from boutwise.types import Bouts, Problem, Recording, Severity

DESCRIPTION = "labels that end after the recording, also those that an import cut off"

_ROUNDING_FRAMES = 1
"""Labels in seconds that end with the last frame may round to one frame more."""


def find(project: Study) -> list[Problem]:
    """Look at the labels of the project, then once more at the files that they came from."""
    recordings = {recording.id: recording for recording in project.recordings()}
    problems = past_end(project.bouts(), recordings)
    told = {problem.recording for problem in problems}
    for path, files in _by_path(project.files()).items():
        problems += [
            problem
            for problem in file_past_end(path, files, recordings)
            if problem.recording not in told
        ]
    return problems


def past_end(bouts: Bouts, recordings: Mapping[str, Recording]) -> list[Problem]:
    """The last label of each recording that ends after it."""
    last: dict[str, int] = {}
    for name, stop in zip(bouts.recording.tolist(), bouts.stop.tolist(), strict=True):
        last[name] = max(stop, last.get(name, 0))
    return [
        _problem(recordings[name], stop, Severity.BLOCKING, "")
        for name, stop in sorted(last.items())
        if name in recordings and stop > recordings[name].n_frames
    ]


def file_past_end(
    path: str, files: list[SourceFile], recordings: Mapping[str, Recording]
) -> list[Problem]:
    """The last label in a file that ends after its recording or trial.

    A file that is gone, or cannot be read any more, has nothing to tell here.
    """
    try:
        contents = formats.read(path, format=files[0].format, **dict(files[0].options))
    except (BoutwiseError, OSError):
        return []
    uses = {(file.trial, _stem(file)): file for file in files}
    problems = []
    for track in contents.labels:
        file = files[0] if len(files) == 1 else uses.get((track.trial, track.recording))
        if file is None or file.recording not in recordings or not track.rows:
            continue
        recording = recordings[file.recording]
        stop = max(row.stop for row in track.rows)
        if track.unit == "second":
            stop = float(recording.clock.to_frame(stop)) - _ROUNDING_FRAMES
        first, end = _span(file, recording)
        if first + stop > end:
            problems.append(
                _problem(recording, int(np.ceil(first + stop)), Severity.WARNING, path, end=end)
            )
    return problems


def _span(file: SourceFile, recording: Recording) -> tuple[int, int]:
    """First frame that the file speaks of, and the frame after the last."""
    for trial in recording.trials:
        if trial.number == file.trial:
            return trial.first_frame, trial.stop_frame
    first = file.part.first_frame if file.part is not None else None
    return first or 0, recording.n_frames


def _stem(file: SourceFile) -> str:
    return file.recording.rsplit("/", 1)[-1]


def _by_path(files: Iterable[SourceFile]) -> dict[str, list[SourceFile]]:
    found: dict[str, list[SourceFile]] = {}
    for file in files:
        # Of files with a row a frame 'rows_and_frames' tells.
        if file.kind == "labels" and file.format and file.n_rows is None:
            found.setdefault(str(file.path), []).append(file)
    return found


def _problem(
    recording: Recording, stop: int, severity: Severity, file: str, *, end: int | None = None
) -> Problem:
    end = recording.n_frames if end is None else end
    return Problem(
        "label_past_end",
        severity,
        f"a label ends at frame {stop}, {stop - end} after the end",
        recording=recording.id,
        file=file,
        frame=stop,
        expected=f"at most {end}",
        todo="look whether the labels belong to this recording and have its frame rate",
        value=float(stop - end),
    )
