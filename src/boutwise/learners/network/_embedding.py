"""Encoders over a long stretch of frames: in pieces, so that memory stays flat.

An encoder with a margin gives every frame its embedding in one pass: a piece is read with the
margin on both sides, and each frame is seen about once. What comes out is small, and the temporal
parts go over a whole chunk of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from boutwise.learners.network._pixels import Reading, floats
from boutwise.types import Pixels

PIECE_PIXELS = 2**20
"""Pixels of one color in a piece without its margins: 113 frames of 96 x 96."""

LEAST_FRAMES, MOST_FRAMES = 8, 256
"""Of a piece, however large or small the pictures are."""


def frames_at_once(size: int) -> int:
    """Frames of a piece, of pictures with so many pixels a side.

    >>> frames_at_once(96), frames_at_once(224)
    (113, 20)
    """
    return min(MOST_FRAMES, max(LEAST_FRAMES, PIECE_PIXELS // size**2))


def embeddings(
    encoder: Any, pixels: Pixels, *, mirrored: Sequence[bool], device: torch.device
) -> Tensor:
    """What an encoder with a margin and a stride of 1 gives for every frame of a stretch.

    Args:
        encoder: In evaluation mode, on the device.
        pixels: Of the stretch.
        mirrored: For each view wanted whether left and right change places.
        device: Where it is computed.

    Returns:
        (views, frames, D) on the CPU, 0 where there is no picture.
    """
    total, size = len(pixels), pixels.shape[2]
    present = np.asarray(pixels.present, dtype=bool)
    found = torch.zeros(len(mirrored), total, int(encoder.width))
    reading, margin, step = Reading(pixels), int(encoder.margin_frames), frames_at_once(size)
    for start in range(0, total, step):
        stop = min(start + step, total)
        if not present[start:stop].any():
            continue
        low, high = _reach(present, start, stop, margin)
        values = torch.from_numpy(reading.stretch(low, high)).unsqueeze(0).to(device)
        mask = torch.from_numpy(present[low:high]).unsqueeze(0).to(device)
        with torch.inference_mode():
            for view, turned in enumerate(mirrored):
                seen = values.flip(-1) if turned else values
                out = _inner(encoder, floats(seen), mask, (start - low, high - stop))
                found[view, start:stop] = out[0].float().cpu()
    return found


def _inner(encoder: Any, pixels: Tensor, mask: Tensor, context: tuple[int, int]) -> Tensor:
    """Embeddings without those of the context frames; some encoders need not compute them."""
    before, behind = context
    if hasattr(encoder, "inner"):
        inner: Tensor = encoder.inner(pixels, mask, before, behind)
        return inner
    whole: Tensor = encoder(pixels, mask)
    return whole[:, before : whole.shape[1] - behind]


def _reach(present: NDArray[np.bool_], start: int, stop: int, margin: int) -> tuple[int, int]:
    """First frame of a piece with its margin, and the frame behind its last one.

    Twice the margin where a picture is missing in it: its place may be taken by one that is as far
    away again.
    """
    low, high = max(0, start - margin), min(len(present), stop + margin)
    if not present[low:start].all():
        low = max(0, start - 2 * margin)
    if not present[stop:high].all():
        high = min(len(present), stop + 2 * margin)
    return low, high
