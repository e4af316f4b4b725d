"""Smooth mice whose motion is known at every instant, for tests of feature sets."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from boutwise.types import FrameClock, PoseTrack
from boutwise.types.roles import mirrored as role_mirrored

# Role -> place ahead, left and up of the middle of the trunk, in body lengths.
BODY = {
    "nose": (0.9, 0.0, 0.35),
    "left_ear": (0.65, 0.15, 0.45),
    "right_ear": (0.65, -0.15, 0.45),
    "neck": (0.5, 0.0, 0.4),
    "chest": (0.2, 0.0, 0.2),
    "center": (0.0, 0.0, 0.35),
    "left_hip": (-0.3, 0.2, 0.25),
    "right_hip": (-0.3, -0.2, 0.25),
    "tail_base": (-0.5, 0.0, 0.2),
    "tail_tip": (-1.3, 0.1, 0.1),
    "left_forepaw": (0.4, 0.15, 0.0),
    "right_forepaw": (0.4, -0.15, 0.0),
    "left_hindpaw": (-0.3, 0.2, 0.0),
    "right_hindpaw": (-0.3, -0.2, 0.0),
}
PAWS = ("left_forepaw", "right_forepaw", "left_hindpaw", "right_hindpaw")
SETS = {
    "4 points": (2, ("nose", "left_ear", "right_ear", "tail_base")),
    "6 points": (2, ("nose", *PAWS, "tail_base")),
    "7 points": (
        2,
        ("nose", "left_ear", "right_ear", "neck", "left_hip", "right_hip", "tail_base"),
    ),
    "9 points 3D": (3, ("nose", "neck", "tail_base", "chest", *PAWS, "tail_tip")),
}


ANIMALS = {"individual": ("m",), "directed": ("m", "n")}
"""Animals of a track for subjects of each scope: ``m`` alone, or ``m`` directed at ``n``."""


def key(body: str, scope: str) -> str:
    """Under which the golden values of a body are kept."""
    return body if scope == "individual" else f"{body}, {scope}"


def track(
    name: str,
    scope: str = "individual",
    *,
    seconds: float = 20.0,
    fps: float = 20.0,
    seed: int = 0,
) -> PoseTrack:
    """Walking, turning, rearing mice with the keypoints of a set; the second is smaller."""
    roles = SETS[name][1]
    positions = [
        40 * 0.8**place * _mouse(name, np.arange(round(seconds * fps)) / fps, seed + 100 * place)
        for place, _ in enumerate(ANIMALS[scope])
    ]
    time = np.arange(round(seconds * fps)) / fps
    return PoseTrack(
        np.stack(positions, axis=1).astype(np.float32),
        None,
        ANIMALS[scope],
        roles,
        {role: role for role in roles},
        signals={
            f"motion_energy.{part}@{lag}s": _stirring(time, seed + place, len(ANIMALS[scope]))
            for place, (part, lag) in enumerate(product(("rear", "front"), ("0.05", "0.15")))
        },
    )


def _stirring(time: np.ndarray, seed: int, n_animals: int) -> np.ndarray:
    """A quantity of each animal that rises and falls and stays above 0, (frames, animals)."""
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, n_animals)
    return (0.1 + 0.08 * np.sin(2 * np.pi * time[:, None] / 3 + phases)).astype(np.float32)


def _mouse(name: str, time: np.ndarray, seed: int) -> np.ndarray:
    """Positions of one mouse in body lengths, (frames, keypoints, 2 or 3)."""
    dims, roles = SETS[name]
    rng = np.random.default_rng(seed)

    def wave(size: float, slowest_s: float = 12.0, fastest_s: float = 1.5) -> np.ndarray:
        periods, phases = rng.uniform(fastest_s, slowest_s, 4), rng.uniform(0, 2 * np.pi, 4)
        angles = 2 * np.pi * time[:, None] / periods + phases
        return size * np.sin(angles).mean(axis=1)

    heading = 0.6 * time + wave(2.0)
    middle = np.stack([wave(8.0, slowest_s=15, fastest_s=5), wave(8.0, slowest_s=15, fastest_s=5)])
    rearing = 0.4 + 0.4 * np.sin(2 * np.pi * time / 7)
    points = []
    for role in roles:
        ahead, left, up = BODY[role]
        ahead, left = ahead + wave(0.1), left + wave(0.1)
        x = middle[0] + ahead * np.cos(heading) - left * np.sin(heading)
        y = middle[1] + ahead * np.sin(heading) + left * np.cos(heading)
        z = up + rearing * max(BODY[role][0], 0.0) + wave(0.02)
        points.append(np.stack([x, y, z][:dims], axis=1))
    return np.stack(points, axis=1)


def clock(pose: PoseTrack, fps: float = 20.0) -> FrameClock:
    """The clock of a track."""
    return FrameClock.declared(pose.n_frames, fps)


def mirrored(pose: PoseTrack) -> PoseTrack:
    """The same motion seen in a mirror: left keypoints become right ones."""
    positions = pose.positions.copy()
    positions[..., 0] *= -1
    roles = [pose.roles[name] for name in pose.keypoints]
    order = [roles.index(role_mirrored(role)) for role in roles]
    return replace(pose, positions=positions[:, :, order])
