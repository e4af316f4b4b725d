"""Statistics over time, computed on the fly from base columns.

Only base columns are stored; what surrounds each frame is computed when a learner asks, in chunks,
so that memory does not grow with the recording. Windows are given in seconds and are centered.
Missing values are left out: a statistic is over the values that are there, and NaN where fewer
than a quarter of the window's frames has one. At the ends of a recording windows are cut.

Source: centered means and deviations at lengths up to 8 s and lags were what helped most on six
animals (``benchmarks/features.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from boutwise.errors import UsageError

Floats = NDArray[np.float64]

VERSION = 1
"""Of the statistics; whoever changes their values raises it."""
LENGTHS_S = (0.25, 0.55, 1.05, 2.05, 4.05, 8.05)
"""Lengths of windows that serve well: 5 to 161 frames at 20 frames per second."""
EXTREMA_S = (0.6, 2.5)
"""Minimum and maximum are taken at two lengths: those of a plan that lie nearest to these."""
RIPPLE_S = (0.25, 1.05)
"""Ripple: deviation from the mean over the first length, root mean square over the second."""
LAGS_S = (0.25, 0.5, 1.0, 2.0)
"""Values so long before and after."""
LEAST_SHARE = 0.25
"""Share of a window's frames that must have a value."""
BLOCK_FRAMES = 4096
"""Frames computed at a time; keeps the work within the processor's cache."""
NOT_SUMMARIZED = ("z:",)
"""Columns that begin so get no statistics: they are copies of others."""


def half_window(seconds: float, fps: float) -> int:
    """Frames on each side of the center of a window; a window has at least three frames.

    >>> half_window(0.25, fps=20), half_window(8.05, fps=20), half_window(0.25, fps=60)
    (2, 80, 7)
    """
    return max(1, int(np.floor((seconds * fps - 1) / 2 + 0.5)))


@dataclass(frozen=True)
class WindowStatistics:
    """Which statistics of which columns are taken.

    Attributes:
        columns: Names of the base columns, in the order of the input.
        fps: Frames per second of the input.
        lengths_s: Lengths of the windows, seconds; none = base columns only.
        only: Names of the output columns that are wanted, in this order; empty = all.

    >>> plan = WindowStatistics(("height.nose", "z:height.nose"), fps=20, lengths_s=(0.25,))
    >>> plan.names[:4]
    ('height.nose', 'z:height.nose', 'mean@0.25s height.nose', 'sd@0.25s height.nose')
    """

    columns: tuple[str, ...]
    fps: float
    lengths_s: tuple[float, ...] = LENGTHS_S
    only: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check the lengths and the names."""
        if any(not length_s > 0 for length_s in self.lengths_s) or not self.fps > 0:
            raise UsageError(
                f"windows of {list(self.lengths_s)} s at {self.fps} frames per second cannot be",
                expected="lengths and a rate above 0",
            )
        unknown = set(self.only) - set(self._all_names)
        if unknown:
            raise UsageError(
                f"there is no column '{sorted(unknown)[0]}' among the window statistics",
                expected="statistics of the base columns at the same lengths",
            )

    @property
    def summarized(self) -> tuple[int, ...]:
        """Places of the base columns that get statistics."""
        if not self.lengths_s:
            return ()
        places = enumerate(self.columns)
        return tuple(place for place, name in places if not name.startswith(NOT_SUMMARIZED))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the output columns: the base columns, then ``statistic column``."""
        return self.only or self._all_names

    @cached_property
    def _steps(self) -> tuple[_Step, ...]:
        return tuple(_steps(self.lengths_s, self.fps))

    @cached_property
    def _all_names(self) -> tuple[str, ...]:
        names = [self.columns[place] for place in self.summarized]
        made = [f"{step.name} {name}" for step in self._steps for name in names]
        return (*self.columns, *made)

    @property
    def margin_frames(self) -> int:
        """Context frames on each side with which a chunk gives the same numbers as the whole."""
        return max((step.reach for step in self._steps), default=0) if self.summarized else 0

    def compute(
        self, base: NDArray[np.float32], *, start: int = 0, stop: int | None = None, step: int = 1
    ) -> NDArray[np.float32]:
        """Statistics of the frames ``start, start + step, ... < stop``.

        Args:
            base: (frames, base columns), NaN = missing; may be memory-mapped. Frames outside
                ``[start, stop)`` are context.
            start: First frame.
            stop: Frame after the last; None = the end.
            step: Every so many frames are returned.

        Returns:
            (frames, columns), float32, C-ordered.
        """
        stop = base.shape[0] if stop is None else stop
        rows = np.arange(start, stop, step)
        out = np.empty((rows.size, len(self.names)), dtype=np.float32)
        done = 0
        for block in self.blocks(base, start=start, stop=stop, step=step):
            out[done : done + len(block)] = block
            done += len(block)
        return out

    def blocks(
        self, base: NDArray[np.float32], *, start: int = 0, stop: int, step: int = 1
    ) -> Iterator[NDArray[np.float32]]:
        """The rows of :meth:`compute`, some thousand frames at a time, ordered by column."""
        size = max(BLOCK_FRAMES // step, 1) * step
        place = {name: number for number, name in enumerate(self.names)}
        for first in range(start, stop, size):
            last = min(first + size, stop)
            low = max(first - self.margin_frames, 0)
            high = min(last + self.margin_frames, base.shape[0])
            block = np.ascontiguousarray(np.asarray(base[low:high]).T)
            inner = slice(first - low, last - low, step)
            rows = len(range(first, last, step))
            out = np.empty((len(place), rows), dtype=np.float32)
            for number, name in enumerate(self.columns):
                if name in place:
                    out[place[name]] = block[number, inner]
            if self.summarized:
                self._fill(out, place, block[list(self.summarized)], inner)
            yield out.T

    def _fill(
        self,
        out: NDArray[np.float32],
        place: dict[str, int],
        block: NDArray[np.float32],
        inner: slice,
    ) -> None:
        names = [self.columns[number] for number in self.summarized]
        sums = _Sums(block.astype(np.float64))
        for step in self._steps:
            wanted = [n for n, name in enumerate(names) if f"{step.name} {name}" in place]
            if wanted:
                rows = [place[f"{step.name} {names[n]}"] for n in wanted]
                out[rows] = step.of(sums.only(wanted))[:, inner]


class _Sums:
    """Cumulative sums of a block of columns, (columns, frames), from which all windows are read."""

    def __init__(self, values: Floats) -> None:
        self.values = values
        missing = np.isnan(values)
        self.complete = not missing.any()
        seen = np.where(missing, 0.0, values)
        counts = np.maximum((~missing).sum(axis=1, keepdims=True), 1)
        # Around the block's own mean the squares stay small, so their differences stay exact.
        self.shift = seen.sum(axis=1, keepdims=True) / counts
        centered = np.where(missing, 0.0, values - self.shift)
        self.first = _cumulated(centered)
        self.second = _cumulated(centered * centered)
        self.present = _cumulated((~missing).astype(np.float64))

    def only(self, rows: Sequence[int]) -> _Sums:
        """The same for some of the columns."""
        if len(rows) == len(self.values):
            return self
        some = object.__new__(_Sums)
        for name in ("values", "shift", "first", "second", "present"):
            setattr(some, name, getattr(self, name)[list(rows)])
        some.complete = self.complete
        return some

    def counted(self, half: int) -> Floats:
        """Values in each window; NaN where there are too few."""
        n_frames = self.values.shape[1]
        length = 2 * half + 1
        if self.complete:
            row = _differences(self.present[:1], half)
            return row
        count = _differences(self.present, half)
        frames = _differences(np.arange(n_frames + 1, dtype=np.float64)[np.newaxis], half)
        enough = count >= np.maximum(LEAST_SHARE * np.minimum(frames, length), 1)
        return np.where(enough, count, np.nan)


def _cumulated(values: Floats) -> Floats:
    out = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=out[:, 1:])
    return out


def _differences(sums: Floats, half: int) -> Floats:
    """Sum over the frames ``[t - half, t + half]`` cut at the ends, from cumulative sums."""
    n_frames = sums.shape[1] - 1
    out = np.empty((sums.shape[0], n_frames))
    frames = np.arange(n_frames)
    if n_frames > 2 * half + 1:
        np.subtract(sums[:, 2 * half + 1 :], sums[:, : -2 * half - 1], out=out[:, half:-half])
        frames = np.concatenate([frames[:half], frames[n_frames - half :]])
    high = np.minimum(frames + half + 1, n_frames)
    low = np.maximum(frames - half, 0)
    out[:, frames] = sums[:, high] - sums[:, low]
    return out


@dataclass(frozen=True)
class _Step:
    """One statistic: its name and how many frames it looks to each side."""

    name: str
    reach: int

    def of(self, sums: _Sums) -> Floats:
        raise NotImplementedError


class _Mean(_Step):
    def of(self, sums: _Sums) -> Floats:
        mean: Floats = _differences(sums.first, self.reach) / sums.counted(self.reach) + sums.shift
        return mean


class _Deviation(_Step):
    def of(self, sums: _Sums) -> Floats:
        count = sums.counted(self.reach)
        mean = _differences(sums.first, self.reach) / count
        square = _differences(sums.second, self.reach) / count
        deviation: Floats = np.sqrt(np.maximum(square - mean * mean, 0.0))
        return deviation


class _Minimum(_Step):
    def of(self, sums: _Sums) -> Floats:
        return _extreme(sums, self.reach, sign=1.0)


class _Maximum(_Step):
    def of(self, sums: _Sums) -> Floats:
        return _extreme(sums, self.reach, sign=-1.0)


def _extreme(sums: _Sums, half: int, *, sign: float) -> Floats:
    values = sums.values
    if not sums.complete:
        values = np.where(np.isnan(values), sign * np.inf, values)
    run = minimum_filter1d if sign > 0 else maximum_filter1d
    found = run(values, 2 * half + 1, axis=1, mode="constant", cval=sign * np.inf)
    return np.where(np.isnan(sums.counted(half)), np.nan, found)


@dataclass(frozen=True)
class _Ripple(_Step):
    inner: int = 1

    def of(self, sums: _Sums) -> Floats:
        mean = _differences(sums.first, self.inner) / sums.counted(self.inner) + sums.shift
        away = _Sums(sums.values - mean)
        half = self.reach - self.inner
        count = away.counted(half)
        mean_away = _differences(away.first, half) / count
        spread = _differences(away.second, half) / count - mean_away * mean_away
        mean_away = mean_away + away.shift
        ripple: Floats = np.sqrt(np.maximum(spread + mean_away * mean_away, 0.0))
        return ripple


@dataclass(frozen=True)
class _Lag(_Step):
    shift: int = 0

    def of(self, sums: _Sums) -> Floats:
        out = np.full_like(sums.values, np.nan)
        if self.shift > 0:
            out[:, : -self.shift] = sums.values[:, self.shift :]
        else:
            out[:, -self.shift :] = sums.values[:, : self.shift]
        return out


def _steps(lengths_s: Sequence[float], fps: float) -> Iterator[_Step]:
    if not lengths_s:
        return
    for length_s in lengths_s:
        half = half_window(length_s, fps)
        yield _Mean(f"mean@{length_s:g}s", half)
        yield _Deviation(f"sd@{length_s:g}s", half)
    for length_s in dict.fromkeys(min(lengths_s, key=lambda s: abs(s - e)) for e in EXTREMA_S):
        half = half_window(length_s, fps)
        yield _Minimum(f"min@{length_s:g}s", half)
        yield _Maximum(f"max@{length_s:g}s", half)
    inner, outer = (half_window(length_s, fps) for length_s in RIPPLE_S)
    yield _Ripple(f"ripple@{RIPPLE_S[1]:g}s", inner + outer, inner=inner)
    for lag_s in LAGS_S:
        frames = max(1, int(np.floor(lag_s * fps + 0.5)))
        yield _Lag(f"before@{lag_s:g}s", frames, shift=-frames)
        yield _Lag(f"after@{lag_s:g}s", frames, shift=frames)
