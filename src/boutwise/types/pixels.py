"""Pixels: the pictures of one subject, read when they are needed."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Pixels(Protocol):
    """Pictures of one subject at the working rate: a video is never whole in memory.

    Attributes:
        shape: (frames, channels, height, width).
        present: (frames,): False where there is no picture of the subject: it has no box, or the
            frame cannot be decoded. What is read there means nothing.
    """

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(frames, channels, height, width); channels are 1 for gray and 3 for RGB."""
        ...

    @property
    def present(self) -> NDArray[np.bool_]:
        """Whether there is a picture, (frames,)."""
        ...

    def __len__(self) -> int:
        """Number of frames."""
        ...

    def __getitem__(self, frames: slice) -> NDArray[np.uint8]:
        """Some frames that follow each other, (frames, channels, height, width), uint8."""
        ...
