"""The residual block of dilated convolutions that temporal parts are built of.

The block is that of Farha & Gall 2019 (MS-TCN): a dilated convolution of three frames, ReLU, a
convolution of one frame, dropout, and the sum with its input; here with a norm at its
entrance, which keeps training steady. Where the frames of a batch are normed together, each channel
keeps how it differs from frame to frame; a layer norm makes all frames equally large.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from boutwise.errors import RecipeError


class FrameNorm(nn.BatchNorm1d):
    """Batch norm (Ioffe & Szegedy 2015) of the channels over the frames inside the mask."""

    def forward(self, values: Tensor) -> Tensor:
        """(frames, C), or (B, T, C) in scoring, where nothing depends on other frames."""
        normed: Tensor = super().forward(values.reshape(-1, values.shape[-1]))
        return normed.reshape(values.shape)

    def inside(self, values: Tensor, inside: Tensor) -> Tensor:
        """(B, T, C) and (B, T, 1): padding takes no part in the statistics."""
        chosen = inside[..., 0] > 0
        if not self.training or bool(chosen.all()):
            return self.forward(values)
        normed = torch.zeros_like(values)
        normed[chosen] = self.forward(values[chosen])
        return normed


NORMS = {"layer": nn.LayerNorm, "batch": FrameNorm}


class Block(nn.Module):
    """One dilated convolution with a shortcut.

    Args:
        channels: In and out.
        dilation: Distance in frames between the three taps.
        dropout: Share of channels dropped, 0 to 1.
        norm: ``layer``: over the channels of each frame; ``batch``: of each channel over the frames
            of a batch.
    """

    def __init__(
        self, channels: int, dilation: int, dropout: float, *, norm: str = "layer"
    ) -> None:
        super().__init__()
        if norm not in NORMS:
            raise RecipeError(f"there is no norm '{norm}'", expected=", ".join(NORMS))
        self.dilation = dilation
        self.norm = NORMS[norm](channels)
        self.dilated = nn.Linear(3 * channels, channels)
        self.mix = nn.Linear(channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, values: Tensor, inside: Tensor) -> Tensor:
        """(B, T, C) and (B, T, 1) -> (B, T, C)."""
        # A norm gives its bias where all is zero, so the mask comes after it: a padded
        # frame then looks like the zeros beyond the window.
        if isinstance(self.norm, FrameNorm):
            normed = self.norm.inside(values, inside) * inside
        else:
            normed = self.norm(values) * inside
        frames, far = values.shape[1], 2 * self.dilation
        padded = F.pad(normed, (0, 0, self.dilation, self.dilation))
        # One matrix product over three shifted copies: on one CPU thread a fifth faster in training
        # than torch's dilated convolution, and two fifths in scoring.
        taps = torch.cat([padded[:, :frames], normed, padded[:, far:]], dim=-1)
        inner = self.dropout(self.mix(torch.relu(self.dilated(taps))))
        mixed: Tensor = (values + inner) * inside
        return mixed


def refuse_dilations(part: str, dilations: Sequence[int]) -> None:
    """Say which dilations there can be.

    Raises:
        RecipeError: There is none, or one is not 1 or more.
    """
    if not dilations or min(dilations) < 1:
        raise RecipeError(
            f"{part} cannot have the dilations {list(dilations)}",
            expected="a list of whole numbers of 1 or more",
        )


def pooled(mask: Tensor, stride: int) -> Tensor:
    """Which steps of ``stride`` frames hold a frame inside the mask, (B, T) -> (B, T / stride).

    The last step may be short: there are as many as begin inside the window.
    """
    if stride == 1:
        return mask
    steps = F.max_pool1d(mask.unsqueeze(1).float(), stride, ceil_mode=True)
    return steps.squeeze(1) > 0
