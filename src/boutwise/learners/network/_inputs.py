"""The entrance of a network: streams of features and of pictures become one row a frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from boutwise.learners.network._contract import Batch
from boutwise.learners.network._pixels import floats
from boutwise.learners.network.temporal._blocks import pooled


class Inputs(nn.Module):
    """Put the streams side by side, with a mask channel for what may be missing.

    A missing value becomes 0, the median of training, and the mask channel of its column 1. Of a
    stream of pictures what the encoder gives comes in, zeros where there is no picture, and one
    mask channel. Streams of fewer steps are spread over the steps of the one that has most.

    Args:
        masked: Name of each stream of features -> places of the columns that get a mask channel.
        encoders: Name of each stream of pictures -> its encoder.
    """

    def __init__(
        self, masked: Mapping[str, list[int]], encoders: Mapping[str, nn.Module] | None = None
    ) -> None:
        super().__init__()
        self.masked = {name: list(places) for name, places in masked.items()}
        self.encoders = nn.ModuleDict(encoders or {})

    @property
    def parts(self) -> dict[str, Any]:
        """Name of each stream of pictures -> its encoder."""
        return dict(self.encoders.items())

    @property
    def per_window(self) -> bool:
        """Whether an encoder gives one embedding a window."""
        return any(part.margin_frames is None for part in self.parts.values())

    @property
    def context_frames(self) -> int:
        """Frames on each side that an embedding is made of, where it is not of a whole window."""
        return max((part.margin_frames or 0 for part in self.parts.values()), default=0)

    @property
    def margin_frames(self) -> int:
        """Frames on each side that a frame's row depends on.

        Twice the margin of an encoder: the picture that stands in for one that is missing may be as
        far away again.
        """
        return max((2 * (part.margin_frames or 0) for part in self.parts.values()), default=0)

    def step_frames(self, frames: int) -> int:
        """Frames of a window that become one step, of windows of so many frames."""
        strides = [
            frames if part.margin_frames is None else int(part.stride)
            for part in self.parts.values()
        ]
        return max(1, min([1] * len(self.masked) + strides, default=1))

    def forward(self, batch: Batch) -> Tensor:
        """(B, T or its steps, channels of all streams)."""
        frames = batch.mask.shape[1]
        step = self.step_frames(frames)
        channels = []
        for name, places in self.masked.items():
            values = batch.streams[name]
            missing = torch.isnan(values) | ~batch.present[name].unsqueeze(-1)
            channels.append(torch.where(missing, torch.zeros_like(values), values))
            if places:
                channels.append(missing[..., places].to(values.dtype))
        for name, part in self.parts.items():
            each = frames if part.margin_frames is None else int(part.stride)
            present = batch.present[name]
            values = batch.streams[name]
            if values.ndim == 5:
                values = part(floats(values), present).float()
            absent = ~pooled(present, each).unsqueeze(-1)
            for found in (values, absent.to(values.dtype)):
                # Of pieces of frames that were encoded before there are as many as wanted.
                repeated = found
                if each > step:
                    repeated = found.repeat_interleave(-(-each // step), dim=1)
                channels.append(repeated[:, : -(-frames // step)])
        inside = pooled(batch.mask, step).unsqueeze(-1)
        return torch.cat(channels, dim=-1) * inside.to(channels[0].dtype)
