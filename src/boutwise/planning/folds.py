"""Folds: which animals are tested in which fold, and what is kept apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.planning.targets import LabelledSubject
from boutwise.project.splits import folds_by, frame_folds, holdout, leaks
from boutwise.types import FrameState, Subject
from boutwise.types.recipe import Split

LEAKING_FOLDS = 5
WINDOW_S = 2.0
"""Length of the windows of a split by random window: 60 frames at 30 per second."""


@dataclass(frozen=True)
class Fold:
    """One fold.

    Attributes:
        name: ``1``, ``2``, ... as its folder.
        test: Groups (animals, cohorts or recordings) that are tested; for a split by random frame
            or window the place of the fold, because every recording is on both sides.
    """

    name: str
    test: tuple[str, ...]


def group_of(subjects: Sequence[LabelledSubject], by: str) -> dict[Subject, str]:
    """What a split keeps together: for each subject the name of its group.

    Animals that were filmed together are in one group, joined by ``+``: the behavior of one
    tells about the other. By cohort, the cohorts of animals filmed together are joined as well.

    Raises:
        DataError: The split is by cohort, and an animal has none.
    """
    if by == "recording":
        return {item.subject: item.subject.recording for item in subjects}
    if by == "cohort":
        return _cohorts_of(subjects)
    together: dict[str, set[str]] = {}
    for item in subjects:
        met = {item.subject.animal} | ({item.subject.target} if item.subject.target else set())
        met |= set(item.recording.animals)
        union = set().union(met, *(together.get(animal, set()) for animal in met))
        for animal in union:
            together[animal] = union
    return {item.subject: "+".join(sorted(together[item.subject.animal])) for item in subjects}


def _cohorts_of(subjects: Sequence[LabelledSubject]) -> dict[Subject, str]:
    animals = group_of(subjects, "animal")
    joined: dict[str, set[str]] = {}
    for item in subjects:
        if not item.cohort:
            raise DataError(
                f"the split is by cohort, and the animal '{item.subject.animal}' has none",
                recording=item.subject.recording,
                expected="a cohort of every labelled animal",
                todo="declare them: the column cohort of --animals; or split by animal",
            )
        mine = joined.setdefault(animals[item.subject], set()) | {item.cohort}
        # Whoever shares a cohort with these animals now shares all of theirs.
        for cohorts in joined.values():
            if cohorts & mine:
                mine |= cohorts
        for name, cohorts in joined.items():
            if cohorts & mine or name == animals[item.subject]:
                joined[name] = mine
    return {item.subject: "+".join(sorted(joined[animals[item.subject]])) for item in subjects}


def make_folds(
    subjects: Sequence[LabelledSubject], split: Split, seed: int
) -> tuple[tuple[Fold, ...], tuple[str, ...], str]:
    """Folds, held-out groups, and the reason for the number of folds.

    Raises:
        DataError: Too few groups for a split.
    """
    groups = group_of(subjects, split.by)
    n_frames: dict[str, int] = {}
    for item in subjects:
        known = int((item.states >= FrameState.NO).any(axis=1).sum())
        n_frames[groups[item.subject]] = n_frames.get(groups[item.subject], 0) + known
    held = holdout(sorted(n_frames), _groups_meant(split.holdout, subjects, groups), seed)
    left = [name for name in sorted(n_frames) if name not in held]
    if leaks(split.by):
        count = LEAKING_FOLDS if split.folds == "auto" else split.folds
        folds = tuple(Fold(str(place + 1), (str(place),)) for place in range(count))
        kind = "frames" if split.by == "random-frame" else f"windows of {WINDOW_S:g} s"
        return folds, held, f"{count} folds of random {kind}; every animal is on both sides: LEAKS"
    tests = folds_by(left, split.folds, seed, weights=[n_frames[name] for name in left])
    together = split.by == "animal" and any("+" in name for name in left)
    kind = f"{len(left)} {'groups of animals filmed together' if together else f'{split.by}s'}"
    reason = (
        f"{kind}: one is left out at a time"
        if len(tests) == len(left)
        else f"{kind} in {len(tests)} folds of about equally many frames"
    )
    return tuple(Fold(str(k + 1), tuple(test)) for k, test in enumerate(tests)), held, reason


def _groups_meant(
    wanted: Literal["none"] | int | Sequence[str],
    subjects: Sequence[LabelledSubject],
    groups: Mapping[Subject, str],
) -> Literal["none"] | int | Sequence[str]:
    """Names of groups for names of animals and cohorts; what is no name is left as it is."""
    if isinstance(wanted, str | int):
        return wanted
    meant: dict[str, None] = {}
    for name in wanted:
        mine = [
            groups[item.subject]
            for item in subjects
            if name in (item.cohort, *item.recording.animals)
        ]
        meant |= dict.fromkeys([name] if name in groups.values() or not mine else mine)
    return list(meant)


@dataclass(frozen=True)
class Dealing:
    """How the frames of a subject are dealt to folds.

    Attributes:
        n_frames: So many.
        seed: Of the plan.
        window: Length in frames of the windows of a split by random window; None in other splits.
    """

    n_frames: int
    seed: int
    window: int | None = None


def test_mask(
    fold: Fold, folds: Sequence[Fold], group: str, subject: Subject, dealing: Dealing
) -> NDArray[np.bool_]:
    """Frames of a subject that a fold tests, (frames,).

    Args:
        fold: The fold.
        folds: All folds of the plan.
        group: The group of the subject; empty in a split by random frame or window.
        subject: Animal or pair; seeds random frames. A random window holds all animals of the
            recording, so the recording seeds it.
        dealing: How the frames are dealt.
    """
    n_frames, seed, window = dealing.n_frames, dealing.seed, dealing.window
    if group:
        return np.full(n_frames, group in fold.test)
    salt = str(subject) if window is None else subject.recording
    drawn = frame_folds(n_frames, len(folds), seed, recording=salt, together=window or 1)
    return np.asarray(drawn == int(fold.test[0]))


def fold_of_units(folds: Sequence[Fold], groups: Mapping[str, str]) -> dict[str, str]:
    """Unit of the intervals -> name of the fold in which its group is tested."""
    return {
        unit: fold.name for unit, group in groups.items() for fold in folds if group in fold.test
    }
