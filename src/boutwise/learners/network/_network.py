"""The module itself: streams -> temporal parts -> readout -> heads, put together from a member."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from boutwise import registry
from boutwise.errors import RecipeError, did_you_mean
from boutwise.learners.network._centres import centre_of
from boutwise.learners.network._contract import Augment, Batch, Facts, Target
from boutwise.learners.network._inputs import Inputs
from boutwise.learners.network._scaling import Scaling
from boutwise.learners.network.temporal._blocks import pooled
from boutwise.types import Ethogram
from boutwise.types.recipe import NetworkMember, Part


class Network(nn.Module):
    """A whole network.

    Args:
        inputs: Joins the streams.
        temporal: Parts that mix frames, in order.
        readout: What the heads see.
        heads: Name -> head.
        length: Frames of a window; needed where a score is that of a window.
    """

    def __init__(
        self,
        inputs: Inputs,
        temporal: list[nn.Module],
        readout: nn.Module,
        heads: Mapping[str, nn.Module],
        *,
        length: int = 0,
    ) -> None:
        super().__init__()
        self.length = length
        self.inputs = inputs
        self.temporal = nn.ModuleList(temporal)
        self.readout = readout
        self.heads = nn.ModuleDict(heads)

    @property
    def per_window(self) -> bool:
        """Whether there is one score a window, which is that of its centre frame."""
        return bool(self.readout.per_window)

    @property
    def margin_frames(self) -> int:
        """Frames on each side that a score may depend on."""
        if self.per_window:
            # A window of 2 n + 1 frames or of 2 n begins n frames before its centre.
            return centre_of(self.length) + self.inputs.margin_frames
        return self.inputs.margin_frames + self._temporal_frames

    @property
    def _temporal_frames(self) -> int:
        frames: Any = [part.margin_frames for part in self.temporal]
        total: int = sum(frames)
        return total

    def forward(self, batch: Batch) -> dict[str, Tensor]:
        """Scores of each head, (B, T, outputs); with one score a window T is 1."""
        values = self.readout(*self._mixed(batch))
        return {name: head(values) for name, head in self.heads.items()}

    def _mixed(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What the readout sees, and its mask."""
        values = self.inputs(batch)
        mask = pooled(batch.mask, self.inputs.step_frames(batch.mask.shape[1]))
        for part in self.temporal:
            values = part(values, mask)
            mask = pooled(mask, part.stride)  # type: ignore[arg-type]
        return values, mask

    def _judged(self, batch: Batch, target: Target) -> tuple[Target, Tensor]:
        """What the scores are compared with, and the mask of it: all frames, or the centre."""
        if not self.per_window:
            return target, batch.mask
        centre = centre_of(batch.mask.shape[1])
        return target.at(centre), batch.mask[:, centre : centre + 1]

    def loss(self, batch: Batch, target: Target) -> Tensor:
        """Sum over the heads of the mean over their outputs, a scalar."""
        return torch.stack([each.mean() for each in self.means(batch, target).values()]).sum()

    def means(self, batch: Batch, target: Target) -> dict[str, Tensor]:
        """Mean loss of each output of each head, (outputs,)."""
        return self.judge(batch, target, counted=False)[0]

    def judge(
        self, batch: Batch, target: Target, *, counted: bool = True
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The means, and of each head the counts of hits and faults, (behaviors, 3)."""
        scores = {name: values.float() for name, values in self(batch).items()}
        target, mask = self._judged(batch, target)
        heads: Any = self.heads
        means = {name: heads[name].means(scores[name], target, mask) for name in heads}
        counts = {
            name: heads[name].counts(scores[name].detach(), target, mask)
            for name in (heads if counted else ())
        }
        return means, counts

    def totals(self, batch: Batch, target: Target) -> dict[str, Tensor]:
        """Sum of the weights of each output of each head, (outputs,)."""
        target, mask = self._judged(batch, target)
        heads: Any = self.heads
        return {name: heads[name].totals(target, mask) for name in heads}

    def attention(self, batch: Batch) -> Tensor:
        """How much each step of a window counts, (B, steps); the sum is 1, and 0 is in padding."""
        weights: Tensor = self.readout.weights(*self._mixed(batch))  # type: ignore[operator]
        return weights

    @property
    def step_frames(self) -> int:
        """Frames that become one step of what the readout sees."""
        strides: Any = [part.stride for part in self.temporal]
        steps: int = math.prod(strides)
        return steps * self.inputs.step_frames(max(1, self.length))

    def start(self) -> None:
        """Begin with the weights of another training, where an encoder is told to."""
        for part in self.inputs.parts.values():
            if hasattr(part, "start"):
                part.start()

    def rates(self) -> dict[str, float]:
        """Name of each parameter that learns at another rate -> its share of the learning rate."""
        return {
            f"inputs.encoders.{stream}.{name}": share
            for stream, part in self.inputs.parts.items()
            if hasattr(part, "rates")
            for name, share in part.rates().items()
        }


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
        scaling: Of the inputs; says how many channels come in, and what pictures look like.
        weights: Name of each head -> (behaviors, 2), weights of 'no' and 'yes'.

    Raises:
        RecipeError: An option is unknown or left at ``auto``.
        PartError: There is no part of that name.
    """
    masked = {
        name: [place for place, yes in enumerate(stream.masked) if yes]
        for name, stream in scaling.streams.items()
    }
    encoders = {
        name: _made(_encoder_of(member, name), "encoder", "Encoder", picture.channels, picture.size)
        for name, picture in scaling.pixels.items()
    }
    inputs = Inputs(masked, encoders)
    width = sum(stream.width for stream in scaling.streams.values())
    width += sum(int(part.width) + 1 for part in encoders.values())
    temporal = []
    for spec in member.temporal:
        part = _made(spec, "temporal", "Temporal", width)
        temporal.append(part)
        width = int(part.width)
    readout = _made(member.readout, "readout", "Readout", width)
    _refuse_undense(member, inputs, temporal, readout)
    heads = {}
    for name, head in member.heads.items():
        loss = _made(head.loss, "loss", "Loss")
        make = registry.load("head", name).Head
        if readout.per_window and getattr(make, "per_frame", False):
            raise RecipeError(
                f"the head '{name}' looks at every frame of a window, and the readout "
                f"'{member.readout.part}' gives one score a window",
                expected="the readout frames",
            )
        heads[name] = make(int(readout.width), ethogram, loss=loss, weights=weights[name])
    length = int(member.windows.length) if readout.per_window else 0
    return Network(inputs, temporal, readout, heads, length=length)


def _encoder_of(member: NetworkMember, name: str) -> Part:
    spec = member.streams[name].encoder
    if spec is None:
        raise RecipeError(f"the stream '{name}' holds pictures, and has no encoder")
    return spec


def _refuse_undense(
    member: NetworkMember, inputs: Inputs, temporal: list[Any], readout: Any
) -> None:
    """A part that sees its whole window cannot score every frame of it."""
    encoders = [(_encoder_of(member, name), part) for name, part in inputs.parts.items()]
    parts = [("encoder", *each) for each in encoders]
    parts += [("temporal part", *each) for each in zip(member.temporal, temporal, strict=True)]
    for kind, spec, part in parts:
        if not readout.per_window and (part.margin_frames is None or part.stride != 1):
            raise RecipeError(
                f"the {kind} '{spec.part}' has no score for every frame of a window, and "
                f"the readout '{member.readout.part}' wants one",
                expected="a readout that gives one score a window: attention, mean or center",
            )


def augments_of(member: NetworkMember, data: Facts) -> list[Augment]:
    """The augmentations of batches of a member, in order; the others made its views."""
    of_poses = registry.names("pose augmentation")
    parts = [spec for spec in member.augment if spec.part not in of_poses]
    return [_made(spec, "augmentation", "Augment", data) for spec in parts]


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
