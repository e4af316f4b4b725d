"""What the parts of a network look like, and the batch that they work on.

Axes: B windows, T frames, D channels, N behaviors; of pictures C colors, H rows and W columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import torch
from torch import Tensor

from boutwise.types import Ethogram, Mirror


@dataclass(frozen=True, eq=False)
class Batch:
    """Windows of one or several streams.

    Attributes:
        streams: Name -> features, (B, T, D), standardized, NaN = missing; or pictures, (B, T, C,
            H, W), uint8 as they were read, or float from 0 to 1 once they were changed.
        mask: (B, T), bool; False = padding behind the end of a recording.
        present: Name -> (B, T), bool; False = the whole stream is missing in that frame.
    """

    streams: Mapping[str, Tensor]
    mask: Tensor
    present: Mapping[str, Tensor]

    def __len__(self) -> int:
        """Windows."""
        return len(self.mask)

    @property
    def features(self) -> dict[str, Tensor]:
        """The streams of features, (B, T, D) each."""
        return {name: values for name, values in self.streams.items() if values.ndim == 3}

    @property
    def pixels(self) -> dict[str, Tensor]:
        """The streams of pictures, (B, T, C, H, W) each."""
        return {name: values for name, values in self.streams.items() if values.ndim == 5}

    def changed(self, streams: Mapping[str, Tensor]) -> Batch:
        """The same batch with other values of some streams."""
        return replace(self, streams={**self.streams, **streams})

    def with_stream(self, name: str, values: Tensor, present: Tensor) -> Batch:
        """The same batch with one stream more."""
        return Batch(
            {**self.streams, name: values}, self.mask, {**self.present, name: present & self.mask}
        )

    def rows(self, first: int, last: int) -> Batch:
        """The windows from ``first`` to before ``last``."""
        here = slice(first, last)
        return Batch(
            {name: values[here] for name, values in self.streams.items()},
            self.mask[here],
            {name: values[here] for name, values in self.present.items()},
        )

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on a device."""
        return Batch(
            {name: values.to(device) for name, values in self.streams.items()},
            self.mask.to(device),
            {name: values.to(device) for name, values in self.present.items()},
        )


@dataclass(frozen=True, eq=False)
class Target:
    """What people said about the windows of a batch.

    Attributes:
        labels: (B, T, N), :class:`~boutwise.types.FrameState` codes; padding is unlabelled.
        weights: (B, T), float32; 0 = not trained on.
        places: Subject and first frame of each window, for messages.
        shares: (B, T, N), share of annotators who said 'yes', NaN where nobody judged; learned in
            place of the labels. None = the labels are learned.
    """

    labels: Tensor
    weights: Tensor
    places: tuple[str, ...] = ()
    shares: Tensor | None = None

    def to(self, device: torch.device | str) -> Target:
        """The same target on a device."""
        shares = None if self.shares is None else self.shares.to(device)
        return Target(self.labels.to(device), self.weights.to(device), self.places, shares)

    def rows(self, first: int, last: int) -> Target:
        """What was said about the windows from ``first`` to before ``last``."""
        here = slice(first, last)
        shares = None if self.shares is None else self.shares[here]
        return Target(self.labels[here], self.weights[here], self.places[here], shares)

    def at(self, frame: int) -> Target:
        """What was said about one frame of each window, with T = 1."""
        here = slice(frame, frame + 1)
        shares = None if self.shares is None else self.shares[:, here]
        return Target(self.labels[:, here], self.weights[:, here], self.places, shares)


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of the training data before any batch is made of them.

    Attributes:
        ethogram: Behaviors of the labels.
        fps: Working rate, frames per second.
        streams: Names of the streams of features that the network reads.
        mirrors: Name of each stream that can be mirrored -> what becomes of its columns.
        pixels: Names of the streams of pictures that it reads.
    """

    ethogram: Ethogram
    fps: float
    streams: tuple[str, ...]
    mirrors: Mapping[str, Mirror] = field(default_factory=dict)
    pixels: tuple[str, ...] = ()


class Encoder(Protocol):
    """Part of ``encoders``: a module class ``Encoder(channels, size, **options)``.

    ``channels`` is 1 for gray and 3 for RGB, ``size`` the pixels a side. One that begins with
    weights of another training has a method ``start()``, called before a fit and not when a fitted
    network is loaded. One whose layers learn at different rates has ``rates()``, the name of each
    such parameter -> the share of the learning rate that it gets. One that need not compute the
    embeddings of context frames has ``inner(pixels, mask, before, behind)``, which leaves them out.

    Attributes:
        width: Channels that it gives, D.
        margin_frames: Frames on each side that a frame's embedding depends on, where all of them
            have a picture; None = one embedding a window, of all its frames, so that it goes only
            with a readout that gives one score a window.
        stride: Frames that become one step of its output; of no meaning with one a window.
    """

    width: int
    margin_frames: int | None
    stride: int

    def __call__(self, pixels: Tensor, mask: Tensor) -> Tensor:
        """(B, T, C, H, W) from 0 to 1 and (B, T) -> (B, T / stride or 1, D), 0 outside the mask.

        The mask is False behind the end of a recording and where there is no picture. What stands
        there changes nothing; it is zero, or the nearest picture takes its place.
        """
        ...


class Temporal(Protocol):
    """Part of ``temporal``: a module class ``Temporal(width, **options)``.

    Attributes:
        width: Channels that it gives, D2.
        margin_frames: Frames on each side that a score may depend on; None = the whole window, so
            that it goes only with a readout that gives one score a window.
        stride: Frames that become one step of its output.
    """

    width: int
    margin_frames: int | None
    stride: int

    def __call__(self, values: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) -> (B, T / stride, D2), 0 outside the mask.

        The last step may be short. Frames outside the mask change nothing inside it; with a margin
        they are like the end of the recording.
        """
        ...


class Readout(Protocol):
    """Part of ``readouts``: a module class ``Readout(width, **options)``.

    One that weighs the steps of a window has a method ``weights(values, mask)``, (B, T, D) ->
    (B, T): they sum to 1 and are 0 outside the mask.

    Attributes:
        width: Channels that it gives, D2.
        per_window: Whether it gives one score a window, which is that of its centre frame.
    """

    width: int
    per_window: bool

    def __call__(self, values: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) -> (B, T or 1, D2)."""
        ...


class Loss(Protocol):
    """Part of ``losses``: a module class ``Loss(**options)``."""

    def __call__(self, scores: Tensor, target: Tensor, weight: Tensor) -> Tensor:
        """Weighted mean of the loss of some frames; exactly 0 when all weights are 0.

        Args:
            scores: (frames, classes), logits: a softmax over the classes of an exclusive group,
                or the sigmoid of one independent behavior when there is one class.
            target: (frames, classes), 0 to 1; in a group it sums to 1.
            weight: (frames,), 0 or more.
        """
        ...


class Head(Protocol):
    """Part of ``heads``: a module class ``Head(width, ethogram, loss=..., weights=...)``.

    Attributes:
        counted: Behaviors of which :meth:`counts` has a row, in order; empty where there is none.
    """

    counted: tuple[str, ...]

    def __call__(self, values: Tensor) -> Tensor:
        """(B, T, D) -> scores, (B, T, N)."""
        ...

    def loss(self, scores: Tensor, target: Target, mask: Tensor) -> Tensor:
        """Scalar, the mean of ``means``.

        Unlabelled, unscorable, untrained and padded frames have zero weight.
        """
        ...

    def means(self, scores: Tensor, target: Target, mask: Tensor) -> Tensor:
        """The weighted mean over frames of the loss of each output, (outputs,)."""
        ...

    def totals(self, target: Target, mask: Tensor) -> Tensor:
        """The sum of the weights of each output, (outputs,).

        With them the loss of a batch can be put together from parts of it.
        """
        ...

    def counts(self, scores: Tensor, target: Target, mask: Tensor) -> Tensor:
        """Hits, false alarms and misses, (behaviors, 3): of those that ``counted`` names."""
        ...


class Augment(Protocol):
    """Part of ``augment``: a class ``Augment(data, **options)``; ``data`` is a :class:`Facts`.

    Attributes:
        makes_missing: Whether it hides values, so that the network needs a mask of each column.
    """

    makes_missing: bool

    def __call__(
        self, batch: Batch, target: Target, generator: torch.Generator
    ) -> tuple[Batch, Target]:
        """Another batch of the same shape; everything random comes from the generator (CPU)."""
        ...
