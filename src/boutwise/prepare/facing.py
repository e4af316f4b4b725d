"""Which way an animal faces in each frame, so that its pictures can be turned to face one way.

The direction is that of the trunk, from the base of the tail to the neck, and not of the nose: a
turned head is an act to be seen, and must not turn the picture.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from boutwise.errors import DataError
from boutwise.features._body import Body
from boutwise.types import FrameClock, PoseTrack, Subject
from boutwise.types.frame_states import runs

VERSION = 1

SMOOTHED_S = 0.2
"""The direction is averaged over so long: keypoints tremble, a picture must not."""

FILLED_S = 0.5
"""A mouse turns slowly enough that its direction is known between two moments so far apart."""

Floats = NDArray[np.float64]


def trunk_facing(
    pose: PoseTrack, subject: Subject, clock: FrameClock, *, least_confidence: float = 0.6
) -> Floats:
    """Direction of the trunk of the acting animal, (frames,), rad from the x to the y axis.

    Args:
        pose: In pixels of the picture, y down.
        subject: The animal; of a pair, the one who acts.
        clock: Of the recording.
        least_confidence: Points below are where the tracker guessed. A confidence that is not a
            number masks nothing.

    Returns:
        NaN where neither this frame nor frames near it on both sides tell the direction.

    Raises:
        DataError: No keypoint marks the front or the rear of the trunk, or no frame shows both.
    """
    axis = Body.of(_sure(pose, least_confidence), clock, subject).heading
    arrows = np.stack([axis[0], -axis[1]])  # a body has its y axis up, a picture down
    known = np.asarray(np.isfinite(arrows).all(axis=0))
    if not known.any():
        raise DataError(
            f"no frame shows both ends of the trunk of {subject.animal}",
            file=pose.source or None,
            recording=subject.recording,
            expected="frames in which neck, ears or nose, and the base of the tail, are visible",
        )
    length = 2 * int(SMOOTHED_S * clock.fps / 2) + 1
    total = uniform_filter1d(np.where(known, arrows, 0.0), length, axis=1, mode="constant")
    angles = np.where(known, np.arctan2(total[1], total[0]), np.nan)
    return _filled(angles, known, most=round(FILLED_S * clock.fps))


def or_as_seen(refusal: DataError) -> DataError:
    """The same refusal, which says that pictures need not be turned."""
    as_seen = "leave the pictures as the camera saw them (crop: {facing: none})"
    refusal.todo = f"{refusal.todo}; or {as_seen}" if refusal.todo else as_seen
    return refusal


def _sure(pose: PoseTrack, least: float) -> PoseTrack:
    """The track without the points that the tracker was not sure of."""
    if pose.confidence is None:
        return pose
    guessed = pose.confidence < least
    return replace(pose, positions=np.where(guessed[..., None], np.nan, pose.positions))


def _filled(angles: Floats, known: NDArray[np.bool_], *, most: int) -> Floats:
    """Short gaps between known directions are turned through evenly, the shorter way round."""
    filled = angles.copy()
    for start, stop in runs(~known):
        if start == 0 or stop == len(angles) or stop - start > most:
            continue
        before, turn = angles[start - 1], angles[stop] - angles[start - 1]
        turn = (turn + np.pi) % (2 * np.pi) - np.pi
        share = np.arange(1, stop - start + 1) / (stop - start + 1)
        filled[start:stop] = before + share * turn
    return filled
