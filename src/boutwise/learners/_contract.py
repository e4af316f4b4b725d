"""The learner: what is fitted on a dataset and gives raw scores. One contract for all of them.

A learner part is a module of this folder (``trees``, ``network``) with a class ``Learner`` and a
function ``load``. Everything after raw scores (combine, calibrate, decode) is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from boutwise.types import Ethogram, FrameState, Mirror, StreamValues, Subject

if TYPE_CHECKING:
    from boutwise.types.recipe import NetworkMember, TreesMember


@dataclass(frozen=True, eq=False)
class View:
    """A subject as it would look if its pose were a little different: training material.

    Attributes:
        streams: Name -> frames of the view, as in :class:`SubjectFrames`.
        frames: (frames of the view,), ascending: the frame of the subject that each of them shows.
    """

    streams: Mapping[str, StreamValues]
    frames: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SubjectFrames:
    """The frames of one subject: inputs, labels and weights.

    Attributes:
        subject: Animal or pair.
        fps: Working rate, frames per second.
        streams: Name -> features, (frames, channels), float32, NaN = missing, perhaps
            memory-mapped; or pictures, :class:`~boutwise.types.Pixels`, read when needed.
        labels: (frames, behaviors), int8 :class:`~boutwise.types.FrameState` codes.
        weights: (frames,), float32; 0 = the frame is not trained on (it is in another fold).
        group: What splits keep together: the animal.
        shares: (frames, behaviors), float32: the share of annotators who said 'yes', NaN where
            nobody judged; they are learned in place of the labels. In an exclusive group they sum
            to 1 at most. None = the labels are learned.
        views: Further looks at the same frames, for training only.
    """

    subject: Subject
    fps: float
    streams: Mapping[str, StreamValues]
    labels: NDArray[np.int8]
    weights: NDArray[np.float32]
    group: str
    shares: NDArray[np.float32] | None = None
    views: tuple[View, ...] = ()

    @property
    def seen(self) -> tuple[SubjectFrames, ...]:
        """The subject itself, then each view of it with the labels and weights of its frames."""
        plain = replace(self, views=())
        return (
            plain,
            *(
                replace(
                    plain,
                    streams=view.streams,
                    labels=self.labels[view.frames],
                    weights=self.weights[view.frames],
                    shares=None if self.shares is None else self.shares[view.frames],
                )
                for view in self.views
            ),
        )

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.labels.shape[0])

    @property
    def targets(self) -> NDArray[np.float32]:
        """What is learned, 0 to 1, (frames, behaviors): NaN where there is nothing to learn."""
        if self.shares is not None:
            return self.shares
        known = self.labels >= FrameState.NO
        return np.where(known, self.labels, np.nan).astype(np.float32)

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Frames with a weight and at least one behavior to learn, (frames,)."""
        if self.shares is None:
            known = (self.labels >= FrameState.NO).any(axis=1)
        else:
            known = np.isfinite(self.shares).any(axis=1)
        return np.asarray(known & (self.weights > 0))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Subjects with their streams and labels: trees draw rows from it, networks windows.

    Attributes:
        items: One entry a subject.
        ethogram: Behaviors of the label columns, in order, with their exclusive groups.
        columns: Name of each stream of features -> names of its channels.
        mirrors: Name of each stream that can be mirrored -> what becomes of its channels when left
            and right change places.
    """

    items: tuple[SubjectFrames, ...]
    ethogram: Ethogram
    columns: Mapping[str, tuple[str, ...]]
    mirrors: Mapping[str, Mirror] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[str, ...]:
        """The animals, sorted."""
        return tuple(sorted({item.group for item in self.items}))

    def only(self, groups: Iterable[str]) -> Dataset:
        """The subjects of some animals."""
        wanted = set(groups)
        return replace(self, items=tuple(item for item in self.items if item.group in wanted))


@dataclass(frozen=True, eq=False)
class Chunk:
    """A stretch of one subject to be scored, with context on both sides.

    Attributes:
        subject: Animal or pair.
        fps: Working rate.
        streams: Name -> features or pictures of before + frames + after.
        before: Context frames before the stretch; fewer than the margin at the recording's start.
        after: Context frames behind it.
        start: Frame of the recording at which the stretch begins.
    """

    subject: Subject
    fps: float
    streams: Mapping[str, StreamValues]
    before: int = 0
    after: int = 0
    start: int = 0


@dataclass(frozen=True)
class Run:
    """What a fit may use of its surroundings.

    Attributes:
        seed: Seeds everything random.
        threads: Threads that it may use.
        directory: Folder for checkpoints; the same folder when an interrupted fit is resumed.
        say: Called with (done, total, words) as the fit advances.
        steps: Rounds or epochs to train without a validation set: the median of the folds; None
            = those of the plan.
        trainer: Trains a torch module; given by ``training``, because Lightning lives there.
        curves: Folder in which the losses of each epoch are kept; None keeps none.
    """

    seed: int
    threads: int
    directory: Path
    say: Callable[[int, int, str], None] = field(default=lambda done, total, words: None)
    steps: int | None = None
    trainer: Callable[..., Any] | None = None
    curves: Path | None = None


class Fitted(Protocol):
    """A fitted learner."""

    margin_frames: int
    """Context frames on each side with which a chunk scores like the whole recording."""

    steps: int
    """Rounds or epochs that it was trained for."""

    def scores(self, chunks: Iterable[Chunk]) -> Iterator[NDArray[np.float32]]:
        """Raw scores of each chunk without its context, (frames, behaviors), float32.

        In an exclusive group they are logits whose softmax over the group is the probability;
        for an independent behavior the logit of the sigmoid. Every frame gets a finite score.
        """
        ...

    def score_every(self, frames: int) -> int:
        """Score every so many-th frame only; the scores between go straight from one to the next.

        Returns what became of it: a multiple of the step that it was trained with, so that the
        scored frames are among those that are scored without this; 1 where every frame is scored
        in one pass, and leaving some out would save nothing.
        """
        ...

    def save(self, directory: Path) -> None:
        """Write it as LightGBM text or safetensors, with JSON for the rest. No pickle."""
        ...


class Learner(Protocol):
    """Something that can be fitted: built from a member of the plan and the ethogram."""

    def __init__(self, member: TreesMember | NetworkMember, ethogram: Ethogram) -> None: ...

    def fit(self, train: Dataset, valid: Dataset | None, run: Run) -> Fitted:
        """Fit on ``train``; ``valid`` (other animals) may only stop the fit early."""
        ...


def multiple_of(step: int, frames: int) -> int:
    """The least multiple of a step that is not below some frames.

    >>> multiple_of(3, 1), multiple_of(3, 8), multiple_of(1, 8)
    (3, 9, 8)
    """
    return step * max(1, -(-frames // step))


def weight_of_classes(
    counts: NDArray[np.int64] | NDArray[np.float64], power: float
) -> NDArray[np.float64]:
    """Weight of each class, count to the power of minus ``power``, with a mean of 1 over frames.

    Counts are frames, or sums of the annotators' shares.

    >>> weight_of_classes(np.array([400, 100]), 0.5).round(3).tolist()
    [0.833, 1.667]
    """
    present = np.maximum(counts, 1).astype(np.float64)
    weights: NDArray[np.float64] = present**-power
    weights *= float(counts.sum()) / max(float((weights * counts).sum()), 1e-12)
    return weights
