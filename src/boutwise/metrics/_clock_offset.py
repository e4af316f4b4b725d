"""How far the clocks of two raters are apart, from their labels alone.

Each rater's program starts counting when it was started, so that the same bout may lie a second
later in one file than in the other. The offset is the shift at which the labels agree most; its
error comes from leaving out one stretch of the recording at a time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics._matching import spans_of

Flags = NDArray[np.bool_]

FEWEST_BOUTS = 5
"""Bouts of each rater below which nothing is said."""
STRETCHES = 8
"""Parts of a recording that are left out one at a time."""
LARGEST_ERROR_S = 0.5
"""Standard error above which the peak is not one."""
PROMINENCE = 1.5
"""The best agreement, as a multiple of the best that lags far away give by chance."""
GRID_FRAMES = 0.25
"""Smallest standard error that whole frames allow."""


@dataclass(frozen=True)
class ClockOffset:
    """How much later the second rater's labels lie than the first's.

    Attributes:
        frames: The offset; None when it cannot be told.
        error_frames: Its standard error; NaN when it cannot be told.
        reason: Why it cannot be told.
    """

    frames: int | None
    error_frames: float = math.nan
    reason: str = ""


def clock_offset(first: Flags, second: Flags, *, fps: float, max_offset_s: float) -> ClockOffset:
    """Estimate the offset of two raters' clocks.

    Args:
        first: Frames in which the first rater saw each behavior, (frames, behaviors).
        second: The same of the second rater.
        fps: Frames per second.
        max_offset_s: Largest offset that is looked for, seconds.

    >>> rng = np.random.default_rng(0)
    >>> seen = np.repeat(rng.random(200) < 0.3, 10)[:, None]
    >>> clock_offset(seen, np.roll(seen, 7, axis=0), fps=25, max_offset_s=2).frames
    7
    """
    fewest = min(sum(len(spans_of(column)) for column in flags.T) for flags in (first, second))
    if fewest < FEWEST_BOUTS:
        words = f"too few bouts ({fewest}; {FEWEST_BOUTS} are needed)"
        return ClockOffset(None, reason=words)
    reach = round(max_offset_s * fps)
    # Lags three times as far away show how well unrelated stretches of the two agree.
    curves = _curves(first, second, 3 * reach)
    total = curves.sum(axis=0)
    near = slice(2 * reach, 4 * reach + 1)
    frames = int(total[near].argmax()) - reach
    if abs(frames) == reach:
        return ClockOffset(None, reason=f"no best agreement within {max_offset_s:g} s")
    far = np.concatenate([total[: 2 * reach], total[4 * reach + 1 :]])
    usual = float(np.median(far))
    if total[near].max() - usual < PROMINENCE * max(float(far.max()) - usual, 0.0):
        return ClockOffset(None, reason="shifted labels agree about as well by chance")
    without = np.argmax((total - curves)[:, near], axis=1) - reach
    error = math.sqrt((STRETCHES - 1) / STRETCHES * ((without - without.mean()) ** 2).sum())
    error = max(error, GRID_FRAMES)
    if error > LARGEST_ERROR_S * fps:
        return ClockOffset(None, reason="different parts of the recording disagree about it")
    return ClockOffset(frames, error)


def _curves(first: Flags, second: Flags, reach: int) -> NDArray[np.float64]:
    """Frames on which both agree to see something, for each stretch and lag.

    Each behavior counts without its mean, so that a behavior that is always seen says nothing.
    The second rater is looked up ``lag`` frames later, for lags from ``-reach`` to ``reach``.
    """
    mine, theirs = (flags - flags.mean(axis=0) for flags in (first, second))
    theirs = np.pad(theirs, ((reach, reach), (0, 0)))
    edges = np.linspace(0, len(first), STRETCHES + 1).round().astype(int)
    curves = np.zeros((STRETCHES, 2 * reach + 1))
    for place, (start, stop) in enumerate(pairwise(edges.tolist())):
        for column in range(first.shape[1]):
            seen = theirs[start : stop + 2 * reach, column]
            if stop > start and seen.any():
                curves[place] += _slid(seen, mine[start:stop, column])
    return curves


def _slid(long: NDArray[np.float64], short: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of products with the short one at each of its places along the long one.

    >>> _slid(np.array([1.0, 2, 3]), np.array([1.0, 1])).round(9).tolist()
    [3.0, 5.0]
    """
    size = 1 << (len(long) - 1).bit_length()
    spectrum = np.fft.rfft(long, size) * np.fft.rfft(short, size).conj()
    return np.fft.irfft(spectrum, size)[: len(long) - len(short) + 1]
