"""Cameras differ: the same pictures with more or less contrast."""

from __future__ import annotations

import torch

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network._pixels import floats
from boutwise.learners.network.augment._acting import between, chosen, need_pixels, of_windows


class Augment:
    """Spread the pictures of a window around their mean by one factor; what is beyond is cut.

    Args:
        data: Of the streams.
        spread: Factors are drawn evenly from 1 - spread to 1 + spread.
        share: Share of the windows that are changed, 0 to 1.

    Raises:
        RecipeError: The network reads no pictures.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, spread: float = 0.2, share: float = 0.5) -> None:
        need_pixels(data, "contrast")
        self.spread, self.share = spread, share

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch of another camera."""
        factor = between(1 - self.spread, 1 + self.spread, len(batch), generator)
        factor = torch.where(chosen(batch, self.share, generator), factor, torch.ones(()))
        streams = {}
        for name, pixels in batch.pixels.items():
            values = floats(pixels)
            there = batch.present[name].to(values.dtype)
            # Padding is black and no picture: it must not pull the mean down.
            total = (values.mean(dim=(2, 3, 4)) * there).sum(dim=1)
            mean = of_windows(total / there.sum(dim=1).clamp(min=1))
            streams[name] = ((values - mean) * of_windows(factor) + mean).clamp_(0, 1)
        return batch.changed(streams), target
