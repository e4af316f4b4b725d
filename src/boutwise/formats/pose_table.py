"""A plain table of pose, described by a mapping: which columns are which point.

.. code-block:: yaml

    keypoints:                    # by column name, or by place counted from 0
      nose: [nose_x, nose_y]
      tail_base: {x: 4, y: 5, z: 6, confidence: 7}
    fps: 30
    unit: mm

Nothing is recognised by itself: a table of numbers could be anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError, model_validator

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._contract import Contents
from boutwise.formats._dlc import ANIMAL, Column, pose_track
from boutwise.formats._frame_numbers import frame_numbers
from boutwise.formats._pose_values import Grid, decimal_of, head_lines, read_columns, separator_in

DESCRIPTION = "plain table of pose by a declared mapping (--mapping): 2D or 3D, one row a frame"

ColumnName = int | str
_CONFIG = ConfigDict(extra="forbid", strict=True, frozen=True)


class Point(BaseModel):
    """Columns of one keypoint."""

    model_config = _CONFIG
    x: ColumnName
    y: ColumnName
    z: ColumnName | None = None
    confidence: ColumnName | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        """Two columns are x, y; three are x, y, z."""
        if isinstance(value, (list, tuple)) and len(value) in (2, 3):
            return dict(zip("xyz", value, strict=False))
        return value


class TableMapping(BaseModel):
    """What a mapping may say."""

    model_config = _CONFIG
    keypoints: dict[str, Point] = Field(default_factory=dict)
    animals: dict[str, dict[str, Point]] = Field(default_factory=dict)
    animal: str = ANIMAL
    header: bool | None = None
    skip_rows: int = Field(default=0, ge=0)
    separator: Literal[",", ";", "\t"] | None = None
    decimal: Literal[".", ","] | None = None
    frame: ColumnName | None = None
    unit: Literal["px", "mm", "cm", "unknown"] = "unknown"
    fps: PositiveFloat | None = None
    roles: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_of(self) -> TableMapping:
        if bool(self.keypoints) == bool(self.animals):
            raise ValueError("give either 'keypoints' (one animal) or 'animals', and not empty")
        return self

    def points(self) -> dict[str, dict[str, Point]]:
        """Animal -> keypoint -> columns."""
        return self.animals or {self.animal: self.keypoints}


def sniff(path: Path) -> bool:
    """Never: without a mapping nobody knows what the columns are."""
    return False


def read(
    path: Path,
    *,
    mapping: str | Path | Mapping[str, Any] | None = None,
    fps: float | None = None,
) -> Contents:
    """Read a table by its mapping.

    Args:
        path: The file.
        mapping: The mapping, or the YAML file that holds it.
        fps: Frame rate; wins over the mapping's.

    Raises:
        FormatError: There is no mapping, it names a column that is not there, or a row is broken.
    """
    if mapping is None:
        raise FormatError(
            "a plain table needs a mapping",
            file=path,
            row=1,
            expected="keypoints: {nose: [column of x, column of y], ...}",
            todo="give --mapping YAML",
        )
    plan = _parse(mapping, path)
    heads, grid = _layout(path, plan)
    named = [
        (Column(animal, name, coord), _place(column, heads, grid, path))
        for animal, points in plan.points().items()
        for name, point in points.items()
        for coord, column in _coords(point)
    ]
    table = read_columns(path, grid)
    values = [table[place].astype(np.float64) for _, place in named]
    frames = None
    problems: list[Any] = []
    if plan.frame is not None:
        numbers = table[_place(plan.frame, heads, grid, path)]
        frames, problems = frame_numbers(numbers, path=path, first_row=grid.skip_rows + 1)
    columns = [column for column, _ in named]
    track = pose_track(columns, values, path=path, first_row=grid.skip_rows + 1)
    pose = replace(track, roles=plan.roles or track.roles, unit=plan.unit)
    return Contents(
        path,
        "pose_table",
        path.name.removesuffix(path.suffix),
        pose=pose,
        fps=fps or plan.fps,
        problems=tuple(problems),
        row_to_frame=frames,
    )


def _parse(mapping: str | Path | Mapping[str, Any], path: Path) -> TableMapping:
    from boutwise.formats import load_mapping

    where = path if isinstance(mapping, Mapping) else Path(mapping)
    try:
        return TableMapping.model_validate(load_mapping(mapping))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the mapping"
        unknown = first["type"] == "extra_forbidden"
        known = Point.model_fields if len(first["loc"]) > 1 else TableMapping.model_fields
        raise FormatError(
            f"the mapping is wrong at {place}: {first['msg']}",
            file=where,
            expected="keypoints: {nose: [x column, y column], ...}",
            todo=did_you_mean(str(first["loc"][-1]), known) if unknown else None,
        ) from error


def _layout(path: Path, plan: TableMapping) -> tuple[list[str], Grid]:
    """Column heads (empty without a header) and where the numbers are."""
    lines = head_lines(path, plan.skip_rows + 2, separator=plan.separator)
    if len(lines) <= plan.skip_rows:
        raise FormatError("there are no rows", file=path, row=plan.skip_rows + 1)
    first = lines[plan.skip_rows]
    named = [plan.frame] if isinstance(plan.frame, str) else []
    named += [
        column
        for points in plan.points().values()
        for point in points.values()
        for _, column in _coords(point)
        if isinstance(column, str)
    ]
    header = plan.header if plan.header is not None else bool(named)
    if named and not header:
        raise FormatError(
            f"the mapping names the column '{named[0]}', but the table has no header",
            file=path,
            row=1,
            expected="columns by their place, counted from 0",
        )
    body = lines[plan.skip_rows + 1] if header and len(lines) > plan.skip_rows + 1 else first
    separator = plan.separator or separator_in(path, plan.skip_rows + 2)
    decimal = plan.decimal or decimal_of(tuple(body), separator)
    grid = Grid(plan.skip_rows + int(header), len(first), 0, separator, decimal)
    return ([cell.strip() for cell in first] if header else []), grid


def _coords(point: Point) -> list[tuple[str, ColumnName]]:
    named = (("x", point.x), ("y", point.y), ("z", point.z), ("likelihood", point.confidence))
    return [(coord, column) for coord, column in named if column is not None]


def _place(column: ColumnName, heads: list[str], grid: Grid, path: Path) -> int:
    if isinstance(column, int):
        if not 0 <= column < grid.n_columns:
            raise FormatError(
                f"there is no column {column}",
                file=path,
                row=grid.skip_rows or 1,
                expected=f"0 to {grid.n_columns - 1}",
            )
        return column
    if heads.count(column) != 1:
        raise FormatError(
            f"the column '{column}' is there {heads.count(column)} times",
            file=path,
            row=grid.skip_rows or 1,
            expected="every column of the mapping once",
            todo=did_you_mean(column, heads) if column not in heads else "name it by its place",
        )
    return heads.index(column)
