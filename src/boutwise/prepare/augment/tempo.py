"""The same act by a slower or faster mouse: the clock runs at another pace, and speeds with it.

``time_stretch`` among the augmentations of batches makes bouts longer or shorter and leaves speeds
as they were; here both change, as they do in an animal.
"""

from __future__ import annotations

import numpy as np

from boutwise.prepare.augment._sizes import refuse
from boutwise.types import FrameClock, PoseTrack

DESCRIPTION = "everything a little slower or faster, speeds included"
INERT = ""


def change(
    pose: PoseTrack, clock: FrameClock, rng: np.random.Generator, *, spread: float = 0.15
) -> tuple[PoseTrack, FrameClock]:
    """Let the clock run at another pace; the view is resampled onto the working rate from it.

    Args:
        pose: Stays.
        clock: As recorded.
        rng: Everything random.
        spread: The pace is drawn log-uniformly from 1 / (1 + spread) to 1 + spread.

    Raises:
        UsageError: An option is out of range.
    """
    refuse("tempo", spread=(spread, 0, 1))
    pace = float(np.exp(rng.uniform(-1, 1) * np.log1p(spread)))
    if clock.n_frames == 0:
        return pose, clock
    first = clock.times_s[0]
    return pose, FrameClock(first + (clock.times_s - first) / pace, clock.fps * pace, clock.kind)
