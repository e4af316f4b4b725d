"""Features of long recordings, computed when they are read, some thousand frames at a time.

Hours of features would fill the memory: two hours of one animal at thirty frames a second are 85
megabytes with the outline of a mouse, and several times that with the pose of two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.prepare.streams import Stream, placed
from boutwise.types import LongValues, Pixels, is_pixels

STRETCH_FRAMES = 8192
"""Frames that are computed at once: as many as are scored at once."""

Reader = Callable[[int, int], NDArray[np.float32]]
"""From the first frame of a stretch and the one behind its last to its rows."""


@dataclass(frozen=True)
class Stretch:
    """Frames that follow each other, with the context that they need.

    Attributes:
        start: First frame.
        stop: Frame behind the last.
        low: First frame of the context.
        high: Frame behind the last of the context.
    """

    start: int
    stop: int
    low: int
    high: int

    @classmethod
    def within(cls, start: int, stop: int, *, margin: int, n_frames: int) -> Stretch:
        """Some frames with a margin on both sides, cut at the ends of the recording.

        >>> Stretch.within(2, 5, margin=3, n_frames=7)
        Stretch(start=2, stop=5, low=0, high=7)
        """
        return cls(start, stop, max(start - margin, 0), min(stop + margin, n_frames))

    @property
    def inner(self) -> slice:
        """The frames without their context, counted from its first."""
        return slice(self.start - self.low, self.stop - self.low)


def stretches(n_frames: int, margin: int) -> Iterator[Stretch]:
    """Cut a recording into stretches; one without frames is one stretch."""
    for start in range(0, max(n_frames, 1), STRETCH_FRAMES):
        stop = min(start + STRETCH_FRAMES, n_frames)
        yield Stretch.within(start, stop, margin=margin, n_frames=n_frames)


class FeatureRows:
    """Features of one subject, by column name; see :class:`~boutwise.types.Rows`.

    Args:
        n_frames: Of the recording.
        pieces: Of each feature set what reads it, and the names of its columns.
        wanted: Columns in the order in which they are given; one that no set has is NaN. None =
            all of them, as the sets have them.
    """

    def __init__(
        self,
        n_frames: int,
        pieces: Sequence[tuple[Reader, tuple[str, ...]]],
        wanted: tuple[str, ...] | None = None,
    ) -> None:
        self._pieces = tuple(pieces)
        self._found = tuple(name for _, names in pieces for name in names)
        self.columns = self._found if wanted is None else wanted
        self.present = np.zeros(n_frames, dtype=bool)

    @classmethod
    def of(cls, stream: Stream) -> FeatureRows | Pixels:
        """The rows of a stream that is there already; its pictures, where it is one of these."""
        values = stream.values
        if is_pixels(values):
            return values
        return cls(len(values), [(lambda start, stop: values[start:stop], stream.columns)])

    @property
    def shape(self) -> tuple[int, int]:
        """(frames, columns)."""
        return (len(self), len(self.columns))

    def __len__(self) -> int:
        """Number of frames."""
        return int(self.present.size)

    def __getitem__(self, frames: slice) -> NDArray[np.float32]:
        """Some frames that follow each other, (frames, columns)."""
        start, stop, _ = frames.indices(len(self))
        found = [read(start, stop) for read, _ in self._pieces]
        values = found[0] if len(found) == 1 else np.concatenate(found, axis=1)
        values = placed(values, self._found, self.columns)
        self.present[start:stop] = np.isfinite(values).any(axis=1)
        return values

    def of_columns(self, wanted: Sequence[str]) -> FeatureRows:
        """The same with other columns, by name; one that is not there is NaN."""
        return FeatureRows(len(self), self._pieces, tuple(wanted))


def at_once(values: LongValues) -> NDArray[np.float32] | Pixels:
    """All features of a stream, for what needs them together; pictures as they are."""
    return values if is_pixels(values) else values[:]
