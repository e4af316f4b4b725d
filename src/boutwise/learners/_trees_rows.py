"""Rows for trees: which frames are learned from, and what they are labeled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, LabelError
from boutwise.features._windows import WindowStatistics
from boutwise.learners._contract import Dataset, SubjectFrames, weight_of_classes
from boutwise.types import Ethogram, Subject

STREAM = "features"
"""Name of the stream that trees read."""


@dataclass(frozen=True)
class Task:
    """What one model tells apart: the behaviors of a group, or one behavior from its absence.

    Attributes:
        name: Of the group or the behavior.
        behaviors: The behaviors that it scores.
        exclusive: Whether exactly one of them holds.
    """

    name: str
    behaviors: tuple[str, ...]
    exclusive: bool


def tasks_of(ethogram: Ethogram) -> tuple[Task, ...]:
    """One task for each exclusive group, then one for each behavior that is in none."""
    grouped = {name for group in ethogram.groups for name in group.behaviors}
    groups = [Task(group.name, group.behaviors, True) for group in ethogram.groups]
    single = [Task(name, (name,), False) for name in ethogram.names if name not in grouped]
    return (*groups, *single)


def columns_of(data: Dataset) -> tuple[str, ...]:
    """Names of the base columns of a dataset.

    Raises:
        DataError: There is no such stream, or nothing in the dataset.
    """
    if not data.items:
        raise DataError("there is no recording to fit trees on")
    if STREAM not in data.columns:
        raise DataError(
            f"trees read the stream '{STREAM}', which this dataset does not have",
            expected=f"one of its streams ({', '.join(data.columns) or 'none'}) to be '{STREAM}'",
        )
    return tuple(data.columns[STREAM])


def rate_of(data: Dataset) -> float:
    """The one working rate of a dataset, frames per second.

    Raises:
        DataError: Its recordings have different rates.
    """
    first = data.items[0]
    for item in data.items:
        if abs(item.fps - first.fps) > 1e-6 * first.fps:
            raise DataError(
                f"recordings of {first.fps:g} and {item.fps:g} frames per second in one fit",
                recording=item.subject.recording,
                todo="resample them onto the working rate of the plan first",
            )
    return float(first.fps)


@dataclass(frozen=True, eq=False)
class Votes:
    """Rows of a task with the classes that people saw in them; one vote each where they agree.

    Attributes:
        rows: Numbers of the rows, ascending; a row that annotators disagree about comes twice.
        classes: (votes,): the place in ``task.behaviors``; for an independent behavior 0 or 1.
        shares: (votes,), above 0 to 1: the share of annotators who said so.
    """

    rows: NDArray[np.int64]
    classes: NDArray[np.int64]
    shares: NDArray[np.float64]

    def only(self, classes: tuple[int, ...]) -> Votes:
        """The votes for some classes."""
        kept = np.isin(self.classes, classes)
        return Votes(self.rows[kept], self.classes[kept], self.shares[kept])


@dataclass(frozen=True, eq=False)
class Rows:
    """The frames that trees are fitted on.

    Attributes:
        values: (rows, columns), float32.
        targets: (rows, behaviors), float32: what is learned, 0 to 1, NaN where nobody judged.
        weights: (rows,), float64, above 0.
        subjects: The subjects of the dataset.
        origin: (rows, 2): place in ``subjects``, and frame.
    """

    values: NDArray[np.float32]
    targets: NDArray[np.float32]
    weights: NDArray[np.float64]
    subjects: tuple[Subject, ...]
    origin: NDArray[np.int64]

    @classmethod
    def of(cls, data: Dataset, windows: WindowStatistics, frame_step: int) -> Self:
        """Every ``frame_step``-th frame of each recording that is judged and has weight.

        Raises:
            DataError: There is none.
        """
        frames = [_judged(item, frame_step) for item in data.items]
        n_rows = sum(len(some) for some in frames)
        if n_rows == 0:
            raise DataError(
                "no frame is labeled",
                expected="labels 'yes' or 'no' on frames with a weight above 0",
            )
        values = np.empty((n_rows, len(windows.names)), dtype=np.float32)
        done = 0
        for item, some in zip(data.items, frames, strict=True):
            done += _fill(values[done : done + len(some)], item, some, windows, frame_step)
        pairs = list(zip(data.items, frames, strict=True))
        return cls(
            values,
            np.concatenate([item.targets[some] for item, some in pairs]),
            np.concatenate([item.weights[some] for item, some in pairs]).astype(np.float64),
            tuple(item.subject for item in data.items),
            np.concatenate(
                [np.stack([np.full(len(s), n), s], axis=1) for n, s in enumerate(frames)]
            ),
        )

    def without_values(self) -> Self:
        """The same without the matrix, to free its memory once it is binned."""
        return replace(self, values=np.empty((0, self.values.shape[1]), dtype=np.float32))

    def votes(self, task: Task, places: list[int]) -> Votes:
        """What a task learns: a row for each class that somebody saw in it.

        Args:
            task: The task.
            places: Label columns of its behaviors.

        Raises:
            LabelError: A row has more than one behavior of an exclusive group.
        """
        targets = self.targets[:, places]
        if task.exclusive:
            total = np.nansum(targets, axis=1)
            if (total > 1 + 1e-4).any():
                self._refuse_overlap(task, targets > 0, int(np.argmax(total > 1 + 1e-4)))
        else:
            targets = np.concatenate([1 - targets, targets], axis=1)
        # A row that two classes share comes twice; LightGBM takes rows in ascending order only.
        rows, classes = np.nonzero(targets > 0)
        return Votes(rows, classes, targets[rows, classes].astype(np.float64))

    def _refuse_overlap(self, task: Task, yes: NDArray[np.bool_], row: int) -> None:
        subject = self.subjects[self.origin[row, 0]]
        both = [name for name, is_yes in zip(task.behaviors, yes[row], strict=True) if is_yes]
        raise LabelError(
            f"{' and '.join(both)} are labeled at once",
            recording=subject.recording,
            frame=int(self.origin[row, 1]),
            expected=f"one behavior of the exclusive group '{task.name}'",
            todo="correct the labels, or choose one annotator",
        )

    def class_weights(self, votes: Votes, power: float) -> NDArray[np.float64]:
        """Weight of each vote: that of its row, times its share, times that of its class."""
        counts = np.bincount(votes.classes, weights=votes.shares)
        weights: NDArray[np.float64] = self.weights[votes.rows] * votes.shares
        weights *= weight_of_classes(counts, power)[votes.classes]
        return weights


def _judged(item: SubjectFrames, frame_step: int) -> NDArray[np.int64]:
    """Frames that someone said yes or no of, and that are trained on."""
    frames = np.arange(0, item.n_frames, frame_step)
    return frames[item.judged[frames]]


def _fill(
    values: NDArray[np.float32],
    item: SubjectFrames,
    frames: NDArray[np.int64],
    windows: WindowStatistics,
    frame_step: int,
) -> int:
    """Write the rows of one subject; only the range of its judged frames is computed."""
    if len(frames) == 0:
        return 0
    base = np.asarray(item.streams[STREAM])
    done, first = 0, int(frames[0])
    blocks = windows.blocks(base, start=first, stop=int(frames[-1]) + 1, step=frame_step)
    for block in blocks:
        here = np.arange(first, first + len(block) * frame_step, frame_step)
        wanted = np.isin(here, frames, assume_unique=True)
        n_wanted = int(wanted.sum())
        values[done : done + n_wanted] = block[wanted]
        done += n_wanted
        first += len(block) * frame_step
    return done
