"""Encoders that see a whole window: windows that overlap, and a score for every frame.

A window is scored as it was trained, for its centre frame. Its score is added to the frames around
the centre with weights that fall linearly to 0 at the next centre: between two of them the score
goes straight from one to the other, so that an act of five frames does not become one of a window.
With a stride of 1 every frame has its own window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from boutwise.learners._mirroring import Mirroring
from boutwise.learners.network._centres import centre_of
from boutwise.learners.network._contract import Batch
from boutwise.learners.network._embedding import PIECE_PIXELS
from boutwise.learners.network._pixels import Reading
from boutwise.types import Pixels


def centres_of(first: int, last: int, total: int, *, stride: int, offset: int) -> list[int]:
    """Centre frames of the windows that score the frames from ``first`` to before ``last``.

    They lie on multiples of the stride in the recording, wherever a stretch of it begins, and on
    its last frame.

    Args:
        first: First frame to be scored, counted in the stretch.
        last: Frame behind the last one.
        total: Frames of the stretch.
        stride: Frames from one centre to the next.
        offset: Frame of the recording with which the stretch begins.

    >>> centres_of(3, 10, 12, stride=4, offset=0)
    [0, 4, 8, 11]
    >>> centres_of(3, 8, 12, stride=4, offset=2)
    [2, 6, 10]
    """
    if last <= first:
        return []
    begin = first - (first + offset) % stride
    centres = [max(0, begin)]
    while centres[-1] < last - 1:
        following = begin + stride * (1 + (centres[-1] - begin) // stride)
        centres.append(min(following, total - 1))
    return centres


def between(
    scores: NDArray[np.float32], centres: Sequence[int], first: int, last: int
) -> NDArray[np.float32]:
    """Scores of every frame from those of the centres, (centres, N) -> (frames, N)."""
    frames = np.arange(first, last)
    columns = [np.interp(frames, centres, scores[:, column]) for column in range(scores.shape[1])]
    return np.stack(columns, axis=1).astype(np.float32)


def windows_at(
    centres: Sequence[int],
    length: int,
    *,
    pixels: Mapping[str, Pixels],
    features: Mapping[str, Tensor],
) -> Iterator[Batch]:
    """The windows around some frames of one stretch, a few at a time; each picture is read once.

    Args:
        centres: Ascending.
        length: Frames of a window.
        pixels: Name of each stream of pictures -> those of the stretch.
        features: Name of each stream of features -> (frames, D), standardized.
    """
    total = len(next(iter(pixels.values())))
    readings = {name: Reading(stream) for name, stream in pixels.items()}
    present = {name: torch.from_numpy(np.array(stream.present)) for name, stream in pixels.items()}
    present |= {name: ~values.isnan().all(dim=-1) for name, values in features.items()}
    largest = max(stream.shape[2] for stream in pixels.values())
    at_once = max(1, PIECE_PIXELS // (largest**2 * length))
    for place in range(0, len(centres), at_once):
        here = torch.tensor(centres[place : place + at_once])
        frames = here.unsqueeze(1) - centre_of(length) + torch.arange(length)
        mask = (frames >= 0) & (frames < total)
        frames = frames.clamp(0, total - 1)
        low, high = int(frames.min()), int(frames.max()) + 1
        streams = {name: values[frames] for name, values in features.items()}
        for name, reading in readings.items():
            streams[name] = torch.from_numpy(reading.stretch(low, high))[frames - low]
        there = {name: values[frames] & mask for name, values in present.items()}
        yield Batch(streams, mask, there)


def turned(batch: Batch, mirroring: Mirroring) -> Batch:
    """The windows of the mirrored animal."""
    features = {name: values.numpy() for name, values in batch.features.items()}
    streams = {name: torch.from_numpy(v) for name, v in mirroring.apply(features).items()}
    pixels = {name: values.flip(-1) for name, values in batch.pixels.items()}
    return batch.changed(streams | pixels)
