"""What several annotators say together: most of them, or the shares of their votes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boutwise.types import Ethogram, FrameState


def vote_shares(votes: NDArray[np.int8]) -> NDArray[np.float32]:
    """Share of 'yes' among those who said yes or no, (frames, behaviors); NaN where nobody did.

    Unlabelled and unscorable are no votes. In an exclusive group the shares of a frame sum to 1 at
    most: who says 'yes' of one behavior says 'no' of the others.

    Args:
        votes: :class:`FrameState` codes, (annotators, frames, behaviors).

    >>> vote_shares(np.array([[[1, -1]], [[0, -1]], [[1, -2]], [[-2, 0]]], dtype=np.int8)).tolist()
    [[0.6666666865348816, 0.0]]
    """
    yes = (votes == FrameState.YES).sum(axis=0)
    said = (votes >= FrameState.NO).sum(axis=0)
    shares = np.full(yes.shape, np.nan, dtype=np.float32)
    np.divide(yes, said, out=shares, where=said > 0, casting="unsafe")
    return shares


def majority(votes: NDArray[np.int8], ethogram: Ethogram) -> NDArray[np.int8]:
    """The state that most annotators gave, (frames, behaviors); a tie is unlabelled.

    Where most annotators saw some behavior of an exclusive group, and no two of them enough the
    same one, the whole group is unlabelled: nobody said that it was none of them.

    Args:
        votes: :class:`FrameState` codes, (annotators, frames, behaviors).
        ethogram: Behaviors and groups.
    """
    said = {state: (votes == state).sum(axis=0) for state in (1, 0, -2)}
    most = np.max(list(said.values()), axis=0)
    winners = np.sum([count == most for count in said.values()], axis=0)
    result = np.full(votes.shape[1:], FrameState.UNLABELLED, dtype=np.int8)
    for state, count in said.items():
        result[(count == most) & (winners == 1) & (most > 0)] = state
    for group in ethogram.groups:
        columns = [ethogram.names.index(name) for name in group.behaviors]
        some = (votes[:, :, columns] == FrameState.YES).any(axis=2).sum(axis=0)
        none = (votes[:, :, columns] == FrameState.NO).all(axis=2).sum(axis=0)
        open_ = ~(result[:, columns] == FrameState.YES).any(axis=1) & (some > none)
        open_ &= ~(result[:, columns] == FrameState.UNSCORABLE).all(axis=1)
        result[np.ix_(open_, columns)] = FrameState.UNLABELLED
    return result
