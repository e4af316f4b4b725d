"""On which side of the body axis left and right keypoints lie, frame by frame."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from boutwise.checks._poses import Points, Track
from boutwise.checks._steps import Flags, Floats, pair_exchanges
from boutwise.checks.keypoint_jumps import sides
from boutwise.types import PoseTrack

Pair = tuple[int, int]

CLEAR = 0.3
"""Mean side from which a pair of a recording is the right way round as a whole."""

DEEP = 0.1
"""Body lengths by which a keypoint lies beyond the other one: less is a posture."""

LEAST_EXCHANGED, LEAST_DEEP = 0.01, 0.015
"""Shares of the frames from which left and right are reported as the wrong way round: between two
exchanges, which real tracks hardly have, and anywhere, where real tracks have 0 to 0.011."""

CROSSING = ("left_forepaw",)
"""Real forepaws cross by more than ``DEEP`` in up to 5 % of the frames."""

_LEAST_AXIS = 0.4
_LEAST_STRETCH = 3
_LEAST_EXCHANGES = 2


def across(points: Points, pose: PoseTrack, least: float = 0.0) -> dict[Pair, Floats]:
    """How far the right keypoint of each pair lies to one side of the left one, (frames,) each.

    Args:
        points: (frames, keypoints, dims), NaN = missing; only the first two dimensions are used.
        pose: Whose roles are used: of both sides, a neck or nose, and a tail base.
        least: Length of the axis up to which it has no direction, in the unit of the points.

    Returns:
        Pair -> distance at a right angle to the body axis, in the unit of the points, NaN where the
        axis is not seen; empty when nobody can tell.
    """
    head = next((p for r in ("neck", "nose") if (p := pose.by_role(r)) is not None), None)
    tail = pose.by_role("tail_base")
    if head is None or tail is None:
        return {}
    flat = points[..., :2].astype(np.float64)
    axis = flat[:, head] - flat[:, tail]
    length = np.linalg.norm(axis, axis=1)
    found = {}
    for left, right in sides(pose):
        gap = flat[:, right] - flat[:, left]
        cross = axis[:, 0] * gap[:, 1] - axis[:, 1] * gap[:, 0]
        found[left, right] = np.where(length > least, cross / np.maximum(length, 1e-12), np.nan)
    return found


def wrong_way_round(track: Track) -> dict[Pair, Flags]:
    """Pairs that lie inverted in too many frames of a track, with these frames, (frames,) each."""
    gaps = _usual_way_positive(track)
    exchanged = pair_exchanges(track.points, list(gaps), track.length)
    found = {pair: _told(track, pair, gap, exchanged[pair]) for pair, gap in gaps.items()}
    return {pair: flags for pair, flags in found.items() if flags.any()}


def _told(track: Track, pair: Pair, gap: Floats, exchanged: Flags) -> Flags:
    """Frames of a pair the wrong way round; none where they are too few to be told."""
    seen = max(int(np.isfinite(gap).sum()), 1)
    found = np.zeros(len(gap), dtype=bool)
    between = between_exchanges(gap, exchanged)
    if exchanged.sum() >= _LEAST_EXCHANGES and between.mean() >= LEAST_EXCHANGED:
        found |= between
    deep = np.asarray(gap < -DEEP)
    crosses = track.pose.roles.get(track.pose.keypoints[pair[0]]) in CROSSING
    if not crosses and deep.sum() / seen >= LEAST_DEEP:
        found |= deep
    return found


def between_exchanges(gap: Floats, exchanged: Flags) -> Flags:
    """Frames from one exchange to the next, or to where the pair is right again, (frames,).

    Args:
        gap: Positive where the pair is the right way round, (frames,), NaN = not seen.
        exchanged: The pair changes places into these frames, (frames,).
    """
    wrong = -np.nan_to_num(np.sign(gap))
    seen = np.isfinite(gap)
    cuts = [0, *np.flatnonzero(exchanged).tolist(), len(gap)]
    found = np.zeros(len(gap), dtype=bool)
    for start, stop in pairwise(cuts):
        if start > 0:
            stretch = _wrong_from_here(wrong[start:stop], seen[start:stop])
            found[start : start + stretch] = True
        if stop < len(gap):
            stretch = _wrong_from_here(wrong[start:stop][::-1], seen[start:stop][::-1])
            found[stop - stretch : stop] = True
    return found


def _wrong_from_here(wrong: Floats, seen: NDArray[np.bool_]) -> int:
    """Frames at the start of a stretch that are mostly inverted; 0 when they are not."""
    if not wrong.size:
        return 0
    total = np.cumsum(wrong)
    count = int(total.argmax()) + 1
    most = float(total[count - 1])
    return count if most >= max(_LEAST_STRETCH, seen[:count].sum() / 2) else 0


def _usual_way_positive(track: Track) -> dict[Pair, Floats]:
    """Gaps of the pairs in body lengths, positive where they are as usual in the recording."""
    gaps = across(track.points, track.pose, _LEAST_AXIS * track.length)
    found = {}
    for pair, gap in gaps.items():
        signs = np.sign(gap[np.isfinite(gap)])
        if signs.size and abs(signs.mean()) >= CLEAR:
            found[pair] = gap / track.length * np.sign(signs.mean())
    return found
