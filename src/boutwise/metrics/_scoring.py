"""What the sections of a score share: the counts, taken once, and scores over animals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics._contract import ScoredSubject, ScoreOptions, scored_behaviors
from boutwise.metrics._counts import Counts, count
from boutwise.metrics._intervals import ROUGH_BELOW, Estimate, estimate, mean_interval
from boutwise.metrics._score_rows import Spread
from boutwise.types import Ethogram

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scoring:
    """What is scored, counted once."""

    items: Sequence[ScoredSubject]
    ethogram: Ethogram
    options: ScoreOptions

    @cached_property
    def counts(self) -> Counts:
        """By subject."""
        return count(self.items, self.ethogram, self.options)

    @cached_property
    def by_animal(self) -> Counts:
        """By animal."""
        return self.counts.by([item.animal for item in self.items])

    @cached_property
    def by_recording(self) -> Counts:
        """By recording."""
        return self.counts.by([item.subject.recording for item in self.items])

    @cached_property
    def by_stratum(self) -> Counts:
        """By lab; those of recordings without one are under the empty name."""
        strata = self.options.strata
        return self.counts.by([strata.get(item.subject.recording, "") for item in self.items])

    @property
    def chosen(self) -> list[int]:
        """Columns of the chosen behaviors; all when none is chosen."""
        names = self.options.chosen or self.ethogram.names
        return [self.ethogram.names.index(name) for name in names]

    @property
    def foreground(self) -> list[int]:
        """Columns without the backgrounds."""
        return [c for c, n in enumerate(self.ethogram.names) if n not in self.ethogram.backgrounds]

    @property
    def bout_columns(self) -> list[int]:
        """Columns whose bouts count."""
        return scored_behaviors(self.ethogram, self.options.matching)

    @property
    def in_order(self) -> list[int]:
        """All columns, that of the primary behavior first."""
        return sorted(
            range(len(self.ethogram.names)),
            key=lambda column: self.ethogram.names[column] != self.options.primary,
        )

    def probabilities(self) -> bool:
        """Whether every subject has them."""
        return all(item.probabilities is not None for item in self.items)


def over_animals(counts: NDArray[Any], statistic: Callable[[NDArray[Any]], Floats]) -> Estimate:
    """Score of pooled counts (animals, ...) with its interval; the statistic keeps their axes."""
    shape = counts.shape[1:]

    def flat(rows: Floats) -> Floats:
        return statistic(rows.reshape(*rows.shape[:-1], *shape))

    return estimate(counts.reshape(len(counts), -1), flat)


def of_few(found: Estimate, n_shown: int) -> Estimate:
    """The estimate of one behavior, called rough where few animals show it at all.

    Measured in ``benchmarks/metrics.py``: of a behavior that only 4 of 10 animals show, the
    interval covers .88, however many frames there are.
    """
    if found.interval.reason or n_shown >= ROUGH_BELOW:
        return found
    return replace(found, interval=replace(found.interval, rough=True))


def spread(
    values: Floats, unit: str = "animals", *, within: tuple[float, float] = (0.0, 1.0)
) -> Spread:
    """Spread of a score over animals or recordings, those without one left out."""
    defined = values[np.isfinite(values)]
    n = len(defined)
    nan = float("nan")
    return Spread(
        mean=float(defined.mean()) if n else nan,
        sd=float(defined.std(ddof=1)) if n > 1 else nan,
        n=n,
        low=float(defined.min()) if n else nan,
        high=float(defined.max()) if n else nan,
        interval=mean_interval(defined, unit, within=within),
    )
