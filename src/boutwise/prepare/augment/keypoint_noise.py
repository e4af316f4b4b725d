"""What a tracker gets wrong: every keypoint a little off, for a while in the same direction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.ndimage import gaussian_filter1d

from boutwise.errors import DataError
from boutwise.prepare.augment._sizes import body_lengths, refuse
from boutwise.types import FrameClock, PoseTrack

DESCRIPTION = "noise on every keypoint, in body lengths, smooth in time"
INERT = ""


def change(
    pose: PoseTrack,
    clock: FrameClock,
    rng: np.random.Generator,
    *,
    sd: float = 0.01,
    smooth_s: float = 0.1,
) -> tuple[PoseTrack, FrameClock]:
    """Add normal noise to every keypoint.

    Args:
        pose: As read.
        clock: Stays.
        rng: Everything random.
        sd: Standard deviation of each coordinate, in lengths of the animal's body.
        smooth_s: Standard deviation of the Gaussian in time by which the noise is smoothed,
            seconds: the errors of real trackers last. 0 = each frame has noise of its own.

    Raises:
        UsageError: An option is out of range.
        DataError: An animal is a single point, which has no length.
    """
    refuse("keypoint_noise", sd=(sd, 0, 1), smooth_s=(smooth_s, 0, 60))
    if pose.n_frames == 0:
        return pose, clock
    positions = pose.positions.copy()
    width = smooth_s * clock.fps
    for animal, length in enumerate(body_lengths(pose)):
        if not length > 0 and np.isfinite(positions[:, animal]).any():
            raise DataError(
                f"keypoint_noise is in body lengths, and {pose.animals[animal]} has no length",
                file=pose.source or None,
                expected="two keypoints or more",
                todo="take 'keypoint_noise' out of 'augment'",
            )
        noise = rng.standard_normal(positions[:, animal].shape)
        if width > 0:
            noise = gaussian_filter1d(noise, width, axis=0, mode="wrap")
            spread = noise.std()
            noise /= spread if spread > 0 else 1.0
        positions[:, animal] += (sd * length * noise).astype(np.float32)
    return replace(pose, positions=positions), clock
