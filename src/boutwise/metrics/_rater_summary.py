"""Agreement of all pairs of annotators, summed up over animals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from boutwise.metrics._intervals import Estimate, mean_interval
from boutwise.metrics._raters import THRESHOLDS, PairAgreement, PairValues
from boutwise.types import Ethogram

BOUTS = tuple(f"bout_f1@{threshold:g}" for threshold in THRESHOLDS)
SHARES = ("kappa", "f1", "agreement", "macro_f1", *BOUTS)
"""What is a share of frames or bouts; the rest is in seconds or counts."""


@dataclass(frozen=True)
class PairsSummary:
    """Mean agreement of the pairs; each animal counts once, however many pairs it has.

    Attributes:
        n_pairs: Pairs of annotators of a subject that it rests on.
        n_animals: Animals.
        overall: Name -> mean and interval over animals; see :class:`PairValues`.
        behaviors: Behavior -> the same; only ``kappa``, ``f1`` and ``bout_f1@T``.
    """

    n_pairs: int
    n_animals: int
    overall: dict[str, Estimate]
    behaviors: dict[str, dict[str, Estimate]]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class RaterAgreement:
    """How well the annotators of a project agree.

    Attributes:
        ethogram: Behaviors that were compared.
        pairs: Every two annotators of every subject.
        given: Mean over the labels as they are.
        aligned: Mean over the same pairs with the clock offsets taken out; pairs whose offset
            cannot be told count as they are.
        fleiss: Mean Fleiss kappa over the subjects with three annotators or more.
        notes: What was left out, and why.
    """

    ethogram: Ethogram
    pairs: tuple[PairAgreement, ...]
    given: PairsSummary
    aligned: PairsSummary
    fleiss: Estimate
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "behaviors": list(self.ethogram.names),
            "annotators": sorted({name for pair in self.pairs for name in pair.annotators}),
            "recordings": sorted({pair.subject.recording for pair in self.pairs}),
            "given": self.given.as_dict(),
            "aligned": self.aligned.as_dict(),
            "fleiss_kappa": asdict(self.fleiss),
            "pairs": [pair.as_dict() for pair in self.pairs],
            "notes": list(self.notes),
        }


def summed_up(
    ethogram: Ethogram,
    pairs: Sequence[PairAgreement],
    fleiss: Iterable[tuple[str, float]],
    notes: Sequence[str] = (),
) -> RaterAgreement:
    """The mean agreement of pairs.

    Args:
        ethogram: Behaviors that were compared.
        pairs: From :func:`~boutwise.metrics._raters.agree`.
        fleiss: Unit and Fleiss' kappa of each subject with three annotators or more.
        notes: What was left out, and why.
    """
    return RaterAgreement(
        ethogram,
        tuple(pairs),
        _summary(ethogram, pairs, lambda pair: pair.given),
        _summary(ethogram, pairs, lambda pair: pair.aligned or pair.given),
        _mean("kappa", list(fleiss)),
        tuple(notes),
    )


def _summary(
    ethogram: Ethogram,
    pairs: Sequence[PairAgreement],
    values_of: Callable[[PairAgreement], PairValues],
) -> PairsSummary:
    each = [(pair.unit, values_of(pair)) for pair in pairs]
    names = list(each[0][1].overall) if each else []
    overall = {
        name: _mean(name, [(unit, values.overall[name]) for unit, values in each]) for name in names
    }
    behaviors = {
        behavior: {
            name: _mean(name, [(unit, found[name]) for unit, found in mine])
            for name in ("kappa", "f1", *BOUTS)
        }
        for behavior in ethogram.names
        if (mine := [(u, v.behaviors[behavior]) for u, v in each if behavior in v.behaviors])
    }
    return PairsSummary(len(each), len({unit for unit, _ in each}), overall, behaviors)


def _mean(name: str, values: Sequence[tuple[str, float]]) -> Estimate:
    """Mean over animals of their means, without what is not defined, and its interval."""
    by_unit: dict[str, list[float]] = {}
    for unit, value in values:
        if math.isfinite(value):
            by_unit.setdefault(unit, []).append(value)
    means = np.array([np.mean(found) for found in by_unit.values()], dtype=np.float64)
    within = (-1.0 if name == "kappa" else 0.0, 1.0 if name in SHARES else math.inf)
    value = float(means.mean()) if len(means) else math.nan
    return Estimate(value, mean_interval(means, within=within))
