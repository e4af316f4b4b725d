"""What a stream holds: features, or pictures, which are read when they are needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing_extensions import TypeIs


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


StreamValues = NDArray[np.float32] | Pixels
"""What a stream holds for each frame of a subject: features, (frames, channels), or pictures."""


class Rows(Protocol):
    """Features of one subject, read when they are needed: hours of them would fill the memory.

    Attributes:
        shape: (frames, channels).
        present: (frames,): where some channel has a value, of what was read so far.
    """

    @property
    def shape(self) -> tuple[int, int]:
        """(frames, channels)."""
        ...

    @property
    def present(self) -> NDArray[np.bool_]:
        """Whether there is a value, (frames,); False where nothing was read yet."""
        ...

    def __len__(self) -> int:
        """Number of frames."""
        ...

    def __getitem__(self, frames: slice) -> NDArray[np.float32]:
        """Some frames that follow each other, (frames, channels), NaN = missing."""
        ...


LongValues = StreamValues | Rows
"""What is scored: a stream that need not be in memory at any time."""


def is_pixels(values: LongValues) -> TypeIs[Pixels]:
    """Whether a stream holds pictures, and not features.

    >>> is_pixels(np.zeros((3, 2), dtype=np.float32))
    False
    """
    return len(values.shape) == 4


@dataclass(frozen=True, eq=False)
class PixelStretch:
    """Some frames of a subject's pixels that follow each other; reads what is asked for only.

    Attributes:
        pixels: Of the whole subject.
        first: First frame of the stretch.
        last: Frame behind its last one.
    """

    pixels: Pixels
    first: int
    last: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(frames, channels, height, width)."""
        return (len(self), *self.pixels.shape[1:])

    @property
    def present(self) -> NDArray[np.bool_]:
        """Whether there is a picture, (frames,)."""
        return self.pixels.present[self.first : self.last]

    def __len__(self) -> int:
        """Number of frames."""
        return self.last - self.first

    def __getitem__(self, frames: slice) -> NDArray[np.uint8]:
        """Frames of the stretch that follow each other, counted from its first."""
        start, stop, _ = frames.indices(len(self))
        return self.pixels[self.first + start : self.first + stop]
