"""How well labels and a signal agree when one is shifted against the other, window by window.

The agreement is a correlation at every lag, by Fourier transform. A straight line through the
windows (an offset in the middle of the recording and a drift) is chosen so that the agreement
along it is greatest: a window with little to say then has little weight, and no window has to find
its own peak.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len, rfft

Floats = NDArray[np.float64]

MAX_LAG_S = 4.0
"""Largest offset that is looked for, seconds: half a second is a habit of many people, and a fault
comes on top of it."""

MAX_DRIFT_S = 0.8
"""Largest change of the offset between the middle and an end of the recording, seconds."""

_MOST_WINDOWS = 24
_WINDOW_S = (15.0, 60.0)
_STEP_FRAMES = 0.5
_MOST_AROUND = 16_000
_JACKKNIFE_GROUPS = 8


@dataclass(frozen=True, eq=False)
class Agreement:
    """Agreement of labels and a signal.

    Attributes:
        values: (windows, lags), any unit; the lags run from ``-max_lag`` to ``max_lag`` frames.
        middles: Middle frame of each window, (windows,).
        everywhere: Agreement of the whole recording at every lag around the circle, in steps of
            :func:`coarseness` frames: far from 0 it shows what chance gives.
        changes: Starts and ends of bouts that it rests on.
        n_frames: Frames of the recording.
        fps: Frames per second.
    """

    values: Floats
    middles: Floats
    everywhere: Floats
    changes: int
    n_frames: int
    fps: float

    @property
    def max_lag(self) -> int:
        """Largest lag in frames."""
        return int(self.values.shape[1]) // 2

    @property
    def prominence(self) -> float:
        """Greatest agreement within the largest lag, as a multiple of the greatest beyond it.

        Both are counted from the median beyond it. Chance gives about 1.
        """
        reach = self.max_lag // coarseness(self.n_frames)
        near = np.concatenate([self.everywhere[: reach + 1], self.everywhere[-reach:]])
        far = self.everywhere[2 * reach : -2 * reach]
        if far.size < 2 * reach:
            return 0.0
        usual = float(np.median(far))
        return (float(near.max()) - usual) / max(float(far.max()) - usual, 1e-12)


@dataclass(frozen=True)
class Line:
    """An offset that changes evenly, in frames, with standard errors from leaving parts out.

    Attributes:
        middle: Offset in the middle of the recording.
        slope: Change of the offset from the middle to the end.
        middle_error: Standard error of ``middle``.
        slope_error: Standard error of ``slope``.
    """

    middle: float
    slope: float
    middle_error: float
    slope_error: float


def windows(n_frames: int, fps: float) -> list[tuple[int, int]]:
    """Half-overlapping windows ``[start, stop)`` that cover a recording."""
    seconds = n_frames / fps
    length_s = max(min(_WINDOW_S[1], max(_WINDOW_S[0], seconds / 6)), 2 * seconds / _MOST_WINDOWS)
    length = min(n_frames, max(2, round(length_s * fps)))
    count = max(1, round((n_frames - length) / (length / 2))) + 1 if n_frames > length else 1
    starts = np.linspace(0, n_frames - length, count).round().astype(int)
    return [(start, start + length) for start in starts.tolist()]


def correlate(labels: Floats, signals: Floats, max_lag: int) -> Floats:
    """Sum over frames of ``labels[t] * signals[t - lag]``.

    Args:
        labels: (frames, behaviors).
        signals: (frames, channels).
        max_lag: In frames.

    Returns:
        (lags, behaviors, channels); the lags run from ``-max_lag`` to ``max_lag``.
    """
    size = next_fast_len(len(labels) + max_lag + 1, real=True)
    spectrum = rfft(labels, size, axis=0)[:, :, None] * rfft(signals, size, axis=0)[:, None].conj()
    product = irfft(spectrum, size, axis=0)
    return np.concatenate([product[size - max_lag :], product[: max_lag + 1]])


def coarseness(n_frames: int) -> int:
    """Frames that are taken together when a whole recording is correlated: 1 for a short one."""
    return max(1, n_frames // _MOST_AROUND)


def correlate_around(labels: Floats, signals: Floats) -> Floats:
    """Like :func:`correlate`, for one behavior and at every lag around the circle.

    Args:
        labels: (frames,).
        signals: (frames, channels).

    Returns:
        (lags, channels), in steps of :func:`coarseness` frames from 0.
    """
    step = coarseness(len(labels))
    count = len(labels) // step
    blocks = [
        values[: count * step].reshape(count, step, -1).sum(axis=1)
        for values in (labels[:, None], signals)
    ]
    spectrum = rfft(blocks[0], axis=0) * rfft(blocks[1], axis=0).conj()
    return np.asarray(irfft(spectrum, count, axis=0)) / step


def fit_line(agreement: Agreement) -> Line:
    """The line of greatest agreement, with standard errors by a jackknife over stretches.

    A slope that is smaller than twice its error is taken for none, and the offset fitted again.
    """
    values = agreement.values - np.median(agreement.values, axis=1, keepdims=True)
    surface = _along_lines(values, agreement)
    middles, slopes = _grid(agreement)
    middle, slope = _peak(surface.sum(axis=0), middles, slopes)
    groups = np.array_split(np.arange(len(values)), min(_JACKKNIFE_GROUPS, len(values)))
    whole = surface.sum(axis=0)
    left_out = [_peak(whole - surface[group].sum(axis=0), middles, slopes) for group in groups]
    errors = _jackknife_errors(np.array(left_out))
    if len(groups) < 3 or abs(slope) < 2 * errors[1]:
        flat = surface[:, :, [len(slopes) // 2]]
        total = flat.sum(axis=0)
        middle, slope = _peak(total, middles, slopes[[len(slopes) // 2]])
        only = [
            _peak(total - flat[group].sum(axis=0), middles, slopes[[len(slopes) // 2]])
            for group in groups
        ]
        errors = (_jackknife_errors(np.array(only))[0], errors[1])
    return Line(middle, slope, *errors)


def _grid(agreement: Agreement) -> tuple[Floats, Floats]:
    """Offsets in the middle and changes towards the end, in frames."""
    reach = agreement.max_lag
    # Fast cameras need no finer steps in time, and the grid grows with the square.
    step = max(_STEP_FRAMES, agreement.fps / 120)
    steps = int(reach / step), int(MAX_DRIFT_S * agreement.fps / step)
    middles, slopes = (step * np.arange(-n, n + 1, dtype=np.float64) for n in steps)
    return middles, slopes


def _along_lines(values: Floats, agreement: Agreement) -> Floats:
    """Agreement of each window with each line, (windows, middles, slopes)."""
    middles, slopes = _grid(agreement)
    half = agreement.n_frames / 2
    place = (agreement.middles - half) / half
    surface = np.empty((len(values), len(middles), len(slopes)))
    lags = np.arange(-agreement.max_lag, agreement.max_lag + 1)
    for window, curve in enumerate(values):
        offsets = middles[:, None] + slopes * place[window]
        surface[window] = np.interp(offsets, lags, curve)
    return surface


def _peak(surface: Floats, middles: Floats, slopes: Floats) -> tuple[float, float]:
    row, column = np.unravel_index(int(surface.argmax()), surface.shape)
    return float(middles[row]), float(slopes[column])


def _jackknife_errors(left_out: Floats) -> tuple[float, float]:
    """Standard errors from estimates that each leave out one group, (groups, 2)."""
    n_groups = len(left_out)
    if n_groups < 2:
        return float("inf"), float("inf")
    spread = (left_out - left_out.mean(axis=0)) ** 2
    errors = np.sqrt((n_groups - 1) / n_groups * spread.sum(axis=0))
    # The grid hides differences smaller than its step.
    errors = np.maximum(errors, _STEP_FRAMES / 2)
    return float(errors[0]), float(errors[1])
