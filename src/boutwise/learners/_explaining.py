"""What a fitted learner can say about why it scored as it did.

An explanation is a claim that can be wrong: attention comes with a deletion test, and contributions
of trees are exact sums of the scores themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from boutwise.learners._contract import Chunk

BLOCKS = 20
"""Stretches that the tested frames are divided into: frames near each other are no new evidence."""

DRAWS = 2000


@dataclass(frozen=True, eq=False)
class Deletion:
    """How the chance of the predicted behavior changes when frames are taken out of the window.

    Attributes:
        frames: Frames that were tried, ascending, (n,).
        share: Share of each window that was taken out.
        changes: ``most``, ``random`` and ``least`` attention -> change of the chance, (n,).
    """

    frames: NDArray[np.int64]
    share: float
    changes: Mapping[str, NDArray[np.float32]]

    def mean(self, which: str) -> float:
        """Mean change."""
        return float(self.changes[which].mean()) if len(self.frames) else float("nan")

    def beyond_chance(self) -> tuple[float, float, float]:
        """How much more the most attended frames matter than random ones: mean, low, high.

        Positive = taking them out costs more. The interval (95 %) is a bootstrap over stretches of
        neighbouring frames; NaN with fewer than two of them.
        """
        more = np.abs(self.changes["most"]) - np.abs(self.changes["random"])
        blocks = [block for block in np.array_split(more, BLOCKS) if len(block)]
        if len(blocks) < 2:
            return float("nan"), float("nan"), float("nan")
        sums = np.array([block.sum() for block in blocks])
        sizes = np.array([len(block) for block in blocks])
        drawn = np.random.default_rng(0).integers(len(blocks), size=(DRAWS, len(blocks)))
        means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        return float(more.mean()), float(low), float(high)


@dataclass(frozen=True, eq=False)
class Attention:
    """How much each step of its window counted for the score of a frame.

    Attributes:
        weights: (frames, steps), float32; the sum of a frame is 1. A step outside of the recording
            has 0.
        first_offset: Frames from the scored frame to the first frame of the first step, negative.
        step_frames: Frames of a step.
        deletion: The test whether these weights mean anything.
    """

    weights: NDArray[np.float32]
    first_offset: int
    step_frames: int
    deletion: Deletion


@dataclass(frozen=True, eq=False)
class Contributions:
    """How much each feature moved the scores, mean over frames of its absolute contribution.

    Attributes:
        frames: Frames that were looked at, ascending.
        columns: Names of the features.
        values: Behavior -> (columns,), in log odds: all window statistics of a feature together.
    """

    frames: NDArray[np.int64]
    columns: tuple[str, ...]
    values: Mapping[str, NDArray[np.float64]]


@runtime_checkable
class Explains(Protocol):
    """A fitted learner that can explain its scores."""

    def why_not(self) -> str:
        """Why it cannot; empty when it can."""
        ...

    def explain(self, chunk: Chunk) -> Attention | Contributions:
        """Explain the scores of a whole subject."""
        ...


def evenly(n_frames: int, most: int) -> NDArray[np.int64]:
    """At most so many frames, evenly spaced over all.

    >>> evenly(10, 3).tolist(), evenly(2, 5).tolist()
    ([1, 5, 8], [0, 1])
    """
    count = min(n_frames, most)
    return ((np.arange(count) + 0.5) * n_frames / max(count, 1)).astype(np.int64)
