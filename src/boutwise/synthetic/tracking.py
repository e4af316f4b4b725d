"""The tracker: what a keypoint network makes of the mouse, with its errors and its confidence."""

from __future__ import annotations

import numpy as np

from boutwise.synthetic.body import KEYPOINTS
from boutwise.synthetic.presets import Preset
from boutwise.synthetic.signals import Floats, wander, windows_of_events

# How badly each keypoint is seen, as a multiple of the usual error, in the order of KEYPOINTS.
_DIFFICULTY = {
    "bottom": (1.0, 1.6, 1.6, 1.5, 1.2, 1.0, 1.2, 1.0, 1.0, 1.0, 1.0),
    "top": (1.0, 0.8, 0.8, 0.9, 1.0, 1.0, 1.2, 2.0, 2.0, 1.8, 1.8),
    "3d": (1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.2, 1.2, 1.2, 1.2, 1.2),
}
_PAIRS = (("left_forepaw", "right_forepaw"), ("left_hindpaw", "right_hindpaw"))
_HEAD = ("nose", "left_ear", "right_ear")


def track(
    points: Floats,
    pitch_deg: Floats,
    *,
    body_length: float,
    fps: float,
    preset: Preset,
    generator: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Add the errors of a tracker.

    Args:
        points: Where the keypoints are, (frames, keypoints, 2 or 3), pixels or mm.
        pitch_deg: Pitch of the body, (frames,): a head that is far up is hard to see.
        body_length: In the unit of the points.
        fps: Frames per second.
        preset: How large the errors are.
        generator: Where the randomness comes from.

    Returns:
        Positions like ``points`` and confidence, (frames, keypoints), 0 to 1.
    """
    n_frames, n_points, _n_dims = points.shape
    difficulty = np.tile(_DIFFICULTY[preset.view], (n_frames, 1))
    if preset.view == "bottom":
        head = [KEYPOINTS.index(name) for name in _HEAD]
        difficulty[:, head] *= 1 + 1.5 * np.sin(np.radians(np.clip(pitch_deg, 0, 90)))[:, None]
    error = preset.noise * generator.standard_normal(points.shape)
    error += preset.wander * wander(points.shape, 0.3, fps, generator)
    found = points + error * difficulty[:, :, None] * body_length
    doubt = 0.02 * difficulty * generator.gamma(1.5, 1.0, (n_frames, n_points))
    confidence = np.clip(1 - doubt, 0.05, 0.9999)
    _swap(found, confidence, fps=fps, preset=preset, generator=generator)
    _lose(found, confidence, body_length=body_length, fps=fps, preset=preset, generator=generator)
    return found, confidence


def _swap(
    found: Floats,
    confidence: Floats,
    *,
    fps: float,
    preset: Preset,
    generator: np.random.Generator,
) -> None:
    for left, right in _PAIRS:
        pair = [KEYPOINTS.index(left), KEYPOINTS.index(right)]
        events = windows_of_events(
            len(found), preset.swaps_per_minute, length_s=(0.03, 0.2), fps=fps, generator=generator
        )
        for start, stop in events:
            found[start:stop, pair] = found[start:stop, pair[::-1]]
            confidence[start:stop, pair] *= generator.uniform(0.6, 0.95)


def _lose(
    found: Floats,
    confidence: Floats,
    *,
    body_length: float,
    fps: float,
    preset: Preset,
    generator: np.random.Generator,
) -> None:
    for point in range(found.shape[1]):
        events = windows_of_events(
            len(found),
            preset.dropouts_per_minute,
            length_s=(0.06, 0.35),
            fps=fps,
            generator=generator,
        )
        for start, stop in events:
            shape = (stop - start, found.shape[2])
            away = 0.3 * generator.standard_normal(shape[1])
            jitter = 0.03 * generator.standard_normal(shape)
            found[start:stop, point] += (away + jitter) * body_length
            confidence[start:stop, point] = generator.uniform(0.01, 0.45, stop - start)
