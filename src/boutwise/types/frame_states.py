"""What is known of each frame: the four states, and stretches of equal ones."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import LabelError
from boutwise.types.subjects import Subject


class FrameState(IntEnum):
    """What is known of one frame, subject and behavior. Unlabelled is never background."""

    YES = 1
    NO = 0
    UNLABELLED = -1
    UNSCORABLE = -2


def exclusive(
    states: NDArray[np.int8], background: int | None, subject: Subject, names: tuple[str, ...]
) -> NDArray[np.int8]:
    """Complete the states of an exclusive group, (frames, members)."""
    yes = states == FrameState.YES
    double = yes.sum(axis=1) > 1
    if double.any():
        frame = int(np.argmax(double))
        both = [name for name, here in zip(names, yes[frame], strict=True) if here]
        raise LabelError(
            f"{' and '.join(both)} overlap, but exclude each other",
            recording=subject.recording,
            frame=frame,
            expected="one behavior of an exclusive group at a time",
            todo="mend the labels, or take one of them out of the group in boutwise.yaml",
        )
    states = states.copy()
    unscorable = (states == FrameState.UNSCORABLE).any(axis=1) & ~yes.any(axis=1)
    states[unscorable] = FrameState.UNSCORABLE
    states[yes.any(axis=1)[:, None] & ~yes] = FrameState.NO
    if background is not None:
        others = np.delete(states, background, axis=1)
        examined = (others == FrameState.NO).all(axis=1)
        free = examined & (states[:, background] != FrameState.YES)
        states[free & ~yes.any(axis=1), background] = FrameState.YES
    return states


def runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Half-open stretches in which a flag is set.

    Args:
        flags: (frames,) bool.

    >>> runs(np.array([0, 1, 1, 0, 1], dtype=bool))
    [(1, 3), (4, 5)]
    """
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return list(zip(starts.tolist(), stops.tolist(), strict=True))
