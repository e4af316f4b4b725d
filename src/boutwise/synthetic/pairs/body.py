"""Seven keypoints of each mouse, in space, from where it is and how it holds itself.

The frame of the body is that of :mod:`boutwise.synthetic.body`: x forward, y to the left, z up, in
body lengths.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.pairs.manners import MANNERS, Manner
from boutwise.synthetic.signals import Floats, smooth, wander

KEYPOINTS = ("nose", "left_ear", "right_ear", "neck", "left_hip", "right_hip", "tail_base")
"""Keypoints in the order of the track, those of CalMS21; every name is also its role."""

_AT = {name: place for place, name in enumerate(MANNERS)}
_HIP = -0.27
_SETTLE_S = 0.05


def keypoints_mm(
    place_mm: Floats,
    angle: Floats,
    manners: NDArray[np.float64],
    *,
    manner: Manner,
    fps: float,
    generator: np.random.Generator,
) -> Floats:
    """Where the keypoints of one mouse are, (frames, 7, 3), millimeters, z up, floor at 0.

    Args:
        place_mm: Center of the body, (frames, 2).
        angle: Direction, radians, (frames,).
        manners: How it does what it does, (frames, manners).
        manner: What the mouse is like.
        fps: Frames per second.
        generator: Where the randomness comes from.
    """
    held = smooth(manners, _SETTLE_S, fps)
    n_frames = len(held)
    sway = wander((n_frames, 4), 0.4, fps, generator)
    bob = held[:, _AT["bob"]] * _oscillation(held[:, _AT["bob_hz"]], sway[:, 3], fps)
    thrusting = np.clip(0.75 + 0.6 * wander((n_frames,), 0.8, fps, generator), 0, 1.4)
    thrust = held[:, _AT["thrust"]] * thrusting
    thrust = thrust * _oscillation(held[:, _AT["thrust_hz"]], sway[:, 2], fps)
    side = np.sign(wander((n_frames,), 2.5, fps, generator))
    # A body bends into its turns.
    turn = np.gradient(np.unwrap(angle)) * fps
    bend = np.clip(np.degrees(turn) * 0.04, -35, 35)
    curl = smooth(side * held[:, _AT["curl"]], 0.15, fps) + bend + 5 * sway[:, 0]
    pitch = np.radians(np.maximum(held[:, _AT["pitch"]] + 2 * sway[:, 1], 0))
    body = _in_body(held[:, _AT["length"]], np.radians(curl), pitch, bob, manner.width)
    body[..., :2] += manner.bias
    body[..., 0] += thrust[:, None]
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    x, y = body[..., 0], body[..., 1]
    world = np.stack([cos * x - sin * y, sin * x + cos * y, body[..., 2]], axis=2)
    world *= manner.length_mm
    world[..., :2] += place_mm[:, None]
    return world


def _oscillation(hz: Floats, unrest: Floats, fps: float) -> Floats:
    return np.asarray(np.sin(np.cumsum(hz * (1 + 0.1 * unrest)) / fps * 2 * np.pi))


def _in_body(length: Floats, curl: Floats, pitch: Floats, bob: Floats, width: float) -> Floats:
    """Keypoints in the frame of the body, (frames, 7, 3)."""
    points = np.zeros((len(length), len(KEYPOINTS), 3))
    neck_angle, head_angle = 0.5 * curl, 1.2 * curl
    neck = np.stack([0.24 * length * np.cos(neck_angle), 0.24 * length * np.sin(neck_angle)], 1)
    along = np.stack([np.cos(head_angle), np.sin(head_angle)], axis=1)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    points[:, 3, :2] = neck
    points[:, 0, :2] = neck + (0.26 * length + bob)[:, None] * along
    for place, sign in ((1, 1), (2, -1)):
        points[:, place, :2] = (
            neck + (0.08 + 0.5 * bob)[:, None] * along + sign * 0.10 * width * across
        )
    for place, sign in ((4, 1), (5, -1)):
        points[:, place, 0] = _HIP * length
        points[:, place, 1] = sign * 0.15 * width
    points[:, 6, 0] = -0.47 * length
    points[..., 2] = (0.12, 0.22, 0.22, 0.20, 0.18, 0.18, 0.10)
    # Everything ahead of the hips rises around them.
    ahead = points[..., 0] - _HIP * length[:, None]
    front = ahead > 1e-6
    cos, sin = np.cos(pitch)[:, None], np.sin(pitch)[:, None]
    x = _HIP * length[:, None] + cos * ahead
    points[..., 2] = np.where(front, points[..., 2] + sin * ahead, points[..., 2])
    points[..., 0] = np.where(front, x, points[..., 0])
    return points
