"""Intervals over animals, by a method that holds for few of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from boutwise.errors import UsageError

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""Counts (..., counts) -> value (...): works on the counts of many samples at once."""

FEWEST_GROUPS = 3
ROUGH_BELOW = 10
FEW_EFFECTIVE = 5
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """An interval of a score over animals. It leaves out the variance of retraining.

    Attributes:
        low: Lower end; NaN when refused.
        high: Upper end; NaN when refused.
        level: Share of such intervals that hold the true value.
        n_groups: Number of animals that it rests on.
        n_effective: As many equally large animals would say as much; never above ``n_groups``.
        method: How it was made; empty when refused.
        rough: Whether it rests on fewer than 10 animals, or on fewer than 5 effective ones.
        reason: Why it was refused; empty when it was not.
    """

    low: float = math.nan
    high: float = math.nan
    level: float = LEVEL
    n_groups: int = 0
    n_effective: float = math.nan
    method: str = ""
    rough: bool = True
    reason: str = ""


@dataclass(frozen=True)
class Estimate:
    """A score and its interval over animals; NaN when it is not defined."""

    value: float
    interval: Interval


def student_quantile(probability: float, df: float) -> float:
    """Quantile of Student's distribution with ``df`` degrees of freedom, at least 1.

    >>> round(student_quantile(0.975, 5), 4), round(student_quantile(0.975, 2), 4)
    (2.5706, 4.3027)
    """
    if not (0 < probability < 1 and df >= 1):
        raise UsageError(
            f"no quantile of Student's distribution for {probability} and {df} degrees of freedom"
        )
    return float(stdtrit(df, probability))


def _refusal(n_groups: int, n_defined: int) -> str:
    if n_groups < FEWEST_GROUPS:
        have = f"there {'is' if n_groups == 1 else 'are'} {n_groups}"
        # Said of any unit: who scores pairs has more animals than are independent.
        return (
            f"an interval needs at least {FEWEST_GROUPS} animals (those filmed together count as "
            f"one); {have}"
        )
    if n_defined < n_groups:
        return "it hangs on one animal, or one group of them: without it the score is not defined"
    return ""


def estimate(counts: NDArray[Any], statistic: Statistic) -> Estimate:
    """A score of pooled counts with its jackknife-t interval over animals.

    Each animal is left out once; the spread of the scores without it gives the standard error
    (Tukey 1958; Efron and Tibshirani 1993, chapter 11), and Student's distribution the width, with
    as many degrees of freedom as there are *effective* animals, less one: where a few animals have
    most of the recordings or most of a rare behavior, the others add little. It is done on the
    logit of the score, so that the interval stays within 0 and 1 and bends near them; where the
    score is 0 or 1, with or without one of the animals, on the score itself. The score stays the
    plain pooled one. Measured in ``benchmarks/metrics.py``: what it covers stands in
    ``docs/explanation/results.md``.

    Args:
        counts: What the score is computed from, (animals, counts); adding up animals pools them.
            Animals without any count (the behavior was not examined in them) are left out.
        statistic: Score of pooled counts.

    >>> tp_fp_fn = np.array([[8.0, 2, 2], [6, 2, 4], [9, 1, 1], [7, 3, 2]])
    >>> f1 = lambda c: 2 * c[..., 0] / (2 * c[..., 0] + c[..., 1] + c[..., 2])
    >>> e = estimate(tp_fp_fn, f1)
    >>> round(e.value, 3), round(e.interval.low, 3), round(e.interval.high, 3)
    (0.779, 0.583, 0.899)
    """
    return _jackknifed(counts, statistic, curved=True, bounds=(0.0, 1.0))


def difference(
    first: NDArray[Any], second: NDArray[Any], statistic: Statistic
) -> tuple[float, float, Estimate]:
    """Score of one prediction less that of another on the same animals, with its interval.

    The animals are left out of both predictions at once, so what is hard in an animal for both
    cancels. The difference itself is not curved.

    Args:
        first: Counts of one prediction, (animals, counts).
        second: Counts of the other, of the same animals in the same order.
        statistic: Score of pooled counts.

    Returns:
        The first score, the second, and first minus second with its interval.

    >>> first = np.array([[8.0, 2, 2], [6, 2, 4], [9, 1, 1], [7, 3, 2]])
    >>> f1 = lambda c: 2 * c[..., 0] / (2 * c[..., 0] + c[..., 1] + c[..., 2])
    >>> one, two, e = difference(first, first + [0, 2, 1], f1)
    >>> round(one, 3), round(two, 3), round(e.value, 3), round(e.interval.low, 3)
    (0.779, 0.674, 0.105, 0.09)
    """
    flat = [np.asarray(part, dtype=np.float64).reshape(len(part), -1) for part in (first, second)]
    size = flat[0].shape[1]

    def less(rows: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(statistic(rows[..., :size]) - statistic(rows[..., size:]))

    one, two = (float(statistic(part.sum(axis=0))) for part in flat)
    both = np.concatenate(flat, axis=1)
    return one, two, _jackknifed(both, less, curved=False, bounds=(-1.0, 1.0))


def _jackknifed(
    counts: NDArray[Any], statistic: Statistic, *, curved: bool, bounds: tuple[float, float]
) -> Estimate:
    counts = np.asarray(counts, dtype=np.float64).reshape(len(counts), -1)
    counts = counts[counts.any(axis=-1)]
    total = counts.sum(axis=0)
    n = len(counts)
    value = float(statistic(total)) if n else math.nan
    if math.isnan(value):
        return Estimate(value, Interval(n_groups=n, reason="the score is not defined"))
    without = np.asarray(statistic(total - counts)) if n > 1 else np.array([])
    reason = _refusal(n, int(np.isfinite(without).sum()))
    if reason:
        return Estimate(value, Interval(n_groups=n, reason=reason))
    curved = curved and bool(min(value, without.min()) > 0 and max(value, without.max()) < 1)
    n_effective = effective_number(counts)
    low, high = _ends(value, without, n_effective, curved=curved)
    method = "jackknife-t over animals" + (", logit scale" if curved else "")
    return Estimate(
        value,
        Interval(
            # An end beyond what the score can be says nothing.
            low=max(low, bounds[0]),
            high=min(high, bounds[1]),
            n_groups=n,
            n_effective=n_effective,
            method=method,
            rough=n < ROUGH_BELOW or n_effective < FEW_EFFECTIVE,
        ),
    )


def _ends(
    value: float, without: NDArray[np.float64], n_effective: float, *, curved: bool
) -> tuple[float, float]:
    n = len(without)
    values = np.append(without, value)
    if curved:
        values = np.log(values / (1 - values))
    spread = float(((values[:-1] - values[-1]) ** 2).sum())
    t = student_quantile(0.5 + LEVEL / 2, max(n_effective - 1, 1.0))
    half = t * math.sqrt((n - 1) / n * spread)
    ends = np.array([values[-1] - half, values[-1] + half])
    if curved:
        ends = 1 / (1 + np.exp(-ends))
    return float(ends[0]), float(ends[1])


def effective_number(counts: NDArray[np.float64]) -> float:
    """How many equally large animals would say as much (Kish 1965).

    The weight of an animal is its share of each count, averaged over the counts: one that has most
    of the frames weighs much, and so does one of the few that show a rare behavior.

    Args:
        counts: (animals, counts).

    >>> effective_number(np.array([[5.0, 1.0], [5.0, 1.0], [5.0, 1.0]]))
    3.0
    >>> round(effective_number(np.array([[9.0, 0.0], [1.0, 0.0], [1.0, 2.0]])), 2)
    2.14
    """
    total = counts.sum(axis=0)
    used = total > 0
    weights = (counts[:, used] / total[used]).mean(axis=1)
    return float(1 / (weights**2).sum())


def mean_interval(
    values: NDArray[np.float64],
    unit: str = "animals",
    *,
    within: tuple[float, float] = (0.0, 1.0),
) -> Interval:
    """Student's interval of a mean over animals (or recordings); NaN entries are left out.

    Args:
        values: One an animal, (animals,).
        unit: What they are, for the method's name.
        within: Smallest and largest possible value; the interval ends there.

    >>> round(mean_interval(np.array([0.6, 0.7, 0.8])).high, 3)
    0.948
    """
    values = values[np.isfinite(values)]
    n = len(values)
    reason = _refusal(n, n)
    if reason:
        return Interval(n_groups=n, reason=reason)
    half = student_quantile(0.5 + LEVEL / 2, n - 1) * float(values.std(ddof=1)) / math.sqrt(n)
    mean = float(values.mean())
    return Interval(
        low=max(within[0], mean - half),
        high=min(within[1], mean + half),
        n_groups=n,
        n_effective=float(n),
        method=f"t over the mean of {unit}",
        rough=n < ROUGH_BELOW,
    )
