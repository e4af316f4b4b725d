"""What a score must be compared with: always saying the commonest thing, and drawing lots.

Both know only the shares of the behaviors in the *other* animals, as a model that learned nothing
else would. They are computed from the counts alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics import frames
from boutwise.metrics._counts import Counts
from boutwise.metrics._matching import ratio
from boutwise.types import Ethogram

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Baseline:
    """Scores of a model that has learned nothing but the shares of the behaviors.

    Attributes:
        name: ``majority`` or ``chance``.
        text: What it does.
        macro_f1: Over all behaviors, frames of all animals pooled.
        macro_f1_without_background: The same without the background.
        accuracy: Share of right decisions.
        balanced_accuracy: Mean recall.
    """

    name: str
    text: str
    macro_f1: float
    macro_f1_without_background: float
    accuracy: float
    balanced_accuracy: float


def baseline(
    name: Literal["majority", "chance"],
    counts: Counts,
    ethogram: Ethogram,
    folds: Mapping[str, str],
) -> Baseline:
    """The score of a baseline.

    Args:
        name: ``majority`` decides the most frequent class of the training animals; ``chance``
            draws a class for each frame with the shares of the training animals (its counts are
            the expected ones).
        counts: By animal.
        ethogram: Behaviors and groups.
        folds: Animal -> fold; training animals are those of other folds. Empty = each animal is a
            fold of its own.
    """
    fold = [folds.get(animal, animal) for animal in counts.keys]
    matrices = {
        decision: _guess(matrix.sum(axis=2), fold, name)
        for decision, matrix in counts.matrices(ethogram).items()
    }
    binary = _binary(matrices, ethogram)
    foreground = [n not in ethogram.backgrounds for n in ethogram.names]
    learned = "the other animals" if len(set(fold)) > 1 else "the scored labels themselves"
    words = {
        "majority": f"always the most frequent class, learned from {learned}",
        "chance": f"classes drawn at random with the shares of {learned}",
    }
    return Baseline(
        name=name,
        text=words[name],
        macro_f1=float(frames.macro_f1(binary)),
        macro_f1_without_background=float(frames.macro_f1(binary[foreground])),
        accuracy=float(decisions_right(matrices)),
        balanced_accuracy=float(
            frames.mean_defined(np.array([frames.balanced_accuracy(m) for m in matrices.values()]))
        ),
    )


def _guess(truth: NDArray[np.int64], fold: list[str], name: str) -> Floats:
    """Confusion of the guesses, from the true frames of each animal, (animals, classes)."""
    folds = np.array(fold)
    matrix = np.zeros((truth.shape[1], truth.shape[1]))
    for row, own in enumerate(folds):
        others = truth[folds != own] if len(set(fold)) > 1 else truth
        total = others.sum(axis=0).astype(np.float64)
        if name == "majority":
            shares = np.eye(len(total))[int(np.argmax(total))]
        else:
            shares = total / max(total.sum(), 1.0)
        matrix += truth[row][:, None] * shares[None]
    return matrix


def _binary(matrices: Mapping[str, Floats], ethogram: Ethogram) -> Floats:
    """Counts (behaviors, 4) from one confusion for each decision."""
    counts = np.zeros((len(ethogram.names), 4))
    for column, name in enumerate(ethogram.names):
        group = ethogram.group_of(name)
        matrix = matrices[group.name if group else name]
        own = group.behaviors.index(name) if group else 1
        tp = matrix[own, own]
        fp, fn = matrix[:, own].sum() - tp, matrix[own].sum() - tp
        counts[column] = tp, fp, fn, matrix.sum() - tp - fp - fn
    return counts


def decisions_right(matrices: Mapping[str, NDArray[np.generic]]) -> Floats:
    """Accuracy over all decisions: one for each exclusive group and each other behavior.

    Args:
        matrices: Confusions, (..., classes, classes).
    """
    arrays = [np.asarray(matrix, dtype=np.float64) for matrix in matrices.values()]
    right = sum(np.trace(matrix, axis1=-2, axis2=-1) for matrix in arrays)
    total = sum(matrix.sum(axis=(-2, -1)) for matrix in arrays)
    return ratio(np.asarray(right), np.asarray(total))
