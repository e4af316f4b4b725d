"""The tables of a score: rows by behavior, recording, animal and lab."""

from __future__ import annotations

from dataclasses import dataclass

from boutwise.metrics._intervals import Estimate, Interval
from boutwise.metrics.probabilities import Bin


@dataclass(frozen=True)
class Spread:
    """A score over animals or recordings: mean, standard deviation, smallest and largest.

    Attributes:
        mean: Each animal (or recording) counts once.
        sd: Between them, n - 1 in the denominator.
        n: Those in which the score is defined.
        low: Smallest.
        high: Largest.
        interval: Of the mean.
    """

    mean: float
    sd: float
    n: int
    low: float
    high: float
    interval: Interval


@dataclass(frozen=True)
class Confusion:
    """Frames by true (rows) and decided (columns) class of one decision."""

    name: str
    truth: tuple[str, ...]
    predicted: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Curve:
    """Precision over recall of one behavior, thinned to at most 200 points."""

    behavior: str
    recall: tuple[float, ...]
    precision: tuple[float, ...]
    threshold: tuple[float, ...]


@dataclass(frozen=True)
class BehaviorCalibration:
    """Reliability of one behavior's probability.

    ``overdispersion`` is how much more its time varies between animals than independent frames
    would; the interval of a time budget on new recordings is made with it.
    """

    name: str
    ece: Estimate
    brier: float
    overdispersion: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True)
class Calibration:
    """Reliability: ``ece`` and ``brier`` are means over behaviors, ``bins`` holds all of them."""

    ece: Estimate
    brier: float
    bins: tuple[Bin, ...]
    behaviors: tuple[BehaviorCalibration, ...]


@dataclass(frozen=True)
class UnitBehavior:
    """One behavior in one recording, animal or lab."""

    name: str
    truth_frames: int
    predicted_frames: int
    precision: float
    recall: float
    f1: float
    average_precision: float
    truth_bouts: int
    predicted_bouts: int
    bout_f1: tuple[float, ...]


@dataclass(frozen=True)
class UnitScores:
    """Scores of one recording (``members`` = its animals), animal or lab (its recordings)."""

    name: str
    members: tuple[str, ...]
    scored_frames: int
    macro_f1: float
    macro_f1_without_background: float
    weighted_f1: float
    accuracy: float
    balanced_accuracy: float
    bout_f1: tuple[float, ...]
    behaviors: tuple[UnitBehavior, ...]


@dataclass(frozen=True)
class OrderScores:
    """How well the order of bouts is met in each exclusive group; only where order matters."""

    groups: tuple[str, ...]
    edit_score: Spread


@dataclass(frozen=True)
class TimeBudget:
    """Seconds of one behavior of one subject: true, decided, and expected from probabilities."""

    recording: str
    animal: str
    target: str
    behavior: str
    scored_s: float
    truth_s: float
    predicted_s: float
    expected_s: float
    expected_low_s: float
    expected_high_s: float


@dataclass(frozen=True)
class BoutStatisticsRow:
    """Bouts of one behavior of one subject, true and predicted."""

    recording: str
    animal: str
    target: str
    behavior: str
    truth_count: int
    predicted_count: int
    truth_total_s: float
    predicted_total_s: float
    truth_mean_s: float
    predicted_mean_s: float
    truth_latency_s: float
    predicted_latency_s: float


@dataclass(frozen=True)
class BoutAgreement:
    """How a statistic of predicted bouts follows that of the true ones, over subjects."""

    behavior: str
    statistic: str
    n: int
    bias: float
    correlation: float
