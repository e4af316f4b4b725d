"""Animals that are not tracked for a while: hidden under another one, or in the nest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boutwise.prepare.augment._sizes import refuse, runs_of_absence
from boutwise.types import FrameClock, PoseTrack

DESCRIPTION = "a whole animal is missing for stretches of time"
INERT = ""


def change(
    pose: PoseTrack,
    clock: FrameClock,
    rng: np.random.Generator,
    *,
    share: float = 0.05,
    seconds: float = 2.0,
) -> tuple[PoseTrack, FrameClock]:
    """Take whole animals out for a while, each by itself.

    Args:
        pose: As read.
        clock: Stays.
        rng: Everything random.
        share: Share of the frames in which an animal is missing, on average.
        seconds: Mean length of a gap.

    Raises:
        UsageError: An option is out of range.
    """
    refuse("animal_dropout", share=(share, 0, 0.9), seconds=(seconds, 0, 3600))
    positions = pose.positions.copy()
    signals = {name: values.copy() for name, values in pose.signals.items()}
    for animal in range(len(pose.animals)):
        gone = runs_of_absence(pose.n_frames, clock.fps, rng, share=share, seconds=seconds)
        for values in (positions, *signals.values()):
            values[gone, animal] = np.nan
    return replace(pose, positions=positions, signals=signals), clock
