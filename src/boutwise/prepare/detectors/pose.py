"""Boxes around the keypoints of a pose track; the animals keep the names that the track gives.

The box is the extent of the body points that are visible and lie together, and a margin in shares
of the body length: fur reaches farther than keypoints do. The tail is left out: it would double the
box and is rarely tracked. A frame in which too few points are visible, or only those of one end,
has no box: half a mouse would be drawn as a whole one.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, RecipeError
from boutwise.prepare.detectors._contract import Scene
from boutwise.types import PoseTrack
from boutwise.types.roles import propose_roles

DESCRIPTION = "around the keypoints of a pose track; needs pose in pixels of the video"
VERSION = 1
READS = "pose"

LENGTH_QUANTILE = 0.9
"""A mouse curls up more often than it stretches; its length is that of a stretched one."""
LENGTH_SAMPLES = 5_000
"""Frames from which the length is taken."""
FARTHEST_LENGTHS = 1.0
"""A point farther from the middle of the others is on something else."""
LEAST_SPAN = 0.5
"""Body lengths that visible points must span where some are missing: else they are all of one end.
A mouse that curls up shows them all."""
LEAST_WIDTH = 0.45
"""Body lengths that a box is wide at least: the points of a mouse that walks straight across the
picture lie on one line, and the mouse does not."""
LEAST_LENGTHS = 0.1
"""Points that lie all in one place are no animal: some tools write 0, 0 for what is missing."""
MOST_OUTSIDE = 0.2
"""Share of points outside the picture beyond which the pose is not of this picture."""

Floats = NDArray[np.float32]


def content(*, margin: float = 0.1, least_confidence: float = 0.6, least_share: float = 0.5) -> str:
    """Check the options; nothing is trained here."""
    limits = (
        ("margin", margin, 0 <= margin <= 2, "a share of the body length from 0 to 2"),
        ("least_confidence", least_confidence, 0 <= least_confidence <= 1, "a number from 0 to 1"),
        ("least_share", least_share, 0 <= least_share <= 1, "a share from 0 to 1"),
    )
    for name, value, is_fine, expected in limits:
        if not is_fine:
            raise RecipeError(f"detect: '{name}' of pose cannot be {value!r}", expected=expected)
    return ""


def boxes(
    scene: Scene,
    *,
    margin: float = 0.1,
    least_confidence: float = 0.6,
    least_share: float = 0.5,
) -> tuple[Floats, Floats]:
    """Boxes of every frame.

    Args:
        scene: With pose.
        margin: Added on each side, in body lengths.
        least_confidence: Points below are not visible; a track without confidence has none.
        least_share: Share of the body points that must be visible, and at least two of them.

    Returns:
        Corners (frames, animals, 4) inside the picture, and scores (frames, animals): the mean
        confidence of the body points, one that is not visible counting as 0.

    Raises:
        DataError: There is no pose, it is not in pixels of this video, or it has too few points.
        RecipeError: An option is out of range.
    """
    content(margin=margin, least_confidence=least_confidence, least_share=least_share)
    pose = _checked(scene)
    body = body_points(pose)
    if len(body) < 2:
        what = "the pose track has one body point, and a box has a size"
        raise _refusal(scene, what, "two body points or more")
    least = max(2, int(np.ceil(least_share * len(body))))
    found, sure = [], []
    for animal in scene.animals:
        place = pose.index(animal)
        points, confidence = _visible(pose, place, body, least_confidence)
        length = body_length(points)
        points = _together(points, length)
        corners = _around(points, length, margin, scene.size)
        visible = np.asarray(np.isfinite(points).all(axis=2))
        corners[(visible.sum(axis=1) < least) | _of_one_end(points, visible, length)] = np.nan
        score = np.where(visible, confidence, 0).mean(axis=1)
        found.append(corners)
        sure.append(np.where(np.isfinite(corners).all(axis=1), score, np.nan))
    return np.stack(found, axis=1), np.stack(sure, axis=1).astype(np.float32)


def _checked(scene: Scene) -> PoseTrack:
    """The pose of a scene, where it is one of this video."""
    pose = scene.pose
    if pose is None:
        raise _refusal(scene, "boxes around keypoints need pose, and there is none", "pose")
    if pose.n_dims != 2 or pose.unit not in ("px", "unknown"):
        unit = "3D" if pose.n_dims == 3 else f"in {pose.unit}"
        what = f"the pose is {unit}, and boxes are drawn into the picture"
        raise _refusal(scene, what, "2D pose in pixels of the video")
    if pose.n_frames != scene.index.n_frames:
        what = f"the pose has {pose.n_frames} frames and the video {scene.index.n_frames}"
        raise _refusal(scene, what, "one row of pose for each frame of the video")
    points = pose.positions[np.isfinite(pose.positions).all(axis=-1)]
    height, width = scene.size
    outside = ((points < 0) | (points > np.array([width, height]))).any(axis=-1)
    if points.size and outside.mean() > MOST_OUTSIDE:
        what = f"{outside.mean():.0%} of the keypoints lie outside the picture"
        raise _refusal(scene, what, f"pixels of this very video, {width} x {height}")
    return pose


def _refusal(scene: Scene, what: str, expected: str) -> DataError:
    return DataError(
        what,
        file=(scene.pose.source if scene.pose else "") or None,
        recording=scene.recording or None,
        expected=expected,
        todo="import the pose that was tracked on this very video, or use 'detector: background'",
    )


def body_points(pose: PoseTrack) -> list[int]:
    """Places of the keypoints that are not on the tail; all of them when nothing else is left."""
    roles = {**propose_roles(pose.keypoints), **pose.roles}
    body = [
        place
        for place, name in enumerate(pose.keypoints)
        if roles.get(name) == "tail_base"
        or (roles.get(name) != "tail_tip" and "tail" not in name.lower())
    ]
    return body or list(range(len(pose.keypoints)))


def _visible(
    pose: PoseTrack, animal: int, body: list[int], least_confidence: float
) -> tuple[Floats, Floats]:
    """Points (frames, points, 2), NaN where not visible, and their confidence (frames, points)."""
    points = pose.positions[:, animal, body].astype(np.float32, copy=True)
    if pose.confidence is None:
        return points, np.ones(points.shape[:2], dtype=np.float32)
    confidence = pose.confidence[:, animal, body]
    # A confidence that is not a number masks nothing, as in clean_pose.
    points[confidence < least_confidence] = np.nan
    return points, np.nan_to_num(confidence, nan=1.0)


def body_length(points: Floats) -> float:
    """Longest distance between two points in a stretched animal, pixels; NaN when never seen.

    Args:
        points: (frames, points, 2), NaN = missing.
    """
    some = points[:: max(1, len(points) // LENGTH_SAMPLES)].astype(np.float64)
    pairs = combinations(range(points.shape[1]), 2)
    longest = np.full(len(some), np.nan)
    for one, other in pairs:
        longest = np.fmax(longest, np.hypot(*(some[:, one] - some[:, other]).T))
    seen = np.isfinite(some).all(axis=2).sum(axis=1)
    # Where points are missing the animal looks shorter; take those frames only if there are no
    # others.
    best = longest[(seen >= seen.max(initial=2)) & np.isfinite(longest)]
    return float(np.quantile(best, LENGTH_QUANTILE)) if best.size else float("nan")


def _together(points: Floats, length: float) -> Floats:
    """The points without those that are far from the others."""
    if not np.isfinite(length):
        return points
    middle = _middle(points)
    away = np.hypot(*np.moveaxis(points - middle[:, None], 2, 0))
    return np.where((away > FARTHEST_LENGTHS * length)[..., None], np.float32(np.nan), points)


def _middle(points: Floats) -> Floats:
    """Median of the points that are there, (frames, 2)."""
    ordered = np.sort(points, axis=1)  # NaN comes last
    count = np.isfinite(ordered).all(axis=2).sum(axis=1)
    rows = np.arange(len(points))
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, points.shape[1] - 1)
    middle: Floats = (ordered[rows, low] + ordered[rows, high]) / 2
    return middle


def _of_one_end(points: Floats, visible: NDArray[np.bool_], length: float) -> NDArray[np.bool_]:
    """Frames in which what is visible does not show the whole animal, (frames,)."""
    extent = np.fmax.reduce(points, axis=1) - np.fmin.reduce(points, axis=1)
    span = np.hypot(*extent.T)
    some_missing = ~visible.all(axis=1)
    one_end = (span < LEAST_LENGTHS * length) | (some_missing & (span < LEAST_SPAN * length))
    return np.asarray(one_end)


def _around(points: Floats, length: float, margin: float, size: tuple[int, int]) -> Floats:
    """Extent with a margin in lengths, cut at the picture's border, (frames, 4)."""
    height, width = size
    low = np.fmin.reduce(points, axis=1) - margin * length
    high = np.fmax.reduce(points, axis=1) + margin * length
    lacking = np.clip(LEAST_WIDTH * length - (high - low), 0, None) / 2
    low, high = low - lacking, high + lacking
    limit = np.array([width, height], dtype=np.float32)
    corners = np.concatenate([np.clip(low, 0, limit), np.clip(high, 0, limit)], axis=1)
    corners[(corners[:, 2:] - corners[:, :2]).min(axis=1) < 1] = np.nan
    return corners.astype(np.float32)
