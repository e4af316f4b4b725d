"""Keypoints that the tracker loses for a while, each by itself."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np

from boutwise.prepare.augment._sizes import refuse, runs_of_absence
from boutwise.types import FrameClock, PoseTrack

DESCRIPTION = "every keypoint is missing for stretches of time"
INERT = ""


def change(
    pose: PoseTrack,
    clock: FrameClock,
    rng: np.random.Generator,
    *,
    share: float = 0.05,
    seconds: float = 0.5,
) -> tuple[PoseTrack, FrameClock]:
    """Take keypoints out for a while.

    Gaps that ``clean_pose`` bridges in real tracks are bridged here as well.

    Args:
        pose: As read.
        clock: Stays.
        rng: Everything random.
        share: Share of its frames in which a keypoint is missing, on average.
        seconds: Mean length of a gap.

    Raises:
        UsageError: An option is out of range.
    """
    refuse("keypoint_dropout", share=(share, 0, 0.9), seconds=(seconds, 0, 3600))
    positions = pose.positions.copy()
    for animal, keypoint in product(*map(range, positions.shape[1:3])):
        gone = runs_of_absence(pose.n_frames, clock.fps, rng, share=share, seconds=seconds)
        positions[gone, animal, keypoint] = np.nan
    return replace(pose, positions=positions), clock
