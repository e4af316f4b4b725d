"""From a pose track to points in space: filled over time, lifted from the picture where it is flat.

Only the drawing is completed here; nobody's pose is changed. A keypoint that is missing for a while
is drawn on a straight line between the frames around; one that jumps away for a frame stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from boutwise.errors import DataError
from boutwise.synthetic.rendering.kinds import Side
from boutwise.types import PoseTrack

Floats = NDArray[np.float64]

AXIS: dict[str, tuple[tuple[str, ...], float]] = {
    "tail_base": (("tail_base",), 0.0),
    "hips": (("left_hip", "right_hip"), 0.16),
    "center": (("center",), 0.45),
    "chest": (("chest",), 0.58),
    "neck": (("neck",), 0.74),
    "ears": (("left_ear", "right_ear"), 0.83),
    "head": (("head",), 0.84),
    "nose": (("nose",), 1.0),
}
"""Places along the body from the tail base (0) to the nose (1): the roles that tell where each is,
of which the middle is taken, and where it usually lies."""

_OTHERWISE: dict[str, tuple[tuple[str, ...], float]] = {
    "hindpaws": (("left_hindpaw", "right_hindpaw"), 0.22),
    "forepaws": (("left_forepaw", "right_forepaw"), 0.62),
}
"""Used where too few of the others are known."""

HEIGHTS = {
    "nose": 0.11,
    "left_ear": 0.21,
    "right_ear": 0.21,
    "ears": 0.18,
    "head": 0.18,
    "neck": 0.19,
    "chest": 0.18,
    "center": 0.19,
    "hips": 0.16,
    "left_hip": 0.16,
    "right_hip": 0.16,
    "tail_base": 0.10,
    "tail_tip": 0.01,
}
"""Height above the floor of a standing mouse, body lengths; paws stand on it."""

_DOUBTFUL = 0.3
_JUMP = 0.3
_GAP_S = 1.0
_USUAL_LENGTH = 0.7


@dataclass(frozen=True, eq=False)
class Actor:
    """One animal in space, all keypoints of known role at every frame.

    Attributes:
        points: Role -> (frames, 3), in the units of the pose; z up.
        knots: Places along the body that are known, in order: name -> share from tail to nose.
        length: From tail base to nose when stretched.
        floor: Height of the floor.
        shown: Whether the animal is in the picture at all, (frames,).
    """

    points: dict[str, Floats]
    knots: dict[str, float]
    length: float
    floor: float
    shown: NDArray[np.bool_]

    def knot(self, name: str) -> Floats:
        """Where a place along the body is, (frames, 3)."""
        return middle(self.points, name)


def middle(points: dict[str, Floats], name: str) -> Floats:
    """Middle of the points that tell where a place along the body is, (frames, dimensions)."""
    roles, _share = (AXIS | _OTHERWISE)[name]
    return np.asarray(np.mean([points[role] for role in roles], axis=0))


def stage(pose: PoseTrack, fps: float, side: Side) -> list[Actor]:
    """Put the animals of a track into space.

    Args:
        pose: In 2D as a camera on that side saw it, or in 3D with z up.
        fps: Frames per second.
        side: From where it is filmed; for 2D also from where it was tracked.

    Raises:
        DataError: Fewer than two places along the body of an animal are known.
    """
    return [_actor(pose, animal, fps, side) for animal in range(len(pose.animals))]


def _actor(pose: PoseTrack, animal: int, fps: float, side: Side) -> Actor:
    found: dict[str, Floats] = {}
    seen = np.zeros(pose.n_frames, dtype=bool)
    track = _with_extent(pose.positions[:, animal].astype(np.float64))
    for place, name in enumerate(pose.keypoints):
        role = pose.roles.get(name)
        values = track[:, place]
        good: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=1))
        seen |= good
        if pose.confidence is not None:
            sure = good & (pose.confidence[:, animal, place] >= _DOUBTFUL)
            good = sure if sure.any() else good
        if role is not None and good.any():
            found[role] = _filled(values, good)
    knots = _knots(found, pose.animals[animal], pose.source)
    length = _length(found, knots)
    for role, values in found.items():
        found[role] = _steady(values, _JUMP * length)
    shown = _shortly(seen, round(_GAP_S * fps))
    if pose.n_dims == 3:
        feet = [found[role][:, 2] for role in found if role.endswith("paw")]
        lowest = feet or [values[:, 2] for values in found.values()]
        floor = float(np.quantile(np.concatenate(lowest), 0.05))
        return Actor(found, knots, length, floor - 0.02 * length, shown)
    if side == "side":
        floor = -max(float(np.quantile(flat[:, 1], 0.95)) for flat in found.values())
        return Actor(_from_the_side(found, knots, length), knots, length, floor, shown)
    return Actor(_lifted(found, knots, length, side), knots, length, 0.0, shown)


def _with_extent(track: Floats) -> Floats:
    """Keypoints, (frames, keypoints, dimensions), missing where all of them are one and the same.

    Some tools write zeros for an animal that they do not find.
    """
    nowhere = (track == track[:, :1]).all(axis=(1, 2))
    return np.where(nowhere[:, None, None], np.nan, track)


def _filled(values: Floats, good: NDArray[np.bool_]) -> Floats:
    """Straight lines over the frames that are not good; the ends stay."""
    if good.all():
        return values
    frames, known = np.arange(len(values)), np.flatnonzero(good)
    columns = [np.interp(frames, known, values[known, axis]) for axis in range(values.shape[1])]
    return np.stack(columns, axis=1)


def _steady(values: Floats, jump: float) -> Floats:
    """Frames that are far from the median of the five around them take its place."""
    usual = median_filter(values, size=(5, 1), mode="nearest")
    away = np.linalg.norm(values - usual, axis=1) > jump
    return np.where(away[:, None], usual, values)


def _shortly(seen: NDArray[np.bool_], gap: int) -> NDArray[np.bool_]:
    """Frames that are seen, or lie in a gap that is short."""
    if seen.all() or not seen.any():
        return seen
    known = np.flatnonzero(seen)
    frames = np.arange(len(seen))
    after = np.searchsorted(known, frames)
    before = known[np.clip(after - 1, 0, len(known) - 1)]
    coming = known[np.clip(after, 0, len(known) - 1)]
    inside = (before <= frames) & (coming >= frames) & (coming - before <= gap)
    return np.asarray(seen | inside)


def _knots(found: dict[str, Floats], animal: str, source: str) -> dict[str, float]:
    """Places along the body that are known and how far along they are, measured on this animal."""
    known = {name: share for name, (roles, share) in AXIS.items() if found.keys() >= set(roles)}
    if "head" in known and "ears" in known:
        del known["head"]
    if len(known) < 2:
        spare = {n: share for n, (roles, share) in _OTHERWISE.items() if found.keys() >= set(roles)}
        known = dict(sorted({**known, **spare}.items(), key=lambda item: item[1]))
    if len(known) < 2:
        raise DataError(
            f"the mouse '{animal}' cannot be drawn: its direction is not known",
            file=source or None,
            expected="two places along the body or more: " + ", ".join(AXIS),
            todo="give roles to the keypoints of the nose, head, back or tail base",
        )
    names = list(known)
    places = [middle(found, name) for name in names]
    steps = [
        max(float(np.median(np.linalg.norm(b - a, axis=1))), 1e-6) for a, b in pairwise(places)
    ]
    way = np.concatenate([[0.0], np.cumsum(steps)])
    first, last = known[names[0]], known[names[-1]]
    shares = np.maximum.accumulate(first + (last - first) * way / way[-1])
    shares += 1e-3 * np.arange(len(shares))  # two names of the same point stay apart
    return dict(zip(names, shares.tolist(), strict=True))


def _length(found: dict[str, Floats], knots: dict[str, float]) -> float:
    """Nose to tail base of the stretched animal, from how far the known places are apart."""
    places = [middle(found, name) for name in knots]
    way = sum(np.linalg.norm(b - a, axis=1) for a, b in pairwise(places))
    shares = list(knots.values())
    return float(np.quantile(np.asarray(way), _USUAL_LENGTH)) / (shares[-1] - shares[0])


def _lifted(
    found: dict[str, Floats], knots: dict[str, float], length: float, side: Side
) -> dict[str, Floats]:
    """Points of a picture in space, so that a camera without perspective sees them there again."""
    names = list(knots)
    ends = middle(found, names[-1]) - middle(found, names[0])
    span = np.linalg.norm(ends, axis=1) / (length * (knots[names[-1]] - knots[names[0]]))
    # A mouse that looks short to the camera has raised its front, or is curled up.
    pitch = np.where(span < 0.7, np.arccos(np.clip(span / 0.85, 0.2, 1)), 0.0)
    raised = np.convolve(np.sin(pitch), np.ones(3) / 3, "same")
    mirror = -1.0 if side == "below" else 1.0
    space = {}
    for role, flat in found.items():
        height = np.full(len(flat), HEIGHTS.get(role, 0.0))
        if not role.endswith("hindpaw") and not role.startswith("tail"):
            forward = np.clip(_share(role) - 0.25, 0, 1)
            height = height + 0.5 * forward * raised
        space[role] = np.stack([mirror * flat[:, 0], -flat[:, 1], length * height], axis=1)
    return space


def _share(role: str) -> float:
    """How far along the body a role usually lies."""
    for roles, share in (AXIS | _OTHERWISE).values():
        if role in roles:
            return share
    return 0.0


def _from_the_side(
    found: dict[str, Floats], knots: dict[str, float], length: float
) -> dict[str, Floats]:
    names = list(knots)
    ends = middle(found, names[-1]) - middle(found, names[0])
    facing = np.clip(ends[:, 0] / (0.5 * length), -1, 1)
    space = {}
    for role, flat in found.items():
        # A mouse that looks to the right shows its right side: its left is away from the camera.
        across = 0.08 * length * facing
        away = across * (role.startswith("left_") - 1.0 * role.startswith("right_"))
        space[role] = np.stack([flat[:, 0], away, -flat[:, 1]], axis=1)
    return space
