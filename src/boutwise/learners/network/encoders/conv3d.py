"""A 3D convolutional network: four blocks of 3 x 3 x 3 convolutions, batch norm, ReLU and pooling.

With ``padding: zero`` it is the network of many papers: the frames of a window are padded with
zeros in time and pooled in time, and there is one embedding a window. No dense pass can give the
same numbers. With ``padding: none`` nothing is padded or pooled in time: the kernels have the
dilations 1, 1, 2 and 4, so that an embedding depends on exactly 17 frames, 8 before and 8 behind.
A window of 17 frames gives one embedding, a chunk one a frame at the cost of one pass, and both are
the same.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from boutwise.errors import RecipeError
from boutwise.learners.network._pixels import held
from boutwise.learners.network.encoders._layers import folded, standardized

VARIANTS = {"standard": (32, 64, 128, 256), "light": (16, 32, 64, 128)}
"""Channels of the four blocks."""

DILATIONS = (1, 1, 2, 4)
"""In time, without padding; their sum is the number of frames seen on each side."""

FRAMES_AT_ONCE = 24
"""Computed together on a CPU; the speed is the same from 16 to 32."""

LEAST_FRAMES = 8
"""Frames of a window that three poolings in time leave something of."""


class _Block(nn.Module):
    """A convolution, batch norm and ReLU."""

    def __init__(self, channels: int, width: int, *, dilation: int, padding: int) -> None:
        super().__init__()
        # Without a bias: the batch norm would take it away again.
        self.convolve = nn.Conv3d(
            channels,
            width,
            3,
            padding=(padding, 1, 1),
            dilation=(dilation, 1, 1),
            bias=False,
        )
        self.norm = nn.BatchNorm3d(width)
        self.dilation = dilation

    def forward(self, values: Tensor) -> Tensor:
        """(B, C, T, H, W) -> (B, width, T or less, H, W)."""
        normed: Tensor = torch.relu(self.norm(self.convolve(values)))
        return normed

    def flat(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the same as a 2D convolution over three frames laid side by side."""
        factor, shift = folded(self.norm)
        weight = self.convolve.weight * factor.view(-1, 1, 1, 1, 1)
        side_by_side = weight.transpose(1, 2).flatten(1, 2)
        return side_by_side.contiguous(memory_format=torch.channels_last), shift


class _Stream:
    """A block over frames that come a few at a time; each is computed once.

    On one CPU thread 2D convolutions over frames laid side by side are 1.6 times as fast as torch's
    3D convolution over many frames, and three times over 17; a few frames at a time, which stay in
    the cache, are a quarter faster than many.
    """

    def __init__(self, block: _Block) -> None:
        self.weight, self.bias = block.flat()
        self.step = block.dilation
        self.kept: Tensor | None = None

    def take(self, frames: Tensor) -> Tensor | None:
        """The next frames, (n, C, H, W) -> (n or less, width, H / 2, W / 2); None as yet."""
        if self.kept is not None:
            frames = torch.cat([self.kept, frames])
        self.kept = frames[-2 * self.step :]
        count = len(frames) - 2 * self.step
        if count <= 0:
            return None
        taps = [frames[k * self.step : k * self.step + count] for k in range(3)]
        stacked = torch.cat(taps, dim=1).contiguous(memory_format=torch.channels_last)
        found = F.conv2d(stacked, self.weight, self.bias, padding=1).relu_()
        return F.max_pool2d(found, 2)


class Encoder(nn.Module):
    """Four blocks of 3D convolutions; an embedding for each frame, or for each window.

    A frame outside the mask is replaced by the nearest one inside it, so that the ends of a
    recording are its first and last picture held still.

    Args:
        channels: 1 for gray, 3 for RGB.
        size: Pixels a side.
        variant: ``standard`` (32 to 256 channels) or ``light`` (16 to 128).
        padding: ``none`` gives an embedding for each frame, from 17 frames; ``zero`` one for a
            window, as the original does.
        standardize: See each picture less its own mean and by its own spread, in place of from 0
            to 1.
    """

    stride = 1

    def __init__(
        self,
        channels: int,
        size: int,
        *,
        variant: str = "standard",
        padding: str = "none",
        standardize: bool = False,
    ) -> None:
        super().__init__()
        self.standardize = bool(standardize)
        if variant not in VARIANTS or padding not in ("none", "zero"):
            raise RecipeError(
                f"conv3d has no variant '{variant}' with the padding '{padding}'",
                expected=f"{' or '.join(VARIANTS)}, and none or zero",
            )
        if size < 16:
            raise RecipeError(
                f"conv3d cannot see pictures of {size} x {size} pixels",
                expected="16 pixels a side or more, because it halves them four times",
            )
        widths = VARIANTS[variant]
        self.width = widths[-1]
        self.padded = padding == "zero"
        self.margin_frames = None if self.padded else sum(DILATIONS)
        dilations = (1, 1, 1, 1) if self.padded else DILATIONS
        self.blocks = nn.ModuleList(
            _Block(before, here, dilation=dilation, padding=int(self.padded))
            for before, here, dilation in zip(
                (channels, *widths[:-1]), widths, dilations, strict=True
            )
        )
        # A training step on one CPU thread takes .6 of the time where channels lie side by side.
        self.to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def forward(self, pixels: Tensor, mask: Tensor) -> Tensor:
        """(B, T, C, H, W) and (B, T) -> (B, T or 1, D)."""
        if not self.padded:
            return self.inner(pixels, mask, 0, 0)
        if pixels.shape[1] < LEAST_FRAMES:
            raise RecipeError(
                f"conv3d with zero padding cannot see windows of {pixels.shape[1]} frames",
                expected=f"'windows.length' of {LEAST_FRAMES} or more",
            )
        values = self._seen(pixels, mask).transpose(1, 2)
        for place, block in enumerate(self.blocks):
            values = F.max_pool3d(block(values), (1 if place == 0 else 2, 2, 2))
        embedded = values.mean(dim=(2, 3, 4)).unsqueeze(1)
        return embedded * mask.any(dim=1)[:, None, None].to(embedded.dtype)

    def inner(self, pixels: Tensor, mask: Tensor, before: int, behind: int) -> Tensor:
        """Embeddings without those of the first and last frames, which are context only.

        Args:
            pixels: (B, T, C, H, W).
            mask: (B, T).
            before: Context frames at the beginning.
            behind: Context frames at the end.

        Returns:
            (B, T - before - behind, D).
        """
        reach = sum(DILATIONS)
        frames = torch.arange(before - reach, mask.shape[1] - behind + reach, device=mask.device)
        inside = mask[:, before : mask.shape[1] - behind]
        seen = self._seen(pixels, mask)
        if before != reach or behind != reach:
            seen = seen[:, frames.clamp(0, mask.shape[1] - 1)]
        embedded = self._dense(seen)
        return embedded * inside.unsqueeze(-1).to(embedded.dtype)

    def _seen(self, pixels: Tensor, mask: Tensor) -> Tensor:
        """The pictures, with the nearest one in the place of each that is not there."""
        seen = held(pixels, mask)
        return standardized(seen) if self.standardize else seen

    def _dense(self, pixels: Tensor) -> Tensor:
        """(B, T + 16, C, H, W) -> (B, T, D): one embedding for each 17 frames."""
        if not self.training and pixels.device.type == "cpu":
            return torch.stack([self._streamed(frames) for frames in pixels])
        values = pixels.transpose(1, 2)
        for block in self.blocks:
            values = F.max_pool3d(block(values), (1, 2, 2))
        return values.mean(dim=(3, 4)).transpose(1, 2)

    def _streamed(self, frames: Tensor) -> Tensor:
        """The same of one window, (T + 16, C, H, W) -> (T, D)."""
        streams = [_Stream(block) for block in self.blocks]  # type: ignore[arg-type]
        found = []
        for few in torch.split(frames, FRAMES_AT_ONCE):
            values: Tensor | None = few
            for stream in streams:
                values = stream.take(values) if values is not None else None
            if values is not None:
                found.append(values.mean(dim=(2, 3)))
        return torch.cat(found)
