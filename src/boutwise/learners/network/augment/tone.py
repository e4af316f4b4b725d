"""Other coats and floors: the same pictures with other shades, or as a negative."""

from __future__ import annotations

import torch

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network._pixels import floats
from boutwise.learners.network.augment._acting import between, chosen, need_pixels, of_windows

DARKEST = 1e-3
"""A power of exactly 0 has no slope, and black stays black."""


class Augment:
    """Raise all pictures of a window to one power, and turn some into their negative.

    A few animals have a few coats, and each of them stands on the same floor all the time: a
    network learns "white on black" where it should learn a posture. In the negative a dark mouse
    on a light floor is a light one on a dark floor.

    Args:
        data: Of the streams.
        gamma: Powers are drawn evenly on a logarithmic scale from exp(-gamma) to exp(gamma).
        negative: Share of the windows that are turned into their negative, 0 to 1.

    Raises:
        RecipeError: The network reads no pictures.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, gamma: float = 0.7, negative: float = 0.5) -> None:
        need_pixels(data, "tone")
        self.gamma, self.negative = gamma, negative

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch in other shades."""
        power = of_windows(between(-self.gamma, self.gamma, len(batch), generator).exp())
        turned = of_windows(chosen(batch, self.negative, generator))
        streams = {}
        for name, pixels in batch.pixels.items():
            values = floats(pixels)
            shown = torch.where(turned, 1 - values, values)
            streams[name] = shown.clamp(DARKEST, 1) ** power
        return batch.changed(streams), target
