"""Each feature somewhat higher or lower throughout a window, as animals differ."""

from __future__ import annotations

import torch

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network.augment._acting import need_features


class Augment:
    """Move and stretch each standardized feature of a window by amounts of its own.

    Within a window nothing of the course in time is lost, but a level alone says less: a network
    that sees five animals otherwise learns their levels by heart.

    Args:
        data: Of the streams.
        spread: Standard deviation of the shift, in units of the standardized features.
        stretch: Standard deviation of the logarithm of the factor.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, spread: float = 0.3, stretch: float = 0.1) -> None:
        need_features(data, "feature_shift")
        self.spread, self.stretch = spread, stretch

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch as if other animals had been filmed."""
        windows = len(batch.mask)
        streams = {}
        for name, values in batch.features.items():
            shape = (windows, 1, *values.shape[2:])
            shift = self.spread * torch.randn(shape, generator=generator)
            factor = torch.exp(self.stretch * torch.randn(shape, generator=generator))
            streams[name] = values * factor + shift
        return batch.changed(streams), target
