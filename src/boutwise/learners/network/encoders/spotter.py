"""A small 2D network on every frame that lets channels wander to the frames beside it.

Every frame is seen once, so the cost is that of one small picture a frame, and every frame gets its
own embedding: acts of five frames are not blurred. Movement comes in by the differences to the
frames before and behind, and by the temporal shift of Lin et al. 2019 (TSM): in each residual block
a share of the channels is taken from the frame before and as many from the frame behind.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from boutwise.errors import RecipeError
from boutwise.learners.network.encoders._layers import NormedConv2d, standardized


class _Block(nn.Module):
    """A residual block in which some channels come from the frames beside."""

    def __init__(self, channels: int, *, shifted: int) -> None:
        super().__init__()
        self.shifted = shifted
        self.first = NormedConv2d(channels, channels)
        self.second = NormedConv2d(channels, channels)

    def forward(self, values: Tensor, joined: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        n = self.shifted
        before, behind = _neighbors(values[:, : 2 * n], joined)
        moved = torch.cat([before[:, :n], behind[:, n:], values[:, 2 * n :]], dim=1)
        inner = self.first(moved.contiguous(memory_format=torch.channels_last)).relu_()
        mixed: Tensor = self.second(inner)
        return mixed.add_(values).relu_()


class Encoder(nn.Module):
    """A light 2D network with temporal shift, one embedding a frame.

    Every picture is standardized by its own mean and standard deviation, so that lamps, coats and
    cameras matter less. A frame without a picture is not computed; its neighbors see zeros, as at
    the end of a recording.

    Args:
        channels: 1 for gray, 3 for RGB.
        size: Pixels a side.
        stages: Channels of the entrance and of each stage behind it, which halves the picture.
        entrance: Pixels that the entrance makes one place of, a side.
        blocks: Residual blocks of a stage.
        shift: Share of the channels that come from the frame before, and as many from the one
            behind, 0 to 0.5.
        differences: Give the entrance the differences to the frames before and behind as well.
        width: Channels that it gives.
    """

    stride = 1

    def __init__(
        self,
        channels: int,
        size: int,
        *,
        stages: Sequence[int] = (32, 64, 128),
        entrance: int = 4,
        blocks: int = 1,
        shift: float = 0.125,
        differences: bool = True,
        width: int = 128,
    ) -> None:
        super().__init__()
        smallest = int(entrance) * 2 ** (len(stages) - 1)
        _refuse(stages, blocks, shift, (size, smallest))
        self.width = int(width)
        self.differences = differences
        self.margin_frames = int(differences) + int(blocks) * (len(stages) - 1)
        self.entrance = NormedConv2d(
            channels + 2 * differences, stages[0], stride=entrance, kernel=2 * entrance - 1
        )
        self.narrow, self.blocks = nn.ModuleList(), nn.ModuleList()
        for before, here in pairwise(stages):
            self.narrow.append(NormedConv2d(before, here, stride=2))
            shifted = max(1, round(shift * here))
            self.blocks.append(nn.ModuleList(_Block(here, shifted=shifted) for _ in range(blocks)))
        self.project = nn.Linear(2 * stages[-1], width)
        self.norm = nn.LayerNorm(width)

    def forward(self, pixels: Tensor, mask: Tensor) -> Tensor:
        """(B, T, C, H, W) and (B, T) -> (B, T, D)."""
        everywhere = bool(mask.all())
        frames = pixels.flatten(0, 1) if everywhere else pixels[mask]
        found = pixels.new_zeros(*mask.shape, self.width)
        if len(frames) == 0:
            return found
        embedded = self._embedded(frames, _joined(mask))
        if everywhere:
            return embedded.reshape(*mask.shape, self.width)
        return found.to(embedded.dtype).masked_scatter(mask.unsqueeze(-1), embedded)

    def _embedded(self, frames: Tensor, joined: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, D); ``joined`` says which of them follow each other, (N - 1,)."""
        values = standardized(frames)
        if self.differences:
            gray = values.mean(dim=1, keepdim=True)
            step = (gray[1:] - gray[:-1]) * joined.view(-1, 1, 1, 1)
            none = torch.zeros_like(gray[:1])
            values = torch.cat([values, torch.cat([none, step]), torch.cat([step, none])], dim=1)
        values = values.contiguous(memory_format=torch.channels_last)
        values = self.entrance(values).relu_()
        for narrow, blocks in zip(self.narrow, self.blocks, strict=True):
            values = narrow(values).relu_()
            for block in blocks:  # type: ignore[attr-defined]
                values = block(values, joined)
        pooled = torch.cat([values.mean(dim=(2, 3)), values.amax(dim=(2, 3))], dim=1)
        embedded: Tensor = self.norm(self.project(pooled))
        return embedded


def _joined(mask: Tensor) -> Tensor:
    """Of the frames inside the mask, one after the other, which are followed by their next one."""
    window, frame = mask.nonzero(as_tuple=True)
    return (window[1:] == window[:-1]) & (frame[1:] == frame[:-1] + 1)


def _neighbors(values: Tensor, joined: Tensor) -> tuple[Tensor, Tensor]:
    """What the frames before and behind hold, (N, C, H, W) each; zeros where there is none."""
    inside = joined.view(-1, 1, 1, 1)
    none = torch.zeros_like(values[:1])
    before = torch.cat([none, values[:-1] * inside])
    behind = torch.cat([values[1:] * inside, none])
    return before, behind


def _refuse(stages: Sequence[int], blocks: int, shift: float, sizes: tuple[int, int]) -> None:
    if len(stages) < 2 or min(*stages, blocks) < 1 or not 0 < shift <= 0.5:
        raise RecipeError(
            f"spotter cannot have the stages {list(stages)}, {blocks} blocks and the shift {shift}",
            expected="two stages or more, one block or more, and a shift above 0 and up to 0.5",
        )
    size, smallest = sizes
    if size < smallest:
        raise RecipeError(
            f"spotter with {len(stages)} stages cannot see pictures of {size} x {size} pixels",
            expected=f"{smallest} pixels a side or more",
            todo="crop larger pictures, or take fewer stages or a smaller entrance",
        )
