"""Scores of short events: is the start of a bout found within a few frames?

For acts of 5 to 10 frames the overlap of bouts is too strict (at an IoU of .5 a 6-frame act fails
on a shift of 2 frames), so their onsets are scored with a tolerance. Each start of a stretch of
examined frames that shows the behavior is an onset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics._matching import ratio, spans_of
from boutwise.metrics.frames import average_precision

DESCRIPTION = "precision, recall and F1 of onsets found within 1, 2 and 5 frames, 0 to 1"
PREDICTION = "decided"

Frames = NDArray[np.int64]


def measure(
    truth: NDArray[np.bool_], predicted: NDArray[np.bool_], observed: NDArray[np.bool_]
) -> dict[str, float]:
    """Onset scores of one behavior and subject; see :class:`~boutwise.metrics.Metric`.

    >>> bits = lambda text: np.array([c == "1" for c in text])
    >>> scores = measure(bits("0011100"), bits("0000110"), bits("1111111"))
    >>> scores["f1@1"], scores["f1@2"]
    (0.0, 1.0)
    """
    true, said = spans_of(truth & observed)[:, 0], spans_of(predicted & observed)[:, 0]
    values = {}
    for tolerance in (1, 2, 5):
        found = found_onsets(true, said, tolerance)
        values[f"precision@{tolerance}"] = found / len(said) if len(said) else float("nan")
        values[f"recall@{tolerance}"] = found / len(true) if len(true) else float("nan")
        both = len(true) + len(said)
        values[f"f1@{tolerance}"] = 2 * found / both if both else float("nan")
    return values


def found_onsets(truth: Frames, predicted: Frames, tolerance_frames: int) -> int:
    """Largest number of one-to-one pairs of onsets within the tolerance.

    Both lists are sorted. Pairing the two earliest onsets that are close enough is optimal,
    because all tolerances are equal.

    >>> found_onsets(np.array([5, 9]), np.array([7, 10, 30]), 2)
    2
    """
    found, t, p = 0, 0, 0
    true, said = truth.tolist(), predicted.tolist()
    while t < len(true) and p < len(said):
        if abs(true[t] - said[p]) <= tolerance_frames:
            found, t, p = found + 1, t + 1, p + 1
        elif true[t] < said[p]:
            t += 1
        else:
            p += 1
    return found


def ranked_hits(
    truth: Frames, predicted: Frames, scores: NDArray[np.floating], tolerance_frames: int
) -> NDArray[np.bool_]:
    """Which predicted onsets are right when the surest chooses first.

    From the highest score down (the earlier of two equal ones first) each predicted onset takes
    the nearest true onset within the tolerance that is still free (the earlier of two as near).

    Returns:
        (predicted,), bool.

    >>> ranked_hits(np.array([10]), np.array([9, 11]), np.array([0.2, 0.9]), 2).tolist()
    [False, True]
    """
    hits = np.zeros(len(predicted), dtype=bool)
    free = np.ones(len(truth), dtype=bool)
    for row in np.lexsort((predicted, -scores)):
        first, last = np.searchsorted(
            truth, [predicted[row] - tolerance_frames, predicted[row] + tolerance_frames + 1]
        )
        candidates = np.arange(first, last)[free[first:last]]
        if len(candidates):
            nearest = candidates[np.argmin(np.abs(truth[candidates] - predicted[row]))]
            free[nearest], hits[row] = False, True
    return hits


@dataclass(frozen=True, eq=False)
class Onsets:
    """Onsets of one behavior in one subject, ready to be pooled with those of others.

    Attributes:
        n_true: True onsets.
        n_predicted: Predicted onsets.
        found: Found onsets, (tolerances,).
        scores: Mean probability of each predicted bout, (predicted,); None without probabilities.
        hits: Whether it is right when the surest chooses first, (tolerances, predicted).
    """

    n_true: int
    n_predicted: int
    found: NDArray[np.int64]
    scores: NDArray[np.float64] | None
    hits: NDArray[np.bool_]


def onsets_of(
    truth: NDArray[np.bool_],
    decided: NDArray[np.bool_],
    probability: NDArray[np.floating] | None,
    tolerances_frames: Sequence[int],
) -> Onsets:
    """Compare the onsets of one behavior in one subject.

    Args:
        truth: Examined frames that show it, (frames,).
        decided: Examined frames that are said to show it, (frames,).
        probability: Of the behavior, (frames,), or None.
        tolerances_frames: Distances up to which an onset is found.
    """
    true, spans = spans_of(truth)[:, 0], spans_of(decided)
    said = spans[:, 0]
    found = np.array([found_onsets(true, said, t) for t in tolerances_frames], dtype=np.int64)
    hits = np.zeros((len(tolerances_frames), len(said)), dtype=bool)
    scores = None
    if probability is not None:
        sums = np.concatenate(([0.0], np.cumsum(np.nan_to_num(probability), dtype=np.float64)))
        scores = (sums[spans[:, 1]] - sums[spans[:, 0]]) / (spans[:, 1] - spans[:, 0])
        for row, tolerance in enumerate(tolerances_frames):
            hits[row] = ranked_hits(true, said, scores, tolerance)
    return Onsets(len(true), len(said), found, scores, hits)


def pooled_average_precision(parts: Sequence[Onsets]) -> NDArray[np.float64]:
    """Average precision over several subjects, (tolerances,).

    NaN where there is no true onset, or where a subject has no probabilities.
    """
    n_true = sum(part.n_true for part in parts)
    tolerances = parts[0].hits.shape[0] if parts else 0
    scores = [part.scores for part in parts if part.scores is not None]
    if n_true == 0 or len(scores) < len(parts):
        return np.full(tolerances, np.nan)
    hits = np.concatenate([part.hits for part in parts], axis=1)
    return np.array([average_precision(row, np.concatenate(scores), n_true) for row in hits])


def pooled_scores(parts: Sequence[Onsets]) -> dict[str, NDArray[np.float64]]:
    """Precision, recall and F1 over several subjects, each (tolerances,)."""
    found = np.sum([part.found for part in parts], axis=0)
    n_true = np.full(len(found), sum(part.n_true for part in parts))
    n_predicted = np.full(len(found), sum(part.n_predicted for part in parts))
    return {
        "precision": ratio(found, n_predicted),
        "recall": ratio(found, n_true),
        "f1": ratio(2 * found, n_true + n_predicted),
    }
