"""Filters and slow noise, over the first axis, at a given frame rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Floats = NDArray[np.float64]


def smooth(values: Floats, tau_s: float, fps: float) -> Floats:
    """Follow a target as a body does: two low-pass filters in a row, looking back only.

    Args:
        values: Target, (frames, ...).
        tau_s: Time constant of each filter, seconds.
        fps: Frames per second.
    """
    keep = float(np.exp(-1 / (tau_s * fps)))
    for _ in range(2):
        start = keep * values[:1]
        values, _state = lfilter([1 - keep], [1, -keep], values, axis=0, zi=start)
    return values


def wander(
    shape: tuple[int, ...], tau_s: float, fps: float, generator: np.random.Generator
) -> Floats:
    """Noise of unit variance that forgets within ``tau_s`` seconds; frames are the first axis."""
    keep = float(np.exp(-1 / (tau_s * fps)))
    noise = generator.standard_normal(shape)
    start = keep * generator.standard_normal((1, *shape[1:]))
    gain = float(np.sqrt(1 - keep**2))
    # The filter's state must be scaled like a value that it has already reached.
    values, _state = lfilter([gain], [1, -keep], noise, axis=0, zi=start)
    return np.asarray(values)


def windows_of_events(
    n_frames: int,
    per_minute: float,
    *,
    length_s: tuple[float, float],
    fps: float,
    generator: np.random.Generator,
) -> list[tuple[int, int]]:
    """Random stretches ``[start, stop)``: so many a minute, of lengths between two limits."""
    count = int(generator.poisson(per_minute * n_frames / fps / 60))
    starts = generator.integers(0, n_frames, count)
    lengths = np.maximum(1, np.round(generator.uniform(*length_s, count) * fps)).astype(np.int64)
    stops = np.minimum(starts + lengths, n_frames)
    return list(zip(starts.tolist(), stops.tolist(), strict=True))
