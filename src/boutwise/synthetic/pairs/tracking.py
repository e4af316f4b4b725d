"""The tracker of two mice: errors, keypoints lost where the mice touch, exchanged identities."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.pairs.presets import PairPreset
from boutwise.synthetic.signals import Floats, wander, windows_of_events

_DIFFICULTY = (1.2, 0.8, 0.8, 0.8, 1.2, 1.2, 1.1)
_TOUCHING = 0.3
_STRAYING = 0.3
_MEETING, _PARTED = 0.6, 1.0
_AFTER_CONTACT = 0.8
_SWAPPED_S = (0.7, 4.0, 15.0)

Swaps = tuple[tuple[int, int], ...]
"""Stretches ``[start, stop)`` of frames in which each mouse has the name of the other."""


def track(
    points: Floats,
    *,
    lengths: Floats,
    fps: float,
    preset: PairPreset,
    generator: np.random.Generator,
) -> tuple[Floats, Floats]:
    """Add the errors of a tracker that still knows who is who.

    Args:
        points: Where the keypoints are, (frames, 2, keypoints, 2), pixels.
        lengths: Of the two bodies, (2,), pixels.
        fps: Frames per second.
        preset: How large the errors are.
        generator: Where the randomness comes from.

    Returns:
        Positions like ``points``, NaN where a keypoint is lost, and confidence, (frames, 2,
        keypoints), 0 to 1.
    """
    shape = points.shape
    error = preset.noise * generator.standard_normal(shape)
    error += preset.wander * wander(shape, 0.3, fps, generator)
    found = points + error * np.array(_DIFFICULTY)[:, None] * lengths[:, None, None]
    doubt = 0.02 * np.array(_DIFFICULTY) * generator.gamma(1.5, 1.0, shape[:3])
    confidence = np.clip(1 - doubt, 0.05, 0.9999)
    _lose_touching(found, confidence, points, lengths=lengths, fps=fps, preset=preset,
                   generator=generator)  # fmt: skip
    for mouse in range(2):
        for point in range(shape[2]):
            for start, stop in windows_of_events(
                len(found),
                preset.dropouts_per_minute,
                length_s=(0.06, 0.35),
                fps=fps,
                generator=generator,
            ):
                away = 0.3 * generator.standard_normal(2) * lengths[mouse]
                found[start:stop, mouse, point] += away
                confidence[start:stop, mouse, point] = generator.uniform(0.01, 0.4)
    return found, confidence


def _lose_touching(
    found: Floats,
    confidence: Floats,
    points: Floats,
    *,
    lengths: Floats,
    fps: float,
    preset: PairPreset,
    generator: np.random.Generator,
) -> None:
    """Lose keypoints near the other mouse, or find them on it; changes ``found``."""
    for mouse in range(2):
        other = points[:, 1 - mouse]
        steps = np.linalg.norm(points[:, mouse, :, None] - other[:, None], axis=3)
        touching = steps.min(axis=2) < _TOUCHING * lengths[mouse]
        # Slow noise that is above its own quantile for a share of the time.
        hidden = wander(touching.shape, 0.25, fps, generator)
        limit = np.quantile(hidden, 1 - preset.lost_touching)
        lost = touching & (hidden > limit)
        strays = wander(touching.shape, 0.5, fps, generator)
        stray = lost & (strays > np.quantile(strays, 1 - _STRAYING))
        found[:, mouse][lost] = np.nan
        confidence[:, mouse][lost] = 0.0
        found[:, mouse][stray] = other[stray]
        confidence[:, mouse][stray] = generator.uniform(0.02, 0.4, int(stray.sum()))
        near = touching & ~lost
        confidence[:, mouse][near] *= generator.uniform(0.6, 1.0, int(near.sum()))


def draw_swaps(
    place: Floats,
    length: float,
    *,
    per_minute: float,
    fps: float,
    generator: np.random.Generator,
) -> Swaps:
    """Where the tracker exchanges the mice: mostly as they part after a contact.

    Args:
        place: Centers of the mice, (frames, 2, 2).
        length: Of a body, in the same unit.
        per_minute: Stretches a minute.
        fps: Frames per second.
        generator: Where the randomness comes from.

    Returns:
        Stretches in order, not touching each other.
    """
    n_frames = len(place)
    away = np.linalg.norm(place[:, 0] - place[:, 1], axis=1) / length
    parting = _partings(away)
    shortest, usual, longest = _SWAPPED_S
    found: list[tuple[int, int]] = []
    for _ in range(int(generator.poisson(per_minute * n_frames / fps / 60))):
        after = len(parting) > 0 and generator.random() < _AFTER_CONTACT
        start = int(generator.choice(parting) if after else generator.integers(n_frames))
        length_s = float(np.clip(generator.exponential(usual), shortest, longest))
        stop = min(start + max(2, round(length_s * fps)), n_frames)
        if all(stop < one or start > other for one, other in found):
            found.append((start, stop))
    return tuple(sorted(found))


def _partings(away: Floats) -> NDArray[np.int64]:
    """Last frames of contact: close, and clearly apart before close again."""
    frames, met = [], -1
    for frame, distance in enumerate(away.tolist()):
        if distance < _MEETING:
            met = frame
        elif distance > _PARTED and met >= 0:
            frames.append(met)
            met = -1
    return np.array(frames, dtype=np.int64)


def exchange(found: Floats, confidence: Floats, swaps: Swaps) -> None:
    """Give each mouse the keypoints of the other in these stretches; changes both arrays."""
    for start, stop in swaps:
        found[start:stop] = found[start:stop, ::-1]
        confidence[start:stop] = confidence[start:stop, ::-1]
