"""The same scene seen from another side: everything turned about the vertical axis.

It changes nothing for feature sets that look from the animal's own body (``egocentric``); it is for
those that use the axes of the image (``social48``).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boutwise.prepare.augment._sizes import refuse
from boutwise.types import FrameClock, PoseTrack

DESCRIPTION = "turn the whole scene by one random angle"
INERT = "rotation"


def change(
    pose: PoseTrack, clock: FrameClock, rng: np.random.Generator, *, degrees: float = 180.0
) -> tuple[PoseTrack, FrameClock]:
    """Turn all animals about the middle of where they were.

    Args:
        pose: As read.
        clock: Stays.
        rng: Everything random.
        degrees: The angle is drawn evenly from -degrees to degrees.

    Raises:
        UsageError: An option is out of range.
    """
    refuse("rotation", degrees=(degrees, 0, 180))
    angle = np.deg2rad(rng.uniform(-degrees, degrees))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    positions = pose.positions.astype(np.float64)
    plane = positions[..., :2]
    seen = plane[np.isfinite(plane).all(axis=-1)]
    middle = seen.mean(axis=0) if len(seen) else np.zeros(2)
    positions[..., :2] = (plane - middle) @ turn.T + middle
    return replace(pose, positions=positions.astype(np.float32)), clock
