"""Convolutions with poolings, then a bidirectional LSTM over what is left of a window.

The order of convolutional, recurrent and dense layers of DeepConvLSTM (Ordóñez & Roggen 2016), with
batch norm (Ioffe & Szegedy 2015). An LSTM that runs both ways sees its whole window, so there is no
dense pass: it goes with a readout that gives one score a window.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from boutwise.errors import RecipeError
from boutwise.learners.network.temporal._blocks import pooled


class _Convolution(nn.Module):
    """Convolution, batch norm over the frames inside the mask, ReLU, max pooling."""

    def __init__(self, width: int, channels: int, *, kernel: int, pool: int) -> None:
        super().__init__()
        self.pool = pool
        # Without a bias: the batch norm would take it away again.
        self.convolve = nn.Conv1d(width, channels, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm1d(channels)

    def forward(self, values: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, D, T) and (B, T) -> (B, channels, T / pool) and its mask."""
        normed = torch.relu(self._normed(self.convolve(values), mask)) * mask.unsqueeze(1)
        if self.pool == 1:
            return normed, mask
        # What is padded is 0 and nothing is below, so that a maximum never comes from padding.
        return F.max_pool1d(normed, self.pool, ceil_mode=True), pooled(mask, self.pool)

    def _normed(self, values: Tensor, mask: Tensor) -> Tensor:
        """Padding is no data: it must not move the statistics of a batch."""
        if not self.training or bool(mask.all()):
            return cast("Tensor", self.norm(values))
        frames = values.transpose(1, 2)
        normed = torch.zeros_like(frames)
        normed[mask] = self.norm(frames[mask])
        return normed.transpose(1, 2)


class Temporal(nn.Module):
    """Convolutions and a bidirectional LSTM, (B, T, D) -> (B, T / stride, 2 x hidden).

    Args:
        width: Channels that come in, D.
        channels: Of each convolution.
        kernels: Frames of each convolution, odd.
        pools: Steps that are pooled into one behind each convolution; 1 = none.
        hidden: Units of the LSTM in each direction.
        layers: LSTM layers on top of each other.
        dropout: Share of channels dropped before the LSTM and between its layers, 0 to 1.
    """

    margin_frames = None

    def __init__(
        self,
        width: int,
        *,
        channels: Sequence[int] = (64, 128, 256),
        kernels: Sequence[int] = (5, 5, 3),
        pools: Sequence[int] = (2, 2, 1),
        hidden: int = 128,
        layers: int = 2,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        _refuse(channels, kernels, pools)
        convolutions, stride = [], 1
        for out, kernel, pool in zip(channels, kernels, pools, strict=True):
            convolutions.append(_Convolution(width, out, kernel=kernel, pool=pool))
            width, stride = out, stride * pool
        self.stride = stride
        self.width = 2 * int(hidden)
        self.convolutions = nn.ModuleList(convolutions)
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(
            width,
            hidden,
            num_layers=layers,
            batch_first=True,
            bidirectional=True,
            dropout=dropout if layers > 1 else 0.0,
        )

    def forward(self, values: Tensor, mask: Tensor) -> Tensor:
        """Mix the frames inside the mask."""
        hidden = (values * mask.unsqueeze(-1).to(values.dtype)).transpose(1, 2)
        for convolution in self.convolutions:
            hidden, mask = convolution(hidden, mask)
        mixed = cast("Tensor", self.lstm(self.dropout(hidden.transpose(1, 2)))[0])
        return mixed * mask.unsqueeze(-1).to(values.dtype)


def _refuse(channels: Sequence[int], kernels: Sequence[int], pools: Sequence[int]) -> None:
    lists = {"channels": channels, "kernels": kernels, "pools": pools}
    if len({len(values) for values in lists.values()}) != 1 or not channels:
        raise RecipeError(
            "cnn_lstm has " + ", ".join(f"{len(values)} {name}" for name, values in lists.items()),
            expected="as many of each as there are convolutions, one or more",
        )
    if min(*channels, *kernels, *pools) < 1 or any(kernel % 2 == 0 for kernel in kernels):
        raise RecipeError(
            f"cnn_lstm cannot have the channels {list(channels)}, kernels {list(kernels)} and "
            f"pools {list(pools)}",
            expected="whole numbers of 1 or more, and odd kernels",
        )
