"""The attention of a network, and a test of whether it means anything.

Attention says which steps of a window went into a score, not which of them the score depends on
(Jain & Wallace 2019). So frames are taken out of the window, those with most attention, random ones
and those with least, and what becomes of the score is shown beside it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from boutwise.learners._explaining import Attention, Deletion, evenly
from boutwise.learners.network._centres import WINDOWS_AT_ONCE, centre_of, windows_of
from boutwise.learners.network._contract import Batch
from boutwise.learners.network._network import Network
from boutwise.types import Ethogram

TESTED_FRAMES = 400
"""Frames of a subject for which frames of the window are taken out."""

SHARE = 0.2
"""Share of the steps of a window that are taken out."""

RANDOM_DRAWS = 5


def attention_of(network: Network, batch: Batch, ethogram: Ethogram) -> Attention:
    """Attention of every frame of one stretch.

    Args:
        network: With a readout that weighs the steps of a window, in evaluation mode.
        batch: One whole subject, (1, T, ...).
        ethogram: Of the scores.
    """
    frames = batch.mask.shape[1]
    with torch.inference_mode():
        windows = windows_of(batch, network.length, first=0, last=frames)
        weights = [network.attention(window).float().cpu().numpy() for window in windows]
        deletion = _deletion(network, batch, ethogram)
    steps = -(-network.length // network.step_frames)
    return Attention(
        np.concatenate(weights) if weights else np.empty((0, steps), dtype=np.float32),
        -centre_of(network.length),
        network.step_frames,
        deletion,
    )


def _deletion(network: Network, batch: Batch, ethogram: Ethogram) -> Deletion:
    frames = evenly(batch.mask.shape[1], TESTED_FRAMES)
    changes: dict[str, list[Tensor]] = {"most": [], "random": [], "least": []}
    rng = torch.Generator().manual_seed(0)
    for first in range(0, len(frames), WINDOWS_AT_ONCE):
        windows = _windows_at(network, batch, frames[first : first + WINDOWS_AT_ONCE].tolist())
        weights = network.attention(windows)
        said = _Said(network(windows)["behavior"][:, 0], ethogram)
        # A step that is all padding cannot be taken out: it comes last in every order.
        there = _steps(windows.mask, network.step_frames)
        orders = {"most": weights, "least": -weights}
        for name, order in orders.items():
            changes[name].append(_change(network, windows, said, _chosen(order, there)))
        drawn = [torch.rand(weights.shape, generator=rng).to(weights) for _ in range(RANDOM_DRAWS)]
        each = [_change(network, windows, said, _chosen(order, there)) for order in drawn]
        changes["random"].append(torch.stack(each).mean(dim=0))
    found = {
        name: torch.cat(parts).cpu().numpy() if parts else np.empty(0, dtype=np.float32)
        for name, parts in changes.items()
    }
    return Deletion(frames, SHARE, found)


def _windows_at(network: Network, batch: Batch, frames: list[int]) -> Batch:
    """The windows of some frames of one stretch."""
    found = [next(windows_of(batch, network.length, first=t, last=t + 1)) for t in frames]
    return Batch(
        {name: torch.cat([w.streams[name] for w in found]) for name in batch.streams},
        torch.cat([w.mask for w in found]),
        {name: torch.cat([w.present[name] for w in found]) for name in batch.present},
    )


def _steps(mask: Tensor, step_frames: int) -> Tensor:
    """Steps with a frame inside the mask, (B, T) -> (B, steps)."""
    behind = -mask.shape[1] % step_frames
    padded = torch.nn.functional.pad(mask, (0, behind))
    return padded.reshape(len(mask), -1, step_frames).any(dim=-1)


def _chosen(order: Tensor, there: Tensor) -> Tensor:
    """The first steps of an order, (B, steps), bool: so many of those that there are."""
    count = (SHARE * there.sum(dim=1, keepdim=True)).round().clamp(min=1)
    rank = order.masked_fill(~there, -torch.inf).argsort(dim=1, descending=True).argsort(dim=1)
    return (rank < count) & there


def _change(network: Network, windows: Batch, said: _Said, chosen: Tensor) -> Tensor:
    """Change of the chance of what was said, when steps are taken out like padding."""
    gone = chosen.repeat_interleave(network.step_frames, dim=1)[:, : windows.mask.shape[1]]
    kept = windows.mask & ~gone
    present = {name: values & ~gone for name, values in windows.present.items()}
    scores = network(replace(windows, mask=kept, present=present))["behavior"][:, 0]
    return said.chance(scores) - said.before


class _Said:
    """What the whole windows say: the likeliest class of each group, yes or no of each single."""

    def __init__(self, scores: Tensor, ethogram: Ethogram) -> None:
        names = ethogram.names
        self.groups = [[names.index(n) for n in group.behaviors] for group in ethogram.groups]
        taken = {column for group in self.groups for column in group}
        self.single = [column for column in range(len(names)) if column not in taken]
        self.likeliest = [scores[:, columns].argmax(dim=1, keepdim=True) for columns in self.groups]
        self.sign = scores[:, self.single].sign()
        self.before = self.chance(scores)

    def chance(self, scores: Tensor) -> Tensor:
        """Chance of what was said under other scores, mean over groups and singles, (B,)."""
        chances = [
            scores[:, columns].softmax(dim=1).gather(1, place)[:, 0]
            for columns, place in zip(self.groups, self.likeliest, strict=True)
        ]
        chances += list((scores[:, self.single] * self.sign).sigmoid().unbind(dim=1))
        return torch.stack(chances).mean(dim=0)
