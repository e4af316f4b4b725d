"""Whether there is anything in the labels that can be told apart."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.planning.targets import LabelledSubject
from boutwise.types import Ethogram, FrameState


def refuse_one_answer(subjects: Sequence[LabelledSubject], ethogram: Ethogram) -> None:
    """Refuse labels of which every frame says the same.

    Args:
        subjects: That are learned from and tested on.
        ethogram: Behaviors, in the order of the columns of their states.

    Raises:
        DataError: No behavior has a bout; or all that was labelled, or all of an exclusive group,
            is one and the same class.
    """
    yes = np.any([_said(item, FrameState.YES) for item in subjects], axis=0)
    no = np.any([_said(item, FrameState.NO) for item in subjects], axis=0)
    _refuse(yes, yes & no, ethogram.names, "the labels")
    for group in ethogram.groups:
        columns = [ethogram.names.index(name) for name in group.behaviors]
        of_group = f"the labels of the exclusive group '{group.name}'"
        _refuse(yes[columns], (yes & no)[columns], group.behaviors, of_group)


def _said(item: LabelledSubject, state: FrameState) -> NDArray[np.bool_]:
    """Whether anybody gave a state to any frame, (behaviors,)."""
    said = (item.states == state).any(axis=0)
    if item.shares is not None:
        votes = item.shares > 0 if state == FrameState.YES else item.shares < 1
        said |= votes.any(axis=0)
    return np.asarray(said, dtype=np.bool_)


def _refuse(
    yes: NDArray[np.bool_], both: NDArray[np.bool_], names: Sequence[str], whose: str
) -> None:
    if both.any():
        return
    there = [f"'{name}'" for name, found in zip(names, yes, strict=True) if found]
    listed = ", ".join(f"'{name}'" for name in names)
    raise DataError(
        f"{whose} have one answer for every frame: {' and '.join(there)}"
        if there
        else f"in {whose} there is not a single bout of {listed}",
        expected="frames of at least two kinds, so that there is something to learn",
        todo="look whether the labels were imported as they should be ('boutwise check'), label "
        "more, or name other behaviors: --set target.behaviors=[...]",
    )
