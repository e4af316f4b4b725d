"""Score a whole subject in chunks, so that memory stays flat however long the recording is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from boutwise.learners._contract import Chunk, Fitted
from boutwise.types import LongValues, PixelStretch, Subject, is_pixels

CHUNK_FRAMES = 8192


def chunks_of(
    subject: Subject,
    fps: float,
    streams: Mapping[str, LongValues],
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
    fitted: Fitted, subject: Subject, fps: float, streams: Mapping[str, LongValues]
) -> NDArray[np.float32]:
    """Raw scores of every frame of a subject, (frames, behaviors)."""
    return score_subjects(fitted, fps, {subject: streams})[subject]


def score_subjects(
    fitted: Fitted, fps: float, streams: Mapping[Subject, Mapping[str, LongValues]]
) -> dict[Subject, NDArray[np.float32]]:
    """Raw scores of every frame of the subjects of a recording, (frames, behaviors) each.

    They are scored side by side, stretch by stretch: what is computed of one may serve another.
    """
    side_by_side = [
        chunks_of(subject, fps, values, margin_frames=fitted.margin_frames)
        for subject, values in streams.items()
    ]
    chunks = (chunk for together in zip(*side_by_side, strict=True) for chunk in together)
    found: dict[Subject, NDArray[np.float32]] = {}
    done = dict.fromkeys(streams, 0)
    for place, scores in enumerate(fitted.scores(chunks)):
        subject = list(streams)[place % len(streams)]
        if subject not in found:
            n_frames = len(next(iter(streams[subject].values())))
            found[subject] = np.empty((n_frames, scores.shape[1]), dtype=np.float32)
        found[subject][done[subject] : done[subject] + len(scores)] = scores
        done[subject] += len(scores)
    return found
