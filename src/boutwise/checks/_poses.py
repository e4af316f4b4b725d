"""The pose of each animal as checks look at it: what is unsure or a placeholder is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from boutwise.checks._contract import Study
from boutwise.errors import BoutwiseError
from boutwise.types import PoseTrack, Recording

Points = NDArray[np.float32]

LEAST_CONFIDENCE = 0.6
"""Below it a keypoint is masked before features are computed (``clean_pose``), so its place is of
no importance here either."""

PLACEHOLDERS = (0.0, -1.0)
"""Coordinates that programs write where they found nothing."""

MOST_PLACEHOLDERS = 0.95
"""A keypoint that is at 0, 0 nearly always is the origin of an aligned track, not missing."""

STRETCHED = 0.75
"""Quantile over frames at which a body counts as stretched: a sleeping mouse is curled up."""

_LENGTHS = (("nose", "tail_base"), ("neck", "tail_base"), ("nose", "center"))
_EXTENTS_IN_A_BODY = 3.0
_STILL, _FAR = 0.5, 2.0
_MOST_FRAMES = 4000


@dataclass(frozen=True, eq=False)
class Track:
    """One animal of one recording.

    Attributes:
        recording: The recording.
        animal: Its id.
        place: Its place on the axis of animals.
        pose: The whole pose, as the project has it.
    """

    recording: Recording
    animal: str
    place: int
    pose: PoseTrack

    @cached_property
    def points(self) -> Points:
        """Positions, (frames, keypoints, dims); NaN where missing, unsure or a placeholder."""
        points = np.array(self.pose.positions[:, self.place], dtype=np.float32)
        if self.pose.confidence is not None:
            points[self.pose.confidence[:, self.place] < LEAST_CONFIDENCE] = np.nan
        points[placeholders(points)] = np.nan
        points[:, marks(points, self.pose)] = np.nan
        return points

    @cached_property
    def length(self) -> float:
        """Length of the body in the unit of the pose; NaN when the animal is never seen."""
        return body_length(self.points, self.pose)

    @property
    def fps(self) -> float:
        """Frames per second."""
        return self.recording.clock.fps


def poses(project: Study) -> Iterator[tuple[Recording, PoseTrack]]:
    """Recordings with a pose that can be read; ``rows_and_frames`` tells of the others."""
    for recording in project.recordings():
        pose = readable(project, recording)
        if pose is not None and pose.n_frames:
            yield recording, pose


def readable(project: Study, recording: Recording) -> PoseTrack | None:
    """The pose of a recording; None when it has none, or it cannot be read."""
    if not project.has_pose(recording.id):
        return None
    try:
        return project.pose(recording.id)
    except (BoutwiseError, OSError):
        return None


def tracks(project: Study) -> Iterator[Track]:
    """Every animal of every recording that has a pose."""
    for recording, pose in poses(project):
        yield from tracks_of(recording, pose)


def tracks_of(recording: Recording, pose: PoseTrack) -> list[Track]:
    """Every animal of one recording."""
    return [Track(recording, animal, place, pose) for place, animal in enumerate(pose.animals)]


def placeholders(points: Points) -> NDArray[np.bool_]:
    """Keypoints that are exactly at 0, 0 or -1, -1, now and then, (frames, keypoints)."""
    found = np.zeros(points.shape[:2], dtype=bool)
    for value in PLACEHOLDERS:
        found |= (points == value).all(axis=2)
    found[:, found.mean(axis=0) > MOST_PLACEHOLDERS] = False
    return found


def marks(points: Points, pose: PoseTrack) -> NDArray[np.bool_]:
    """Keypoints without a role that stay where they are while the others travel, (keypoints,).

    Corners of a maze are often tracked together with the animal; they are none of its body.
    """
    found = np.array([name not in pose.roles for name in pose.keypoints])
    length = body_length(points, pose)
    if not found.any() or not length > 0:
        return np.zeros(len(found), dtype=bool)
    few = points[:: max(1, len(points) // _MOST_FRAMES)]
    reach = np.array(
        [
            max(quantile(axis, 0.95) - quantile(axis, 0.05) for axis in few[:, place].T)
            for place in range(few.shape[1])
        ]
    )
    travels = quantile(reach[~found]) > _FAR * length
    return np.asarray(found & (reach < _STILL * length) & travels)


def body_length(points: Points, pose: PoseTrack) -> float:
    """Nose to tail base, as far as roles tell; else three times the extent of the keypoints.

    Args:
        points: (frames, keypoints, dims), NaN = missing.
        pose: Whose roles are used.
    """
    points = points[:: max(1, len(points) // _MOST_FRAMES)]
    for head, tail in _LENGTHS:
        places = pose.by_role(head), pose.by_role(tail)
        if places[0] is not None and places[1] is not None:
            found = quantile(np.linalg.norm(points[:, places[0]] - points[:, places[1]], axis=1))
            if found > 0:
                return found
    middle = middles(points)
    return _EXTENTS_IN_A_BODY * quantile(np.linalg.norm(points - middle[:, None], axis=2))


def middles(points: Points) -> Points:
    """Mean of the keypoints that are seen, (frames, dims); NaN where none is."""
    seen = np.isfinite(points)
    total = np.where(seen, points, 0).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(total / seen.sum(axis=1), dtype=points.dtype)


def quantile(values: NDArray[np.floating], share: float = STRETCHED) -> float:
    """Quantile of what is not missing; NaN when everything is."""
    seen = values[np.isfinite(values)]
    return float(np.quantile(seen, share)) if seen.size else float("nan")
