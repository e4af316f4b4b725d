"""Weights: how much each class counts in a loss, and means under weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from boutwise.errors import RecipeError, did_you_mean
from boutwise.learners._contract import Dataset, weight_of_classes

NO, YES = 0, 1


def class_weights(
    dataset: Dataset,
    setting: str | float | Mapping[str, float],
    factors: Mapping[str, float] | None = None,
) -> NDArray[np.float32]:
    """Weight of a 'no' and a 'yes' of each behavior, (behaviors, 2).

    In an exclusive group only the 'yes' column is used: the weight of the frame's class.

    Args:
        dataset: Training frames; only those with a weight above 0 are counted.
        setting: A power (count ** -power), ``none`` (all 1), or a weight of the 'yes' frames for
            some behaviors, 1 for the others.
        factors: By which the weights of the 'yes' frames of some behaviors are multiplied.

    Raises:
        RecipeError: A weight is given for a behavior that there is not.
    """
    names = dataset.ethogram.names
    weights = np.ones((len(names), 2), dtype=np.float32)
    if isinstance(setting, Mapping):
        weights[:, YES] = _named(setting, names)
    elif setting != "none":
        weights = _counted(dataset, setting)
    weights[:, YES] *= _named(factors or {}, names)
    return weights


def _named(given: Mapping[str, float], names: Sequence[str]) -> NDArray[np.float32]:
    """What was given for some behaviors, and 1 for the others."""
    found = np.ones(len(names), dtype=np.float32)
    for name, weight in given.items():
        if name not in names:
            raise RecipeError(
                f"there is a weight for the behavior '{name}', which is not in the ethogram",
                todo=did_you_mean(name, names),
            )
        found[names.index(name)] = weight
    return found


def _counted(dataset: Dataset, setting: str | float) -> NDArray[np.float32]:
    """Weights by the power of the counts."""
    names = dataset.ethogram.names
    weights = np.ones((len(names), 2), dtype=np.float32)
    if isinstance(setting, str):
        raise RecipeError(
            f"'weights' cannot be {setting!r}", expected="a power, none, or a weight a behavior"
        )
    power = float(setting)
    counts = _counts(dataset)
    grouped = [name for group in dataset.ethogram.groups for name in group.behaviors]
    for group in dataset.ethogram.groups:
        columns = [names.index(name) for name in group.behaviors]
        weights[columns, YES] = weight_of_classes(counts[columns, YES], power)
    for column, name in enumerate(names):
        if name not in grouped:
            weights[column] = weight_of_classes(counts[column], power)
    return weights


def _counts(dataset: Dataset) -> NDArray[np.float64]:
    """Trained frames that are 'no' and 'yes', or the sums of their shares, (behaviors, 2)."""
    counts = np.zeros((len(dataset.ethogram.names), 2))
    for item in dataset.items:
        targets = item.targets[item.weights > 0].astype(np.float64)
        counts[:, NO] += np.nansum(1 - targets, axis=0)
        counts[:, YES] += np.nansum(targets, axis=0)
    return counts


def weighted_mean(each: Tensor, weight: Tensor) -> Tensor:
    """Mean of the values under weights; exactly 0, with a zero gradient, without any weight."""
    # A frame without weight must not spoil the sum when its own value is not finite.
    kept = torch.where(weight > 0, each, torch.zeros_like(each))
    return (kept * weight).sum() / weight.sum().clamp(min=1e-8)


def softened(target: Tensor, smoothing: float) -> Tensor:
    """Spread a share of each label evenly over the classes (yes and no when there is one)."""
    classes = max(target.shape[-1], 2)
    return target * (1 - smoothing) + smoothing / classes
