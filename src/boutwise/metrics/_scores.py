"""The score of a run: a tree of frozen dataclasses that becomes ``scores.json``.

Numbers that are not defined are NaN here and ``null`` in the file. The keys of the file are the
names of the attributes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from boutwise.metrics._agents import SwappedAgents
from boutwise.metrics._baselines import Baseline
from boutwise.metrics._intervals import Estimate
from boutwise.metrics._score_rows import (
    BoutAgreement,
    BoutStatisticsRow,
    Calibration,
    Confusion,
    Curve,
    OrderScores,
    Spread,
    TimeBudget,
    UnitScores,
)

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Facts:
    """What was scored.

    Attributes:
        recordings: Ids.
        animals: Ids.
        behaviors: In the order of the ethogram.
        backgrounds: Those of them that mean 'none of the others'.
        exclusive_groups: Name -> members.
        labels: Whether they are of a ``human``, of a ``model`` or ``mixed``.
        n_subjects: Animals and pairs, summed over recordings.
        scored_frames: Frames of which at least one behavior is known.
        unlabelled_frames: Frames left out: nobody examined them for any behavior.
        unscorable_frames: Frames left out: examined, and could not be judged.
        scored_s: Seconds of the scored frames.
        rows: What is scored one by one: ``frames``, or whole ``trials``; then "frames" are trials
            wherever they are counted.
        unit: What intervals are over and ``animals`` lists: ``animal``, or ``group`` where animals
            that were filmed together count as one, their ids joined by ``+``.
        n_animals: Animals in these groups, agents and targets.
    """

    recordings: tuple[str, ...]
    animals: tuple[str, ...]
    behaviors: tuple[str, ...]
    backgrounds: tuple[str, ...]
    exclusive_groups: Mapping[str, tuple[str, ...]]
    labels: str
    n_subjects: int
    scored_frames: int
    unlabelled_frames: int
    unscorable_frames: int
    scored_s: float
    rows: str = "frames"
    unit: str = "animal"
    n_animals: int = 0


@dataclass(frozen=True)
class Headline:
    """The number that stands first, in words."""

    name: str
    text: str
    estimate: Estimate


@dataclass(frozen=True)
class FrameScores:
    """Scores over frames; ``by_*`` are spreads of the macro F1 over animals or recordings.

    An exclusive group is one decision a frame, and so is each other behavior; accuracy is the
    share of right decisions, balanced accuracy the mean recall over classes and then decisions.
    """

    macro_f1: Estimate
    macro_f1_without_background: Estimate
    weighted_f1: Estimate
    accuracy: Estimate
    balanced_accuracy: Estimate
    macro_average_precision: float
    by_animal: Spread
    by_animal_without_background: Spread
    by_recording: Spread
    by_recording_without_background: Spread
    accuracy_by_recording: Spread


@dataclass(frozen=True)
class BehaviorScores:
    """One row of the table of behaviors; ``bout_f1`` has one entry a threshold."""

    name: str
    background: bool
    group: str
    truth_frames: int
    predicted_frames: int
    scored_frames: int
    truth_bouts: int
    predicted_bouts: int
    n_animals: int
    n_recordings: int
    precision: float
    recall: float
    f1: Estimate
    f1_by_animal: Spread
    f1_by_recording: Spread
    average_precision: float
    bout_f1: tuple[Estimate, ...]
    false_bouts_per_hour: float


@dataclass(frozen=True)
class DeclaredScores:
    """Several behaviors scored as one, for instance pain."""

    name: str
    behaviors: tuple[str, ...]
    precision: float
    recall: float
    f1: Estimate


@dataclass(frozen=True)
class BoutScores:
    """Bouts of all behaviors that count; one entry a threshold.

    ``used`` are the predicted bouts that count: as many as ``tp``, unless fragments count too.
    """

    thresholds: tuple[float, ...]
    rule: str
    pooled_f1: tuple[Estimate, ...]
    macro_f1: tuple[Estimate, ...]
    tp: tuple[int, ...]
    fp: tuple[int, ...]
    fn: tuple[int, ...]
    used: tuple[int, ...]
    by_animal: tuple[Spread, ...]


@dataclass(frozen=True)
class OnsetBehavior:
    """Onsets of one behavior; one entry a tolerance."""

    name: str
    average_precision: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]
    f1: tuple[float, ...]


@dataclass(frozen=True)
class OnsetScores:
    """Onsets of all behaviors that count; a false bout touches no true one."""

    tolerances_frames: tuple[int, ...]
    mean_average_precision: tuple[float, ...]
    false_bouts_per_hour: float
    behaviors: tuple[OnsetBehavior, ...]


@dataclass(frozen=True)
class Scores:
    """Everything that is known about how good a prediction is."""

    facts: Facts
    headline: Headline
    quoted: tuple[Headline, ...]
    primary: str
    frames: FrameScores
    behaviors: tuple[BehaviorScores, ...]
    declared: tuple[DeclaredScores, ...]
    bouts: BoutScores
    onsets: OnsetScores
    confusions: tuple[Confusion, ...]
    curves: tuple[Curve, ...]
    calibration: Calibration | None
    baselines: tuple[Baseline, ...]
    by_recording: tuple[UnitScores, ...]
    by_animal: tuple[UnitScores, ...]
    by_lab: tuple[UnitScores, ...]
    order: OrderScores | None
    agents: SwappedAgents | None
    time_budgets: tuple[TimeBudget, ...]
    bout_statistics: tuple[BoutStatisticsRow, ...]
    bout_agreement: tuple[BoutAgreement, ...]
    notes: tuple[str, ...]
    preset: str = ""
    schema_version: int = SCHEMA_VERSION

    def as_dict(self) -> dict[str, Any]:
        """As plain Python for JSON: NaN becomes None, tuples become lists."""
        plain: dict[str, Any] = as_plain(self)
        return plain

    def behavior(self, name: str) -> BehaviorScores:
        """The row of one behavior."""
        return next(row for row in self.behaviors if row.name == name)


def as_plain(value: Any) -> Any:
    """Dataclasses, tuples and numpy scalars as JSON has them; NaN becomes None."""
    if is_dataclass(value):
        return {field.name: as_plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): as_plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [as_plain(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
