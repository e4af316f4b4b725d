"""Convolutions, then a Transformer in which each frame looks at the frames near it.

The layers are those of the pre-norm Transformer (Xiong et al. 2020) with two changes: a frame
attends to the frames at most ``radius`` away (sliding windows, Beltagy et al. 2020, Longformer),
and where they are is told by a learned bias of each distance (Shaw et al. 2018; Liu et al. 2021),
so that nothing depends on where a window begins: every frame is scored in one pass, and a
recording in pieces like the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from boutwise.errors import RecipeError
from boutwise.learners.network.temporal._blocks import Block, refuse_dilations

DILATIONS = (1, 2, 4, 8)

FORBIDDEN = -1e9
"""Score of a frame that may not be looked at: its weight is exactly 0, and a row of them is finite.

Minus infinity would turn the row of a padded frame, that sees nothing, into NaN."""


class _LocalAttention(nn.Module):
    """Attention over the frames at most ``radius`` away, in memory linear in the frames."""

    def __init__(self, channels: int, *, heads: int, radius: int) -> None:
        super().__init__()
        self.heads, self.radius = heads, radius
        self.inward = nn.Linear(channels, 3 * channels)
        self.outward = nn.Linear(channels, channels)
        self.nearness = nn.Parameter(torch.zeros(heads, 2 * radius + 1))

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """(B, T, C) and (B, T) -> (B, T, C)."""
        windows, frames, channels = values.shape
        block = min(self.radius, frames)
        behind = -frames % block
        query, key, value = self.inward(F.pad(values, (0, 0, 0, behind))).chunk(3, dim=-1)
        depth = channels // self.heads
        # A block of queries sees its own frames and ``radius`` more on both sides.
        query = query.reshape(windows, -1, block, self.heads, depth).transpose(2, 3)
        key, value = (self._around(x, block, depth) for x in (key, value))
        near = F.pad(mask, (self.radius, behind + self.radius)).unfold(1, self._seen(block), block)
        scores = query @ (key * depth**-0.5) + self._bias(block)
        scores = scores.masked_fill(~near[:, :, None, None, :], FORBIDDEN)
        # No dropout of these weights: drawing so many numbers would take a third of the training.
        mixed = (scores.softmax(dim=-1) @ value.transpose(-1, -2)).transpose(2, 3).flatten(1, 2)
        seen: Tensor = self.outward(mixed.flatten(2, 3)[:, :frames])
        return seen

    def _seen(self, block: int) -> int:
        return block + 2 * self.radius

    def _around(self, values: Tensor, block: int, depth: int) -> Tensor:
        """(B, T, C) -> (B, blocks, heads, depth, frames that a block sees)."""
        padded = F.pad(values, (0, 0, self.radius, self.radius))
        pieces = padded.unfold(1, self._seen(block), block)
        return pieces.reshape(*pieces.shape[:2], self.heads, depth, pieces.shape[-1])

    def _bias(self, block: int) -> Tensor:
        """The bias of each distance, (heads, block, seen); forbidden beyond the radius."""
        device = self.nearness.device
        places = torch.arange(self._seen(block), device=device)
        offset = places - torch.arange(block, device=device).unsqueeze(1)
        far = (offset < 0) | (offset > 2 * self.radius)
        bias = self.nearness[:, offset.clamp(0, 2 * self.radius)]
        banded: Tensor = bias.masked_fill(far, FORBIDDEN)
        return banded


class _Layer(nn.Module):
    def __init__(self, channels: int, *, heads: int, radius: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.attention = _LocalAttention(channels, heads=heads, radius=radius)
        self.second_norm = nn.LayerNorm(channels)
        self.widen = nn.Linear(channels, 2 * channels)
        self.narrow = nn.Linear(2 * channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor, mask: Tensor, inside: Tensor) -> Tensor:
        """(B, T, C) -> (B, T, C)."""
        values = values + self.dropout(self.attention(self.norm(values), mask))
        inner = self.narrow(F.gelu(self.widen(self.second_norm(values))))
        mixed: Tensor = (values + self.dropout(inner)) * inside
        return mixed


class Temporal(nn.Module):
    """Convolutions and local attention, (B, T, D) -> (B, T, channels).

    Args:
        width: Channels that come in, D.
        channels: Channels inside and out; a multiple of ``heads``.
        dilations: Of the residual convolutions before the attention; their sum is the number of
            frames that they see on each side.
        layers: Transformer layers; each looks ``radius`` frames further.
        radius: Frames on each side that a frame attends to.
        heads: Parts of the channels that attend by themselves.
        dropout: Share of channels dropped in each block and layer, 0 to 1.
    """

    stride = 1

    def __init__(
        self,
        width: int,
        *,
        channels: int = 64,
        dilations: Sequence[int] = DILATIONS,
        layers: int = 2,
        radius: int = 56,
        heads: int = 4,
        dropout: float = 0.25,
    ) -> None:
        super().__init__()
        refuse_dilations("attention", dilations)
        if min(layers, radius, heads) < 1 or channels % heads:
            raise RecipeError(
                f"attention cannot have {layers} layers, radius {radius} and {heads} heads with "
                f"{channels} channels",
                expected="whole numbers of 1 or more, and channels that the heads divide",
            )
        self.width = int(channels)
        self.margin_frames = int(sum(dilations)) + int(layers) * int(radius)
        self.project = nn.Linear(width, channels)
        self.blocks = nn.ModuleList(Block(channels, int(d), dropout) for d in dilations)
        self.layers = nn.ModuleList(
            _Layer(channels, heads=int(heads), radius=int(radius), dropout=dropout)
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(channels)

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Mix the frames inside the mask."""
        inside = mask.unsqueeze(-1).to(values.dtype)
        hidden: Tensor = self.project(values) * inside
        for block in self.blocks:
            hidden = block(hidden, inside)
        for layer in self.layers:
            hidden = layer(hidden, mask, inside)
        normed: Tensor = self.norm(hidden) * inside
        return normed
