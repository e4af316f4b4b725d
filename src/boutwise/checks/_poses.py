"""The pose of each animal as checks look at it: what is unsure or a placeholder is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from boutwise.checks._contract import Study
from boutwise.errors import BoutwiseError
from boutwise.types import PoseTrack, Recording
from boutwise.types.frame_states import runs

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

_USUAL_STEP = 0.99
"""Quantile of the steps of a keypoint up to which a step is a usual one."""

_SMOOTH = 0.25
"""Usual steps of a track are shorter than this share of how far it travels."""

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
        points[placeholders(points, cuts_of(self.recording))] = np.nan
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


def cuts_of(recording: Recording) -> list[int]:
    """First frames of trials: what lies before them may have been filmed at another time."""
    return [trial.first_frame for trial in recording.trials]


def placeholders(points: Points, cuts: Sequence[int] = ()) -> NDArray[np.bool_]:
    """Keypoints that jump to exactly 0, 0 or -1, -1, (frames, keypoints).

    A track that begins at its origin, or passes through it, lies there too. It comes and goes by
    steps like its others, and a tracker that lost the keypoint does not.

    Args:
        points: (frames, keypoints, dims), NaN = missing.
        cuts: Frames between which and the one before there is no step.
    """
    found = np.zeros(points.shape[:2], dtype=bool)
    for value in PLACEHOLDERS:
        there = np.asarray((points == value).all(axis=2))
        there[:, there.mean(axis=0) > MOST_PLACEHOLDERS] = False
        for place in np.flatnonzero(there.any(axis=0)).tolist():
            there[:, place] = _leapt(points[:, place], there[:, place], value, cuts)
        found |= there
    return found


def _leapt(
    track: Points, there: NDArray[np.bool_], value: float, cuts: Sequence[int]
) -> NDArray[np.bool_]:
    """Those stretches at a value that the keypoint does not reach, or leave, by a usual step.

    Args:
        track: Of one keypoint, (frames, dims).
        there: Where it is at the value, (frames,).
        value: Of every coordinate.
        cuts: First frames of trials.
    """
    found = np.zeros_like(there)
    apart = {0, len(there), *cuts}
    away = np.linalg.norm(track - value, axis=1)
    steps = np.linalg.norm(np.diff(track, axis=0), axis=1)
    usual = quantile(steps[~there[1:] & ~there[:-1]], _USUAL_STEP)
    if not usual < _SMOOTH * quantile(away[~there], _USUAL_STEP):
        return there  # noise, or too few steps: nothing comes and goes smoothly
    for begin, end in runs(there):
        edges = [begin, *sorted(cut for cut in apart if begin < cut < end), end]
        for start, stop in pairwise(edges):
            beside = [away[start - 1]] if start not in apart else []
            beside += [away[stop]] if stop not in apart else []
            known = [distance for distance in beside if np.isfinite(distance)]
            if not known or max(known) > usual:
                found[start:stop] = True
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
