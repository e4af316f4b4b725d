"""Between raw scores and probabilities: softmax in an exclusive group, sigmoid elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boutwise.types import Ethogram

TINY = 1e-7
ROWS = 20_000
"""Frames that are computed at once: in double precision hours of them would fill the memory."""


def blocks(ethogram: Ethogram) -> list[tuple[int, ...]]:
    """Columns that are decided together: each exclusive group, then each other behavior alone.

    >>> from boutwise.types import Behavior, ExclusiveGroup
    >>> names = tuple(Behavior(name) for name in ("rest", "sniff", "walk"))
    >>> blocks(Ethogram(names, (ExclusiveGroup("body", ("rest", "walk")),)))
    [(0, 2), (1,)]
    """
    place = {name: column for column, name in enumerate(ethogram.names)}
    grouped = [tuple(place[name] for name in group.behaviors) for group in ethogram.groups]
    taken = {column for columns in grouped for column in columns}
    return grouped + [(column,) for column in place.values() if column not in taken]


def to_probabilities(raw: NDArray[np.float32], ethogram: Ethogram) -> NDArray[np.float32]:
    """Probabilities of raw scores, (frames, behaviors)."""
    probabilities = np.empty(raw.shape, dtype=np.float32)
    for start in range(0, len(raw), ROWS):
        _fill(probabilities[start : start + ROWS], raw[start : start + ROWS], ethogram)
    return probabilities


def _fill(probabilities: NDArray[np.float32], raw: NDArray[np.float32], ethogram: Ethogram) -> None:
    for columns in blocks(ethogram):
        scores = raw[:, columns].astype(np.float64)
        if len(columns) == 1:
            probabilities[:, columns] = 1 / (1 + np.exp(-np.clip(scores, -60, 60)))
        else:
            powers = np.exp(scores - scores.max(axis=1, keepdims=True))
            probabilities[:, columns] = powers / powers.sum(axis=1, keepdims=True)


def to_raw(probabilities: NDArray[np.float32], ethogram: Ethogram) -> NDArray[np.float32]:
    """Raw scores whose probabilities are these, (frames, behaviors): logarithm or logit."""
    raw = np.empty(probabilities.shape, dtype=np.float32)
    for start in range(0, len(raw), ROWS):
        for columns in blocks(ethogram):
            some = probabilities[start : start + ROWS, columns].astype(np.float64)
            chance = np.clip(some, TINY, 1 - TINY)
            odds = np.log(chance) - (np.log1p(-chance) if len(columns) == 1 else 0)
            raw[start : start + ROWS, columns] = odds
    return raw
