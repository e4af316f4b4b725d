"""The parquet files of MABe 2025: poses in long form, one row a point, and bouts, one row each.

Rows of poses are not read one by one: frame, mouse and body part of each row are the place of its
point in one array, which is filled at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from boutwise.errors import FormatError

TRACKING = ("video_frame", "mouse_id", "bodypart", "x", "y")
ANNOTATION = ("agent_id", "target_id", "action", "start_frame", "stop_frame")
MOST_FRAMES = 50_000_000
SPARSE = 1000
"""Frames for each row at most: more empty ones are a broken number, not a mouse out of sight."""
AGAIN = "download the file again"


@dataclass(frozen=True, eq=False)
class Points:
    """A pose file.

    Attributes:
        mice: Names of the mice, ``mouse1``, ..., in order.
        parts: Names of the body parts.
        positions: (frames, mice, parts, 2), float32, pixels; NaN where there is no row.
    """

    mice: tuple[str, ...]
    parts: tuple[str, ...]
    positions: NDArray[np.float32]


def columns_of(path: Path) -> frozenset[str]:
    """Names of the columns of a parquet file; empty where it is none."""
    if path.suffix.lower() != ".parquet" or not path.is_file():
        return frozenset()
    try:
        return frozenset(pq.read_schema(path).names)
    except (OSError, pa.ArrowException):
        return frozenset()


def last_frame(path: Path) -> int | None:
    """Last frame of a pose file, from its statistics where it has some; None where it is none."""
    if not path.is_file():
        return None
    table = _read(path, ("video_frame",))
    return int(pc.max(table["video_frame"]).as_py()) if table.num_rows else None


def points(path: Path, order: tuple[str, ...] = ()) -> Points:
    """Read a pose file.

    Args:
        path: The file.
        order: Body parts that come first, as far as they are there.

    Raises:
        FormatError: A column is missing, or a row is broken or there twice; with its row.
    """
    table = _read(path, TRACKING)
    if not table.num_rows:
        raise FormatError("there are no rows", file=path, expected="one row a point")
    frames = _whole(table["video_frame"], path, "video_frame")
    mice, mouse = _names(table["mouse_id"], path, "mouse_id")
    parts, part = _names(table["bodypart"], path, "bodypart")
    _check_frames(frames, path)
    sorted_mice = sorted((_mouse(name), place) for place, name in enumerate(mice))
    first = {name: place for place, name in enumerate(order)}
    sorted_parts = sorted(
        (first.get(name, len(first)), name, place) for place, name in enumerate(parts)
    )
    shape = (int(frames.max()) + 1, len(mice), len(parts))
    of_mouse, of_part = np.empty(len(mice), np.int64), np.empty(len(parts), np.int64)
    of_mouse[[place for _, place in sorted_mice]] = np.arange(len(mice))
    of_part[[place for *_, place in sorted_parts]] = np.arange(len(parts))
    place = (frames * shape[1] + of_mouse[mouse]) * shape[2] + of_part[part]
    _refuse_twice(place, int(np.prod(shape)), path)
    positions = np.full((*shape, 2), np.nan, dtype=np.float32)
    flat = positions.reshape(-1, 2)
    with np.errstate(over="ignore"):  # too large for float32 becomes infinite, and is refused
        for axis, column in enumerate("xy"):
            values = _numbers(table[column], path, column)
            flat[place, axis] = values
            if np.isinf(flat[place, axis]).any():
                _broken(path, int(np.argmax(np.isinf(values.astype(np.float32)))), column)
    names = tuple(name for name, _ in sorted_mice)
    if len(set(names)) < len(names):
        raise FormatError(f"two mice have the same name: {', '.join(names)}", file=path)
    return Points(names, tuple(name for _, name, _ in sorted_parts), positions)


def bouts(path: Path) -> list[tuple[str, str, str, int, int]]:
    """Agent, target, action, start and stop of each row of an annotation file, as written.

    Raises:
        FormatError: A column is missing, or a cell is empty or no whole number; with its row.
    """
    table = _read(path, ANNOTATION)
    words = [table[name].to_pylist() for name in ANNOTATION[:3]]
    spans = [_whole(table[name], path, name).tolist() for name in ANNOTATION[3:]]
    for column, values in zip(ANNOTATION, words, strict=False):
        if None in values:
            _broken(path, values.index(None), column)
    agents, targets, actions = words
    return [
        (_mouse(agent), _mouse(target), str(action), start, stop)
        for agent, target, action, start, stop in zip(agents, targets, actions, *spans, strict=True)
    ]


def _mouse(name: Any) -> str:
    """A mouse as the tables call it: they have numbers where the files of bouts have words.

    >>> _mouse(2), _mouse("mouse2"), _mouse("self")
    ('mouse2', 'mouse2', 'self')
    """
    text = str(name)
    return f"mouse{text}" if text.isdecimal() else text


def _read(path: Path, columns: tuple[str, ...]) -> pa.Table:
    try:
        there = set(pq.read_schema(path).names)
        missing = [name for name in columns if name not in there]
        if missing:
            raise FormatError(
                f"there is no column '{missing[0]}'", file=path, expected=", ".join(columns)
            )
        return pq.read_table(
            path,
            columns=list(columns),
            read_dictionary=[name for name in ("bodypart",) if name in columns],
            use_threads=False,
        )
    except (OSError, pa.ArrowException) as error:
        raise FormatError(
            f"the parquet file is broken: {error}", file=path, expected="parquet", todo=AGAIN
        ) from error


def _whole(column: pa.ChunkedArray, path: Path, name: str) -> NDArray[np.int64]:
    values = _numbers(column, path, name)
    if values.dtype.kind == "f":
        odd = ~np.isfinite(values) | (values % 1 != 0)
        if odd.any():
            _broken(path, int(np.argmax(odd)), name)
    return values.astype(np.int64)


def _numbers(column: pa.ChunkedArray, path: Path, name: str) -> NDArray[Any]:
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        raise FormatError(
            f"the column '{name}' holds {column.type}", file=path, expected="numbers", todo=AGAIN
        )
    if column.null_count and name not in ("x", "y"):
        _broken(path, int(np.argmax(column.is_null().to_numpy())), name)
    return np.asarray(column.to_numpy())


def _names(column: pa.ChunkedArray, path: Path, name: str) -> tuple[list[Any], NDArray[np.int64]]:
    """The different values of a column, and the place of each row's among them."""
    if column.null_count:
        _broken(path, int(np.argmax(column.is_null().to_numpy())), name)
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = whole.chunk(0)
    return whole.dictionary.to_pylist(), whole.indices.to_numpy().astype(np.int64)


def _check_frames(frames: NDArray[np.int64], path: Path) -> None:
    wrong = (frames < 0) | (frames >= min(MOST_FRAMES, SPARSE * (len(frames) + 1)))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise FormatError(
            f"the frame is {frames[row]}",
            file=path,
            row=row + 1,
            expected="frames from 0, of which most have rows",
            todo=AGAIN,
        )


def _refuse_twice(place: NDArray[np.int64], size: int, path: Path) -> None:
    seen = np.zeros(size, dtype=bool)
    seen[place] = True
    if np.count_nonzero(seen) == len(place):
        return
    _, first = np.unique(place, return_index=True)
    row = int(np.setdiff1d(np.arange(len(place)), first)[0])
    raise FormatError(
        "a point of a mouse is there twice in a frame",
        file=path,
        row=row + 1,
        expected="one row for each frame, mouse and body part",
        todo=AGAIN,
    )


def _broken(path: Path, row: int, column: str) -> None:
    raise FormatError(
        f"the value of '{column}' is missing or cannot be",
        file=path,
        row=row + 1,
        expected="a value in every row",
        todo=AGAIN,
    )
