"""Pictures: how they become numbers, and what stands in for a frame that has none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from boutwise.errors import DataError
from boutwise.types import Pixels


@dataclass(frozen=True)
class Picture:
    """What the pictures of a stream look like.

    Attributes:
        channels: 1 for gray, 3 for RGB.
        size: Pixels a side.
    """

    channels: int
    size: int

    def __str__(self) -> str:
        return f"{'gray' if self.channels == 1 else 'RGB'}, {self.size} x {self.size} pixels"

    @classmethod
    def of(cls, shape: tuple[int, ...], name: str, place: str) -> Picture:
        """What a stream of this shape holds.

        Raises:
            DataError: The pictures are not square, or neither gray nor RGB.
        """
        if len(shape) != 4 or shape[1] not in (1, 3) or shape[2] != shape[3] or shape[2] < 1:
            raise DataError(
                f"the pictures '{name}' of {place} have the shape {tuple(shape)}",
                expected="(frames, 1 or 3 channels, size, size)",
            )
        return cls(int(shape[1]), int(shape[2]))


def floats(values: Tensor) -> Tensor:
    """Pictures as float from 0 to 1, on the device where they are."""
    return values.float() / 255 if values.dtype == torch.uint8 else values


def nearest_inside(mask: Tensor) -> Tensor:
    """For each frame the nearest one inside the mask, the earlier of two; (B, T) -> (B, T), int64.

    Where nothing is inside each frame is its own.

    >>> nearest_inside(torch.tensor([[False, True, False, False, False, True, False]])).tolist()
    [[1, 1, 1, 1, 5, 5, 5]]
    """
    frames = torch.arange(mask.shape[1], device=mask.device).expand(mask.shape)
    far = 3 * mask.shape[1]
    before = torch.where(mask, frames, torch.full_like(frames, -far)).cummax(dim=1).values
    behind = torch.where(mask, frames, torch.full_like(frames, far))
    behind = behind.flip(1).cummin(dim=1).values.flip(1)
    nearest = torch.where(frames - before <= behind - frames, before, behind)
    return torch.where(mask.any(dim=1, keepdim=True), nearest, frames)


def held(pixels: Tensor, mask: Tensor) -> Tensor:
    """The pictures, (B, T, ...), with the nearest one in the place of each that is not there."""
    if bool(mask.all()):
        return pixels
    rows = torch.arange(len(mask), device=mask.device).unsqueeze(1)
    return pixels[rows, nearest_inside(mask)]


class Reading:
    """Reads stretches of pixels that go forward and overlap; each picture is read once.

    Args:
        pixels: Of one subject.
    """

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self.first = 0
        self.kept: NDArray[np.uint8] = np.empty((0, *pixels.shape[1:]), dtype=np.uint8)

    def stretch(self, first: int, last: int) -> NDArray[np.uint8]:
        """The frames from ``first`` to before ``last``."""
        known = self.first + len(self.kept)
        if not self.first <= first <= known:
            self.first, known = first, first
            self.kept = self.kept[:0]
        parts = [self.kept[first - self.first :]]
        if known < last:
            parts.append(np.asarray(self.pixels[known:last]))
        self.first, self.kept = first, np.concatenate(parts)
        return self.kept[: last - first]
