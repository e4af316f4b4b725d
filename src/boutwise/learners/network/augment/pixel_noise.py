"""Noise of the camera: no pixel is ever exact."""

from __future__ import annotations

import torch

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network._pixels import floats
from boutwise.learners.network.augment._acting import chosen, need_pixels, of_windows


class Augment:
    """Add normal noise to every pixel of some windows, drawn anew in each frame.

    Args:
        data: Of the streams.
        sd: Standard deviation, of a range from 0 to 1.
        share: Share of the windows that are changed, 0 to 1.

    Raises:
        RecipeError: The network reads no pictures.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, sd: float = 0.02, share: float = 0.3) -> None:
        need_pixels(data, "pixel_noise")
        self.sd, self.share = sd, share

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch with noise."""
        streams = {}
        sd = self.sd * of_windows(chosen(batch, self.share, generator).float())
        for name, values in batch.pixels.items():
            drawn = torch.randn(values.shape, generator=generator)
            streams[name] = (floats(values) + sd * drawn).clamp_(0, 1)
        return batch.changed(streams), target
