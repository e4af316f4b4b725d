"""From a label a frame to stretches with a beginning and an end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError


@dataclass(frozen=True)
class Stretch:
    """Entries ``[first, last]`` of a column that hold one value without a gap between them."""

    first: int
    last: int


def stretches(values: Sequence[object], joined: NDArray[np.bool_]) -> list[Stretch]:
    """Run-length of a column.

    Args:
        values: One value an entry.
        joined: (entries,): whether an entry follows the one before it without a gap.

    >>> [(s.first, s.last) for s in stretches("aab", np.array([False, True, True]))]
    [(0, 1), (2, 2)]
    """
    starts = [
        place
        for place, value in enumerate(values)
        if place == 0 or not joined[place] or value != values[place - 1]
    ]
    return [
        Stretch(first, after - 1)
        for first, after in zip(starts, [*starts[1:], len(values)], strict=True)
    ]


@dataclass(frozen=True)
class TimeAxis:
    """When each entry of a label file begins and ends, in frames or in seconds.

    Attributes:
        starts: (entries,), increasing.
        stops: (entries,): the next start, or one step later where entries are missing.
        joined: (entries,): whether an entry follows the one before it without a gap.
    """

    starts: NDArray[np.float64]
    stops: NDArray[np.float64]
    joined: NDArray[np.bool_]


def time_axis(
    starts: NDArray[np.float64],
    rows: Sequence[int],
    *,
    path: Path,
    frames: bool,
    fps: float | None = None,
) -> TimeAxis:
    """Check a column of frame numbers or seconds and give every entry its end.

    Args:
        starts: Frame numbers or seconds, (entries,).
        rows: Row of each entry in the file.
        path: For messages.
        frames: Whether they are frame numbers; the step is then 1, else the median interval.
        fps: Rate of entries in seconds; needed where a single entry tells no interval.

    Raises:
        FormatError: An entry is missing, not whole, negative, repeated or runs backward.
    """
    for place, start in enumerate(starts):
        before = starts[place - 1] if place else -1.0
        if not np.isfinite(start) or start < 0 or start <= before or (frames and start % 1):
            what = "frame" if frames else "second"
            raise FormatError(
                f"the {what} is {start:g}" + (f" after {before:g}" if place else ""),
                file=path,
                row=rows[place],
                expected=f"{what}s that count upward from 0, each once",
                todo="look for rows that are doubled or out of order",
            )
    steps = np.diff(starts)
    if frames:
        step = 1.0
    elif fps is not None:
        step = 1 / fps
    elif len(steps):
        step = float(np.median(steps))
    else:
        raise FormatError(
            "one row in seconds does not tell how long it lasts",
            file=path,
            row=rows[0] if rows else 1,
            todo="give fps",
        )
    joined = np.concatenate(([False], steps <= 1.5 * step))
    following = np.append(starts[1:], np.inf)
    stops = np.where(np.append(joined[1:], False), following, starts + step)
    return TimeAxis(starts, stops, joined)


def observed_ranges(axis: TimeAxis, seen: NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Ranges of the entries that were examined, gaps left out.

    Args:
        axis: The entries.
        seen: (entries,): whether an entry was examined.
    """
    return tuple(
        (float(axis.starts[piece.first]), float(axis.stops[piece.last]))
        for piece in stretches(seen.tolist(), axis.joined)
        if seen[piece.first]
    )
