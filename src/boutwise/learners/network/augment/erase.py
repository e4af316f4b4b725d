"""A part of the picture hidden: a bar of the cage, a reflection, a nest."""

from __future__ import annotations

import torch

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network._pixels import floats
from boutwise.learners.network.augment._acting import between, chosen, need_pixels


class Augment:
    """Replace one rectangle of all pictures of a window by one gray, at the same place.

    Args:
        data: Of the streams.
        area: Largest share of the area that is hidden, 0 to 1; shares are drawn evenly.
        share: Share of the windows that are changed, 0 to 1.

    Raises:
        RecipeError: The network reads no pictures.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, area: float = 0.2, share: float = 0.25) -> None:
        need_pixels(data, "erase")
        self.area, self.share = area, share

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch with something in the way."""
        area = between(0.02 * self.area, self.area, len(batch), generator)
        area = area * chosen(batch, self.share, generator)
        places = rectangles(area, generator)
        gray = torch.rand(len(batch), generator=generator)
        streams = {}
        for name, pixels in batch.pixels.items():
            values = floats(pixels).clone()
            for row, place in enumerate(places):
                top, bottom, left, right = (round(edge * values.shape[-1]) for edge in place)
                values[row, :, :, top:bottom, left:right] = gray[row]
            streams[name] = values
        return batch.changed(streams), target


def rectangles(
    area: torch.Tensor, generator: torch.Generator
) -> list[tuple[float, float, float, float]]:
    """Rectangles of given shares of the area, inside the picture: top, bottom, left, right.

    Edges go from 0 to 1; a side is at most twice the other.
    """
    found = []
    stretch = between(-0.35, 0.35, len(area), generator).exp()
    corner = torch.rand(len(area), 2, generator=generator)
    for share, ratio, (y, x) in zip(
        area.sqrt().tolist(), stretch.tolist(), corner.tolist(), strict=True
    ):
        height = min(1.0, share * ratio)
        width = min(1.0, share * share / height) if height else 0.0
        top, left = y * (1 - height), x * (1 - width)
        found.append((top, top + height, left, left + width))
    return found
