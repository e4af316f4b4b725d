"""The statistics of one window each, read from cumulative sums."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d

Floats = NDArray[np.float64]

LENGTHS_S = (0.55, 1.05, 2.05, 4.05, 8.05)
"""Lengths of windows that serve well: 11 to 161 frames at 20 frames per second."""
EXTREMA_S = 2.05
"""Minimum and maximum are taken at the length of the plan that lies nearest to this."""
RIPPLE_S = (0.25, 1.05)
"""Ripple: deviation from the mean over the first length, root mean square over the second."""
PAST_S = (0.5, 1.0, 2.0, 4.0)
"""Means over so many seconds up to now: a person who labels reacts to what has just been."""
FUTURE_S = (0.5, 1.0, 2.0)
"""Means over so many seconds from now on."""
BEFORE_S = (0.25, 0.5, 0.75, 1.0)
"""Values so many seconds ago."""
LEAST_SHARE = 0.25
"""Share of a window's frames that must have a value."""


def half_window(seconds: float, fps: float) -> int:
    """Frames on each side of the center of a window; a window has at least three frames.

    >>> half_window(0.25, fps=20), half_window(8.05, fps=20), half_window(0.25, fps=60)
    (2, 80, 7)
    """
    return max(1, int(np.floor((seconds * fps - 1) / 2 + 0.5)))


class Sums:
    """Cumulative sums of a block of columns, (columns, frames), from which all windows are read."""

    def __init__(self, values: Floats) -> None:
        missing = np.isnan(values)
        absent = np.count_nonzero(missing, axis=1)[:, np.newaxis]
        self.complete = not absent.any()
        centered = np.where(missing, 0.0, values)
        # Around the block's own mean the squares stay small, so their differences stay exact.
        shift = centered.sum(axis=1, keepdims=True) / np.maximum(values.shape[1] - absent, 1)
        centered -= shift
        np.copyto(centered, 0.0, where=missing)
        first = _cumulated(centered)
        self.present = _cumulated(np.logical_not(missing, out=missing))
        second = _cumulated(np.square(centered, out=centered))
        self._all: dict[str, Floats] = {
            "values": values,
            "shift": shift,
            "first": first,
            "second": second,
        }
        self._some: dict[str, Floats] = {}
        self._counts: dict[tuple[int, int], Floats] = {}
        self._rows: list[int] | None = None

    def only(self, rows: Sequence[int]) -> Sums:
        """The same for some of the columns."""
        if len(rows) == len(self.values):
            return self
        some = object.__new__(Sums)
        some.complete, some.present = self.complete, self.present
        some._all, some._some = self._all, {}
        some._counts, some._rows = self._counts, list(rows)
        return some

    def _of(self, name: str) -> Floats:
        """A quantity of the columns that are wanted; picked on first use."""
        if self._rows is None:
            return self._all[name]
        if name not in self._some:
            picked: Floats = self._all[name][self._rows]
            self._some[name] = picked
        return self._some[name]

    @property
    def values(self) -> Floats:
        """The columns themselves."""
        return self._of("values")

    @property
    def shift(self) -> Floats:
        """What is taken off each column before it is summed, (columns, 1)."""
        return self._of("shift")

    @property
    def first(self) -> Floats:
        """Cumulative sums, (columns, frames + 1)."""
        return self._of("first")

    @property
    def second(self) -> Floats:
        """Cumulative sums of squares."""
        return self._of("second")

    def counted(self, first: int, last: int) -> Floats:
        """Values in the frames from ``first`` to ``last`` around each; NaN where too few."""
        key, rows = (first, last), None if self.complete else self._rows
        if key not in self._counts:
            present = self.present[:1] if self.complete else self.present
            if rows is not None and 2 * len(rows) <= len(present):
                return _enough(present[rows], first, last)  # cheaper than those of all columns
            self._counts[key] = _enough(present, first, last)
        count = self._counts[key]
        return count if rows is None else count[rows]

    def mean(self, first: int, last: int) -> Floats:
        """Mean over the frames from ``first`` to ``last`` around each."""
        total = _between(self.first, first, last)
        total /= self.counted(first, last)
        total += self.shift
        return total


def _cumulated(values: Floats | NDArray[np.bool_]) -> Floats:
    out = np.empty((values.shape[0], values.shape[1] + 1))
    out[:, 0] = 0.0
    np.cumsum(values, axis=1, out=out[:, 1:])
    return out


def _between(sums: Floats, first: int, last: int) -> Floats:
    """Sum over the frames ``[t + first, t + last]`` cut at the ends, from cumulative sums.

    Args:
        sums: (columns, frames + 1), beginning with 0.
        first: Not after now, 0.
        last: Not before now.
    """
    n_frames = sums.shape[1] - 1
    out = np.empty((sums.shape[0], n_frames))
    start, stop = -first, n_frames - last
    if stop <= start:  # some windows are cut at both ends
        high, low = (np.clip(np.arange(n_frames) + n, 0, n_frames) for n in (last + 1, first))
        return np.subtract(sums[:, high], sums[:, low], out=out)
    out[:, :start] = sums[:, last + 1 : start + last + 1]
    np.subtract(sums[:, start + last + 1 :], sums[:, : stop + first], out=out[:, start:stop])
    late = sums[:, stop + first : n_frames + first]
    np.subtract(sums[:, n_frames:], late, out=out[:, stop:])
    return out


def _enough(present: Floats, first: int, last: int) -> Floats:
    """Values in each window, from cumulative sums of ones; NaN where too few."""
    count = _between(present, first, last)
    frames = _between(np.arange(present.shape[1], dtype=np.float64)[None], first, last)
    np.copyto(count, np.nan, where=count < np.maximum(LEAST_SHARE * frames, 1))
    return count


@dataclass(frozen=True)
class Step:
    """One statistic: its name and how many frames it looks to each side."""

    name: str
    reach: int

    def of(self, sums: Sums) -> Floats:
        raise NotImplementedError


class _Mean(Step):
    def of(self, sums: Sums) -> Floats:
        return sums.mean(-self.reach, self.reach)


class _Deviation(Step):
    def of(self, sums: Sums) -> Floats:
        return np.sqrt(np.maximum(_variance(sums, self.reach), 0.0))


def _variance(sums: Sums, half: int) -> Floats:
    count = sums.counted(-half, half)
    mean = _between(sums.first, -half, half)
    mean /= count
    variance = _between(sums.second, -half, half)
    variance /= count
    variance -= np.square(mean, out=mean)
    return variance


class _Minimum(Step):
    def of(self, sums: Sums) -> Floats:
        return _extreme(sums, self.reach, sign=1.0)


class _Maximum(Step):
    def of(self, sums: Sums) -> Floats:
        return _extreme(sums, self.reach, sign=-1.0)


def _extreme(sums: Sums, half: int, *, sign: float) -> Floats:
    values = sums.values
    if not sums.complete:
        values = np.where(np.isnan(values), sign * np.inf, values)
    run = minimum_filter1d if sign > 0 else maximum_filter1d
    found = run(values, 2 * half + 1, axis=1, mode="constant", cval=sign * np.inf)
    return np.where(np.isnan(sums.counted(-half, half)), np.nan, found)


@dataclass(frozen=True)
class _Ripple(Step):
    inner: int = 1

    def of(self, sums: Sums) -> Floats:
        away = Sums(sums.values - sums.mean(-self.inner, self.inner))
        half = self.reach - self.inner
        square = np.maximum(_variance(away, half), 0.0) + np.square(away.mean(-half, half))
        ripple: Floats = np.sqrt(square)
        return ripple


class _Before(Step):
    def of(self, sums: Sums) -> Floats:
        out = np.full_like(sums.values, np.nan)
        out[:, self.reach :] = sums.values[:, : -self.reach]
        return out


@dataclass(frozen=True)
class _Side(Step):
    """Mean over the frames from ``first`` to ``last``, counted from now, both included."""

    first: int = 0
    last: int = 0

    def of(self, sums: Sums) -> Floats:
        return sums.mean(self.first, self.last)


def steps_of(lengths_s: Sequence[float], fps: float) -> Iterator[Step]:
    if not lengths_s:
        return
    for length_s in lengths_s:
        half = half_window(length_s, fps)
        yield _Mean(f"mean@{length_s:g}s", half)
        yield _Deviation(f"sd@{length_s:g}s", half)
    length_s = min(lengths_s, key=lambda s: abs(s - EXTREMA_S))
    half = half_window(length_s, fps)
    yield _Minimum(f"min@{length_s:g}s", half)
    yield _Maximum(f"max@{length_s:g}s", half)
    inner, outer = (half_window(length_s, fps) for length_s in RIPPLE_S)
    yield _Ripple(f"ripple@{RIPPLE_S[1]:g}s", inner + outer, inner=inner)
    for past_s in PAST_S:
        frames = _frames(past_s, fps)
        yield _Side(f"past@{past_s:g}s", frames, first=-frames)
    for future_s in FUTURE_S:
        frames = _frames(future_s, fps)
        yield _Side(f"future@{future_s:g}s", frames, last=frames)
    for before_s in BEFORE_S:
        yield _Before(f"before@{before_s:g}s", _frames(before_s, fps))


def _frames(seconds: float, fps: float) -> int:
    return max(1, int(np.floor(seconds * fps + 0.5)))
