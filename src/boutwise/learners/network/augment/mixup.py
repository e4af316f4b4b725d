"""Windows that are something of two: the network learns to be in between where the inputs are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network._pixels import floats
from boutwise.learners.network.augment._acting import chosen
from boutwise.types import FrameState


class Augment:
    """Mix each window with another one of its batch, inputs and labels alike.

    The label of a mixed frame is the share of each of the two, as if so many annotators had said
    so. A frame that is labelled in one of the two windows only is learned with the label and the
    share of that one; a behavior that one of two labelled frames leaves open is left open. A value
    that is missing in one of the two is missing. Beside padding a window stays as it is.

    Source: Zhang et al. 2018, with the larger share always that of the window itself.

    Args:
        data: Not looked at.
        alpha: Shares are drawn from Beta(alpha, alpha): small values mix little.
        share: Share of the windows that are mixed, 0 to 1.
    """

    # Only columns that are missing somewhere get missing by it, and those have their mask.
    makes_missing = False

    def __init__(self, data: Facts, *, alpha: float = 0.2, share: float = 1.0) -> None:
        self.alpha, self.share = alpha, share

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """The batch of mixtures."""
        windows = len(batch.mask)
        partner = torch.randperm(windows, generator=generator)
        rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
        drawn = rng.beta(self.alpha, self.alpha, size=(windows, 1))
        larger = torch.from_numpy(np.maximum(drawn, 1 - drawn)).float()
        # Behind the end of the partner's recording there is nothing to mix with.
        if self.share < 1:
            some = chosen(batch, self.share, generator).unsqueeze(1)
            larger = torch.where(some, larger, torch.ones_like(larger))
        share = torch.where(batch.mask[partner], larger, torch.ones_like(larger))
        streams = {
            name: _mixed(values, values[partner], share[..., None])
            for name, values in batch.features.items()
        }
        present = {
            name: batch.present[name] & ~values.isnan().all(dim=-1)
            for name, values in streams.items()
        }
        for name, pixels in batch.pixels.items():
            shares = share[..., None, None, None]
            streams[name] = _mixed(floats(pixels), floats(pixels[partner]), shares)
            # Half a picture is none: what is in one of the two only cannot be told from it.
            present[name] = batch.present[name] & (batch.present[name][partner] | (share == 1))
        return replace(batch, streams=streams, present=present), mixed_target(
            target, partner, share
        )


def _mixed(mine: Tensor, other: Tensor, share: Tensor) -> Tensor:
    """A mixture; where the share is 1 what the other says does not matter."""
    return torch.where(share < 1, share * mine + (1 - share) * other, mine)


def mixed_target(target: Target, partner: Tensor, share: Tensor) -> Target:
    """What is learned of mixtures; ``share``, (B, T), is that of the window itself."""
    shares, weights = _shares(target), target.weights
    known = ~shares.isnan().all(dim=-1) & (weights > 0)
    mine, other = known, known[partner] & (share < 1)
    both, neither = mine & other, ~mine & ~other
    weight = torch.where(mine, share * weights, torch.zeros_like(weights))
    weight = weight + torch.where(other, (1 - share) * weights[partner], torch.zeros_like(weights))
    of_mine, of_other = shares, shares[partner]
    mixed = torch.where(
        both[..., None],
        _mixed(of_mine, of_other, share[..., None]),
        torch.where(mine[..., None], of_mine, of_other),
    )
    return replace(
        target,
        weights=weight,
        shares=mixed.masked_fill(neither[..., None], float("nan")),
    )


def _shares(target: Target) -> Tensor:
    """What is learned, 0 to 1, NaN where nobody judged."""
    if target.shares is not None:
        return target.shares
    labels = target.labels.float()
    return labels.masked_fill(target.labels < FrameState.NO, float("nan"))
