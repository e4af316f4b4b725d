"""Boxes as Parquet: ``<recording>.boxes.parquet``, one row for each animal and frame."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from boutwise.errors import FormatError, UsageError
from boutwise.formats._parquet import FACTS, GrowingTable, with_facts
from boutwise.types import Boxes, FrameClock

SIDES = ("x1", "y1", "x2", "y2")
ROWS = 20_000
"""Frames that are turned into a table at once."""
COLUMNS = ("frame", "time_s", "animal", *SIDES, "score", "detected")


def write_boxes(boxes: Boxes, clock: FrameClock, path: Path) -> None:
    """Write the boxes of a recording: a row for each frame and animal, null where there is no box.

    Columns: frame, time_s, animal, x1, y1, x2, y2 (left, top, right, bottom in pixels of the
    video), score (0 to 1), detected (looked for in this very frame, not put between two others).

    Args:
        boxes: Of all frames.
        clock: Of the recording.
        path: ``<recording>.boxes.parquet``; it appears under this name when it is whole.

    Raises:
        UsageError: Boxes and clock do not belong together.
    """
    if boxes.n_frames != clock.n_frames:
        raise UsageError(
            f"boxes of {boxes.n_frames} frames with a clock of {clock.n_frames}",
            expected="boxes and clock of one recording",
        )
    facts = {"animals": list(boxes.animals), "size": list(boxes.size), "detector": boxes.source}
    with GrowingTable(path, compression="zstd") as file:
        for start in range(0, max(boxes.n_frames, 1), ROWS):
            some = slice(start, min(start + ROWS, boxes.n_frames))
            file.add(with_facts(_table(boxes, clock, some), facts))


def _table(boxes: Boxes, clock: FrameClock, some: slice) -> pa.Table:
    """Some frames: hours of them would fill the memory."""
    frames = np.repeat(np.arange(some.start, some.stop), len(boxes.animals))
    corners = boxes.corners[some].reshape(-1, 4)
    columns = {
        "frame": pa.array(frames),
        "time_s": pa.array(clock.to_seconds(frames)),
        "animal": pa.array(list(boxes.animals) * (some.stop - some.start), pa.string()),
        **{side: _numbers(corners[:, place]) for place, side in enumerate(SIDES)},
        "score": _numbers(boxes.scores[some].ravel()),
        "detected": pa.array(boxes.detected[some].ravel()),
    }
    return pa.table(columns)


def _numbers(values: NDArray[np.float32]) -> pa.Array:
    return pa.array(values, mask=~np.isfinite(values))


def read_boxes(path: Path | str) -> Boxes:
    """Read what :func:`write_boxes` wrote.

    Raises:
        FormatError: The file is missing, is no file of boxes, or lacks rows.
    """
    path = Path(path)
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        raise FormatError(f"the boxes cannot be read: {error}", file=path) from error
    missing = [name for name in COLUMNS if name not in table.column_names]
    facts = (table.schema.metadata or {}).get(FACTS)
    if missing or facts is None:
        what = f"it has no column '{missing[0]}'" if missing else "its metadata are not ours"
        raise FormatError(
            f"this is no file of boxes: {what}", file=path, expected=", ".join(COLUMNS)
        )
    said = json.loads(facts)
    animals = tuple(said["animals"])
    n_frames = table.num_rows // max(len(animals), 1)
    frames = table["frame"].to_numpy()
    names = table["animal"].to_pylist()
    expected = np.repeat(np.arange(n_frames), len(animals))
    if not np.array_equal(frames, expected) or names != list(animals) * n_frames:
        raise FormatError(
            "rows of boxes are missing or in another order",
            file=path,
            expected=f"a row for each frame and each of {', '.join(animals)}",
        )
    sides = [_floats(table, side) for side in SIDES]
    shape = (n_frames, len(animals))
    return Boxes(
        corners=np.stack(sides, axis=1).reshape(*shape, 4),
        scores=_floats(table, "score").reshape(shape),
        detected=np.asarray(table["detected"].to_numpy(), dtype=bool).reshape(shape),
        animals=animals,
        size=(int(said["size"][0]), int(said["size"][1])),
        source=str(said["detector"]),
    )


def _floats(table: pa.Table, name: str) -> NDArray[np.float32]:
    column = table[name].to_numpy(zero_copy_only=False)
    return np.asarray(column, dtype=np.float32)
