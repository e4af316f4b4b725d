"""Small noise on every feature: a value is never exact."""

from __future__ import annotations

import torch

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network.augment._acting import need_features


class Augment:
    """Add normal noise to standardized features; what is missing stays missing.

    Args:
        data: Of the streams.
        sd: Standard deviation, in robust standard deviations of each feature.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, sd: float = 0.05) -> None:
        need_features(data, "noise")
        self.sd = sd

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch with noise."""
        streams = {
            name: values + self.sd * torch.randn(values.shape, generator=generator)
            for name, values in batch.features.items()
        }
        return batch.changed(streams), target
