"""The body of the mouse: keypoints in space, in millimeters, from what it does.

The body's own frame has x forward, y to the left and z up; its origin is the center of the body on
the floor and its unit the length of the stretched spine, nose to tail base.
"""

from __future__ import annotations

import numpy as np

from boutwise.synthetic.motion import Motion
from boutwise.synthetic.signals import Floats, wander
from boutwise.synthetic.traits import CHANNELS, Traits

KEYPOINTS = (
    "nose",
    "left_ear",
    "right_ear",
    "neck",
    "center",
    "tail_base",
    "tail_tip",
    "left_forepaw",
    "right_forepaw",
    "left_hindpaw",
    "right_hindpaw",
)
"""Keypoints in the order of the track; every name is also its role."""

_AT = {name: place for place, name in enumerate(CHANNELS)}
_SPINE_HEIGHT = 0.20
_HIP = -0.30
_DUTY = 0.62
_GAIT_PHASES = (0.0, 0.5, 0.5, 0.0)


def keypoints_mm(
    motion: Motion, traits: Traits, *, fps: float, generator: np.random.Generator
) -> Floats:
    """Where the keypoints are, (frames, 11, 3), millimeters, z up, floor at 0."""
    channels = {name: motion.channels[:, place] for name, place in _AT.items()}
    legs, head, ears, tail = traits.proportions
    n_frames = len(motion.heading)
    sway = wander((n_frames, 3), 0.4, fps, generator)
    phase = np.cumsum(channels["bob_hz"] * (1 + 0.1 * sway[:, 2])) / fps * 2 * np.pi
    bob = channels["bob"] * np.sin(phase)
    curl = np.radians(channels["curl"] + 5 * sway[:, 0])
    pitch = np.radians(np.maximum(channels["pitch"] + 1.5 * sway[:, 1], -3))
    spine = _spine(channels["length"], curl, pitch, bob, (head, ears))
    moves = _stride(motion, traits, fps)
    paws = _hindpaws(motion, moves[:, 2:], traits, channels["shake"], fps)
    spine = _reach(spine, paws, motion.reach, bob)
    airborne = np.clip(pitch / np.radians(25) - 0.3, 0, 1)[:, None]
    fore = _forepaws(motion, moves[:, :2], spine, airborne, legs)
    _stroke(fore, channels["stroke"], phase)
    base = spine[:, 4]
    swing = wander((n_frames, 2), 0.6, fps, generator)
    direction = np.stack(
        [-np.cos(0.5 * swing[:, 0]), np.sin(0.5 * swing[:, 0]), np.zeros(n_frames)], axis=1
    )
    tip = base * [1, 1, 0.2] + 0.75 * tail * direction + [0, 0, 0.02]
    body = np.concatenate([spine[:, [0, 5, 6, 1, 3, 4]], tip[:, None], fore, paws], axis=1)
    return _to_world(body + traits.bias, motion, traits)


def _spine(
    length: Floats, curl: Floats, pitch: Floats, bob: Floats, build: tuple[float, float]
) -> Floats:
    """Nose, neck, chest, center, tail base and ears in the body's frame, (frames, 7, 3)."""
    head, ears = build
    n_frames = len(length)
    points = np.zeros((n_frames, 7, 3))
    points[:, 4] = np.stack([-0.48 * length, 0 * length, 0.12 + 0 * length], axis=1)
    points[:, 3] = [0, 0, _SPINE_HEIGHT]
    # The front half bends around the center, the head once more around the neck.
    neck_angle, head_angle = 0.45 * curl, 1.1 * curl
    front = 0.28 * length
    points[:, 2, 0] = 0.6 * front * np.cos(neck_angle)
    points[:, 2, 1] = 0.6 * front * np.sin(neck_angle)
    points[:, 1, 0] = front * np.cos(neck_angle)
    points[:, 1, 1] = front * np.sin(neck_angle)
    points[:, 1:3, 2] = _SPINE_HEIGHT
    along = np.stack([np.cos(head_angle), np.sin(head_angle)], axis=1)
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    reach = (0.24 * head + bob)[:, None]
    points[:, 0, :2] = points[:, 1, :2] + reach * along
    points[:, 0, 2] = 0.12 + 0.8 * bob
    for place, sign in ((5, 1), (6, -1)):
        points[:, place, :2] = (
            points[:, 1, :2]
            + (0.07 * head + 0.5 * bob)[:, None] * along
            + sign * 0.09 * ears * across
        )
        points[:, place, 2] = 0.24 + 0.5 * bob
    return _raised(points, pitch)


def _raised(points: Floats, pitch: Floats) -> Floats:
    """Turn everything but the tail base up around the hips."""
    raised = points.copy()
    x = points[:, :, 0] - _HIP
    z = points[:, :, 2] - 0.10
    cos, sin = np.cos(pitch)[:, None], np.sin(pitch)[:, None]
    front = x > 0
    raised[:, :, 0] = np.where(front, _HIP + cos * x - sin * z, points[:, :, 0])
    raised[:, :, 2] = np.where(front, 0.10 + sin * x + cos * z, points[:, :, 2])
    return raised


def _stride(motion: Motion, traits: Traits, fps: float) -> Floats:
    """Displacement of each paw along the body and up while walking, (frames, 4, 2)."""
    pace = np.clip(motion.speed_mm_s / traits.length_mm, 0, 3)
    rate_hz = traits.gait_hz * (0.5 + 0.5 * np.minimum(pace, 1.5)) * (pace > 0.05)
    phase = np.cumsum(rate_hz) / fps
    # A standing paw stays where it is while the body passes over it.
    amplitude = np.where(rate_hz > 0, pace * _DUTY / np.maximum(rate_hz, 1e-9) / 2, 0)
    moves = np.zeros((len(phase), 4, 2))
    for paw, offset in enumerate(_GAIT_PHASES):
        turn = (phase + offset) % 1
        standing = turn < _DUTY
        swing = np.where(standing, 0, (turn - _DUTY) / (1 - _DUTY))
        moves[:, paw, 0] = amplitude * np.where(
            standing, 1 - 2 * turn / _DUTY, -np.cos(np.pi * swing)
        )
        moves[:, paw, 1] = np.where(standing, 0, 0.06 * np.sin(np.pi * swing))
    return moves * (amplitude > 0)[:, None, None]


def _hindpaws(motion: Motion, moves: Floats, traits: Traits, shake: Floats, fps: float) -> Floats:
    """Left and right hindpaw in the body's frame, (frames, 2, 3)."""
    legs = traits.proportions[0]
    paws = np.zeros((len(shake), 2, 3))
    shake_phase = np.cumsum(np.full(len(shake), traits.shake_hz)) / fps * 2 * np.pi
    for paw, sign in ((0, 1), (1, -1)):
        floor = np.zeros((len(shake), 3))
        floor[:, 0] = -0.26 + moves[:, paw, 0] + motion.steps[:, 2 + paw, 0]
        floor[:, 1] = sign * 0.14 * legs + motion.steps[:, 2 + paw, 1]
        floor[:, 2] = moves[:, paw, 1]
        lift = motion.lift[:, paw, None]
        raised = np.array([-0.26, sign * 0.14 * legs, 0]) + traits.lifted * [1, sign, 1]
        paws[:, paw] = (1 - lift) * floor + lift * raised
        trembling = shake * np.clip(2 * motion.lift[:, paw] - 0.3, 0, 1)
        paws[:, paw] += (trembling * np.sin(shake_phase))[:, None] * np.array(
            [0.8, sign * 0.6, 0.5]
        )
    return paws


def _reach(spine: Floats, paws: Floats, reach: Floats, bob: Floats) -> Floats:
    """Bring the head to a hindpaw: the nose all the way, the ears and neck part of it."""
    follow = np.array([1.0, 0.45, 0.15, 0.0, 0.0, 0.75, 0.75])
    for paw in range(2):
        goal = paws[:, paw] + [0.02, 0, 0.03]
        goal[:, 0] += bob
        way = (goal - spine[:, 0]) * reach[:, paw, None]
        spine = spine + way[:, None, :] * follow[:, None]
    return spine


def _forepaws(
    motion: Motion, moves: Floats, spine: Floats, airborne: Floats, legs: float
) -> Floats:
    """Left and right forepaw in the body's frame, (frames, 2, 3)."""
    fore = np.zeros((len(moves), 2, 3))
    hands = motion.channels[:, _AT["hands"], None]
    nose, neck, chest = spine[:, 0], spine[:, 1], spine[:, 2]
    for paw, sign in ((0, 1), (1, -1)):
        floor = np.zeros((len(moves), 3))
        floor[:, 0] = 0.20 * motion.channels[:, _AT["length"]]
        floor[:, 0] += moves[:, paw, 0] + motion.steps[:, paw, 0]
        floor[:, 1] = sign * 0.09 * legs + motion.steps[:, paw, 1]
        floor[:, 2] = moves[:, paw, 1]
        held = chest + np.array([0.10, sign * 0.07 * legs, -0.08])
        face = 0.7 * nose + 0.3 * neck + np.array([0.0, sign * 0.05, -0.05])
        standing = (1 - airborne) * floor + airborne * held
        fore[:, paw] = (1 - hands) * standing + hands * face
    return fore


def _stroke(fore: Floats, amplitude: Floats, phase: Floats) -> None:
    """Let the forepaws wash the face: both together, slightly out of step; changes ``fore``."""
    for paw in range(2):
        stroke = amplitude * np.sin(phase + 0.5 * paw)
        fore[:, paw, 0] += stroke
        fore[:, paw, 2] += 0.5 * stroke


def _to_world(body: Floats, motion: Motion, traits: Traits) -> Floats:
    cos, sin = np.cos(motion.heading)[:, None], np.sin(motion.heading)[:, None]
    x, y, z = body[..., 0], body[..., 1], body[..., 2]
    world = np.stack([cos * x - sin * y, sin * x + cos * y, np.maximum(z, -0.02)], axis=2)
    world *= traits.length_mm
    world[..., :2] += motion.place_mm[:, None]
    return world
