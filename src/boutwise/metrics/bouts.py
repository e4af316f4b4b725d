"""Scores bout by bout: F1 at thresholds of overlap, counts, durations, latency.

A bout is a stretch of frames in which a behavior is shown. Frames that were not examined are cut
out of truth and prediction alike, so a bout that runs across them counts as two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics._matching import Matches, Matching, Spans, match, overlapping, spans_of

DESCRIPTION = "bout F1 at IoU .1, .25 and .5 (0 to 1), number of bouts, false bouts"
PREDICTION = "decided"


def measure(
    truth: NDArray[np.bool_], predicted: NDArray[np.bool_], observed: NDArray[np.bool_]
) -> dict[str, float]:
    """Bout scores of one behavior and subject; see :class:`~boutwise.metrics.Metric`.

    >>> bits = lambda text: np.array([c == "1" for c in text])
    >>> scores = measure(bits("0111100"), bits("0001110"), bits("1111111"))
    >>> scores["f1@0.25"], scores["f1@0.5"]
    (1.0, 0.0)
    """
    thresholds = (0.1, 0.25, 0.5)
    true, said = spans_of(truth & observed), spans_of(predicted & observed)
    values = {
        f"f1@{threshold}": float(value)
        for threshold, value in zip(thresholds, match(true, said, thresholds).f1, strict=True)
    }
    return values | {
        "true_bouts": float(len(true)),
        "predicted_bouts": float(len(said)),
        "false_bouts": float(false_bouts(true, said)),
    }


def f1_by_class(
    truth: NDArray[np.integer],
    predicted: NDArray[np.integer],
    classes: Sequence[int],
    thresholds: Sequence[float] = (0.1, 0.25, 0.5),
    rule: Matching | None = None,
) -> dict[int, Matches]:
    """Match the bouts of each class of two label sequences, frame by frame.

    Args:
        truth: Class of each frame, (frames,).
        predicted: Class of each frame, (frames,).
        classes: The classes that count.
        thresholds: IoU from which a bout is found.
        rule: How bouts are matched.

    >>> found = f1_by_class(np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0]), [1], [0.5])
    >>> found[1].f1.tolist()
    [1.0]
    """
    return {
        label: match(spans_of(truth == label), spans_of(predicted == label), thresholds, rule)
        for label in classes
    }


def false_bouts(truth: Spans, predicted: Spans) -> int:
    """Number of predicted bouts that share no frame with any true bout of their behavior."""
    return len(predicted) - len(np.unique(overlapping(truth, predicted)[0]))


@dataclass(frozen=True)
class BoutStatistics:
    """How often, how long and how soon; seconds are scored seconds.

    Attributes:
        count: Number of bouts.
        total_s: Their sum.
        mean_s: Mean length; NaN without a bout.
        latency_s: From the first examined frame to the start of the first bout; NaN without one.
    """

    count: int
    total_s: float
    mean_s: float
    latency_s: float


def statistics(flags: NDArray[np.bool_], observed: NDArray[np.bool_], fps: float) -> BoutStatistics:
    """Statistics of the bouts of one behavior and subject.

    Args:
        flags: Frames that show it, (frames,).
        observed: Frames that were examined, (frames,); the others are left out.
        fps: Frames per second.

    >>> statistics(np.array([0, 1, 1, 0, 1], bool), np.ones(5, bool), fps=10)
    BoutStatistics(count=2, total_s=0.3, mean_s=0.15, latency_s=0.1)
    """
    spans = spans_of(flags & observed)
    if not len(spans):
        return BoutStatistics(0, 0.0, float("nan"), float("nan"))
    total_s = float((spans[:, 1] - spans[:, 0]).sum()) / fps
    latency = int(spans[0, 0]) - int(np.argmax(observed))
    return BoutStatistics(len(spans), total_s, total_s / len(spans), latency / fps)


def bias_and_correlation(
    truth: NDArray[np.float64], predicted: NDArray[np.float64]
) -> tuple[int, float, float]:
    """How far a statistic of the prediction is from that of the truth, over recordings.

    Args:
        truth: (recordings,); NaN where undefined.
        predicted: (recordings,); NaN where undefined.

    Returns:
        Recordings in which both are defined, mean of predicted minus true, and Pearson's
        correlation (NaN below three recordings or when one of them does not vary).

    >>> bias_and_correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0]))
    (3, 1.0, 1.0)
    """
    both = np.isfinite(truth) & np.isfinite(predicted)
    n = int(both.sum())
    if n == 0:
        return 0, float("nan"), float("nan")
    x, y = truth[both], predicted[both]
    bias = float((y - x).mean())
    if n < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return n, bias, float("nan")
    return n, bias, float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1))


def edit_score(
    truth: NDArray[np.integer], predicted: NDArray[np.integer], left_out: Sequence[int] = ()
) -> float:
    """How well the order of the bouts is met, whatever their length: 0 to 100.

    100 times one minus Levenshtein's distance between the two sequences of bouts, over the longer
    of them (Lea et al. 2017, as MS-TCN computes it). For tasks in which the order matters.

    Args:
        truth: Class of each frame, (frames,).
        predicted: Class of each frame, (frames,).
        left_out: Classes whose bouts are taken out of both sequences, such as the background.

    Returns:
        NaN when there is no bout on either side.

    >>> edit_score(np.array([0, 0, 1, 2, 2]), np.array([0, 1, 1, 1, 2]))
    100.0
    """
    true, said = _order(truth, left_out), _order(predicted, left_out)
    longer = max(len(true), len(said))
    if longer == 0:
        return float("nan")
    places = np.arange(len(said) + 1)
    row = places
    for label in true:
        # Deletions and exchanges first; insertions are a running minimum along the row.
        new = np.append(row[0] + 1, np.minimum(row[1:] + 1, row[:-1] + (said != label)))
        row = np.minimum.accumulate(new - places) + places
    return float(100 * (1 - row[-1] / longer))


def _order(labels: NDArray[np.integer], left_out: Sequence[int]) -> NDArray[np.integer]:
    """Class of each bout, in order."""
    first = np.append(True, labels[1:] != labels[:-1])[: len(labels)]
    bouts = labels[first]
    return np.asarray(bouts[~np.isin(bouts, list(left_out))])
