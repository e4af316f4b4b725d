"""The module itself: streams -> temporal parts -> readout -> heads, put together from a member."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from boutwise import registry
from boutwise.errors import RecipeError, did_you_mean
from boutwise.learners.network._contract import Augment, Batch, Target
from boutwise.learners.network._scaling import Scaling
from boutwise.types import Ethogram
from boutwise.types.recipe import NetworkMember, Part


class Inputs(nn.Module):
    """Put the streams side by side, with a mask channel for each column that may be missing.

    A missing value becomes 0, the median of training, and its mask channel 1.

    Args:
        masked: Name of each stream -> places of the columns that get a mask channel.
    """

    def __init__(self, masked: Mapping[str, list[int]]) -> None:
        super().__init__()
        self.masked = {name: list(places) for name, places in masked.items()}

    def forward(self, batch: Batch) -> Tensor:
        """(B, T, channels of all streams)."""
        channels = []
        for name, places in self.masked.items():
            values = batch.streams[name]
            missing = torch.isnan(values) | ~batch.present[name].unsqueeze(-1)
            channels.append(torch.where(missing, torch.zeros_like(values), values))
            if places:
                channels.append(missing[..., places].to(values.dtype))
        inside = batch.mask.unsqueeze(-1)
        return torch.cat(channels, dim=-1) * inside.to(channels[0].dtype)


class Network(nn.Module):
    """A whole network.

    Args:
        inputs: Joins the streams.
        temporal: Parts that mix frames, in order.
        readout: What the heads see.
        heads: Name -> head.
    """

    def __init__(
        self,
        inputs: Inputs,
        temporal: list[nn.Module],
        readout: nn.Module,
        heads: Mapping[str, nn.Module],
    ) -> None:
        super().__init__()
        self.inputs = inputs
        self.temporal = nn.ModuleList(temporal)
        self.readout = readout
        self.heads = nn.ModuleDict(heads)

    @property
    def margin_frames(self) -> int:
        """Frames on each side that a score may depend on."""
        frames: Any = [part.margin_frames for part in self.temporal]
        return sum(frames)

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Scores of each head, (B, T, outputs)."""
        values = self.inputs(batch)
        for part in self.temporal:
            values = part(values, batch.mask)
        values = self.readout(values, batch.mask)
        return {name: head(values) for name, head in self.heads.items()}

    def loss(self, batch: Batch, target: Target) -> Tensor:
        """Sum of the losses of the heads, a scalar."""
        scores = self(batch)
        losses: list[Tensor] = [
            head.loss(scores[name], target, batch.mask)  # type: ignore[operator]
            for name, head in self.heads.items()
        ]
        return torch.stack(losses).sum()


def build(
    member: NetworkMember,
    ethogram: Ethogram,
    scaling: Scaling,
    weights: Mapping[str, Tensor],
) -> Network:
    """Put a network together.

    Args:
        member: Its parts; no ``auto`` may be left in their options.
        ethogram: Of the heads.
        scaling: Of the inputs; says how many channels come in.
        weights: Name of each head -> (behaviors, 2), weights of 'no' and 'yes'.

    Raises:
        RecipeError: An option is unknown or left at ``auto``.
        PartError: There is no part of that name.
    """
    masked = {
        name: [place for place, yes in enumerate(stream.masked) if yes]
        for name, stream in scaling.streams.items()
    }
    width = sum(stream.width for stream in scaling.streams.values())
    temporal = []
    for spec in member.temporal:
        part = _made(spec, "temporal", "Temporal", width)
        temporal.append(part)
        width = int(part.width)
    readout = _made(member.readout, "readout", "Readout", width)
    heads = {}
    for name, head in member.heads.items():
        loss = _made(head.loss, "loss", "Loss")
        make = registry.load("head", name).Head
        heads[name] = make(int(readout.width), ethogram, loss=loss, weights=weights[name])
    return Network(Inputs(masked), temporal, readout, heads)


def augments_of(member: NetworkMember) -> list[Augment]:
    """The augmentations of a member, in order."""
    return [_made(spec, "augmentation", "Augment") for spec in member.augment]


def _made(spec: Part, kind: str, class_name: str, *args: Any) -> Any:
    make: Callable[..., Any] = getattr(registry.load(kind, spec.part), class_name)
    known = _options(make)
    for option, value in spec.options.items():
        if option not in known:
            raise RecipeError(
                f"the {kind} '{spec.part}' has no option '{option}'",
                todo=did_you_mean(option, known),
            )
        if value == "auto":
            raise RecipeError(
                f"the option '{option}' of the {kind} '{spec.part}' is still 'auto'",
                expected="a value: a plan replaces every 'auto'",
            )
    return make(*args, **spec.options)


def _options(make: Callable[..., Any]) -> list[str]:
    code = make.__init__.__code__
    first = code.co_argcount
    return list(code.co_varnames[first : first + code.co_kwonlyargcount])
