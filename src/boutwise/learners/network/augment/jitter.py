"""The same window some frames earlier or later: annotators do not agree on the exact frame."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from boutwise.learners.network._contract import Batch, Facts, Target


class Augment:
    """Shift the inputs of each window against its labels, which stay where they are.

    What would come from outside the window is padding.

    Args:
        data: Not looked at.
        frames: Shifts are drawn evenly from -frames to frames.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, frames: int = 2) -> None:
        self.frames = frames

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch with shifted inputs."""
        windows, size = batch.mask.shape
        shift = torch.randint(-self.frames, self.frames + 1, (windows, 1), generator=generator)
        source = torch.arange(size) + shift
        inside = (source >= 0) & (source < size)
        source = source.clamp(0, size - 1)

        rows = torch.arange(windows).unsqueeze(1)

        def taken(values: Tensor) -> Tensor:
            return values[rows, source]

        streams = {name: taken(values) for name, values in batch.streams.items()}
        for name in batch.features:
            streams[name] = streams[name].masked_fill(~inside[..., None], float("nan"))
        shifted = replace(
            batch,
            streams=streams,
            mask=taken(batch.mask) & inside,
            present={name: taken(values) & inside for name, values in batch.present.items()},
        )
        return shifted, target
