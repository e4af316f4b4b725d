"""Who is tested when: folds and held-out animals. Pure functions over names.

A *group* is what must never be parted: an animal, or several that were recorded together. The
honest way is to leave groups out; a split by random frames or windows leaks, because neighboring
frames are nearly the same, and is offered only to show by how much.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from boutwise.errors import DataError, UsageError, did_you_mean
from boutwise.types import Recording

LEAVE_ONE_OUT_UP_TO = 10
"""With more groups than this, leaving each out alone costs more than it tells."""

GROUPED_FOLDS = 5
LEAKING = ("random-frame", "random-window")
"""Ways to split whose scores say nothing about a new animal."""

_DRAWS = 300


def folds_by(
    groups: Sequence[str],
    n_folds: int | Literal["auto"] = "auto",
    seed: int = 0,
    *,
    weights: ArrayLike | None = None,
) -> list[tuple[str, ...]]:
    """Divide groups into folds; each group is tested exactly once.

    ``auto`` leaves one group out up to 10 groups and makes 5 grouped folds beyond. Grouped folds
    are balanced: of all weight columns, each fold gets about the same share.

    Args:
        groups: Name of the group of each item (animal or recording); may repeat.
        n_folds: Number of folds, or ``auto``.
        seed: Decides among equally good divisions.
        weights: (items,) or (items, columns), 0 or more: frames in the first column, frames of
            each class in the others (and, where cohorts shall be spread, one column a cohort).

    Returns:
        The test groups of each fold, sorted.

    Raises:
        DataError: Fewer than two groups, or fewer groups than folds.

    >>> folds_by(["m1", "m2", "m1", "m3"])
    [('m1',), ('m2',), ('m3',)]
    """
    names = sorted(set(groups))
    if len(names) < 2:
        raise DataError(
            f"there {'is 1 group' if names else 'are no groups'} to divide"
            + (f": {names[0]}" if names else ""),
            expected="labels of at least two animals: one to learn from, one to be tested on",
            todo="label another animal; if these recordings are of several animals, declare them "
            "with --animals; a split by recording tells less",
        )
    if n_folds == "auto":
        n_folds = len(names) if len(names) <= LEAVE_ONE_OUT_UP_TO else GROUPED_FOLDS
    if n_folds < 2:
        raise UsageError(f"{n_folds} folds divide nothing", expected="2 or more")
    if n_folds > len(names):
        raise DataError(
            f"{n_folds} folds need {n_folds} groups, and there are {len(names)}",
            expected=", ".join(names),
            todo=f"ask for at most {len(names)} folds, or label more animals",
        )
    if n_folds == len(names):
        return [(name,) for name in names]
    shares = _shares(groups, names, weights)
    return _balanced(names, n_folds, shares, np.random.default_rng(seed))


def holdout(
    groups: Sequence[str],
    wanted: Literal["none"] | int | Sequence[str],
    seed: int = 0,
    *,
    weights: ArrayLike | None = None,
) -> tuple[str, ...]:
    """Groups that are set apart before anything is fitted, sorted.

    A number draws that many, seeded, so that they hold about their share of every weight column;
    a list names them.

    Raises:
        UsageError: An unknown name.
        DataError: Fewer than two groups are left to learn from.

    >>> holdout(["m1", "m2", "m3"], ["m2"])
    ('m2',)
    """
    names = sorted(set(groups))
    if wanted == "none" or wanted == 0:
        return ()
    if isinstance(wanted, str):
        wanted = [wanted]
    if not isinstance(wanted, int):
        for name in wanted:
            if name not in names:
                raise UsageError(
                    f"'{name}' cannot be held out: it is not there",
                    expected=f"some of: {', '.join(names)}",
                    todo=did_you_mean(name, names),
                )
        held = tuple(sorted(set(wanted)))
    else:
        held = ()
    count = wanted if isinstance(wanted, int) else len(held)
    if count < 0 or len(names) - count < 2:
        raise DataError(
            f"{count} of {len(names)} groups cannot be held out",
            expected="at least two left, to learn from and to choose by",
            todo="hold out fewer, or label more animals",
        )
    if held:
        return held
    rng = np.random.default_rng(seed)
    shares = _shares(groups, names, weights)
    draws = [rng.permutation(len(names))[:count] for _ in range(_DRAWS)]
    off = [float(((shares[draw].sum(axis=0) - count / len(names)) ** 2).sum()) for draw in draws]
    return tuple(sorted(names[place] for place in draws[int(np.argmin(np.round(off, 12)))]))


def frame_folds(
    n_frames: int, n_folds: int, seed: int, *, recording: str, together: int = 1
) -> NDArray[np.int64]:
    """Fold of each frame, drawn at random: **this leaks** and is there to show by how much.

    Args:
        n_frames: Frames of the recording.
        n_folds: Number of folds.
        seed: Same seed, same folds.
        recording: Its id, so that recordings are drawn apart from each other.
        together: Length of the stretches of frames that stay together.

    Returns:
        (frames,), 0 to ``n_folds - 1``, each about equally often.

    >>> frame_folds(6, 2, 0, recording="a", together=3)
    array([1, 1, 1, 0, 0, 0])
    """
    if n_folds < 2:
        raise UsageError(f"{n_folds} folds divide nothing", expected="2 or more")
    salt = int.from_bytes(hashlib.blake2b(recording.encode(), digest_size=8).digest(), "big")
    rng = np.random.default_rng([seed, salt])
    n_stretches = -(-n_frames // together)
    drawn = rng.permutation(np.arange(n_stretches, dtype=np.int64) % n_folds)
    return np.repeat(drawn, together)[:n_frames]


def leaks(by: str) -> bool:
    """Whether scores of such a split are too good to be true.

    >>> leaks("random-frame"), leaks("random-window"), leaks("animal")
    (True, True, False)
    """
    return by in LEAKING


def linked(recordings: Iterable[Recording]) -> dict[str, str]:
    """Animal -> its group: animals that were recorded together are in one.

    Two mice of one video share frames, light and each other's movements; were one learned from
    and the other tested, the test would be no stranger.

    >>> from boutwise.types import FrameClock
    >>> clock = FrameClock.declared(1, fps=20)
    >>> linked([Recording("a", clock, ("m1", "m2")), Recording("b", clock, ("m3",))])
    {'m1': 'm1+m2', 'm2': 'm1+m2', 'm3': 'm3'}
    """
    member: dict[str, set[str]] = {}
    for recording in recordings:
        together = set(recording.animals)
        for animal in recording.animals:
            together |= member.get(animal, set())
        for animal in together:
            member[animal] = together
    return {animal: "+".join(sorted(member[animal])) for animal in sorted(member)}


def by_class(
    groups: Sequence[str], frames: Mapping[str, int], counts: Mapping[str, Mapping[str, int]]
) -> NDArray[np.float64]:
    """The weights of :func:`folds_by`: frames first, then a column for each class.

    Args:
        groups: Names of the groups.
        frames: Group -> labeled frames.
        counts: Class -> group -> frames.
    """
    columns = [frames, *(counts[name] for name in sorted(counts))]
    return np.array(
        [[float(column.get(group, 0)) for column in columns] for group in groups], dtype=np.float64
    )


def _shares(
    groups: Sequence[str], names: list[str], weights: ArrayLike | None
) -> NDArray[np.float64]:
    """Share of each group in the sum of each weight column, (groups, columns)."""
    given = np.ones(len(groups)) if weights is None else np.asarray(weights, dtype=np.float64)
    given = given.reshape(len(groups), -1)
    if not np.isfinite(given).all() or (given < 0).any():
        raise UsageError("weights of groups must be numbers of 0 or more")
    total = np.zeros((len(names), given.shape[1]))
    np.add.at(total, [names.index(group) for group in groups], given)
    sums = total.sum(axis=0)
    shares: NDArray[np.float64] = total[:, sums > 0] / sums[sums > 0]
    return shares if shares.shape[1] else np.full((len(names), 1), 1 / len(names))


def _balanced(
    names: list[str], n_folds: int, shares: NDArray[np.float64], rng: np.random.Generator
) -> list[tuple[str, ...]]:
    """Give the heaviest first to the fold that it suits best, then swap as long as it helps."""
    order = rng.permutation(len(names))
    order = order[np.argsort(-shares[order].max(axis=1), kind="stable")]
    fold_of = np.full(len(names), -1)
    for place in order:
        costs = []
        for fold in range(n_folds):
            inside = fold_of == fold
            load = shares[inside].sum(axis=0)
            # An even number of animals in each fold goes before an even number of frames.
            many = int(inside.sum())
            costs.append((many, float(((load + shares[place]) ** 2 - load**2).sum())))
        fold_of[place] = min(range(n_folds), key=lambda fold: costs[fold])
    _swap(fold_of, n_folds, shares)
    folds = [tuple(names[i] for i in np.flatnonzero(fold_of == fold)) for fold in range(n_folds)]
    return sorted(folds)


def _swap(fold_of: NDArray[np.int64], n_folds: int, shares: NDArray[np.float64]) -> None:
    def cost() -> float:
        loads = np.array([shares[fold_of == fold].sum(axis=0) for fold in range(n_folds)])
        return float(((loads - 1 / n_folds) ** 2).sum())

    best = cost()
    better = True
    while better:
        better = False
        for a in range(len(fold_of)):
            for b in range(a + 1, len(fold_of)):
                if fold_of[a] == fold_of[b]:
                    continue
                fold_of[[a, b]] = fold_of[[b, a]]
                now = cost()
                if now < best - 1e-12:
                    best, better = now, True
                else:
                    fold_of[[a, b]] = fold_of[[b, a]]
