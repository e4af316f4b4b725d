"""Boxes: how far two of them overlap, and how well a detector finds those that people drew."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import UsageError

Floats = NDArray[np.float64]


def box_ious(one: NDArray[np.floating], other: NDArray[np.floating]) -> Floats:
    """Intersection over union of each box of one list with each of another.

    Args:
        one: (boxes, 4): left, top, right, bottom; NaN = no box, which overlaps nothing.
        other: (others, 4).

    Returns:
        (boxes, others), 0 to 1.

    >>> box_ious(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 3, 2], [0, 0, 2, 2]])).round(3)
    array([[0.333, 1.   ]])
    """
    a = np.asarray(one, dtype=np.float64).reshape(-1, 4)[:, None]
    b = np.asarray(other, dtype=np.float64).reshape(-1, 4)[None]
    sides = np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2])
    shared = np.clip(np.nan_to_num(sides), 0, None).prod(axis=-1)
    both = _areas(a) + _areas(b) - shared
    ious: Floats = np.divide(shared, both, out=np.zeros_like(shared), where=both > 0)
    return ious


def _areas(boxes: Floats) -> Floats:
    areas: Floats = np.nan_to_num((boxes[..., 2:] - boxes[..., :2]).prod(axis=-1))
    return areas


def average_precision(
    truth: Sequence[NDArray[np.floating]],
    found: Sequence[NDArray[np.floating]],
    scores: Sequence[NDArray[np.floating]],
    *,
    iou: float = 0.5,
) -> float:
    """Area under the precision-recall curve of a detector, AP@.5 unless another overlap is given.

    Found boxes of all pictures are gone through from the surest to the least sure. Each takes the
    true box of its picture that it overlaps most among those not yet taken, where the overlap
    reaches ``iou``; else it is a false one. Precision counts as the best one at that recall or
    beyond, and its area is taken exactly at every true box found, not at eleven or 101 points.

    Args:
        truth: Of each picture: (boxes, 4).
        found: Of each picture: (boxes, 4).
        scores: Of each picture: (boxes,), how sure each found box is.
        iou: Least overlap.

    Returns:
        0 to 1; NaN when there is no true box.

    Raises:
        UsageError: The lists do not belong together.

    >>> box = np.array([[0.0, 0, 10, 10]])
    >>> average_precision([box, box], [box, box + 50], [np.array([0.9]), np.array([0.8])])
    0.5
    """
    if not len(truth) == len(found) == len(scores):
        raise UsageError(
            f"boxes of {len(truth)} pictures, found in {len(found)}, scores of {len(scores)}",
            expected="the same pictures three times",
        )
    n_true = sum(len(boxes) for boxes in truth)
    if n_true == 0:
        return float("nan")
    flat = [float(score) for of_picture in scores for score in of_picture]
    places = [(p, b) for p, of_picture in enumerate(found) for b in range(len(of_picture))]
    if len(flat) != len(places):
        raise UsageError(f"{len(places)} boxes have {len(flat)} scores", expected="one a box")
    free = [np.ones(len(boxes), dtype=bool) for boxes in truth]
    hits = np.zeros(len(places), dtype=bool)
    for rank, place in enumerate(np.argsort(-np.array(flat), kind="stable")):
        picture, box = places[place]
        overlaps = box_ious(found[picture][box], truth[picture])[0] * free[picture]
        if overlaps.size and overlaps.max() >= iou:
            hits[rank] = True
            free[picture][overlaps.argmax()] = False
    precision = np.cumsum(hits) / np.arange(1, hits.size + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best[hits].sum() / n_true)
