"""The SUBTLE data set: a folder with ``coords/`` (3D pose) and ``annots/`` (labels).

A pose file has 27 columns without a header: nine points, x, y, z each, 20 frames a second. A label
file has the header ``,0`` and rows ``second,label``. ``na`` means examined and none of the four
others: it is the background of the exclusive group, a class like the others. The number in a file
name is the animal; ``young_8294`` and ``adult_8294`` are the same mouse.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from boutwise.errors import FormatError
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._dlc import ANIMAL
from boutwise.formats._pose_values import Grid, head_lines, read_columns, refuse_infinite
from boutwise.formats._runs import observed_ranges, stretches, time_axis
from boutwise.formats._text import head_rows, read_table, to_number
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, PoseTrack

DESCRIPTION = "SUBTLE folder: coords/ (3D pose by frame from 0) and annots/ (labels by second)"

KEYPOINTS = ("nose", "neck", "anus", "chest", "rfoot", "lfoot", "rhand", "lhand", "tip")
BEHAVIORS = ("na", "walking", "rearing", "standing", "grooming")
ROLES = {
    "nose": "nose",
    "neck": "neck",
    "anus": "tail_base",
    "chest": "chest",
    "rfoot": "right_hindpaw",
    "lfoot": "left_hindpaw",
    "rhand": "right_forepaw",
    "lhand": "left_forepaw",
    "tip": "tail_tip",
}
ETHOGRAM = Ethogram(
    tuple(Behavior(name) for name in BEHAVIORS),
    (ExclusiveGroup("activity", BEHAVIORS, background="na"),),
)
FPS = 20.0
ANIMAL_PATTERN = r"(\d+)"
DEFAULTS: dict[str, Any] = {
    "fps": FPS,
    "animal_pattern": ANIMAL_PATTERN,
    "ethogram": ETHOGRAM,
    "roles": ROLES,
}
"""What an import takes for granted where the user says nothing else."""


def sniff(path: Path) -> bool:
    """Whether this is such a folder, or a file of one."""
    if path.is_dir():
        return any(sniff(member) for member in files(path)[:2])
    rows = head_rows(path, 2)
    if len(rows) < 2:
        return False
    if _is_labels(rows[0].cells) and len(rows[1].cells) == 2:
        second, label = to_number(rows[1].cells[0]), to_number(rows[1].cells[1])
        return second is not None and (label is None or math.isnan(label))  # the label 'na'
    values = [to_number(cell) for cell in rows[0].cells]
    return path.parent.name == "coords" and len(values) == 3 * len(KEYPOINTS) and None not in values


def _is_labels(cells: tuple[str, ...]) -> bool:
    return len(cells) == 2 and not cells[0].strip() and cells[1].strip() == "0"


def files(folder: Path) -> list[Path]:
    """Pose files, then label files of the folder, each sorted."""
    return [
        member
        for part in ("coords", "annots")
        for member in sorted((folder / part).glob("*.csv"))
        if not member.name.startswith(".")
    ]


def animal_of(name: str) -> str:
    """The animal of a file or recording name: its number.

    >>> animal_of("young_8294.csv")
    '8294'
    """
    found = re.search(ANIMAL_PATTERN, name)
    return found.group(1) if found else ""


def read(path: Path, *, fps: float = FPS) -> Contents:
    """Read a pose file or a label file.

    Args:
        path: A file of ``coords/`` or ``annots/``.
        fps: Frame rate of the pose.

    Raises:
        FormatError: The path is a folder, or a row is broken; the message has the row.
    """
    if path.is_dir():
        raise FormatError(
            "this is a folder", file=path, expected="one of its files; files() lists them"
        )
    lines = head_lines(path, 1)
    if _is_labels(tuple(lines[0])):
        return _labels(path, fps)
    return _pose(path, len(lines[0]), fps)


def _pose(path: Path, n_columns: int, fps: float) -> Contents:
    if n_columns != 3 * len(KEYPOINTS):
        raise FormatError(
            f"the first row has {n_columns} cells",
            file=path,
            row=1,
            expected=f"{3 * len(KEYPOINTS)}: x, y, z of {', '.join(KEYPOINTS)}; or a header ',0'",
        )
    columns = read_columns(path, Grid(0, n_columns, 0))
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite, and is refused
        positions = np.stack(columns, axis=1).astype(np.float32)
    refuse_infinite(positions, path=path, first_row=1)
    pose = PoseTrack(
        positions.reshape(len(positions), 1, len(KEYPOINTS), 3),
        None,
        (animal_of(path.stem) or ANIMAL,),
        KEYPOINTS,
        roles=ROLES,
        unit="unknown",
        source=str(path),
    )
    return Contents(path, "subtle", path.stem, pose=pose, fps=fps)


def _labels(path: Path, fps: float) -> Contents:
    table = read_table(path)
    body = table.rows[1:]
    for row in body:
        if len(row.cells) != 2 or not row.cells[1].strip():
            raise FormatError(
                "the row has no label" if len(row.cells) < 3 else "the row has too many cells",
                file=path,
                row=row.number,
                expected="second,label",
            )
    if not body:
        raise FormatError("there are no labels below the header", file=path, row=2)
    rows = [row.number for row in body]
    starts = np.array([table.number(row, 0) for row in body])
    axis = time_axis(starts, rows, path=path, frames=False, fps=fps if len(body) == 1 else None)
    labels = [row.cells[1].strip() for row in body]
    found = tuple(
        LabelRow(
            labels[run.first],
            float(axis.starts[run.first]),
            float(axis.stops[run.last]),
            rows[run.first],
        )
        for run in stretches(labels, axis.joined)
    )
    track = LabelTrack(
        path.stem,
        "second",
        found,
        behaviors=tuple(dict.fromkeys([*BEHAVIORS, *labels])),
        observed=observed_ranges(axis, np.ones(len(body), dtype=bool)),
        n_rows=len(body),
    )
    return Contents(path, "subtle", path.stem, labels=(track,), problems=table.problems)
