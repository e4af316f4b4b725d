"""Score a whole subject in chunks, so that memory stays flat however long the recording is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from boutwise.learners._contract import Chunk, Fitted
from boutwise.types import PixelStretch, StreamValues, Subject, is_pixels

CHUNK_FRAMES = 8192


def chunks_of(
    subject: Subject,
    fps: float,
    streams: Mapping[str, StreamValues],
    *,
    margin_frames: int,
    chunk_frames: int = CHUNK_FRAMES,
) -> Iterator[Chunk]:
    """Cut a subject into chunks with context; together they cover every frame once."""
    n_frames = len(next(iter(streams.values())))
    for start in range(0, n_frames, chunk_frames):
        stop = min(start + chunk_frames, n_frames)
        first, last = max(0, start - margin_frames), min(n_frames, stop + margin_frames)
        # Of pictures nothing is read here: a chunk of them would fill the memory.
        pieces = {
            name: PixelStretch(values, first, last) if is_pixels(values) else values[first:last]
            for name, values in streams.items()
        }
        yield Chunk(subject, fps, pieces, before=start - first, after=last - stop, start=start)


def score_subject(
    fitted: Fitted, subject: Subject, fps: float, streams: Mapping[str, StreamValues]
) -> NDArray[np.float32]:
    """Raw scores of every frame of a subject, (frames, behaviors)."""
    pieces = chunks_of(subject, fps, streams, margin_frames=fitted.margin_frames)
    return np.concatenate(list(fitted.scores(pieces)))
