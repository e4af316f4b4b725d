"""Matching predicted bouts with true ones: one core with explicit options.

Different tools call different things bout F1. Every rule here is one setting of :class:`Matching`;
the default is that of MS-TCN: one to one by best overlap, half-open intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import UsageError

Spans = NDArray[np.int64]
"""Half-open stretches, (bouts, 2): start and stop frame, in order and not overlapping."""


@dataclass(frozen=True)
class Matching:
    """How predicted bouts are matched with true ones.

    Attributes:
        assignment: ``one_to_one``: each predicted bout claims the true bout that it overlaps best,
            and a true bout is found once, however many claim it; the other claims are false.
            ``many_to_many``: every fragment of a true bout that is long enough counts.
        ends: ``half_open`` computes the overlap of ``[start, stop)``; ``inclusive`` adds one frame
            to intersection and union, as tools do that treat ``stop`` as part of the bout.
        background: Whether bouts of the background behaviors are counted.
        average: ``pooled`` adds the counts of all behaviors; ``macro`` is the mean of their F1.
    """

    assignment: Literal["one_to_one", "many_to_many"] = "one_to_one"
    ends: Literal["half_open", "inclusive"] = "half_open"
    background: bool = False
    average: Literal["pooled", "macro"] = "pooled"

    def words(self) -> str:
        """The rule in words, for a report."""
        return ", ".join(
            (
                self.assignment.replace("_", " "),
                self.ends.replace("_", "-"),
                "background scored" if self.background else "background left out",
                self.average,
            )
        )


def spans_of(flags: NDArray[np.bool_]) -> Spans:
    """Stretches in which a flag is set.

    Args:
        flags: (frames,) bool.

    >>> spans_of(np.array([0, 1, 1, 0, 1], dtype=bool)).tolist()
    [[1, 3], [4, 5]]
    """
    edges = np.diff(flags.astype(np.int8), prepend=0, append=0)
    return np.stack([np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)], axis=1)


def overlapping(
    truth: Spans, predicted: Spans, ends: str = "half_open"
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """All pairs of a predicted and a true bout that share a frame, and their IoU.

    Returns:
        Row in ``predicted``, row in ``truth`` and intersection over union of each pair, ordered by
        predicted and then true bout. There are never more pairs than bouts in both tables.

    >>> overlapping(np.array([[0, 4]]), np.array([[1, 3], [3, 8]]))
    (array([0, 1]), array([0, 0]), array([0.5  , 0.125]))
    """
    extra = int(ends == "inclusive")
    first = np.searchsorted(truth[:, 1], predicted[:, 0], side="left" if extra else "right")
    last = np.searchsorted(truth[:, 0], predicted[:, 1], side="right" if extra else "left")
    n = np.maximum(last - first, 0)
    p = np.repeat(np.arange(len(predicted)), n)
    t = np.arange(n.sum()) + np.repeat(first - (np.cumsum(n) - n), n)
    starts = np.stack([predicted[p, 0], truth[t, 0]])
    stops = np.stack([predicted[p, 1], truth[t, 1]])
    inner = stops.min(axis=0) - starts.max(axis=0) + extra
    outer = stops.max(axis=0) - starts.min(axis=0) + extra
    return p, t, inner / outer


@dataclass(frozen=True)
class Matches:
    """Bouts that were found, one entry a threshold.

    Attributes:
        tp: True bouts that were found, (thresholds,).
        fp: Predicted bouts that count for nothing, (thresholds,).
        fn: True bouts that were missed, (thresholds,).
        used: Predicted bouts that count, (thresholds,): as many as ``tp`` one to one; many to many
            several fragments may find one bout, or one predicted bout several.
    """

    tp: NDArray[np.int64]
    fp: NDArray[np.int64]
    fn: NDArray[np.int64]
    used: NDArray[np.int64]

    def __add__(self, other: Matches) -> Matches:
        return Matches(
            self.tp + other.tp, self.fp + other.fp, self.fn + other.fn, self.used + other.used
        )

    @property
    def precision(self) -> NDArray[np.float64]:
        """Share of the predicted bouts that count, (thresholds,); NaN when nothing is predicted."""
        return ratio(self.used, self.used + self.fp)

    @property
    def recall(self) -> NDArray[np.float64]:
        """Share of the true bouts that are found, (thresholds,); NaN when there is none."""
        return ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> NDArray[np.float64]:
        """Harmonic mean of both, (thresholds,); NaN when there is neither true nor predicted."""
        predicted, true = self.used + self.fp, self.tp + self.fn
        f1 = ratio(2 * self.used * self.tp, self.used * true + self.tp * predicted)
        return np.where((predicted + true > 0) & (self.tp == 0), 0.0, f1)


def ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Part over whole; NaN, undefined, where the whole is 0.

    >>> ratio(np.array([1, 0]), np.array([2, 0])).tolist()
    [0.5, nan]
    """
    whole = np.asarray(whole, dtype=np.float64)
    undefined = np.full(np.broadcast_shapes(np.shape(part), whole.shape), np.nan)
    return np.asarray(np.divide(part, whole, out=undefined, where=whole != 0))


def match(
    truth: Spans, predicted: Spans, thresholds: Sequence[float], rule: Matching | None = None
) -> Matches:
    """Count the bouts of one behavior and subject that are found at each IoU threshold.

    One to one is the rule of Lea et al. 2017 as MS-TCN and its successors compute it: a predicted
    bout may only claim the true bout of its best IoU (the earlier one of two equal). So the order
    of the bouts does not matter, and the number found is the number of true bouts that some
    predicted bout claims with enough overlap.

    Raises:
        UsageError: A threshold is not in (0, 1].

    >>> match(np.array([[0, 10]]), np.array([[0, 6], [7, 10]]), [0.1, 0.5])
    Matches(tp=array([1, 1]), fp=array([1, 1]), fn=array([0, 0]), used=array([1, 1]))
    """
    rule = rule or Matching()
    for threshold in thresholds:
        if not 0 < threshold <= 1:
            raise UsageError(
                f"an IoU threshold of {threshold} cannot be", expected="above 0 and at most 1"
            )
    p, t, iou = overlapping(truth, predicted, rule.ends)
    if rule.assignment == "one_to_one":
        order = np.lexsort((t, -iou, p))
        best = order[np.unique(p[order], return_index=True)[1]]
        p, t, iou = p[best], t[best], iou[best]
    tp = np.array([len(np.unique(t[iou >= threshold])) for threshold in thresholds], dtype=np.int64)
    used = tp
    if rule.assignment == "many_to_many":
        counting = [len(np.unique(p[iou >= threshold])) for threshold in thresholds]
        used = np.array(counting, dtype=np.int64)
    return Matches(tp, len(predicted) - used, len(truth) - tp, used)
