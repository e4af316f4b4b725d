"""Clips as files: short H.264 videos cut out of long ones, around the animal or of all of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.prepare.crops import VERSION as CROPS
from boutwise.prepare.crops import Crop, crop_squares
from boutwise.prepare.cutting import cut
from boutwise.store import Store
from boutwise.types import Boxes, FrameClock, Subject
from boutwise.video import Look, Video, VideoWriter

VERSION = 1
"""Raised when the same clip would be written as another file."""

SHORT_EDGE = 480
"""Most pixels of the shorter side: what networks on clips see is smaller still."""

PADDING = 0.1
UNIT_S = Fraction(1, 90_000)


@dataclass(frozen=True)
class ClipCut:
    """What of a video becomes a clip.

    Attributes:
        start: First frame.
        stop: The frame after the last.
        square: left, top, right, bottom in pixels of the video; None = the whole picture.
        size: (height, width) of the clip, even.
    """

    start: int
    stop: int
    square: tuple[int, int, int, int] | None
    size: tuple[int, int]

    def key(self, digest: str) -> str:
        """Twelve characters that differ where the file would.

        Args:
            digest: Of the video.
        """
        return Store.key("clip", [VERSION, CROPS], digest, *vars(self).values())[:12]


def whole_cut(start: int, stop: int, picture: tuple[int, int]) -> ClipCut:
    """The whole picture, (height, width), no larger than it must be.

    >>> whole_cut(0, 10, (1080, 1920)).size, whole_cut(0, 10, (241, 320)).size
    ((480, 852), (240, 320))
    """
    scale = min(1.0, SHORT_EDGE / min(picture))
    height, width = (_even(side * scale) for side in picture)
    return ClipCut(start, stop, None, (height, width))


def square_cut(
    start: int, stop: int, boxes: Boxes, subject: Subject, clock: FrameClock
) -> ClipCut | None:
    """The square around the boxes of a subject over a whole clip; None where there is no box.

    Args:
        start: First frame.
        stop: The frame after the last.
        boxes: Of the recording.
        subject: Animal or pair.
        clock: Of the recording.
    """
    here = slice(start, stop)
    part = replace(
        boxes, corners=boxes.corners[here], scores=boxes.scores[here], detected=boxes.detected[here]
    )
    # Twice the clip: the window around each of its frames holds all of them.
    span_s = 2 * (stop - start) / clock.fps
    crop = Crop(padding=PADDING, span_s=min(600.0, span_s), side="union")
    steady = FrameClock.declared(stop - start, clock.fps)
    squares = crop_squares(part, subject, crop, steady)
    if not squares.present.any():
        return None
    left, top, right, bottom = squares.corners[squares.present][0].tolist()
    side = _even(min(SHORT_EDGE, right - left))
    return ClipCut(start, stop, (left, top, right, bottom), (side, side))


def _even(side: float) -> int:
    """The even number of pixels at or below a side: H.264 halves the color."""
    return max(2, int(side + 1e-6) // 2 * 2)


def write_clip(opened: Video, clip: ClipCut, path: Path, *, clock: FrameClock) -> int:
    """Write a clip; each frame is shown as long as in the original.

    Args:
        opened: The video, seen as :func:`look_of` says.
        clip: What is cut.
        path: Of the MP4 file; it appears under its name when it is whole.
        clock: Of the recording.

    Returns:
        Frames that cannot be decoded: they are left out.

    Raises:
        DataError: No frame of it can be decoded.
    """
    numbers = np.arange(clip.start, clip.stop)
    seconds = clock.to_seconds(numbers)
    ticks = np.round((seconds - seconds[0]) / float(UNIT_S)).astype(np.int64)
    gone = 0
    with VideoWriter(path, clip.size, UNIT_S) as writer:
        for tick, picture in zip(ticks.tolist(), opened.pictures(numbers), strict=True):
            if picture is None:
                gone += 1
            else:
                writer.write(_cut(picture, clip), tick)
        if gone == len(numbers):
            raise DataError(
                f"no frame from {clip.start} to before {clip.stop} can be decoded",
                file=opened.path,
                todo="label those frames as unscorable, or bring a whole file",
            )
    return gone


def look_of(clip: ClipCut) -> Look:
    """How the video is to be read for a clip: squares are cut from whole pictures."""
    return Look(size=clip.size if clip.square is None else None)


def _cut(picture: NDArray[np.uint8], clip: ClipCut) -> NDArray[np.uint8]:
    return picture if clip.square is None else cut(picture, clip.square, clip.size[0])
