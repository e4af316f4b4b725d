"""What DeepLabCut's CSV and H5 files share: the header of three or four levels, and the names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError, did_you_mean
from boutwise.formats._marks import split_by_marks, suspected
from boutwise.formats._pose_values import refuse_infinite
from boutwise.types import PoseTrack, Problem, Severity
from boutwise.types.roles import propose_roles

ANIMAL = "animal"
"""Name of the animal of a file that names none."""

LEVELS = ("scorer", "individuals", "bodyparts", "coords")
COORDS = ("x", "y", "z", "likelihood")
SPREAD = re.compile(r"[xyz]_(ens_median|ens_var|posterior_var)|zscore|nll|ensvar")
"""What LightningPose's ensembles say of their spread, beside the coordinates; it is not read."""
_NETWORK = re.compile(r"^(.+?)(?:DLC|DeepCut)_?(?=\S*?shuffle\d+)")
_ENDINGS = re.compile(r"(_(el|sk|bx|filtered|assemblies))+$")


def recording_name(path: Path) -> str:
    """The name of the recording: what stands before ``DLC_`` or ``DLC`` in the file name.

    >>> recording_name(Path("cage 3DLC_resnet50_pawsMay7shuffle1_500000_el_filtered.csv"))
    'cage 3'
    >>> recording_name(Path("DLC1 dayDLC_snapshot-700.h5")), recording_name(Path("mouse.csv"))
    ('DLC1 day', 'mouse')
    """
    stem = path.name.removesuffix(path.suffix)
    found = _NETWORK.match(stem)
    if found:
        return found.group(1)
    cut = stem.rfind("DLC")
    if cut > 0:
        return stem[:cut]
    return _ENDINGS.sub("", stem) or stem


@dataclass(frozen=True)
class Column:
    """Whose coordinate a column holds."""

    animal: str
    keypoint: str
    coord: str


def columns_of(
    levels: Sequence[Sequence[str]], names: Sequence[str], *, path: Path
) -> tuple[list[Column], list[Problem]]:
    """The columns of a header.

    Args:
        levels: Rows of the header without their first cell, (levels, columns).
        names: What each row is, from :data:`LEVELS`.
        path: For messages.

    Raises:
        FormatError: A row is missing or unknown, or a coordinate is there twice.
    """
    rows = dict(zip(names, levels, strict=True))
    for needed in ("bodyparts", "coords"):
        if needed not in rows:
            raise FormatError(
                f"the header has no row '{needed}'",
                file=path,
                row=1,
                expected="rows scorer, (individuals,) bodyparts, coords",
            )
    plain = {name: demangled(row) for name, row in rows.items()}
    problems = [
        Problem(
            "dlc_header",
            Severity.WARNING,
            f"the header row '{name}' was mangled by another program and has been repaired",
            file=str(path),
            row=list(names).index(name) + 1,
            expected=f"'{plain[name][0]}' without a number behind a dot",
        )
        for name in names
        if list(plain[name]) != list(rows[name])
    ]
    animals = plain.get("individuals", [ANIMAL] * len(plain["coords"]))
    columns = [
        Column(*key) for key in zip(animals, plain["bodyparts"], plain["coords"], strict=True)
    ]
    _check(columns, names, path)
    return columns, problems


def by_marks(
    columns: Sequence[Column], marks: Sequence[str] | None, *, path: Path
) -> tuple[list[Column], list[Problem]]:
    """The columns of a file that names no animals, by the marks in its keypoints.

    Args:
        columns: As the header has them.
        marks: Marks of the animals; without them the file is one animal, perhaps with a warning.
        path: For messages.

    Raises:
        FormatError: The file names its animals, or a keypoint bears no mark.
    """
    own = {column.animal for column in columns} == {ANIMAL}
    names = [column.keypoint for column in columns]
    if not marks:
        return list(columns), suspected(tuple(dict.fromkeys(names)), path=path) if own else []
    if not own:
        raise FormatError(
            "animal_marks are given, but the file names its animals itself", file=path, row=1
        )
    found = split_by_marks(names, marks, path=path)
    return [
        replace(column, animal=animal, keypoint=keypoint)
        for column, (animal, keypoint) in zip(columns, found, strict=True)
    ], []


def demangled(row: Sequence[str]) -> list[str]:
    """A header row without the ``.1``, ``.2`` that pandas gives to repeated names.

    Only a row in which every name is different can have been mangled: a header repeats its names.

    >>> demangled(["net", "net.1", "net.2"]), demangled(["paw.1", "paw.1"])
    (['net', 'net', 'net'], ['paw.1', 'paw.1'])
    """
    plain: list[str] = []
    count: dict[str, int] = {}
    for cell in row:
        base, _, suffix = cell.rpartition(".")
        if base in count and suffix == str(count[base]):
            plain.append(base)
            count[base] += 1
        else:
            plain.append(cell)
            count.setdefault(cell, 1)
    return plain if len(set(row)) == len(row) else list(row)


def _check(columns: list[Column], names: Sequence[str], path: Path) -> None:
    coords_row, parts_row = names.index("coords") + 1, names.index("bodyparts") + 1
    seen: set[Column] = set()
    for place, column in enumerate(columns):
        if not column.keypoint.strip() or not column.animal.strip():
            raise FormatError(
                f"column {place + 2} of the header has no name",
                file=path,
                row=parts_row,
                expected="the name of a keypoint",
                todo="name it; take away separators at the ends of the rows",
            )
        if column.coord not in COORDS and not SPREAD.fullmatch(column.coord):
            raise FormatError(
                f"the coordinate '{column.coord}' is unknown",
                file=path,
                row=coords_row,
                expected=f"{', '.join(COORDS)} in column {place + 2}",
                todo=did_you_mean(column.coord, COORDS),
            )
        if column in seen:
            raise FormatError(
                f"{column.coord} of '{column.keypoint}' is there twice",
                file=path,
                row=parts_row,
                expected="every keypoint once for each animal",
                todo="rename or remove one of the two",
            )
        seen.add(column)
    if not columns:
        raise FormatError("the header names no keypoint", file=path, row=parts_row)


def pose_track(
    columns: Sequence[Column],
    values: Sequence[NDArray[np.float64]],
    *,
    path: Path,
    first_row: int = 1,
) -> PoseTrack:
    """Sort columns into a pose track; a coordinate that the file does not have is NaN.

    Args:
        columns: Whose coordinate each column is.
        values: The columns, each (frames,).
        path: Source of the track.
        first_row: Row of the file that holds the first frame, for messages.

    Raises:
        FormatError: A keypoint lacks x or y, or a value is infinite.
    """
    both = zip(columns, values, strict=True)
    kept = [(column, value) for column, value in both if column.coord in COORDS]
    columns, values = [column for column, _ in kept], [value for _, value in kept]
    animals = tuple(dict.fromkeys(column.animal for column in columns))
    keypoints = tuple(dict.fromkeys(column.keypoint for column in columns))
    present = {column.coord for column in columns}
    axes = ("x", "y", "z") if "z" in present else ("x", "y")
    have = set(columns)
    for animal, keypoint in dict.fromkeys((c.animal, c.keypoint) for c in columns):
        for axis in axes:
            if Column(animal, keypoint, axis) not in have:
                raise FormatError(
                    f"the keypoint '{keypoint}' has no {axis}",
                    file=path,
                    row=1,
                    expected=f"{', '.join(axes)} for every keypoint",
                )
    shape = (len(values[0]), len(animals), len(keypoints))
    full = len(have) == shape[1] * shape[2] * len(present)
    new = np.empty if full else _missing
    positions = new((*shape, len(axes)), dtype=np.float32)
    confidence = new(shape, dtype=np.float32) if "likelihood" in present else None
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite, and is refused
        for column, value in zip(columns, values, strict=True):
            animal_at, point_at = animals.index(column.animal), keypoints.index(column.keypoint)
            if column.coord != "likelihood":
                positions[:, animal_at, point_at, axes.index(column.coord)] = value
            elif confidence is not None:
                confidence[:, animal_at, point_at] = value
    for array in (positions, confidence):
        if array is not None:
            refuse_infinite(array, path=path, first_row=first_row)
    roles = propose_roles(keypoints)
    unit = "px" if len(axes) == 2 else "unknown"
    return PoseTrack(positions, confidence, animals, keypoints, roles, unit, str(path))


def _missing(shape: tuple[int, ...], dtype: type[np.float32]) -> NDArray[np.float32]:
    return np.full(shape, np.nan, dtype=dtype)
