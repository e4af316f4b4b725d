"""Lamps differ: the same pictures, brighter or darker."""

from __future__ import annotations

import torch

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network._pixels import floats
from boutwise.learners.network.augment._acting import between, chosen, need_pixels, of_windows


class Augment:
    """Multiply all pictures of a window by one factor; what gets too bright is cut.

    Args:
        data: Of the streams.
        spread: Factors are drawn evenly from 1 - spread to 1 + spread.
        share: Share of the windows that are changed, 0 to 1.

    Raises:
        RecipeError: The network reads no pictures.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, spread: float = 0.2, share: float = 0.5) -> None:
        need_pixels(data, "brightness")
        self.spread, self.share = spread, share

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch under other lamps."""
        factor = between(1 - self.spread, 1 + self.spread, len(batch), generator)
        factor = torch.where(chosen(batch, self.share, generator), factor, torch.ones(()))
        streams = {
            name: (floats(values) * of_windows(factor)).clamp_(0, 1)
            for name, values in batch.pixels.items()
        }
        return batch.changed(streams), target
