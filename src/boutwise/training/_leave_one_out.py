"""Can a small classifier tell the cohort of an animal that it has not seen? With its exact p.

A nearest-centroid classifier on the few columns that separate the training animals best, with
standard deviations shrunk as in nearest shrunken centroids (Tibshirani et al. 2002). Each animal is
left out once, and the columns are chosen anew without it. How right it is, is compared with all
ways (or many random ones) in which cohorts of these sizes could be dealt out to these animals.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Codes = NDArray[np.int64]

COLUMNS = 5
"""Columns that the classifier uses. With 12 simulated mice a batch that moved a few features was
found in 3 of 20 seeds with all columns, in 20 with five, in 17 with ten."""
MOST_DEALS = 500
"""Up to so many deals all are looked at; beyond, so many are drawn, the observed one among them."""
TIE = 1e-6
"""Single precision, which halves the time, tells no smaller differences."""


@dataclass(frozen=True, eq=False)
class Told:
    """How well a table tells the cohorts.

    Attributes:
        right: Animals whose cohort was told.
        accuracy: Mean over cohorts of the share told.
        by_chance: The same, mean over the deals.
        margins: Statistic of each deal, (deals,), the observed one first: the mean over cohorts of
            how much nearer an animal is to its own cohort, squashed to -1 to 1.
        telling: Numbers of the columns that separate the cohorts best, best first.
    """

    right: int
    accuracy: float
    by_chance: float
    margins: Floats
    telling: tuple[int, ...]

    @property
    def p(self) -> float:
        """Share of the deals that tell at least as well as the observed one."""
        return float((self.margins >= self.margins[0] - TIE).mean())


def smallest_p(sizes: Sequence[int]) -> float:
    """The smallest p that cohorts of these sizes can reach.

    >>> round(smallest_p([3, 3]), 3), round(smallest_p([6, 6]), 4), round(smallest_p([4, 5]), 4)
    (0.1, 0.0022, 0.0079)
    """
    return 1 / min(n_deals(sizes), MOST_DEALS)


def n_deals(sizes: Sequence[int]) -> int:
    """Ways to deal animals out to cohorts of these sizes.

    Cohorts of one size may change names: that tells nothing else, and is the same deal.
    """
    names = math.prod(math.factorial(list(sizes).count(size)) for size in set(sizes))
    ways = math.factorial(sum(sizes)) // math.prod(math.factorial(size) for size in sizes)
    return ways // names


def deals(codes: Codes, *, seed: int = 0) -> Codes:
    """Cohort of each animal in each deal, (deals, animals); the observed one comes first."""
    sizes = np.bincount(codes).tolist()
    if n_deals(sizes) > MOST_DEALS:
        generator = np.random.default_rng(seed)
        drawn = [generator.permutation(codes) for _ in range(MOST_DEALS - 1)]
        return np.stack([codes, *drawn])
    observed = _groups(codes)
    return np.stack([codes, *(deal for deal in _all_deals(sizes) if _groups(deal) != observed)])


def _groups(codes: Codes) -> set[tuple[int, ...]]:
    """Who is together, whatever it is called."""
    return {tuple(np.flatnonzero(codes == cohort).tolist()) for cohort in set(codes.tolist())}


def _all_deals(sizes: Sequence[int]) -> Iterator[Codes]:
    def dealt(free: tuple[int, ...], chosen: list[tuple[int, ...]]) -> Iterator[Codes]:
        if len(chosen) == len(sizes):
            deal = np.empty(sum(sizes), dtype=np.int64)
            for cohort, animals in enumerate(chosen):
                deal[list(animals)] = cohort
            yield deal
            return
        size = sizes[len(chosen)]
        before = max((some[0] for some in chosen if len(some) == size), default=-1)
        for some in itertools.combinations(free, size):
            # Cohorts of one size come in the order of their first animal: each deal once.
            if some[0] > before:
                left = tuple(animal for animal in free if animal not in some)
                yield from dealt(left, [*chosen, some])

    yield from dealt(tuple(range(sum(sizes))), [])


def tell(table: Floats, dealt: Codes) -> Told:
    """Leave each animal out once, in every deal.

    Args:
        table: (animals, columns), no NaN.
        dealt: (deals, animals), the observed one first; at least two animals a cohort.
    """
    values = _standardized(table)
    own = np.eye(int(dealt.max()) + 1, dtype=np.float32)[dealt]  # (deals, animals, cohorts)
    sums = np.einsum("dac,ap->dcp", own, values)
    squares = (values**2).sum(axis=0)
    margins = np.stack(
        [_margin(values, own, sums, squares, animal) for animal in range(len(values))], axis=1
    )
    counts = own.sum(axis=1)
    squashed = np.einsum("da,dac->dc", np.tanh(margins), own) / counts
    shares = np.einsum("da,dac->dc", (margins > 0).astype(np.float32), own) / counts
    strength, _, _ = _separation(sums[:1], squares, counts[:1])
    order = np.argsort(-strength[0], kind="stable")[:COLUMNS]
    varying = np.flatnonzero(_varies(table))
    return Told(
        int((margins[0] > 0).sum()),
        float(shares[0].mean()),
        float(shares.mean()),
        squashed.mean(axis=1).astype(np.float64),
        tuple(varying[order].tolist()) if len(varying) else (),
    )


def _varies(table: Floats) -> NDArray[np.bool_]:
    return np.asarray(table.std(axis=0) > TIE * np.maximum(np.abs(table).max(axis=0), 1.0))


def _standardized(table: Floats) -> Singles:
    """Over all animals: that knows nothing of cohorts, so p stays exact."""
    values = table[:, _varies(table)]
    if values.shape[1] == 0:
        return np.zeros((len(table), 1), dtype=np.float32)
    return np.asarray((values - values.mean(axis=0)) / values.std(axis=0), dtype=np.float32)


def _separation(
    sums: Singles, squares: Singles, counts: Singles
) -> tuple[Singles, Singles, Singles]:
    """Strength of each column (deals, columns), centroids (deals, cohorts, columns), spread."""
    centroids = sums / counts[:, :, None]
    within = squares - (counts[:, :, None] * centroids**2).sum(axis=1)
    freedom = max(float(counts[0].sum()) - counts.shape[1], 1.0)
    spread = np.sqrt(np.maximum(within, 0.0) / freedom)
    # A column with a very small spread by luck must not decide alone.
    spread = spread + spread.mean(axis=1, keepdims=True) + TIE
    middle = sums.sum(axis=1) / counts.sum(axis=1)[:, None]
    between = (counts[:, :, None] * (centroids - middle[:, None]) ** 2).sum(axis=1)
    return between / spread**2, centroids, spread


def _margin(values: Singles, own: Singles, sums: Singles, squares: Singles, animal: int) -> Singles:
    """How much nearer an animal is to its own cohort than to the nearest other, (deals,)."""
    mine = own[:, animal]  # (deals, cohorts)
    left = sums - mine[:, :, None] * values[animal]
    strength, centroids, spread = _separation(
        left, squares - values[animal] ** 2, own.sum(axis=1) - mine
    )
    few = min(COLUMNS, strength.shape[1])
    chosen = np.argpartition(-strength, few - 1, axis=1)[:, :few]
    away = values[animal][chosen][:, None] - np.take_along_axis(centroids, chosen[:, None], axis=2)
    away /= np.take_along_axis(spread, chosen, axis=1)[:, None]
    distance = (away**2).mean(axis=2)  # (deals, cohorts)
    to_own = (distance * mine).sum(axis=1)
    to_other = np.where(mine > 0, np.inf, distance).min(axis=1)
    return np.asarray((to_other - to_own) / 2)
