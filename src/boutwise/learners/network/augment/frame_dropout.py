"""Some frames have no picture, as where the detector found no animal."""

from __future__ import annotations

from dataclasses import replace

import torch

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network.augment._acting import chosen, need_pixels


class Augment:
    """Take the picture out of random frames of some windows; the labels stay.

    Args:
        data: Of the streams.
        frames: Share of the frames of such a window that lose their picture, 0 to 1.
        share: Share of the windows that are changed, 0 to 1.

    Raises:
        RecipeError: The network reads no pictures.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, frames: float = 0.1, share: float = 0.3) -> None:
        need_pixels(data, "frame_dropout")
        self.frames, self.share = frames, share

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch with gaps."""
        gone = torch.rand(batch.mask.shape, generator=generator) < self.frames
        kept = ~(gone & chosen(batch, self.share, generator).unsqueeze(1))
        present = {name: batch.present[name] & kept for name in batch.pixels}
        return replace(batch, present={**batch.present, **present}), target
