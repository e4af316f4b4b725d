"""The same behavior, a little slower or faster."""

from __future__ import annotations

import torch
from torch import Tensor

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.types import FrameState


class Augment:
    """Resample each window in time by a random factor, inputs and labels alike.

    Each frame takes the nearest old one, so labels stay labels and missing stays missing. A window
    played faster ends early, and the rest is padding. Features that are rates (speeds, turns per
    second) keep their values: bouts get longer or shorter, movements do not get slower. So the
    range should stay small.

    Args:
        data: Not looked at.
        spread: Factors are drawn log-uniformly from 1 / (1 + spread) to 1 + spread.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, spread: float = 0.15) -> None:
        self.spread = spread

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch at another pace."""
        windows, frames = batch.mask.shape
        reach = torch.log1p(torch.tensor(self.spread))
        factor = torch.exp((2 * torch.rand(windows, 1, generator=generator) - 1) * reach)
        middle = (frames - 1) / 2
        source = ((torch.arange(frames) - middle) * factor + middle).round().long()
        inside = (source >= 0) & (source < frames)
        source = source.clamp(0, frames - 1)

        rows = torch.arange(windows).unsqueeze(1)

        def taken(values: Tensor) -> Tensor:
            return values[rows, source]

        stretched = Batch(
            {name: taken(values) for name, values in batch.streams.items()},
            taken(batch.mask) & inside,
            {name: taken(values) & inside for name, values in batch.present.items()},
        )
        labels = taken(target.labels).masked_fill(~inside[..., None], int(FrameState.UNLABELLED))
        shares = target.shares
        if shares is not None:
            shares = taken(shares).masked_fill(~inside[..., None], float("nan"))
        return stretched, Target(labels, taken(target.weights) * inside, target.places, shares)
