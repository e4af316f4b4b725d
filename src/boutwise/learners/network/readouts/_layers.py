"""Dense layers between a pooled window and the heads."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn


def dense_layers(width: int, hidden: Sequence[int], dropout: float) -> nn.Sequential:
    """Linear layers of the given widths, each with ReLU and dropout; none gives what it got."""
    layers: list[nn.Module] = []
    for size in hidden:
        layers += [nn.Linear(width, size), nn.ReLU(), nn.Dropout(dropout)]
        width = size
    return nn.Sequential(*layers)
