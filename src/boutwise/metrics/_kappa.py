"""Agreement of raters beyond chance: Cohen's kappa for two, Fleiss' for several."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray


def cohen_kappa(matrix: NDArray[Any]) -> float:
    """Cohen's kappa of two raters (Cohen 1960).

    NaN when both say one and the same category everywhere: chance alone would agree as well.

    Args:
        matrix: Frames by the first rater's and the second's category, (categories, categories).

    >>> round(cohen_kappa(np.array([[20, 5], [10, 15]])), 3)
    0.4
    """
    counts = np.asarray(matrix, dtype=np.float64)
    total = float(counts.sum())
    if not total:
        return math.nan
    agreed = float(np.trace(counts)) / total
    chance = float(counts.sum(axis=0) @ counts.sum(axis=1)) / total**2
    return _beyond(agreed, chance)


def fleiss_kappa(votes: NDArray[Any]) -> float:
    """Fleiss' kappa of several raters (Fleiss 1971).

    NaN when all say one and the same category everywhere, or nobody says anything.

    Args:
        votes: Raters that gave each category, (frames, categories); the same number of raters,
            two or more, in every frame.

    >>> round(fleiss_kappa(np.array([[3, 0], [2, 1], [0, 3], [0, 3]])), 3)
    0.657
    """
    counts = np.asarray(votes, dtype=np.float64)
    if not len(counts):
        return math.nan
    raters = counts[0].sum()
    agreed = float(((counts**2).sum(axis=1) - raters).mean() / (raters * (raters - 1)))
    chance = float(((counts.sum(axis=0) / counts.sum()) ** 2).sum())
    return _beyond(agreed, chance)


def _beyond(agreed: float, chance: float) -> float:
    return math.nan if chance == 1 else (agreed - chance) / (1 - chance)
