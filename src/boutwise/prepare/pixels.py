"""Pictures of a subject, read when needed: cut on the way, or kept in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.prepare.crops import Crop, Squares
from boutwise.prepare.cutting import cut
from boutwise.prepare.detectors import Scene
from boutwise.store import Store
from boutwise.types import FrameClock
from boutwise.video import EXACT_GRAY, EXACT_RGB, Look, Video, VideoWriter

TICKS_PER_S = 90_000
"""Kept videos count time in these, as most containers do."""
ARRAY = ".npy"
ARRAY_BYTES = 128 * 128
"""Pictures up to this size are kept as an array: an hour at 96 pixels and 30 frames a second is a
gigabyte, and is read a hundred times as fast as a video of a fifth of its size."""
TOLD = 500
"""Frames from one word about the progress to the next."""


@dataclass(eq=False)
class CutPictures:
    """Pictures that are cut out of the video when they are read; see :class:`Pixels`.

    What was read last is remembered: stretches that follow each other overlap, and a frame is
    decoded once.
    """

    scene: Scene
    frames: NDArray[np.int64]
    squares: Squares
    crop: Crop
    present: NDArray[np.bool_] = field(init=False)
    _last: tuple[int, NDArray[np.uint8]] | None = field(init=False, default=None, repr=False)
    _open: Video | None = field(init=False, default=None, repr=False)

    def __post_init__(self) -> None:
        """What is damaged is known before it is read; the rest is found out by reading."""
        damaged = np.isin(self.frames, self.scene.index.damaged)
        self.present = self.squares.present & ~damaged

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(frames, channels, height, width)."""
        return (len(self.frames), self.crop.channels, self.crop.size, self.crop.size)

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.frames)

    def __getitem__(self, frames: slice) -> NDArray[np.uint8]:
        """Some frames that follow each other; one that cannot be decoded is no longer present."""
        start, stop, _ = frames.indices(len(self))
        found = np.zeros((max(stop - start, 0), *self.shape[1:]), dtype=np.uint8)
        first = start
        if self._last is not None and self._last[0] <= start < self._last[0] + len(self._last[1]):
            known = self._last[1][start - self._last[0] :][: stop - start]
            found[: len(known)] = known
            first = start + len(known)
        for place, picture in self.cuts(first, stop):
            if picture is None:
                self.present[place] = False
            else:
                found[place - start] = picture
        self._last = (start, found)
        return found

    def cuts(self, start: int, stop: int) -> Iterator[tuple[int, NDArray[np.uint8] | None]]:
        """Each frame of a stretch with its picture, (channels, size, size); None = there is none.

        A frame without a box is not decoded.
        """
        if self._open is None:
            look = Look(color=self.crop.color)
            self._open = Video(self.scene.path, self.scene.index, look=look)
        wanted = np.flatnonzero(self.present[start:stop]) + start
        pictures = self._open.pictures(self.frames[wanted])
        for place in range(start, stop):
            picture = next(pictures) if self.present[place] else None
            if picture is not None:
                facing = self.squares.facing
                square = cut(
                    picture,
                    self.squares.corners[place],
                    self.crop.size,
                    facing=None if facing is None else float(facing[place]),
                )
                picture = square[None] if square.ndim == 2 else square.transpose(2, 0, 1)
            yield place, picture


class KeptPictures:
    """Pictures from the store; see :class:`Pixels`.

    Args:
        path: What is kept: an array, or a video that loses nothing.
        channels: 1 or 3; ``size`` pixels a side.
        present: (frames,): where there is a picture.
    """

    def __init__(self, path: Path, channels: int, size: int, present: NDArray[np.bool_]) -> None:
        self._path, self.present = path, present
        self.shape = (len(present), channels, size, size)
        self._open: Video | NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.present)

    def __getitem__(self, frames: slice) -> NDArray[np.uint8]:
        """Some frames that follow each other."""
        if self._open is None:
            self._open = self._opened()
        if isinstance(self._open, np.ndarray):
            return self._open[frames]
        pixels = self._open.read(range(*frames.indices(len(self)))).pixels
        return pixels[:, None] if pixels.ndim == 3 else pixels.transpose(0, 3, 1, 2)

    def _opened(self) -> Video | NDArray[np.uint8]:
        if self._path.suffix == ARRAY:
            found: NDArray[np.uint8] = np.load(self._path, mmap_mode="r")
            return found
        return Video(self._path, look=Look(color="gray" if self.shape[1] == 1 else "rgb"))


def kept_pictures(store: Store, key: str) -> KeptPictures | None:
    """Pictures that a store keeps; None where it does not."""
    path, header, present = store.file(key), store.header(key), store.array(_of_present(key))
    if path is None or header is None or present is None:
        return None
    return KeptPictures(path, header["channels"], header["size"], np.array(present))


def _of_present(key: str) -> str:
    return Store.key(key, "present")


def keep(
    store: Store, key: str, cutting: CutPictures, clock: FrameClock, say: Callable[[int], None]
) -> None:
    """Cut all pictures and keep them, exactly as they are cut.

    Small ones as an array, which is read fastest, others as a video that loses nothing. Where there
    is no picture the one before stands in the file; it is not present.

    Args:
        store: Where they are kept.
        key: Under which.
        cutting: The pictures.
        clock: Of their frames.
        say: Called with the number of frames that are done.
    """
    present = np.zeros(len(cutting), dtype=bool)
    _, channels, size, _ = cutting.shape

    def pictures() -> Iterator[NDArray[np.uint8]]:
        last = np.zeros((channels, size, size), dtype=np.uint8)
        for place, picture in cutting.cuts(0, len(cutting)):
            present[place] = picture is not None
            last = last if picture is None else picture
            yield last
            if place % TOLD == 0:
                say(place)

    def fill_array(path: Path) -> None:
        found = np.lib.format.open_memmap(path, "w+", np.uint8, cutting.shape)
        for place, picture in enumerate(pictures()):
            found[place] = picture
        found.flush()

    def fill_video(path: Path) -> None:
        ticks = np.round((clock.times_s - clock.times_s[0]) * TICKS_PER_S).astype(np.int64)
        exact = EXACT_GRAY if channels == 1 else EXACT_RGB
        with VideoWriter(path, (size, size), Fraction(1, TICKS_PER_S), encoding=exact) as writer:
            for tick, picture in zip(ticks.tolist(), pictures(), strict=True):
                writer.write(picture[0] if channels == 1 else picture.transpose(1, 2, 0), tick)

    small = channels * size * size <= ARRAY_BYTES
    suffix, fill = (ARRAY, fill_array) if small else (".mp4", fill_video)
    store.put_file(key, suffix, fill, {"channels": channels, "size": size})
    store.put(_of_present(key), present, {"what": "frames that have a picture"})
