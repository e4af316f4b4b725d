"""The same scene from nearer or farther away, or a larger mouse: all positions times one factor.

It changes nothing for feature sets that measure in body lengths.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boutwise.prepare.augment._sizes import refuse
from boutwise.types import FrameClock, PoseTrack

DESCRIPTION = "multiply all positions by one random factor"
INERT = "scale"


def change(
    pose: PoseTrack, clock: FrameClock, rng: np.random.Generator, *, spread: float = 0.15
) -> tuple[PoseTrack, FrameClock]:
    """Scale all animals by the same factor.

    Args:
        pose: As read.
        clock: Stays.
        rng: Everything random.
        spread: The factor is drawn log-uniformly from 1 / (1 + spread) to 1 + spread.

    Raises:
        UsageError: An option is out of range.
    """
    refuse("scale", spread=(spread, 0, 10))
    factor = np.exp(rng.uniform(-1, 1) * np.log1p(spread))
    return replace(pose, positions=(pose.positions * factor).astype(np.float32)), clock
