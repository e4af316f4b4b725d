"""Sufficient statistics: counts of each subject that can be added up and scored in any grouping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.metrics import bouts, frames, probabilities
from boutwise.metrics._contract import ScoredSubject, ScoreOptions
from boutwise.metrics._matching import match, spans_of
from boutwise.types import Ethogram


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts of subjects, or of animals or recordings after :meth:`by`; one row each.

    Attributes:
        keys: What each row is.
        frames: True and false positives, false and true negatives, (rows, behaviors, 4).
        confusions: Name of each exclusive group -> true by decided member, the last one 'none',
            (rows, members + 1, members + 1).
        bouts: tp, fp, fn and used of :class:`~boutwise.metrics._matching.Matches`,
            (rows, behaviors, thresholds, 4).
        stray: Predicted bouts that touch no true one, (rows, behaviors).
        seconds: Examined time, (rows, behaviors).
        declared: Like ``frames``, of the declared groups, (rows, declared, 4).
        reliability: Frames, sum of probabilities, frames shown, (rows, behaviors, bins, 3).
        moments: Sum of p (1 - p) and of (p - y)², (rows, behaviors, 2).
        scored: Frames of which at least one behavior is known, (rows,).
    """

    keys: tuple[str, ...]
    frames: NDArray[np.int64]
    confusions: Mapping[str, NDArray[np.int64]]
    bouts: NDArray[np.int64]
    stray: NDArray[np.int64]
    seconds: NDArray[np.float64]
    declared: NDArray[np.int64]
    reliability: NDArray[np.float64]
    moments: NDArray[np.float64]
    scored: NDArray[np.int64]

    def by(self, keys: Sequence[str]) -> Counts:
        """Add up the rows that have the same new key; sorted by key."""
        names = tuple(sorted(set(keys)))
        place = np.array([names.index(key) for key in keys], dtype=np.int64)

        def added(array: NDArray[np.generic]) -> NDArray[np.generic]:
            total = np.zeros((len(names), *array.shape[1:]), dtype=array.dtype)
            np.add.at(total, place, array)
            return total

        parts = {
            name: added(value)
            for name, value in vars(self).items()
            if isinstance(value, np.ndarray)
        }
        confusions = {name: added(value) for name, value in self.confusions.items()}
        return Counts(keys=names, confusions=confusions, **parts)  # type: ignore[arg-type]

    def matrices(self, ethogram: Ethogram) -> dict[str, NDArray[np.int64]]:
        """One confusion for each decision: an exclusive group, or yes and no of a behavior.

        Returns:
            Name -> (rows, classes, classes), true by decided; no before yes.
        """
        alone = {}
        for column, name in enumerate(ethogram.names):
            if ethogram.group_of(name) is None:
                order = [frames.TN, frames.FP, frames.FN, frames.TP]
                alone[name] = self.frames[:, column, order].reshape(-1, 2, 2)
        return {**self.confusions, **alone}


def count(items: Sequence[ScoredSubject], ethogram: Ethogram, options: ScoreOptions) -> Counts:
    """Count everything once, subject by subject.

    Raises:
        DataError: A subject does not have the columns of the ethogram, or two members of an
            exclusive group are decided in one frame.
    """
    rows = [_count_one(item, ethogram, options) for item in items]
    return Counts(
        keys=tuple(str(item.subject) for item in items),
        confusions={
            group.name: np.stack([row.confusions[group.name][0] for row in rows])
            for group in ethogram.groups
        },
        **{
            name: np.concatenate([getattr(row, name) for row in rows])
            for name, value in vars(rows[0]).items()
            if isinstance(value, np.ndarray)
        },
    )


def _count_one(item: ScoredSubject, ethogram: Ethogram, options: ScoreOptions) -> Counts:
    _check_columns(item, ethogram)
    known, yes = item.known, item.yes
    place = {name: column for column, name in enumerate(ethogram.names)}
    confusions = {}
    for group in ethogram.groups:
        columns = [place[name] for name in group.behaviors]
        examined = known[:, columns]
        _check_exclusive(item, columns, group.name)
        matrix = frames.confusion(yes[:, columns], item.decided[:, columns], examined)
        confusions[group.name] = matrix[None]
    bout_counts, stray = _count_bouts(item, options)
    reliability, moments = _count_probabilities(item, options.bins)
    return Counts(
        keys=(str(item.subject),),
        frames=frames.binary_counts(yes, item.decided, known)[None],
        confusions=confusions,
        bouts=bout_counts[None],
        stray=stray[None],
        seconds=(known.sum(axis=0) / item.fps)[None],
        declared=_count_declared(item, place, options)[None],
        reliability=reliability[None],
        moments=moments[None],
        scored=np.array([known.any(axis=1).sum()], dtype=np.int64),
    )


def _count_bouts(
    item: ScoredSubject, options: ScoreOptions
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    n_behaviors = item.truth.shape[1]
    counts = np.zeros((n_behaviors, len(options.thresholds), 4), dtype=np.int64)
    stray = np.zeros(n_behaviors, dtype=np.int64)
    for column in range(n_behaviors):
        known = item.known[:, column]
        true = spans_of(item.yes[:, column])
        said = spans_of(item.decided[:, column] & known)
        found = match(true, said, options.thresholds, options.matching)
        counts[column] = np.stack([found.tp, found.fp, found.fn, found.used], axis=-1)
        stray[column] = bouts.false_bouts(true, said)
    return counts, stray


def _count_probabilities(
    item: ScoredSubject, bins: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    n_behaviors = item.truth.shape[1]
    reliability, moments = np.zeros((n_behaviors, bins, 3)), np.zeros((n_behaviors, 2))
    if item.probabilities is not None:
        for column in range(n_behaviors):
            known = item.known[:, column]
            y = item.yes[known, column]
            p = item.probabilities[known, column].astype(np.float64)
            reliability[column] = probabilities.reliability(y, p, bins)
            moments[column] = (p * (1 - p)).sum(), ((p - y) ** 2).sum()
    return reliability, moments


def _count_declared(
    item: ScoredSubject, place: Mapping[str, int], options: ScoreOptions
) -> NDArray[np.int64]:
    """A declared group is shown when any member is, and not shown when all are known not to be."""
    counts = np.zeros((len(options.declared), 4), dtype=np.int64)
    for row, names in enumerate(options.declared.values()):
        columns = [place[name] for name in names]
        yes = np.asarray(item.yes[:, columns].any(axis=1))
        known = np.asarray(yes | item.known[:, columns].all(axis=1))
        decided = np.asarray(item.decided[:, columns].any(axis=1))
        counts[row] = frames.binary_counts(yes[:, None], decided[:, None], known[:, None])[0]
    return counts


def _check_columns(item: ScoredSubject, ethogram: Ethogram) -> None:
    if item.truth.shape[1] != len(ethogram.names):
        raise DataError(
            f"{item.subject}: {item.truth.shape[1]} columns of labels",
            recording=item.subject.recording,
            expected=f"{len(ethogram.names)}, one a behavior: {', '.join(ethogram.names)}",
        )


def _check_exclusive(item: ScoredSubject, columns: Sequence[int], group: str) -> None:
    examined = item.known[:, columns].all(axis=1)
    for words, flags in (("true", item.yes), ("decided", item.decided)):
        double = np.asarray(flags[:, columns].sum(axis=1) > 1) & examined
        if double.any():
            raise DataError(
                f"{item.subject}: two members of the exclusive group '{group}' are {words}",
                recording=item.subject.recording,
                frame=int(np.argmax(double)),
                expected="one behavior of an exclusive group at a time",
            )
