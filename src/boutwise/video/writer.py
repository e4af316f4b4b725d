"""Write H.264 videos whose frames are shown at the times of the original."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import UsageError

if TYPE_CHECKING:
    import av


@dataclass(frozen=True)
class Encoding:
    """How H.264 packs the pictures.

    Attributes:
        crf: Quality: at 18 people see no difference to the original; more is smaller and worse, and
            0 loses nothing but color.
        gop: Frames from key frame to key frame: any frame is at most so many steps away.
        b_frames: Most frames in a row that are predicted from both sides.
        preset: Of x264: how hard it tries.
        codec: Name of the encoder; ``pixels`` what it is given, as FFmpeg calls it.
    """

    crf: int = 18
    gop: int = 12
    b_frames: int = 0
    preset: str = "medium"
    codec: str = "libx264"
    pixels: str = "yuv420p"


SHORT_GOP = Encoding()
"""For pictures that are read in any order."""
CAMERA = Encoding(crf=23, gop=250, b_frames=3, preset="veryfast")
"""As cameras and recording programs do it: small, and slow to read in any order."""

EXACT_GRAY = Encoding(crf=0, preset="veryfast", pixels="yuvj420p")
"""Gray pictures come back bit by bit; for computing, since few players show such files."""
EXACT_RGB = Encoding(crf=0, preset="veryfast", codec="libx264rgb", pixels="rgb24")
"""The same for colored ones."""


class VideoWriter:
    """Writes a video frame by frame; the file is there when it is closed, and only then whole.

    Args:
        path: Of the MP4 file.
        size: (height, width), both even: H.264 halves the color.
        time_base: Seconds of one unit of ``pts``.
        encoding: How the pictures are packed.
    """

    def __init__(
        self,
        path: Path | str,
        size: tuple[int, int],
        time_base: Fraction,
        *,
        encoding: Encoding = SHORT_GOP,
    ) -> None:
        import av

        if size[0] % 2 or size[1] % 2:
            raise UsageError(
                f"a video of {size[1]} x {size[0]} pixels cannot be written",
                expected="an even width and height",
            )
        self.path = Path(path)
        self._size = size
        self._time_base = time_base
        self._partial = self.path.with_name(f".{self.path.stem}.{uuid.uuid4().hex[:8]}.part.mp4")
        # MP4 counts in whole units of one over an integer.
        self._per_second = (1 / time_base).limit_denominator(1).numerator
        options = {"video_track_timescale": str(self._per_second)}
        self._container = av.open(str(self._partial), "w", options=options)
        options = {"crf": str(encoding.crf), "preset": encoding.preset}
        stream = self._container.add_stream(encoding.codec, options=options)
        self._stream = cast("av.VideoStream", stream)
        self._stream.height, self._stream.width = size
        self._stream.pix_fmt = encoding.pixels
        self._stream.gop_size = encoding.gop
        self._stream.codec_context.max_b_frames = encoding.b_frames
        self._stream.codec_context.time_base = time_base
        self._stream.codec_context.thread_count = 1

    def __enter__(self) -> VideoWriter:
        """Return the writer."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the file, or take it away after an error."""
        if kind is None:
            self.close()
        else:
            self._container.close()
            self._partial.unlink(missing_ok=True)

    def write(self, picture: NDArray[np.uint8], pts: int) -> None:
        """Add a picture.

        Args:
            picture: (height, width) of gray or (height, width, 3) of RGB.
            pts: When it is shown, in units of the time base, after the one before.
        """
        import av

        kind = "gray" if picture.ndim == 2 else "rgb24"
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format=kind)
        frame.pts, frame.time_base = pts, self._time_base
        self._mux(frame)

    def _mux(self, frame: av.VideoFrame | None) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def close(self) -> None:
        """Write what is left and put the file into its place."""
        self._mux(None)
        self._container.close()
        self._partial.replace(self.path)
