"""Animals with behaviors of their own and a classifier of varying luck: whose score is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARES = np.array([0.35, 0.25, 0.2, 0.15, 0.05])
DIFFICULTY = np.array([0.5, 0.3, 0.2, 0.0, -0.8])


@dataclass(frozen=True)
class Population:
    """How much animals differ, and how much is seen of each."""

    spread: float = 1.0
    n_frames: int = 4000
    skill: float = 1.6

    def draw(self, rng: np.random.Generator, n_animals: int) -> NDArray[np.float64]:
        """Confusion of each animal, (animals, classes, classes)."""
        n = len(SHARES)
        shares = rng.dirichlet(SHARES * 8 / self.spread, n_animals)
        logits = rng.normal(0, 0.35 * self.spread, (n_animals, n, n)) + 0.6 * np.log(SHARES)
        skill = rng.normal(self.skill, 0.45 * self.spread, (n_animals, 1))
        own = skill + DIFFICULTY + rng.normal(0, 0.4 * self.spread, (n_animals, n))
        logits[:, np.arange(n), np.arange(n)] += own
        decided = np.exp(logits)
        decided /= decided.sum(axis=2, keepdims=True)
        true = rng.multinomial(self.n_frames, shares)
        return rng.multinomial(true, decided).astype(np.float64)


def macro_f1(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Macro F1 of confusions (..., classes * classes)."""
    size = int(np.sqrt(matrices.shape[-1]))
    square = matrices.reshape(*matrices.shape[:-1], size, size)
    both = square.sum(axis=-1) + square.sum(axis=-2)
    with np.errstate(invalid="ignore"):
        return np.nanmean(2 * np.diagonal(square, axis1=-2, axis2=-1) / both, axis=-1)
