"""A part of another window pasted in, labels mixed by the area."""

from __future__ import annotations

import numpy as np
import torch

from boutwise.errors import RecipeError
from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network._pixels import floats
from boutwise.learners.network.augment._acting import chosen, need_pixels
from boutwise.learners.network.augment.erase import rectangles
from boutwise.learners.network.augment.mixup import mixed_target


class Augment:
    """Paste a rectangle of another window of the batch into each one, in all its frames.

    What is learned of a frame is the share of the area of each of the two, as in ``mixup``. Beside
    padding, and where one of the two has no picture, a frame stays as it is.

    Source: Yun et al. 2019, with the larger area always that of the window itself.

    Args:
        data: Of the streams.
        alpha: Shares are drawn from Beta(alpha, alpha).
        share: Share of the windows that are changed, 0 to 1.

    Raises:
        RecipeError: The network reads no pictures, or features as well: half of them cannot be
            pasted.
    """

    makes_missing = False

    def __init__(self, data: Facts, *, alpha: float = 1.0, share: float = 0.5) -> None:
        need_pixels(data, "cutmix")
        if data.streams:
            raise RecipeError(
                "the augmentation 'cutmix' pastes pictures, and the network reads features too",
                expected="streams of pictures only",
                todo="take 'mixup' instead",
            )
        self.alpha, self.share = alpha, share

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch of collages."""
        windows = len(batch)
        partner = torch.randperm(windows, generator=generator)
        rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
        drawn = rng.beta(self.alpha, self.alpha, size=windows)
        area = torch.from_numpy(np.minimum(drawn, 1 - drawn)).float()
        area = area * chosen(batch, self.share, generator)
        places = rectangles(area, generator)
        both = batch.mask & batch.mask[partner]
        for present in batch.present.values():
            both = both & present & present[partner]
        streams = {}
        for name, pixels in batch.pixels.items():
            values, others = floats(pixels).clone(), floats(pixels[partner])
            for row, place in enumerate(places):
                top, bottom, left, right = (round(edge * values.shape[-1]) for edge in place)
                here = (row, both[row], slice(None), slice(top, bottom), slice(left, right))
                values[here] = others[here]
            streams[name] = values
        share = torch.where(both, 1 - area.unsqueeze(1), torch.ones(()))
        return batch.changed(streams), mixed_target(target, partner, share)
