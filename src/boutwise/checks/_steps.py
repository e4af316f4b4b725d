"""How far keypoints move from one frame to the next, and when two points change places."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.checks._poses import Points, middles

Flags = NDArray[np.bool_]
Floats = NDArray[np.floating]

FASTEST_BODY = 15.0
"""Body lengths per second that no mouse runs: the fastest thousandth of real frames has 2 to 9."""

FASTEST_POINT = 12.0
"""The same for one keypoint against the rest of the body: a turning head or a stepping paw has up
to 8 in the fastest thousandth of real frames."""

LEAST_BODY_STEP, LEAST_POINT_STEP = 0.5, 0.35
"""Steps in body lengths that are no jump, however short the time between two frames is."""

TAIL_FACTOR = 3.0
"""The end of a tail whips: it may go so many times farther."""

_LEAST_SEEN = 3
_KEEP = 0.75
_SWAP = 0.35


@dataclass(frozen=True, eq=False)
class Jumps:
    """Where something moves farther than an animal can.

    Attributes:
        body: The whole animal jumps into frame t, (frames,).
        points: A keypoint jumps into frame t against the rest of the body, (frames, keypoints).
        compared: Frames in which a keypoint and its step can be seen, (keypoints,).
    """

    body: Flags
    points: Flags
    compared: NDArray[np.int64]


def jumps(points: Points, length: float, fps: float, *, tails: Flags) -> Jumps:
    """Steps that are farther than an animal can move.

    Args:
        points: (frames, keypoints, dims), NaN = missing.
        length: Of the body, in the unit of the points.
        fps: Frames per second.
        tails: Keypoints on the tail, (keypoints,).
    """
    steps = np.diff(points, axis=0) / length
    body, known = common_step(steps)
    body_limit = max(FASTEST_BODY / fps, LEAST_BODY_STEP)
    limits = np.where(tails, TAIL_FACTOR, 1.0) * max(FASTEST_POINT / fps, LEAST_POINT_STEP)
    # With one or two points in sight nobody can tell the body from the point.
    limits = np.where(known[:, None], limits, np.maximum(limits, body_limit))
    size = np.linalg.norm(steps - body[:, None], axis=2)
    far = np.asarray(np.nan_to_num(size) > limits)
    start = np.zeros((1, points.shape[1]), dtype=bool)
    leap = np.concatenate([[False], np.linalg.norm(body, axis=1) > body_limit])
    compared = np.isfinite(size).sum(axis=0)
    return Jumps(leap, np.concatenate([start, far]), compared)


def common_step(steps: Floats) -> tuple[Floats, Flags]:
    """Median step of the keypoints that are seen twice, 0 where they are too few.

    Args:
        steps: (frames, keypoints, dims), NaN = missing.

    Returns:
        Step of the body, (frames, dims), and whether it is known, (frames,).
    """
    count = np.isfinite(steps).all(axis=2).sum(axis=1)
    known = count >= _LEAST_SEEN
    ordered = np.sort(steps, axis=1)  # NaN comes last
    rows, last = np.arange(len(steps)), np.maximum(count - 1, 0)
    common = (ordered[rows, last // 2] + ordered[rows, (last + 1) // 2]) / 2
    return np.where(known[:, None], common, 0.0), known


def exchanges(first: Points, second: Points, least: float, *, body: Floats | None = None) -> Flags:
    """Frames into which two points change places: each lands where the other one was.

    Args:
        first: (frames, dims), NaN = missing.
        second: The same.
        least: Distance below which two points cannot be told apart.
        body: Step of the body between frames, (frames - 1, dims); moves of both do not count.

    Returns:
        (frames,); an exchange that is taken back later is two.
    """
    drift = np.zeros_like(first[1:]) if body is None else body
    distance = np.linalg.norm(first - second, axis=1)
    both = distance[1:] + distance[:-1]

    def step(here: Points, before: Points) -> Floats:
        return np.asarray(np.linalg.norm(here[1:] - before[:-1] - drift, axis=1))

    keep = step(first, first) + step(second, second)
    swap = step(first, second) + step(second, first)
    apart = np.minimum(distance[1:], distance[:-1]) > least
    found = apart & (keep > _KEEP * both) & (swap < _SWAP * keep)
    return np.concatenate([[False], found])


def whole_exchanges(one: Points, other: Points, length: float) -> Flags:
    """Frames into which two animals change places, (frames,).

    Args:
        one: (frames, keypoints, dims), NaN = missing.
        other: The same, of another animal.
        length: Of the body; animals that lie upon each other cannot be told apart.
    """
    centers = []
    for points in (one, other):
        center = middles(points)
        half = np.isfinite(points).all(axis=2).mean(axis=1) < 0.5
        center[half] = np.nan
        centers.append(center)
    return exchanges(centers[0], centers[1], 0.7 * length)


def pair_exchanges(
    points: Points, pairs: list[tuple[int, int]], length: float
) -> dict[tuple[int, int], Flags]:
    """Frames into which the left and the right keypoint of a pair change places, pair by pair."""
    body, _known = common_step(np.diff(points, axis=0))
    return {
        (left, right): exchanges(points[:, left], points[:, right], 0.12 * length, body=body)
        for left, right in pairs
    }
