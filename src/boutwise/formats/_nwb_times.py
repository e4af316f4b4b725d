"""When the rows of a pose series are: a rate, or the timestamp of each row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError
from boutwise.types import Problem, Severity

JITTER = 0.1
"""Share of a frame by which timestamps may differ from a steady rate without a word."""


@dataclass(frozen=True)
class Times:
    """When rows are.

    Attributes:
        fps: Rate of the frames; None where the file does not tell it.
        start_s: Time of the first row on the clock of the file.
        row_to_frame: Frame of each row, (rows,), where some are left out; else None.
        problems: What is odd about them.
        seconds: Time of each row from the first, (rows,), where no steady rate describes them.
    """

    fps: float | None
    start_s: float
    row_to_frame: NDArray[np.int64] | None = None
    problems: tuple[Problem, ...] = ()
    seconds: NDArray[np.float64] | None = None


def steady(rate: float, start_s: float, *, path: Path) -> Times:
    """Times of a series with a rate.

    Raises:
        FormatError: The rate is no rate.
    """
    if not np.isfinite(rate) or rate <= 0:
        raise FormatError(f"the rate is {rate:g}", file=path, expected="frames a second above 0")
    return Times(float(rate), float(start_s))


def stamped(seconds: NDArray[np.float64], *, path: Path) -> Times:
    """Times of a series with timestamps.

    Args:
        seconds: Time of each row, (rows,).
        path: For messages.

    Raises:
        FormatError: Timestamps that are missing or do not count upward.
    """
    steps = np.diff(seconds)
    if not np.isfinite(seconds).all() or (steps <= 0).any():
        place = int(np.argmax(~np.isfinite(seconds) | np.append(False, ~(steps > 0))))
        raise FormatError(
            f"the timestamp of row {place} is {seconds[place]:g}"
            + (f" after {seconds[place - 1]:g}" if place else ""),
            file=path,
            expected="seconds that count upward",
            todo="write the file again from the tracks and the video",
        )
    if len(seconds) < 2:
        return Times(None, float(seconds[0]) if len(seconds) else 0.0)
    if np.array_equal(seconds, np.arange(len(seconds))):
        # What DeepLabCut's converter writes when it has not seen the video.
        what = "the timestamps are 0, 1, 2, ...: they count frames, and are no seconds"
        return Times(None, 0.0, problems=(_warning(what, path, "give --fps"),))
    step = float(np.median(steps))
    missed = np.rint(steps / step).astype(np.int64)
    if (missed > 1).any() and (np.abs(steps - missed * step) <= JITTER * step).all():
        frames = np.append(0, np.cumsum(missed))
        rate = frames[-1] / (seconds[-1] - seconds[0])
        what = f"{int((missed - 1).sum())} frames have no row"
        todo = "compare with the frame count of the video"
        return Times(float(rate), float(seconds[0]), frames, (_warning(what, path, todo),))
    rate = len(steps) / (seconds[-1] - seconds[0])
    away = np.abs(seconds - seconds[0] - np.arange(len(seconds)) / rate).max() * rate
    if away <= JITTER:
        return Times(float(rate), float(seconds[0]))
    what = (
        f"the rows come unevenly, up to {away:.1f} frames away from {rate:.3f} a second; seconds "
        "are those of their timestamps"
    )
    problem = _warning(what, path, "compare with the frame count of the video")
    return Times(float(rate), float(seconds[0]), None, (problem,), seconds - seconds[0])


def _warning(what: str, path: Path, todo: str) -> Problem:
    return Problem(
        "timestamps",
        Severity.WARNING,
        what,
        file=str(path),
        expected="the time of every frame in seconds",
        todo=todo,
    )
