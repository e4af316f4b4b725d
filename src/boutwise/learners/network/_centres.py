"""Windows that are judged by their centre frame: how they are drawn, and cut for scoring.

A network that gives one score a window has no dense pass. The window of frame t has ``length``
frames, of which t is number ``length // 2``; it may begin before the recording or end behind it,
and what is not there is padding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
import torch.nn.functional as F

from boutwise.errors import LabelError
from boutwise.learners._contract import Dataset
from boutwise.learners.network._contract import Batch
from boutwise.learners.network._windows import BOUT_SHARE, WindowPlan, trained_bouts

WINDOWS_AT_ONCE = 256
"""Windows scored in one batch: memory stays flat however long the recording is."""


def centre_of(length: int) -> int:
    """Place of the frame that a window is judged by; of an even window the later middle one.

    >>> centre_of(60), centre_of(17)
    (30, 8)
    """
    return length // 2


class Centres:
    """Draws windows whose centre frames are labelled and trained.

    Every ``stride``-th trained frame is a centre, from a random phase in each epoch, so that all
    frames have their turn. With ``around_bouts`` half of the windows are centred on a frame inside
    a bout instead: a behavior is drawn with the square root of its number of bouts, then one of its
    bouts, then one of its frames.

    Args:
        dataset: Training subjects.
        plan: How windows are drawn.
        stride: Trained frames from one centre to the next.

    Raises:
        LabelError: No frame can be trained on.
    """

    def __init__(self, dataset: Dataset, plan: WindowPlan, *, stride: int) -> None:
        self.plan = plan
        self.stride = stride
        places = [np.flatnonzero(item.judged) for item in dataset.items]
        self.subjects = np.repeat(np.arange(len(places)), [len(frames) for frames in places])
        self.frames = np.concatenate(places) if places else np.empty(0, dtype=np.int64)
        if len(self.frames) == 0:
            raise LabelError(
                "there is no labelled frame to train on",
                todo="look at the observed ranges, and at the animals of the split",
            )
        self.count = -(-len(self.frames) // stride)
        self.bouts = trained_bouts(dataset) if plan.around_bouts else {}

    def draw(self, epoch: int) -> list[tuple[int, int]]:
        """Subject and first frame of each window, in the order of training."""
        rng = np.random.default_rng([self.plan.seed, epoch, 1])
        # The last stride is cut short, so the phase walks around the end.
        phase = int(rng.integers(self.stride))
        chosen = (np.arange(self.count) * self.stride + phase) % len(self.frames)
        centres = list(zip(self.subjects[chosen], self.frames[chosen], strict=True))
        if self.bouts:
            drawn = self._around_bouts(rng, round(BOUT_SHARE * self.count))
            kept = rng.permutation(self.count)[len(drawn) :]
            centres = drawn + [centres[i] for i in kept]
        before = centre_of(self.plan.length)
        order = rng.permutation(self.count)
        return [(int(centres[i][0]), int(centres[i][1]) - before) for i in order]

    def _around_bouts(self, rng: np.random.Generator, count: int) -> list[tuple[int, int]]:
        names = list(self.bouts)
        share = np.sqrt([len(self.bouts[name]) for name in names])
        share /= share.sum()
        centres = []
        for _ in range(count):
            bouts = self.bouts[names[int(rng.choice(len(names), p=share))]]
            index, start, stop = bouts[int(rng.integers(len(bouts)))]
            centres.append((index, int(rng.integers(start, stop))))
        return centres


def windows_of(batch: Batch, length: int, *, first: int, last: int) -> Iterator[Batch]:
    """The windows of the frames from ``first`` to ``last`` of each stretch, some at a time.

    Args:
        batch: Stretches, (B, T, ...); what lies outside of them is padding.
        length: Frames of a window.
        first: Centre frame of the first window.
        last: Frame behind the last centre.

    Yields:
        Batches with the windows of the same frames of all stretches, (B x frames, length, ...):
        all frames of the first stretch, then those of the next.
    """
    before = centre_of(length)
    behind = length - before - 1
    for start in range(first, last, WINDOWS_AT_ONCE):
        stop = min(start + WINDOWS_AT_ONCE, last)
        low, high = start - before, stop + behind

        def cut(values: torch.Tensor, low: int = low, high: int = high) -> torch.Tensor:
            """(B, T, ...) -> (B x frames, length, ...); 0, that is False or masked, beyond it."""
            size = values.shape[1]
            flat = values.unsqueeze(-1) if values.ndim == 2 else values
            kept = flat[:, max(low, 0) : high]
            padded = F.pad(kept, (0, 0, max(-low, 0), max(high - size, 0)))
            windows = padded.unfold(1, length, 1).transpose(2, 3).flatten(0, 1)
            return windows.squeeze(-1) if values.ndim == 2 else windows

        yield Batch(
            {name: cut(values) for name, values in batch.streams.items()},
            cut(batch.mask),
            {name: cut(values) for name, values in batch.present.items()},
        )


def windows_around(batch: Batch, length: int, centres: Sequence[int]) -> Iterator[Batch]:
    """The windows around some frames of each stretch, some at a time; see :func:`windows_of`.

    Args:
        batch: Stretches, (B, T, ...).
        length: Frames of a window.
        centres: Their centre frames.

    Yields:
        Batches (B x windows, length, ...).
    """
    total, device = batch.mask.shape[1], batch.mask.device
    steps = torch.arange(length, device=device) - centre_of(length)
    for place in range(0, len(centres), WINDOWS_AT_ONCE):
        here = torch.tensor(list(centres[place : place + WINDOWS_AT_ONCE]), device=device)
        frames = here.unsqueeze(1) + steps
        outside = ((frames < 0) | (frames >= total)).unsqueeze(0)
        frames = frames.clamp(0, total - 1)

        def cut(
            values: torch.Tensor,
            frames: torch.Tensor = frames,
            outside: torch.Tensor = outside,
        ) -> torch.Tensor:
            """(B, T, ...) -> (B x windows, length, ...); 0, that is False or masked, beyond it."""
            windows = values[:, frames]
            beyond = outside.reshape(*outside.shape, *(1,) * (windows.ndim - outside.ndim))
            return windows.masked_fill(beyond, 0).flatten(0, 1)

        yield Batch(
            {name: cut(values) for name, values in batch.streams.items()},
            cut(batch.mask),
            {name: cut(values) for name, values in batch.present.items()},
        )
