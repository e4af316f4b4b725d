"""Sets of a fixed list of points: the tracks of just these, and one body of an animal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boutwise.errors import DataError
from boutwise.features._body import Floats, length, points_of, spread_frames
from boutwise.types import PoseTrack, Subject

SAMPLED_FRAMES = 20_000
"""Frames, evenly spread, from which the quantities of a whole recording are measured."""


def fixed_points(
    pose: PoseTrack, subject: Subject, roles: Sequence[str], *, set_name: str
) -> Floats:
    """Tracks of the acting animal, (roles, dims, frames); other keypoints are not looked at.

    Args:
        pose: In pose units.
        subject: Its animal.
        roles: Which, in this order.
        set_name: The feature set that needs them, for the words of the error.

    Raises:
        DataError: A role is not there.
    """
    points = points_of(pose, subject)
    missing = [role for role in roles if role not in points]
    if missing:
        raise DataError(
            f"the feature set '{set_name}' needs keypoints that are not there: "
            + ", ".join(missing),
            file=pose.source or None,
            recording=subject.recording,
            expected="keypoints with the roles " + ", ".join(roles),
            todo="give the keypoints their roles in boutwise.yaml, or take another feature set; "
            "the keypoints are " + ", ".join(pose.keypoints),
        )
    return np.stack([points[role] for role in roles])


def sampled(pose: PoseTrack, most: int = SAMPLED_FRAMES) -> PoseTrack:
    """The same track at no more than ``most`` frames, evenly spread."""
    if pose.n_frames <= most:
        return pose
    frames = spread_frames(pose.n_frames, most)
    return pose.each(lambda values: values[frames])


def median_length(front: Floats, rear: Floats, subject: Subject, pose: PoseTrack) -> float:
    """One body: the median distance between two tracks, (dims, frames).

    Raises:
        DataError: They are never seen apart.
    """
    sizes = length(front - rear)
    size = float(np.nanmedian(sizes)) if np.isfinite(sizes).any() else 0.0
    if not size > 0:
        raise DataError(
            f"the body of {subject} has no length: its ends are never seen apart",
            file=pose.source or None,
            expected="frames in which both ends of the animal are seen",
            todo="look at the pose track, or at the confidence below which keypoints are masked",
        )
    return size
