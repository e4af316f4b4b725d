"""What one point did in one trial: leave its place, rise to a peak, shake, hold, come back.

A trial is cut to the time in which the point is away from where it began and where it ended, and
measured as a whole, before the first peak of its height (the reflex) and after it (shaking and
guarding). Limits are shares of how far the point went, so that the unit of the track does not
matter for them; lengths stay in the unit of the track. Speeds and peaks are those of a track that
was smoothed by a local cubic, whose span is in seconds.

Source: the phases before and after the first peak, and the counts of shakes, follow Jones et al.
2020 (eLife 9:e57258); the measurements, limits and spans are our own.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks, savgol_filter

Floats = NDArray[np.float64]

VERSION = 1
"""Raised when any measurement changes."""

SPEED_SPAN_S, ACCELERATION_SPAN_S, PEAK_SPAN_S = 0.0075, 0.0125, 0.015
"""Spans of the local cubic for speeds, accelerations and peaks, seconds."""
SLOW_SPAN_S, SHAKE_SPAN_S = 0.08, 0.05
"""What is faster than the first span is shaking; its strength is taken over the second, seconds."""
AWAY = 0.02
"""Share of the largest distance from which the point has left its place."""
LEAD_S = 0.01
"""Time kept on each side of the movement, seconds."""
PEAK = 0.2
"""Rise and fall of a peak, as a share of the largest height."""
STILL = 0.05
"""Share of the top speed below which the point holds still."""
BANDS_HZ = (0, 5, 10, 15, 20, 30, 45, 70, 120, 250)
"""Edges of the bands of the speed's spectrum."""
REVERSALS = (0.03, 0.1, 0.2, 0.35)
"""Sizes of a turn back that counts, as shares of how far the point went."""
SHAKES = (0.01, 0.03, 0.1)
"""Strengths of shaking that count, as shares of how far the point went."""
INSTANTS_S = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32)
"""Instants after the movement began at which the place is read."""
SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)
LEAST_FRAMES = 8
"""A trial with fewer seen frames is not measured."""


@dataclass(frozen=True, eq=False)
class Movement:
    """The part of a trial in which the point moves.

    Attributes:
        aside: Horizontal place from the start, positive where it went furthest, (frames,).
        height: Above the line from the first to the last height, (frames,).
        fps: Frames per second.
        start_s: When it began.
        top: The largest distance from the start in the whole trial.
    """

    aside: Floats
    height: Floats
    fps: float
    start_s: float
    top: float

    @classmethod
    def of(cls, track: Floats, fps: float) -> Movement:
        """Cut a trial to its movement.

        Args:
            track: Horizontal place and height from any origin, (2, frames), without gaps.
            fps: Frames per second.
        """
        x, y = track - track[:, :1]
        distance = np.hypot(x, y)
        furthest = float(x[np.argmax(np.abs(x))])
        x = -x if furthest < 0 else x
        top = float(distance.max())
        lead = max(1, round(LEAD_S * fps))
        left = np.flatnonzero(distance > AWAY * top)
        back = np.flatnonzero(np.hypot(x - x[-1], y - y[-1]) > AWAY * top)
        begin = max(int(left[0]) - lead, 0) if left.size else 0
        end = min(int(back[-1]) + lead + 1, x.size) if back.size else x.size
        end = max(end, min(begin + LEAST_FRAMES, x.size))
        begin = min(begin, end - LEAST_FRAMES)
        x, y = x[begin:end], y[begin:end]
        return cls(x, y - np.linspace(y[0], y[-1], y.size), fps, begin / fps, top)

    def smoothed(self, values: Floats, span_s: float, order: int = 0) -> Floats:
        """Values, or their derivative of an order, by a local cubic over a span of seconds."""
        size = max(5, 2 * round(span_s * self.fps / 2) + 1)
        size = min(size, values.size - 1 + values.size % 2)
        found = savgol_filter(values, size, 3, deriv=order, mode="interp")
        return np.asarray(found * self.fps**order)


def measure(track: Floats, fps: float) -> dict[str, tuple[str, float]]:
    """Measure one trial.

    Args:
        track: Horizontal place and height (up is positive), (2, frames); NaN = missing.
        fps: Frames per second.

    Returns:
        Name -> unit and value; all are NaN where the point is hardly seen.
    """
    seen = np.isfinite(track).all(axis=0)
    hidden = int(seen.sum()) < LEAST_FRAMES
    if hidden:  # measured on a stand-in, so that the names are the same
        track = np.stack([np.zeros(LEAST_FRAMES), np.zeros(LEAST_FRAMES)])
    elif not seen.all():
        frames = np.arange(seen.size)
        track = np.stack([np.interp(frames, frames[seen], row[seen]) for row in track])
    move = Movement.of(track.astype(np.float64), fps)
    height = move.smoothed(move.height, PEAK_SPAN_S)
    first = _first_peak(height)
    found = _shape(move, height, first) | _kinematics(move, first) | _spectrum(move)
    found |= _shaking(move, height, first) | _course(move, height)
    if hidden:
        return {name: (unit, float("nan")) for name, (unit, _) in found.items()}
    return {name: (unit, float(value)) for name, (unit, value) in found.items()}


def _first_peak(height: Floats) -> int:
    """Frame of the first peak, or of the greatest height; never at an end."""
    peaks, _ = find_peaks(height, prominence=max(PEAK * float(height.max()), 1e-9))
    first = int(peaks[0]) if peaks.size else int(np.argmax(height))
    return min(max(first, 2), height.size - 3)


def _shape(move: Movement, height: Floats, first: int) -> dict[str, tuple[str, float]]:
    """How far and how high, where the peaks are, and for how long it was away."""
    top = float(height.max())
    peaks, _ = find_peaks(height, prominence=max(PEAK * top, 1e-9))
    spread = np.linalg.svd(
        np.stack([move.aside - move.aside.mean(), move.height - move.height.mean()]),
        compute_uv=False,
    )
    found = {
        "start": ("s", move.start_s),
        "duration": ("s", height.size / move.fps),
        "distance.max": ("length", move.top),
        "height.max": ("length", top),
        "height.first_peak": ("length", float(height[first])),
        "height.after": ("length", float(height[first + 1 :].max())),
        "height.first_of_max": ("1", _ratio(float(height[first]), top)),
        "time.first_peak": ("s", first / move.fps),
        "time.highest": ("s", int(np.argmax(height)) / move.fps),
        "time.after_peak": ("s", (height.size - first) / move.fps),
        "peaks": ("1", float(peaks.size)),
        "aside.max": ("length", float(np.abs(move.aside).max())),
        "aside.end": ("length", float(move.aside[-1])),
        "aside.of_height": ("1", _ratio(float(np.ptp(move.aside)), float(np.ptp(move.height)))),
        "roundness": ("1", _ratio(float(spread[1]), float(spread[0]))),
        "angle.first_peak": ("rad", float(np.arctan2(height[first], abs(move.aside[first])))),
        "raised": ("s", float((height > top / 2).sum()) / move.fps),
        "raised.share": ("1", float((height > top / 2).mean())),
        "raised.after": ("s", float((height[first:] > top / 2).sum()) / move.fps),
    }
    for share in (0.25, 0.5, 0.75):
        value = float(np.quantile(height, share))
        found[f"height.q{share:g}"] = ("length", value)
        found[f"height.q{share:g}_of_max"] = ("1", _ratio(value, top))
    return found


def _kinematics(move: Movement, first: int) -> dict[str, tuple[str, float]]:
    """Speeds, accelerations and paths of the whole, before the first peak and after it."""
    side = move.smoothed(move.aside, SPEED_SPAN_S, 1)
    up = move.smoothed(move.height, SPEED_SPAN_S, 1)
    speed = np.hypot(side, up)
    push = np.hypot(
        move.smoothed(move.aside, ACCELERATION_SPAN_S, 2),
        move.smoothed(move.height, ACCELERATION_SPAN_S, 2),
    )
    still = speed < STILL * speed.max()
    found: dict[str, tuple[str, float]] = {
        "path.of_distance": ("1", _ratio(float(speed.sum()) / move.fps, move.top)),
        "time.fastest": ("s", int(np.argmax(speed)) / move.fps),
        "time.fastest_up": ("s", int(np.argmax(up)) / move.fps),
    }
    for phase, part in (
        ("all", slice(None)),
        ("before", slice(0, first + 1)),
        ("after", slice(first, None)),
    ):
        found |= {
            f"speed.aside.max.{phase}": ("length/s", float(np.abs(side[part]).max())),
            f"speed.up.max.{phase}": ("length/s", float(up[part].max())),
            f"speed.down.max.{phase}": ("length/s", float(-up[part].min())),
            f"speed.max.{phase}": ("length/s", float(speed[part].max())),
            f"speed.mean.{phase}": ("length/s", float(speed[part].mean())),
            f"speed.rms.{phase}": ("length/s", _rms(speed[part])),
            f"acceleration.max.{phase}": ("length/s2", float(push[part].max())),
            f"acceleration.rms.{phase}": ("length/s2", _rms(push[part])),
            f"path.{phase}": ("length", float(speed[part].sum()) / move.fps),
            f"path.aside.{phase}": ("length", float(np.abs(side[part]).sum()) / move.fps),
            f"aside.max.{phase}": ("length", float(np.abs(move.aside[part]).max())),
            f"still.{phase}": ("s", float(still[part].sum()) / move.fps),
            f"still.share.{phase}": ("1", float(still[part].mean())),
        }
    return found


def _spectrum(move: Movement) -> dict[str, tuple[str, float]]:
    """Power of the velocity in bands: how much, and its share; the mean frequency."""
    size = max(move.aside.size, 2 ** int(np.ceil(np.log2(2 * move.fps))))
    frequency = np.fft.rfftfreq(size, 1 / move.fps)
    power = np.zeros(frequency.size)
    for values in (move.aside, move.height):
        velocity = move.smoothed(values, SPEED_SPAN_S, 1)
        power += np.abs(np.fft.rfft(velocity, size)) ** 2 / (size * move.fps)
    total = float(power.sum())
    found = {"frequency.mean": ("Hz", _ratio(float((frequency * power).sum()), total))}
    for low, high in itertools.pairwise(BANDS_HZ):
        band = float(power[(frequency >= low) & (frequency < high)].sum())
        found[f"power.{low}-{high}Hz"] = ("log", float(np.log(band + 1e-6)))
        found[f"power.{low}-{high}Hz.share"] = ("log", float(np.log(_ratio(band, total) + 1e-6)))
    return found


def _shaking(move: Movement, height: Floats, first: int) -> dict[str, tuple[str, float]]:
    """Turns back and forth, and the strength and length of what is fast."""
    aside = move.smoothed(move.aside, PEAK_SPAN_S)
    found: dict[str, tuple[str, float]] = {}
    for name, values in (("aside", aside), ("height", height)):
        for share in REVERSALS:
            size = max(share * move.top, 1e-9)
            turns = sum(find_peaks(sign * values, prominence=size)[0].size for sign in (1, -1))
            found[f"turns.{name}.{share:g}"] = ("1", float(turns))
            later = sum(
                find_peaks(sign * values[first:], prominence=size)[0].size for sign in (1, -1)
            )
            found[f"turns.{name}.{share:g}.after"] = ("1", float(later))
    fast = np.hypot(
        move.aside - move.smoothed(move.aside, SLOW_SPAN_S),
        move.height - move.smoothed(move.height, SLOW_SPAN_S),
    )
    strength = np.sqrt(uniform_filter1d(fast**2, max(1, round(SHAKE_SPAN_S * move.fps))))
    for share in SHAKES:
        shaking = strength > max(share * move.top, 1e-9)
        found[f"shaking.{share:g}"] = ("s", float(shaking.sum()) / move.fps)
    return found | {
        "shaking.rms": ("length", _rms(fast)),
        "shaking.rms.after": ("length", _rms(fast[first:])),
        "shaking.max": ("length", float(strength.max())),
        "shaking.time": ("s", int(np.argmax(strength)) / move.fps),
    }


def _course(move: Movement, height: Floats) -> dict[str, tuple[str, float]]:
    """When shares of the way and of the effort are done, and places at fixed instants."""
    side = move.smoothed(move.aside, SPEED_SPAN_S, 1)
    speed = np.hypot(side, move.smoothed(move.height, SPEED_SPAN_S, 1))
    found: dict[str, tuple[str, float]] = {}
    for name, work in (("path", speed), ("effort", speed**2)):
        done = np.cumsum(work)
        places = np.searchsorted(done, np.array(SHARES) * done[-1])
        for share, place in zip(SHARES, places.tolist(), strict=True):
            found[f"time.{name}.{share:g}"] = ("s", place / move.fps)
            found[f"time.{name}.{share:g}_of_all"] = ("1", place / speed.size)
        found[f"time.{name}.width"] = ("s", float(places[-1] - places[0]) / move.fps)
    for instant_s in INSTANTS_S:
        frame = min(round((instant_s + LEAD_S) * move.fps), speed.size - 1)
        found[f"aside@{instant_s:g}s"] = ("length", float(move.aside[frame]))
        found[f"height@{instant_s:g}s"] = ("length", float(height[frame]))
        found[f"speed@{instant_s:g}s"] = ("length/s", float(speed[frame]))
    return found


def _rms(values: Floats) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _ratio(part: float, whole: float) -> float:
    return part / whole if abs(whole) > 1e-9 else 0.0
