"""Gray parts of pictures straight from the decoder: their brightness is there already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import av

LIMITED = ("yuv420p", "yuv422p", "yuv444p", "nv12")
"""Pixel formats whose first plane is 8-bit brightness, from 16 to 235 unless a frame says else."""
FULL = ("yuvj420p", "yuvj422p", "yuvj444p", "gray")
"""The same with brightness from 0 to 255."""
JPEG = 2
"""What a frame of a format in ``LIMITED`` says of its range where it is 0 to 255 in spite of it."""
_STRETCH = np.clip(np.rint((np.arange(256) - 16) * (255 / 219)), 0, 255).astype(np.uint8)


def luma(frame: av.VideoFrame, crop: tuple[int, int, int, int]) -> NDArray[np.uint8] | None:
    """A gray part of a frame, (height, width), from 0 to 255.

    It is bit by bit what FFmpeg's scaler makes of the whole frame, which takes longer.

    Args:
        frame: As decoded.
        crop: x1, y1, x2, y2 of the part, half-open.

    Returns:
        None where the pixel format is another one, and the scaler is needed.
    """
    name = frame.format.name
    if name not in LIMITED and name not in FULL:
        return None
    plane = frame.planes[0]
    data: NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8)
    x1, y1, x2, y2 = crop
    lines = data.reshape(-1, plane.line_size)[: frame.height, : frame.width]
    part = lines[y1:y2, x1:x2]
    full = name in FULL or frame.color_range == JPEG
    return part.copy() if full else np.take(_STRETCH, part)
