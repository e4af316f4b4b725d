"""Hide whole features of a window, so that no single one is relied upon."""

from __future__ import annotations

import torch

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network.augment._acting import need_features


class Augment:
    """Make random columns of each window missing, in all its frames.

    The network sees that they are missing, as it does with an occluded body part.

    Args:
        data: Of the streams.
        share: Share of the columns that is hidden, 0 to 1.
    """

    makes_missing = True

    def __init__(self, data: Facts, *, share: float = 0.1) -> None:
        need_features(data, "feature_dropout")
        self.share = share

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch with hidden columns."""
        streams = {}
        for name, values in batch.features.items():
            shape = (values.shape[0], 1, values.shape[2])
            hidden = torch.rand(shape, generator=generator) < self.share
            streams[name] = values.masked_fill(hidden, float("nan"))
        return batch.changed(streams), target
