"""What the features contributed to the scores of trees.

Contributions of single trees' paths sum up to the score of a row exactly (Lundberg et al. 2020,
TreeSHAP, as LightGBM computes it). Those of all window statistics of one feature are added before
their size is taken: what counts is what the feature did, not what it did in parts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boutwise.features._windows import WindowStatistics
from boutwise.learners._explaining import Contributions
from boutwise.learners._trees_model import Model

MOST_FRAMES = 300
"""Frames of a subject that are looked at: contributions cost a hundred times a score."""


def contributions(
    models: tuple[Model, ...], windows: WindowStatistics, base: NDArray[np.float32]
) -> Contributions:
    """Mean absolute contribution of each base column to each behavior.

    Args:
        models: Of the fitted trees.
        windows: What the models read.
        base: All frames of a subject, (frames, base columns).
    """
    step = max(1, -(-len(base) // MOST_FRAMES))
    frames = np.arange(step // 2, len(base), step)
    rows = windows.compute(base, start=step // 2, step=step)
    owner = np.array([_column(name, windows.columns) for name in windows.names])
    values: dict[str, NDArray[np.float64]] = {}
    for model in models:
        shares = np.zeros((len(rows), len(model.task.behaviors), len(windows.columns)))
        if model.booster is not None and len(rows):
            found = model.booster.predict(
                rows, pred_contrib=True, num_iteration=model.rounds, num_threads=1
            )
            # The last column of each output is the expected score, which no feature moved.
            each = np.asarray(found).reshape(len(rows), -1, len(windows.names) + 1)[..., :-1]
            present = list(model.present) if model.task.exclusive else [0]
            for output, place in zip(range(each.shape[1]), present, strict=True):
                np.add.at(shares[:, place].T, owner, each[:, output].T)
        means = np.abs(shares).mean(axis=0) if len(rows) else shares.sum(axis=0)
        values |= dict(zip(model.task.behaviors, means, strict=True))
    return Contributions(frames, windows.columns, values)


def _column(name: str, columns: tuple[str, ...]) -> int:
    """The base column that a statistic is of: ``mean@0.5s speed`` ends with its name."""
    fitting = [place for place, column in enumerate(columns) if f" {name}".endswith(f" {column}")]
    return max(fitting, key=lambda place: len(columns[place]))
