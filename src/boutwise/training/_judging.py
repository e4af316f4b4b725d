"""Losses of a batch, and how they are put together from parts of it.

A module that is trained has ``loss(batch, target)``, a mean over the frames of a batch. One with
several outputs that count frames differently has ``means``, ``totals`` and ``judge`` as well (see
``boutwise.learners.network._network``): from them the loss of a batch is put together exactly, in
whatever parts it was computed, and the loss of a validation set too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn

ONLY = ""
"""Name of the head of a module that tells its loss alone."""

Outputs = Mapping[str, Tensor]
"""Name of each head -> (outputs,)."""


def totals_of(module: nn.Module, batch: Any, target: Any) -> Outputs:
    """How much weight each output has in a batch; known before anything is scored."""
    tell: Callable[..., Outputs] | None = getattr(module, "totals", None)
    if tell is not None:
        return tell(batch, target)
    return {ONLY: (target.weights * batch.mask).sum().reshape(1)}


def means_of(module: nn.Module, batch: Any, target: Any) -> Outputs:
    """The mean loss of each output."""
    tell: Callable[..., Outputs] | None = getattr(module, "means", None)
    if tell is not None:
        return tell(batch, target)
    loss: Tensor = module.loss(batch, target)  # type: ignore[operator]
    return {ONLY: loss.reshape(1)}


def judged(module: nn.Module, batch: Any, target: Any) -> tuple[Outputs, Outputs]:
    """The mean loss of each output, and the counts of hits and faults of each head if it tells."""
    tell: Callable[..., tuple[Outputs, Outputs]] | None = getattr(module, "judge", None)
    if tell is not None:
        return tell(batch, target)
    return means_of(module, batch, target), {}


def shares_of(part: Outputs, whole: Outputs) -> Outputs:
    """Which share of the weight of a whole batch is in a part of it, for each output."""
    return {name: part[name] / whole[name].clamp(min=1e-12) for name in whole}


def losses_of(means: Outputs, shares: Outputs | None = None) -> dict[str, Tensor]:
    """The loss of each head, a scalar: the mean of its outputs.

    With ``shares`` it is what a part gives to the loss of its whole: the sum over all parts is the
    loss of the whole batch, and so is the sum of their gradients.
    """
    if shares is None:
        return {name: each.mean() for name, each in means.items()}
    return {name: (each * shares[name]).mean() for name, each in means.items()}


class Sums:
    """The losses and counts of a validation set, over batches of any size."""

    def __init__(self) -> None:
        self.losses: dict[str, Tensor] = {}
        self.weights: dict[str, Tensor] = {}
        self.counts: dict[str, Tensor] = {}

    def add(self, means: Outputs, totals: Outputs, counts: Outputs) -> None:
        """Add a batch."""
        for name, each in means.items():
            weight = totals[name].double().cpu()
            # An output without weight has a mean of 0, whatever it was computed from.
            self._put(self.losses, name, each.detach().double().cpu() * weight)
            self._put(self.weights, name, weight)
        self.count(counts)

    def count(self, counts: Outputs) -> None:
        """Add hits and faults alone, (behaviors, 3) of each head."""
        for name, each in counts.items():
            self._put(self.counts, name, each.double().cpu())

    @staticmethod
    def _put(sums: dict[str, Tensor], name: str, values: Tensor) -> None:
        sums[name] = sums[name] + values if name in sums else values

    @property
    def loss(self) -> float:
        """The loss of the set as if it were one batch; infinite when nothing was judged."""
        if not any(bool((weight > 0).any()) for weight in self.weights.values()):
            return float("inf")
        heads = [
            (self.losses[name] / self.weights[name].clamp(min=1e-12)).mean() for name in self.losses
        ]
        return float(torch.stack(heads).sum())

    def f1(self, head: str) -> list[float | None]:
        """F1 of each behavior that a head counts; None of one that did not occur."""
        if head not in self.counts:
            return []
        hits, alarms, misses = self.counts[head].unbind(dim=1)
        found = 2 * hits / (2 * hits + alarms + misses).clamp(min=1e-12)
        there = (hits + misses > 0).tolist()
        return [value if here else None for value, here in zip(found.tolist(), there, strict=True)]

    @property
    def macro_f1(self) -> float | None:
        """Mean F1 of the behaviors that occur; None where none does, or nobody counted."""
        found = [value for head in self.counts for value in self.f1(head) if value is not None]
        return fmean(found) if found else None
