"""Boxes are never exact: a part of each picture, as large as the whole."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network._pixels import floats
from boutwise.learners.network.augment._acting import between, need_pixels


class Augment:
    """Cut the same square out of all pictures of a window and enlarge it to the whole size.

    Args:
        data: Of the streams.
        least: Smallest share of the area that is kept, above 0 and up to 1; shares are drawn evenly
            from there to 1.

    Raises:
        RecipeError: The network reads no pictures.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, least: float = 0.7) -> None:
        need_pixels(data, "crop")
        self.least = least

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch of parts of pictures."""
        side = between(self.least, 1, len(batch), generator).sqrt()
        corner = torch.rand(len(batch), 2, generator=generator)
        streams = {}
        for name, pixels in batch.pixels.items():
            size = pixels.shape[-1]
            rows = []
            for values, share, place in zip(pixels, side.tolist(), corner.tolist(), strict=True):
                kept = max(1, round(size * share))
                top, left = (round(where * (size - kept)) for where in place)
                part = floats(values[..., top : top + kept, left : left + kept])
                rows.append(F.interpolate(part, (size, size), mode="bilinear", antialias=False))
            streams[name] = torch.stack(rows)
        return batch.changed(streams), target
