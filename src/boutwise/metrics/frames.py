"""Scores frame by frame: precision, recall, F1, average precision, accuracy, confusion.

Frames that are unlabelled or unscorable are left out by the caller's mask. What cannot be defined
is NaN: the F1 of a behavior that is neither in the truth nor in the prediction is not 1 and not 0,
and a mean over behaviors (macro) leaves it out. A behavior that is only in one of them has an F1
of 0. (scikit-learn counts 0 in both cases unless told otherwise.)
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics._matching import ratio

DESCRIPTION = "precision, recall, F1, accuracy and balanced accuracy over frames, 0 to 1"
PREDICTION = "decided"

TP, FP, FN, TN = range(4)
"""Places in the last axis of binary counts."""


def measure(
    truth: NDArray[np.bool_], predicted: NDArray[np.bool_], observed: NDArray[np.bool_]
) -> dict[str, float]:
    """Frame scores of one behavior and subject; see :class:`~boutwise.metrics.Metric`.

    >>> bits = lambda text: np.array([c == "1" for c in text])
    >>> scores = measure(bits("1100"), bits("1010"), bits("1111"))
    >>> scores["f1"], scores["accuracy"]
    (0.5, 0.5)
    """
    counts = binary_counts(truth[:, None], predicted[:, None], observed[:, None])[0]
    return {
        "precision": float(precision(counts)),
        "recall": float(recall(counts)),
        "f1": float(f1(counts)),
        "accuracy": float(ratio(counts[TP] + counts[TN], counts.sum())),
        "balanced_accuracy": float(
            mean_defined(np.array([recall(counts), ratio(counts[TN], counts[TN] + counts[FP])]))
        ),
    }


def binary_counts(
    truth: NDArray[np.bool_], decided: NDArray[np.bool_], observed: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Frames by outcome, each behavior by itself.

    Args:
        truth: (frames, behaviors).
        decided: (frames, behaviors).
        observed: (frames, behaviors).

    Returns:
        True positives, false positives, false negatives, true negatives, (behaviors, 4).
    """
    yes, said = truth & observed, decided & observed
    tp = (yes & said).sum(axis=0)
    fp, fn = said.sum(axis=0) - tp, yes.sum(axis=0) - tp
    return np.stack([tp, fp, fn, observed.sum(axis=0) - tp - fp - fn], axis=-1)


def precision(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Share of the frames said to show it that do, from counts (..., 4)."""
    return ratio(counts[..., TP], counts[..., TP] + counts[..., FP])


def recall(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Share of the frames that show it that are found, from counts (..., 4)."""
    return ratio(counts[..., TP], counts[..., TP] + counts[..., FN])


def f1(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Harmonic mean of precision and recall, ``2 TP / (2 TP + FP + FN)``, from counts (..., 4)."""
    return ratio(2 * counts[..., TP], 2 * counts[..., TP] + counts[..., FP] + counts[..., FN])


def of_f1(counts: NDArray[Any]) -> NDArray[Any]:
    """The counts on which an F1 rests, (..., 3): all but the true negatives.

    An interval asks how many animals a score rests on; frames without the behavior say nothing.
    """
    return counts[..., :TN]


def mean_defined(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the last axis without what is undefined; NaN when nothing is defined.

    >>> float(mean_defined(np.array([0.5, np.nan, 1.0])))
    0.75
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmean(values, axis=-1))


def macro_f1(counts: NDArray[Any]) -> NDArray[np.float64]:
    """Mean F1 of the behaviors for which it is defined, from counts (..., behaviors, 4)."""
    return mean_defined(f1(counts))


def weighted_f1(counts: NDArray[Any]) -> NDArray[np.float64]:
    """F1 of each behavior weighted by its frames in the truth, from counts (..., behaviors, 4)."""
    support = counts[..., TP] + counts[..., FN]
    return ratio((np.nan_to_num(f1(counts)) * support).sum(axis=-1), support.sum(axis=-1))


def confusion(
    truth: NDArray[np.bool_], decided: NDArray[np.bool_], observed: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Frames by true and by decided member of an exclusive group.

    A frame counts when it was examined for the whole group. The last row and column stand for
    frames that show, or were given, none of the members.

    Args:
        truth: (frames, members), at most one set in a frame.
        decided: (frames, members), at most one set in a frame.
        observed: (frames, members).

    Returns:
        (members + 1, members + 1): true by decided.

    >>> eye = np.eye(2, dtype=bool)
    >>> confusion(eye, eye[[0, 0]], np.ones((2, 2), dtype=bool)).tolist()
    [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    """
    size = truth.shape[1] + 1
    examined = observed.all(axis=1)
    true, said = (
        np.where(flags.any(axis=1), flags.argmax(axis=1), size - 1)[examined]
        for flags in (truth, decided)
    )
    return np.bincount(true * size + said, minlength=size * size).reshape(size, size)


def accuracy(matrix: NDArray[Any]) -> NDArray[np.float64]:
    """Share of the frames on the diagonal, from confusions (..., classes, classes)."""
    return ratio(np.trace(matrix, axis1=-2, axis2=-1), matrix.sum(axis=(-2, -1)))


def balanced_accuracy(matrix: NDArray[Any]) -> NDArray[np.float64]:
    """Mean recall of the classes in the truth, from confusions (..., classes, classes)."""
    return mean_defined(ratio(np.diagonal(matrix, axis1=-2, axis2=-1), matrix.sum(axis=-1)))


def precision_recall_curve(
    hits: NDArray[np.bool_], scores: NDArray[np.floating], n_true: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Precision and recall at every distinct score, from the highest down.

    Args:
        hits: Which candidates (frames, bouts) are right, (candidates,).
        scores: Their scores, (candidates,).
        n_true: How many there were to find.

    Returns:
        Precision, recall and threshold, (distinct scores,).
    """
    order = np.argsort(-scores, kind="stable")
    sorted_scores = np.asarray(scores, dtype=np.float64)[order]
    ends = np.append(np.flatnonzero(np.diff(sorted_scores)), len(order) - 1)
    ends = ends[: len(order)]
    found = np.cumsum(hits[order])[ends]
    return ratio(found, ends + 1), ratio(found, np.full(len(ends), n_true)), sorted_scores[ends]


def average_precision(
    hits: NDArray[np.bool_], scores: NDArray[np.floating], n_true: int | None = None
) -> float:
    """Precision summed over the steps of recall, without interpolation; NaN when none is true.

    The same as ``sklearn.metrics.average_precision_score`` when ``n_true`` is left out: then all
    that there is to find is among the candidates.

    >>> average_precision(np.array([True, False, True]), np.array([0.9, 0.8, 0.7]))
    0.8333333333333333
    """
    n_true = int(hits.sum()) if n_true is None else n_true
    if n_true == 0:
        return float("nan")
    if len(hits) == 0:
        return 0.0
    precisions, recalls, _ = precision_recall_curve(hits, scores, n_true)
    return float((np.diff(recalls, prepend=0.0) * precisions).sum())
