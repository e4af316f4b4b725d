"""The sections of a score that look at one recording, animal or lab at a time, and at curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics import frames
from boutwise.metrics._baselines import decisions_right
from boutwise.metrics._contract import ScoredSubject
from boutwise.metrics._counts import Counts
from boutwise.metrics._over_frames import balanced, bout_f1
from boutwise.metrics._score_rows import Curve, UnitBehavior, UnitScores
from boutwise.metrics._scoring import Floats, Scoring

CURVE_POINTS = 200


def curves_and_average_precisions(scoring: Scoring) -> tuple[tuple[Curve, ...], Floats]:
    """Precision-recall curve and average precision of each behavior over pooled frames."""
    names = scoring.ethogram.names
    averages = np.full(len(names), np.nan)
    curves: dict[int, Curve] = {}
    if not scoring.probabilities():
        return (), averages
    for column, name in enumerate(names):
        hits, scores = _ranked(scoring.items, column)
        if not hits.any():
            continue
        precision, recall, threshold = frames.precision_recall_curve(hits, scores, int(hits.sum()))
        averages[column] = (np.diff(recall, prepend=0.0) * precision).sum()
        kept = np.unique(np.linspace(0, len(recall) - 1, CURVE_POINTS).astype(np.int64))
        parts = (tuple(part[kept].round(5).tolist()) for part in (recall, precision, threshold))
        curves[column] = Curve(name, *parts)
    return tuple(curves[column] for column in scoring.in_order if column in curves), averages


def _ranked(
    items: Sequence[ScoredSubject], column: int
) -> tuple[NDArray[np.bool_], NDArray[np.floating]]:
    """Truth and probability of one behavior in all frames that were examined for it."""
    known = [item.known[:, column] for item in items]
    hits = [item.yes[k, column] for item, k in zip(items, known, strict=True)]
    scores = [
        item.probabilities[k, column]
        for item, k in zip(items, known, strict=True)
        if item.probabilities is not None
    ]
    return np.concatenate(hits), np.concatenate(scores)


def unit_scores(
    scoring: Scoring, counts: Counts, units: Sequence[str], members: Sequence[str]
) -> tuple[UnitScores, ...]:
    """Scores of each recording, animal or lab by itself.

    Args:
        scoring: What is scored.
        counts: By unit.
        units: The unit of each subject.
        members: What each subject is to its unit: its animal, or its recording.
    """
    matrices = counts.matrices(scoring.ethogram)
    right, recalled = decisions_right(matrices), balanced(matrices)
    with_background = frames.macro_f1(counts.frames)
    without = frames.macro_f1(counts.frames[:, scoring.foreground])
    weighted = frames.weighted_f1(counts.frames)
    found = bout_f1(counts.bouts[:, scoring.bout_columns].sum(axis=1))
    inside: dict[str, list[int]] = {}
    for place, unit in enumerate(units):
        inside.setdefault(unit, []).append(place)
    return tuple(
        UnitScores(
            name=key,
            members=tuple(sorted({members[place] for place in inside[key]})),
            scored_frames=int(counts.scored[row]),
            macro_f1=float(with_background[row]),
            macro_f1_without_background=float(without[row]),
            weighted_f1=float(weighted[row]),
            accuracy=float(right[row]),
            balanced_accuracy=float(recalled[row]),
            bout_f1=tuple(found[row].tolist()),
            behaviors=_behaviors(scoring, counts, row, [scoring.items[p] for p in inside[key]]),
        )
        for row, key in enumerate(counts.keys)
    )


def _behaviors(
    scoring: Scoring, counts: Counts, row: int, items: Sequence[ScoredSubject]
) -> tuple[UnitBehavior, ...]:
    """The behaviors that were examined in one unit."""
    ranked = scoring.probabilities()
    found = []
    for column in scoring.in_order:
        outcome, bouts = counts.frames[row, column], counts.bouts[row, column]
        if not outcome.any():
            continue
        tp, fp, fn, used = bouts[0]
        found.append(
            UnitBehavior(
                name=scoring.ethogram.names[column],
                truth_frames=int(outcome[frames.TP] + outcome[frames.FN]),
                predicted_frames=int(outcome[frames.TP] + outcome[frames.FP]),
                precision=float(frames.precision(outcome)),
                recall=float(frames.recall(outcome)),
                f1=float(frames.f1(outcome)),
                average_precision=(
                    frames.average_precision(*_ranked(items, column)) if ranked else float("nan")
                ),
                truth_bouts=int(tp + fn),
                predicted_bouts=int(used + fp),
                bout_f1=tuple(bout_f1(bouts).tolist()),
            )
        )
    return tuple(found)


def members_of(scoring: Scoring) -> Mapping[str, Sequence[str]]:
    """Recording, animal and lab of each subject, in order."""
    strata = scoring.options.strata
    return {
        "recording": [item.subject.recording for item in scoring.items],
        "animal": [item.animal for item in scoring.items],
        "lab": [strata.get(item.subject.recording, "") for item in scoring.items],
    }
