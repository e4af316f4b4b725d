"""SimBA tables by frame: pose, and the 0/1 columns of its classifiers where there are some.

``outlier_corrected``, ``features_extracted``, ``targets_inserted`` and ``machine_results`` all
begin with row numbers and, for each body part, the columns ``<part>_x``, ``<part>_y``,
``<part>_p`` in pixels. Features follow, which are not read, and at the end one column of 0 and 1
for each classifier: what a person said. In machine results each of them stands behind its
``Probability_<classifier>``; they are read as the machine's, with that probability. Rows are
frames and count from 0. Several animals are told apart by marks in the names of their parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._dlc import ANIMAL, Column, by_marks, pose_track
from boutwise.formats._frame_table import Matrix
from boutwise.formats._names import recording_of
from boutwise.formats._pose_values import (
    Grid,
    decimal_of,
    doubtful_likelihoods,
    head_lines,
    read_columns,
    separator_in,
)
from boutwise.formats._runs import time_axis
from boutwise.formats._sheet import is_sheet
from boutwise.formats._text import encoding_of, first_bytes, head_rows, not_utf8
from boutwise.types import Problem, Severity, Subject

DESCRIPTION = "SimBA tables by frame from 0: pose, with the 0/1 columns of classifiers"

WITH_LABELS = True
"""An import reads the labels again even where it knows the pose."""

PROBABILITY = "Probability_"
MACHINE = "SimBA"
"""Annotator of machine results, which no person made."""
NO_CLASSIFIERS = ("Low_prob_detections_", "frames", "video_no", "Sum_probabilities")
"""Beginnings of features that may happen to be 0 and 1 in every row."""
_COORDS = {"_x": "x", "_y": "y", "_p": "likelihood"}


@dataclass(frozen=True)
class _Layout:
    """Names of the columns, without the row numbers; the pose is in front."""

    heads: tuple[str, ...]
    parts: tuple[str, ...]

    @property
    def n_pose(self) -> int:
        return 3 * len(self.parts)


def sniff(path: Path) -> bool:
    """Whether row numbers without a head are followed by x, y, p of at least two body parts."""
    if is_sheet(path):
        return False
    rows = head_rows(path, 2)
    if len(rows) < 2 or rows[0].cells[0].strip() not in ("", "Unnamed: 0"):
        return False
    return len(_layout([cell.strip() for cell in rows[0].cells]).parts) > 1


def _layout(cells: Sequence[str]) -> _Layout:
    heads = tuple(cells[1:])
    parts: list[str] = []
    for place in range(0, len(heads) - 2, 3):
        part = heads[place].removesuffix("_x")
        if not part or heads[place : place + 3] != tuple(part + end for end in _COORDS):
            break
        parts.append(part)
    return _Layout(heads, tuple(parts))


def read(
    path: Path,
    *,
    fps: float | None = None,
    behaviors: Sequence[str] | None = None,
    animal_marks: Sequence[str] | None = None,
) -> Contents:
    """Read a table of SimBA.

    Args:
        path: The file.
        fps: Frame rate, which the file does not state.
        behaviors: Heads of the classifiers' columns; without them, the columns of 0 and 1 at the
            end of the table are taken.
        animal_marks: What tells animals apart in the names of body parts (``[_1, _2]``).

    Raises:
        FormatError: The header is another, a row is broken, or a state is neither 0 nor 1.
    """
    lines = head_lines(path, 2)
    layout = _layout([cell.strip() for cell in lines[0]])
    if not layout.parts or len(set(layout.heads)) != len(layout.heads):
        twice = next((name for name in layout.heads if layout.heads.count(name) > 1), "")
        raise FormatError(
            f"the column '{twice}' is there twice" if twice else "there are no body parts in front",
            file=path,
            row=1,
            expected="row numbers, then <part>_x, <part>_y, <part>_p of every body part",
        )
    separator = separator_in(path, 2)
    second = tuple(lines[1]) if len(lines) > 1 else ()
    grid = Grid(1, len(lines[0]), 1, separator, decimal_of(second, separator))
    index, *values = read_columns(path, grid)
    columns = [Column(ANIMAL, part, coord) for part in layout.parts for coord in _COORDS.values()]
    columns, problems = by_marks(columns, animal_marks, path=path)
    if encoding_of(first_bytes(path)) == "cp1252":
        problems.append(not_utf8(path))
    rows = range(2, 2 + len(index))
    axis = time_axis(_frames(index), rows, path=path, frames=True)
    if not np.array_equal(axis.starts, np.arange(len(index))):
        raise FormatError(
            f"the rows are numbered from {axis.starts[0]:g} to {axis.starts[-1]:g}",
            file=path,
            row=2,
            expected=f"0 to {len(index) - 1}: one row for each frame",
        )
    pose = pose_track(columns, values[: layout.n_pose], path=path, first_row=2)
    problems += doubtful_likelihoods(pose.confidence, path=path, first_row=2)
    named = _classifiers(layout, values, behaviors, path)
    problems += _guessed(layout, named, behaviors, path)
    track = _track(path, layout, named, values)
    return Contents(
        path,
        "simba_csv",
        recording_of(path.name),
        pose=pose,
        labels=(track,) if named else (),
        fps=fps,
        problems=tuple(problems),
    )


def _frames(index: NDArray[Any]) -> NDArray[np.float64]:
    return index.astype(np.float64) if index.dtype.kind in "fiu" else np.full(len(index), np.nan)


def _classifiers(
    layout: _Layout,
    values: Sequence[NDArray[Any]],
    behaviors: Sequence[str] | None,
    path: Path,
) -> list[str]:
    """Heads of the columns that are labels, in the order of the table."""
    rest = layout.heads[layout.n_pose :]
    for name in behaviors or ():
        if name not in rest:
            raise FormatError(
                f"there is no column '{name}'", file=path, row=1, todo=did_you_mean(name, rest)
            )
    if behaviors is not None:
        return [name for name in rest if name in behaviors]
    machine = [name for name in rest if f"{PROBABILITY}{name}" in rest]
    if machine:
        return machine
    named: list[str] = []
    for name in reversed(rest):
        column = values[layout.heads.index(name)]
        known = column[~np.isnan(column)]  # an empty cell among states is a fault, to be named
        if name.startswith(NO_CLASSIFIERS) or not len(known) or not np.isin(known, (0, 1)).all():
            break
        named.insert(0, name)
    return named


def _guessed(
    layout: _Layout, named: Sequence[str], behaviors: Sequence[str] | None, path: Path
) -> list[Problem]:
    """A warning for a machine's labels, and where a feature of 0 and 1 would look like a label."""
    listed = ", ".join(named)
    if _by_machine(layout, named):
        what = f"the labels are what the machine said, not a person: {listed}"
        todo = "import targets_inserted, where people's labels are meant"
    elif named and behaviors is None and len(named) < len(layout.heads) - layout.n_pose:
        what = f"the 0/1 columns at the end are taken for classifiers: {listed}"
        todo = f"say it by behaviors: [{listed}] in a mapping"
    else:
        return []
    return [Problem("simba_csv", Severity.WARNING, what, file=str(path), row=1, todo=todo)]


def _by_machine(layout: _Layout, named: Sequence[str]) -> bool:
    return any(f"{PROBABILITY}{name}" in layout.heads for name in named)


def _track(
    path: Path, layout: _Layout, named: Sequence[str], values: Sequence[NDArray[Any]]
) -> LabelTrack:
    n_rows = len(values[0])
    states = np.empty((n_rows, len(named)), dtype=np.int8)
    for column, name in enumerate(named):
        flags = values[layout.heads.index(name)]
        wrong = ~np.isin(flags, (0, 1))
        if wrong.any():
            place = int(np.argmax(wrong))
            raise FormatError(
                f"'{flags[place]:g}' in the column '{name}' is no state",
                file=path,
                row=2 + place,
                expected="1 yes, 0 no",
                todo="name the columns of the classifiers by behaviors",
            )
        states[:, column] = flags
    rows = range(2, 2 + n_rows)
    axis = time_axis(np.arange(n_rows, dtype=np.float64), rows, path=path, frames=True)
    matrix = Matrix(Subject("", ""), axis, rows, named, states)
    return LabelTrack(
        recording_of(path.name),
        "frame",
        tuple(_with_probability(row, layout, values) for row in matrix.labels()),
        tuple(named),
        n_rows=n_rows,
        annotator=MACHINE if _by_machine(layout, named) else "",
        examined=tuple(matrix.examined()),
    )


def _with_probability(row: LabelRow, layout: _Layout, values: Sequence[NDArray[Any]]) -> LabelRow:
    """A label with the mean of its probability, where the machine gave one."""
    head = f"{PROBABILITY}{row.behavior}"
    if head not in layout.heads:
        return row
    mean = float(values[layout.heads.index(head)][int(row.start) : int(row.stop)].mean())
    return replace(row, confidence=mean, source=f"model:{MACHINE}")
