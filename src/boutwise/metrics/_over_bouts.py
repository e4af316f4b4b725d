"""The sections of a score that count bouts and onsets."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics import bouts, frames, onsets
from boutwise.metrics._matching import ratio
from boutwise.metrics._over_frames import bout_f1, over_recordings
from boutwise.metrics._score_rows import BoutAgreement, BoutStatisticsRow, OrderScores
from boutwise.metrics._scores import BoutScores, OnsetBehavior, OnsetScores
from boutwise.metrics._scoring import Scoring, over_animals, spread

STATISTICS = ("count", "total_s", "mean_s", "latency_s")


def bout_scores(scoring: Scoring) -> BoutScores:
    """Bout F1 over all behaviors that count, pooled and as a mean over them."""
    counts = scoring.by_animal.bouts[:, scoring.bout_columns]
    total = counts.sum(axis=(0, 1))
    places = range(len(scoring.options.thresholds))

    def pooled(rows: NDArray[Any]) -> NDArray[np.float64]:
        return bout_f1(rows.sum(axis=-2))

    def macro(rows: NDArray[Any]) -> NDArray[np.float64]:
        return frames.mean_defined(bout_f1(rows))

    return BoutScores(
        thresholds=scoring.options.thresholds,
        rule=scoring.options.matching.words(),
        pooled_f1=tuple(over_animals(counts[:, :, place], pooled) for place in places),
        macro_f1=tuple(over_animals(counts[:, :, place], macro) for place in places),
        tp=tuple(total[:, 0].tolist()),
        fp=tuple(total[:, 1].tolist()),
        fn=tuple(total[:, 2].tolist()),
        used=tuple(total[:, 3].tolist()),
        by_animal=tuple(spread(pooled(counts[:, :, place])) for place in places),
    )


def onset_scores(scoring: Scoring) -> OnsetScores:
    """Onsets within a few frames, and false bouts for each scored hour."""
    rows, averages = [], []
    columns = [column for column in scoring.in_order if column in scoring.bout_columns]
    for column in columns:
        parts = [
            onsets.onsets_of(
                item.yes[:, column],
                item.decided[:, column] & item.known[:, column],
                None if item.probabilities is None else item.probabilities[:, column],
                scoring.options.tolerances_frames,
            )
            for item in scoring.items
        ]
        average = onsets.pooled_average_precision(parts)
        averages.append(average)
        scores = {name: tuple(v.tolist()) for name, v in onsets.pooled_scores(parts).items()}
        name = scoring.ethogram.names[column]
        rows.append(OnsetBehavior(name, tuple(average.tolist()), **scores))
    hours = (
        sum(
            float(n) / item.fps
            for n, item in zip(scoring.counts.scored, scoring.items, strict=True)
        )
        / 3600
    )
    stray = scoring.counts.stray[:, columns].sum()
    return OnsetScores(
        tolerances_frames=scoring.options.tolerances_frames,
        mean_average_precision=tuple(
            frames.mean_defined(np.array(averages).reshape(len(rows), -1).T).tolist()
        ),
        false_bouts_per_hour=float(ratio(stray, np.asarray(hours))),
        behaviors=tuple(rows),
    )


def order_scores(scoring: Scoring) -> OrderScores | None:
    """Edit score of each recording and animal; None where order does not matter.

    Frames that were not examined are cut out. A behavior outside of every exclusive group has no
    place in an order.
    """
    if not scoring.options.ordered or not scoring.ethogram.groups:
        return None
    names = scoring.ethogram.names
    values: dict[str, list[float]] = {key: [] for key in scoring.by_recording.keys}
    for item in scoring.items:
        for group in scoring.ethogram.groups:
            columns = [names.index(name) for name in group.behaviors]
            known = item.known[:, columns].all(axis=1)
            left_out = [len(columns)]
            if group.background and not scoring.options.matching.background:
                left_out.append(group.behaviors.index(group.background))
            true, said = (
                np.where(flags.any(axis=1), flags.argmax(axis=1), len(columns))[known]
                for flags in (item.yes[:, columns], item.decided[:, columns])
            )
            values[item.subject.recording].append(bouts.edit_score(true, said, left_out))
    means = np.array([frames.mean_defined(np.array(each)) for each in values.values()])
    return OrderScores(
        tuple(group.name for group in scoring.ethogram.groups),
        over_recordings(scoring, means, best=100.0),
    )


def bout_statistics(scoring: Scoring) -> tuple[BoutStatisticsRow, ...]:
    """Number, length and latency of the bouts of each subject and behavior that was examined."""
    rows = []
    for item in scoring.items:
        for column, behavior in enumerate(scoring.ethogram.names):
            known = item.known[:, column]
            if not known.any():
                continue
            true = bouts.statistics(item.yes[:, column], known, item.fps)
            said = bouts.statistics(item.decided[:, column], known, item.fps)
            values = {f"truth_{name}": getattr(true, name) for name in STATISTICS}
            values |= {f"predicted_{name}": getattr(said, name) for name in STATISTICS}
            rows.append(
                BoutStatisticsRow(
                    recording=item.subject.recording,
                    animal=item.subject.animal,
                    target=item.subject.target,
                    behavior=behavior,
                    **values,
                )
            )
    return tuple(rows)


def bout_agreement(
    scoring: Scoring, rows: tuple[BoutStatisticsRow, ...]
) -> tuple[BoutAgreement, ...]:
    """Bias and correlation of each statistic over subjects."""
    found = []
    for column in scoring.in_order:
        behavior = scoring.ethogram.names[column]
        mine = [row for row in rows if row.behavior == behavior]
        for name in STATISTICS:
            true, said = (
                np.array([getattr(row, f"{side}_{name}") for row in mine], dtype=np.float64)
                for side in ("truth", "predicted")
            )
            found.append(BoutAgreement(behavior, name, *bouts.bias_and_correlation(true, said)))
    return tuple(found)
