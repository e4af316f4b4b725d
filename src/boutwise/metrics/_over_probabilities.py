"""The sections of a score that judge probabilities."""

from __future__ import annotations

import numpy as np

from boutwise.metrics import frames
from boutwise.metrics import probabilities as p
from boutwise.metrics._score_rows import BehaviorCalibration, Calibration, TimeBudget
from boutwise.metrics._scoring import Floats, Scoring, over_animals


def calibration(scoring: Scoring) -> Calibration | None:
    """Reliability of the probabilities; None when there are none."""
    if not scoring.probabilities():
        return None
    counts = scoring.by_animal.reliability
    rows = []
    for column in scoring.in_order:
        n = counts[:, column, :, p.N].sum()
        factor, _ = p.overdispersion(*_errors(scoring, column))
        squares = scoring.by_animal.moments[:, column, 1].sum()
        rows.append(
            BehaviorCalibration(
                name=scoring.ethogram.names[column],
                ece=over_animals(counts[:, column], p.calibration_error),
                brier=float(squares / n) if n else float("nan"),
                overdispersion=factor,
                bins=p.filled_bins(counts[:, column].sum(axis=0)),
            )
        )
    return Calibration(
        ece=over_animals(counts, lambda rows: frames.mean_defined(p.calibration_error(rows))),
        brier=float(frames.mean_defined(np.array([row.brier for row in rows]))),
        bins=p.filled_bins(counts.sum(axis=(0, 1))),
        behaviors=tuple(rows),
    )


def _errors(scoring: Scoring, column: int) -> tuple[Floats, Floats]:
    """True minus expected frames, and variance of independent frames, of each animal."""
    animals = scoring.by_animal
    sums = animals.reliability[:, column].sum(axis=1)
    return sums[:, p.SUM_Y] - sums[:, p.SUM_P], animals.moments[:, column, 0]


def time_budgets(scoring: Scoring) -> tuple[TimeBudget, ...]:
    """True, decided and expected seconds of each subject and behavior that was examined.

    The interval of a subject rests on the errors made in the other animals.
    """
    animals = np.array(scoring.by_animal.keys)
    errors = [_errors(scoring, column) for column in range(len(scoring.ethogram.names))]
    rows = []
    for place, item in enumerate(scoring.items):
        others = animals != item.animal
        for column, behavior in enumerate(scoring.ethogram.names):
            tp, fp, fn, _ = scoring.counts.frames[place, column]
            if not item.known[:, column].any():
                continue
            expected = p.ExpectedTime(float("nan"), float("nan"), float("nan"))
            if item.probabilities is not None:
                factor, n = p.overdispersion(*(part[others] for part in errors[column]))
                expected = p.expected_time(
                    float(scoring.counts.reliability[place, column, :, p.SUM_P].sum()),
                    float(scoring.counts.moments[place, column, 0]),
                    item.fps,
                    factor=factor,
                    n_groups=n,
                )
            rows.append(
                TimeBudget(
                    recording=item.subject.recording,
                    animal=item.subject.animal,
                    target=item.subject.target,
                    behavior=behavior,
                    scored_s=float(scoring.counts.seconds[place, column]),
                    truth_s=float(tp + fn) / item.fps,
                    predicted_s=float(tp + fp) / item.fps,
                    expected_s=expected.expected_s,
                    expected_low_s=expected.low_s,
                    expected_high_s=expected.high_s,
                )
            )
    return tuple(rows)
