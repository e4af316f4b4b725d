"""Pictures made alike, and convolutions with batch norm that cost no more than plain ones later."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAST_SD = 0.02
"""Standard deviation below which a picture counts as empty, of a range of 1."""

LOOKED_AT = 4
"""A picture is standardized by every so many pixels of every so many rows: more tell no more."""


def standardized(pictures: Tensor, *, together: bool = False) -> Tensor:
    """Each picture, (..., C, H, W), less its mean and by its spread.

    Coats, floors and lamps differ between animals more than postures do.

    Args:
        pictures: From 0 to 1.
        together: All pictures of a window, (..., T, C, H, W), by one mean and one spread: what
            changes from picture to picture is kept as it is.
    """
    some = pictures[..., ::LOOKED_AT, ::LOOKED_AT]
    over = (-4, -3, -2, -1) if together else (-3, -2, -1)
    spread, mean = torch.std_mean(some, dim=over, keepdim=True, correction=0)
    return (pictures - mean) / spread.clamp(min=LEAST_SD)


class NormedConv2d(nn.Module):
    """A convolution and batch norm (Ioffe & Szegedy 2015); in evaluation one convolution.

    Args:
        channels: That come in.
        width: That it gives.
        stride: Pixels from one place to the next.
        kernel: Pixels a side that a place sees, odd.
    """

    def __init__(self, channels: int, width: int, *, stride: int = 1, kernel: int = 3) -> None:
        super().__init__()
        # Without a bias: the batch norm would take it away again.
        self.convolve = nn.Conv2d(
            channels, width, kernel, stride=stride, padding=kernel // 2, bias=False
        )
        self.norm = nn.BatchNorm2d(width)

    def forward(self, values: Tensor) -> Tensor:
        """(N, channels, H, W) -> (N, width, H / stride, W / stride)."""
        if self.training:
            normed: Tensor = self.norm(self.convolve(values))
            return normed
        factor, shift = folded(self.norm)
        weight = (self.convolve.weight * factor.view(-1, 1, 1, 1)).contiguous(
            memory_format=torch.channels_last
        )
        return F.conv2d(values, weight, shift, self.convolve.stride, self.convolve.padding)


def folded(norm: nn.BatchNorm2d | nn.BatchNorm3d) -> tuple[Tensor, Tensor]:
    """The factor and the shift of each channel that a trained batch norm amounts to."""
    assert norm.running_var is not None
    assert norm.running_mean is not None
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return factor, norm.bias - norm.running_mean * factor
