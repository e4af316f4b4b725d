"""A little more or less of everything."""

from __future__ import annotations

import torch

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network.augment._acting import need_features


class Augment:
    """Multiply all standardized features of a window by one factor.

    It changes how far a window is from the usual, not how large the animal is: that is ``scale``,
    which changes the pose.

    Args:
        data: Of the streams.
        spread: Factors are drawn evenly from 1 - spread to 1 + spread.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, spread: float = 0.05) -> None:
        need_features(data, "feature_scale")
        self.spread = spread

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch with other factors."""
        drawn = 2 * torch.rand(len(batch.mask), 1, 1, generator=generator) - 1
        factor = 1 + self.spread * drawn
        streams = {name: values * factor for name, values in batch.features.items()}
        return batch.changed(streams), target
