"""The same act by a mouse whose left and right have changed places."""

from __future__ import annotations

import torch
from torch import Tensor

from boutwise.learners._mirroring import Mirroring
from boutwise.learners.network._contract import Batch, Facts, Target


class Augment:
    """Mirror some of the windows, inputs and labels alike.

    Pictures are turned over, so that left becomes right. Of features it is exact: their
    standardization is made symmetric when this part is used, so a mirrored window is what a
    mirrored mouse would give. A behavior that is called by a side (``turn_left``) becomes its
    partner.

    Args:
        data: Tells what becomes of the columns of each stream, and which hold pictures.
        share: Share of the windows that are mirrored, 0 to 1.

    Raises:
        RecipeError: A stream or a behavior cannot be mirrored.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, share: float = 0.5) -> None:
        self.share = share
        sides = Mirroring.of(data.mirrors, data.streams, data.ethogram, pixels=data.pixels)
        self.behaviors = torch.tensor(sides.behaviors)
        self.columns = {
            name: (torch.tensor(mirror.source), torch.tensor(mirror.sign))
            for name, mirror in sides.streams.items()
        }

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch with some windows mirrored."""
        turned = torch.rand(len(batch.mask), 1, 1, generator=generator) < self.share
        streams = dict(batch.streams)
        for name, values in batch.pixels.items():
            streams[name] = torch.where(turned[..., None, None], values.flip(-1), values)
        for name, (source, sign) in self.columns.items():
            values = batch.streams[name]
            streams[name] = torch.where(turned, values[..., source] * sign, values)

        def swapped(values: Tensor) -> Tensor:
            return torch.where(turned, values[..., self.behaviors], values)

        shares = None if target.shares is None else swapped(target.shares)
        return (
            Batch(streams, batch.mask, batch.present),
            Target(swapped(target.labels), target.weights, target.places, shares),
        )
