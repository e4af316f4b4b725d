"""Read pictures by frame number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.video._decoder import Decoder
from boutwise.video._luma import luma
from boutwise.video.index import VideoIndex
from boutwise.video.packets import index_video

if TYPE_CHECKING:
    import av

Box = tuple[int, int, int, int]
"""x1, y1, x2, y2 in pixels of the video, half-open."""
Numbers = Sequence[int] | NDArray[np.int64]


@dataclass(frozen=True)
class Look:
    """How pictures are returned.

    Attributes:
        color: ``rgb`` or ``gray``.
        size: (height, width) to which pictures are resized; None leaves them as they are.
        crop: The part that is kept, before it is resized; None keeps all.
    """

    color: Literal["rgb", "gray"] = "rgb"
    size: tuple[int, int] | None = None
    crop: Box | None = None


@dataclass(frozen=True, eq=False)
class Pictures:
    """Some frames of a video.

    Attributes:
        numbers: (pictures,) int64, frame numbers.
        pixels: (pictures, height, width) of gray or (pictures, height, width, 3) of RGB, uint8.
        decoded: (pictures,): False where the file is broken; the pixels there mean nothing.
    """

    numbers: NDArray[np.int64]
    pixels: NDArray[np.uint8]
    decoded: NDArray[np.bool_]


class Video:
    """A video whose frames are read by number, exactly.

    Reading in rising order decodes each frame once; going elsewhere seeks to the key frame before
    it. One object is one open decoder: use one in each process.

    Args:
        path: The file.
        index: Of this file, where it is known; else the file is indexed now.
        look: How pictures are returned.
        threads: Of the decoder, and of what resizes pictures.

    Raises:
        FormatError: The file is no video.
    """

    def __init__(
        self,
        path: Path | str,
        index: VideoIndex | None = None,
        *,
        look: Look | None = None,
        threads: int = 1,
    ) -> None:
        from av.video.reformatter import VideoReformatter

        self.path = Path(path)
        self.index = index_video(self.path) if index is None else index
        self.look = look or Look()
        self._decoder = Decoder(self.path, self.index, threads=threads)
        # A scaler of its own for each frame, as PyAV makes them by itself, takes twice the time.
        self._whole, self._part = VideoReformatter(), VideoReformatter()
        self._scaling = _scaling_threads(threads)

    def __enter__(self) -> Video:
        """Return the video."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the file."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._decoder.close()

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one picture: (height, width) or (height, width, 3)."""
        height, width = self.look.size or self._cropped()
        return (height, width) if self.look.color == "gray" else (height, width, 3)

    def _cropped(self) -> tuple[int, int]:
        if self.look.crop is None:
            return self.index.facts.height, self.index.facts.width
        x1, y1, x2, y2 = self.look.crop
        return y2 - y1, x2 - x1

    def read(
        self,
        numbers: Sequence[int] | NDArray[np.int64],
        *,
        broken: Literal["error", "mask"] = "error",
    ) -> Pictures:
        """Pictures of some frames, in the order asked for.

        Args:
            numbers: Frame numbers; rising ones are read fastest.
            broken: What to do about a frame that cannot be decoded: an error, or False in
                ``decoded``.

        Raises:
            DataError: There is no such frame, or one cannot be decoded.
        """
        wanted = np.asarray(numbers, dtype=np.int64)
        pixels = np.zeros((wanted.size, *self.shape), dtype=np.uint8)
        decoded = np.zeros(wanted.size, dtype=bool)
        for place, picture in enumerate(self.pictures(wanted)):
            if picture is not None:
                pixels[place], decoded[place] = picture, True
            elif broken == "error":
                raise DataError(
                    "a frame of the video cannot be decoded",
                    file=self.path,
                    frame=int(wanted[place]),
                    todo="copy the video again from where it was recorded",
                )
        return Pictures(wanted, pixels, decoded)

    def pictures(self, numbers: Numbers) -> Iterator[NDArray[np.uint8] | None]:
        """One picture after the other; None where a frame cannot be decoded."""
        for number in np.asarray(numbers, dtype=np.int64).tolist():
            if not 0 <= number < self.index.n_frames:
                raise DataError(
                    "there is no such frame in the video",
                    file=self.path,
                    frame=number,
                    expected=f"0 to {self.index.n_frames - 1}",
                )
            frame = self._decoder.frame(number)
            yield None if frame is None else self._pixels(frame)

    def _pixels(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        """The picture of a frame as it was asked for."""
        import av

        kind = "gray" if self.look.color == "gray" else "rgb24"
        crop, size = self.look.crop, self.look.size
        if crop is None:
            height, width = size or (frame.height, frame.width)
            whole = self._whole.reformat(
                frame, width=width, height=height, format=kind, **self._scaling
            )
            return _array(whole.to_ndarray())
        found = luma(frame, crop) if kind == "gray" else None
        if found is None:
            x1, y1, x2, y2 = crop
            whole = self._whole.reformat(frame, format=kind, **self._scaling)
            found = np.ascontiguousarray(_array(whole.to_ndarray())[y1:y2, x1:x2])
        if size is None or size == found.shape[:2]:
            return found
        part = av.VideoFrame.from_ndarray(found, format=kind)
        small = self._part.reformat(
            part, width=size[1], height=size[0], format=kind, **self._scaling
        )
        return _array(small.to_ndarray())


def _scaling_threads(threads: int) -> dict[str, int]:
    """Options that keep the scaler to so many threads.

    From version 17 on PyAV takes as many as there are cores, each of which waits for work and takes
    it from other workers; before it took one, and did not ask.
    """
    import av

    return {"threads": threads} if int(av.__version__.split(".")[0]) >= 17 else {}


def _array(values: Any) -> NDArray[np.uint8]:
    return np.asarray(values, dtype=np.uint8)
