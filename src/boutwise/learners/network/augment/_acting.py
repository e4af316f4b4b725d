"""What an augmentation acts on: a part that could change nothing is refused, not ignored."""

from __future__ import annotations

import torch
from torch import Tensor

from boutwise.errors import RecipeError
from boutwise.learners.network._contract import Batch, Facts


def need_pixels(data: Facts, part: str) -> None:
    """Refuse a part that changes pictures where the network reads none.

    Raises:
        RecipeError: It reads none.
    """
    if not data.pixels:
        raise RecipeError(
            f"the augmentation '{part}' changes pictures, and the network reads none",
            expected="a stream with an encoder",
            todo=f"take '{part}' out of 'augment'",
        )


def need_features(data: Facts, part: str) -> None:
    """Refuse a part that changes features where the network reads none.

    Raises:
        RecipeError: It reads none.
    """
    if not data.streams:
        raise RecipeError(
            f"the augmentation '{part}' changes features, and the network reads none",
            expected="a stream of features",
            todo=f"take '{part}' out of 'augment'",
        )


def chosen(batch: Batch, share: float, generator: torch.Generator) -> Tensor:
    """Which windows are changed, (B,), bool: each by a chance of ``share``."""
    return torch.rand(len(batch), generator=generator) < share


def between(low: float, high: float, count: int, generator: torch.Generator) -> Tensor:
    """Numbers drawn evenly, (count,)."""
    return low + (high - low) * torch.rand(count, generator=generator)


def of_windows(values: Tensor) -> Tensor:
    """One number a window, shaped to go with pictures: (B,) -> (B, 1, 1, 1, 1)."""
    return values.view(-1, 1, 1, 1, 1)
