"""DeepLabCut CSV: pose of one or several animals, one row a frame.

Header rows ``scorer``, (``individuals``,) ``bodyparts``, ``coords``, then the frame number and
x, y (z), likelihood of every keypoint, in pixels. LightningPose writes the same. A point that the
network could not find stays as it is in the file; its likelihood says so. An empty cell is NaN.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from boutwise.errors import FormatError
from boutwise.formats._contract import Contents
from boutwise.formats._dlc import (
    LEVELS,
    by_marks,
    columns_of,
    pose_track,
    recording_name,
)
from boutwise.formats._frame_numbers import frame_numbers
from boutwise.formats._pose_values import (
    Grid,
    decimal_of,
    doubtful_likelihoods,
    head_lines,
    read_columns,
    separator_in,
)
from boutwise.formats._sheet import is_sheet
from boutwise.formats._text import encoding_of, first_bytes, head_rows, not_utf8
from boutwise.formats._writing import whole_file
from boutwise.types import PoseTrack, Problem, Severity

HEAD_FRAMES = 60
"""Rows that are looked at for the decimal sign."""

DESCRIPTION = "DeepLabCut or LightningPose CSV: pose by frame from 0, one or several animals"


def sniff(path: Path) -> bool:
    """Whether the first column of the header names ``bodyparts`` and ``coords``."""
    first = [row.cells[0].strip() for row in head_rows(path, 5)]
    return "bodyparts" in first and "coords" in first and not is_sheet(path)


def read(
    path: Path,
    *,
    fps: float | None = None,
    animal_marks: Sequence[str] | None = None,
    images: bool = False,
) -> Contents:
    """Read a DeepLabCut CSV.

    Args:
        path: The file.
        fps: Frame rate, which the file does not state.
        animal_marks: What tells animals apart in the names of keypoints (``[B_, W_]``), in a file
            without individuals.
        images: Read labelled images too, whose rows are no track.

    Raises:
        FormatError: The header is incomplete or a row is broken; the message has the row.
    """
    levels, names, grid = _header(path)
    columns, problems = columns_of(levels, names, path=path)
    columns, found = by_marks(columns, animal_marks, path=path)
    problems += found
    values = read_columns(path, grid)
    index, first_row = values[grid.n_index - 1], grid.skip_rows + 1
    if grid.n_index == 1 and values[0].dtype.kind in "iu" and _counts_up(values[0]):
        frames = None
    else:
        frames, found = frame_numbers(index, path=path, first_row=first_row, images=images)
        problems += found
    if encoding_of(first_bytes(path)) == "cp1252":
        problems.append(not_utf8(path))
    pose = pose_track(columns, values[grid.n_index :], path=path, first_row=first_row)
    problems += doubtful_likelihoods(pose.confidence, path=path, first_row=first_row)
    problems += _cut_off(path, grid.skip_rows + len(index))
    return Contents(
        path,
        "dlc_csv",
        recording_name(path),
        pose=pose,
        fps=fps,
        problems=tuple(problems),
        row_to_frame=frames,
    )


def _cut_off(path: Path, last_row: int) -> list[Problem]:
    """A warning when the last number may be half a number: DeepLabCut ends every row with a break.

    Whatever is cut off elsewhere leaves a row with too few cells, which is an error.
    """
    with path.open("rb") as file:
        file.seek(-2, os.SEEK_END)
        if file.read().rstrip(b"\x00").endswith((b"\n", b"\r")):
            return []
    return [
        Problem(
            "cut_off",
            Severity.WARNING,
            "the last row does not end with a line break: the file may have been cut off",
            file=str(path),
            row=last_row,
            expected="a line break after every row",
            todo="compare its last frame with the video, or export the file again",
        )
    ]


def _counts_up(index: np.ndarray) -> bool:
    return bool(np.array_equal(index, np.arange(len(index))))


def _header(path: Path) -> tuple[list[list[str]], list[str], Grid]:
    """Rows of the header without the index columns, their names, and where the numbers are."""
    lines = head_lines(path, 5)
    names = [line[0].strip() for line in lines if line]
    if "coords" not in names:
        raise FormatError(
            "there is no header row 'coords'",
            file=path,
            row=1,
            expected="rows scorer, (individuals,) bodyparts, coords at the top",
            todo="name another --format if this is no DeepLabCut file",
        )
    names = names[: names.index("coords") + 1]
    for row, name in enumerate(names, start=1):
        if name not in LEVELS:
            raise FormatError(
                f"the header has a row '{name}'",
                file=path,
                row=row,
                expected=", ".join(LEVELS),
            )
    coords = [cell.strip() for cell in lines[len(names) - 1]]
    n_index = next((place for place, cell in enumerate(coords[1:], 1) if cell), len(coords))
    width = len(coords)
    levels: list[list[str]] = []
    for row, line in enumerate(lines[: len(names)], start=1):
        if len(line) != width:
            raise FormatError(
                f"the header row has {len(line)} cells",
                file=path,
                row=row,
                expected=f"{width}, as in the row 'coords'",
            )
        levels.append([cell.strip() for cell in line[n_index:]])
    separator = separator_in(path, 5)
    # The first frames may have no points, and numbers without a decimal sign tell nothing of it.
    data = head_lines(path, HEAD_FRAMES, separator=separator)[len(names) :]
    cells = tuple(cell for line in data for cell in line[n_index:])
    return levels, names, Grid(len(names), width, n_index, separator, decimal_of(cells, separator))


def write_pose(path: Path, pose: PoseTrack, *, scorer: str = "boutwise") -> list[Path]:
    """Write a pose track as a DeepLabCut CSV, with ``individuals`` for several animals.

    Positions keep the nine digits that restore every float32. A track without confidence gets no
    likelihood columns.

    Args:
        path: File to write.
        pose: The track.
        scorer: First row of the header.
    """
    import pandas as pd

    axes = ["x", "y", "z"][: pose.n_dims]
    coords = [*axes, "likelihood"] if pose.confidence is not None else axes
    several = len(pose.animals) > 1
    keys = [
        (scorer, animal, point, coord)
        for animal in pose.animals
        for point in pose.keypoints
        for coord in coords
    ]
    stacked = pose.positions
    if pose.confidence is not None:
        stacked = np.concatenate([stacked, pose.confidence[..., None]], axis=3)
    levels = [0, 1, 2, 3] if several else [0, 2, 3]
    with whole_file(path) as file:
        for level in levels:
            cells = [LEVELS[level], *(key[level] for key in keys)]
            pd.DataFrame([cells]).to_csv(file, header=False, index=False, lineterminator="\n")
        table = pd.DataFrame(stacked.reshape(pose.n_frames, -1).astype(np.float64))
        table.to_csv(file, header=False, float_format="%.9g", lineterminator="\n")
    return [path]
