"""Whether it is the right animal: how often a behavior is given to the one that is acted upon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics._contract import ScoredSubject
from boutwise.metrics._intervals import Estimate, estimate
from boutwise.types import Ethogram, FrameState, Subject

_SHOWN, _RIGHT, _SWAPPED = range(3)


@dataclass(frozen=True)
class SwappedAgents:
    """Frames in which one animal acts upon another and is not acted upon likewise.

    Attributes:
        frames: So many, over all behaviors but the background.
        right: Of these, frames in which the behavior is said of the right agent.
        swapped: Frames in which it is not, and is said of the other animal instead.
        share: ``swapped / (right + swapped)``: where the behavior was seen, how often it is given
            to the wrong animal. NaN where it was never seen. With its interval over the units of
            the split.
    """

    frames: int
    right: int
    swapped: int
    share: Estimate


def swapped_agents(items: Sequence[ScoredSubject], ethogram: Ethogram) -> SwappedAgents:
    """How often a directed behavior is given to the animal that it is done to.

    A frame of an ordered pair counts for a behavior that its label says 'yes' to, where the label
    of the reversed pair is known and is not 'yes' to it as well (two animals that sniff each other
    cannot be exchanged). It is *right* when the behavior is decided for the pair, *swapped* when
    it is decided for the reversed pair only, and neither when it was not seen at all. A background
    is nobody's behavior and does not count.

    Args:
        items: Ordered pairs with labels and decisions; a pair whose reverse is not among them does
            not count.
        ethogram: Behaviors of the columns.

    >>> yes = np.array([[1], [1], [1]], dtype=np.int8)
    >>> ab, ba = Subject("r", "a", "b"), Subject("r", "b", "a")
    >>> one = ScoredSubject(ab, "p", yes, np.array([[True], [False], [False]]), 30.0)
    >>> two = ScoredSubject(ba, "p", 0 * yes, np.array([[True], [True], [False]]), 30.0)
    >>> from boutwise.types import Behavior
    >>> found = swapped_agents([one, two], Ethogram((Behavior("bite", scope="directed"),)))
    >>> found.frames, found.right, found.swapped, found.share.value
    (3, 1, 1, 0.5)
    """
    by_subject = {item.subject: item for item in items}
    columns = [
        place for place, name in enumerate(ethogram.names) if name not in ethogram.backgrounds
    ]
    counts: dict[str, NDArray[np.float64]] = {}
    for item in items:
        who = item.subject
        back = by_subject.get(Subject(who.recording, who.target, who.animal))
        if who.target and back is not None:
            mine = counts.setdefault(item.animal, np.zeros(3))
            mine += _counts(item, back, columns)
    table = np.array(list(counts.values()) or [np.zeros(3)])
    total = table.sum(axis=0).astype(int).tolist()
    return SwappedAgents(total[_SHOWN], total[_RIGHT], total[_SWAPPED], estimate(table, _share))


def agents_of(items: Sequence[ScoredSubject], ethogram: Ethogram) -> SwappedAgents | None:
    """The same, or None where no ordered pair is there with its reverse: nothing can be swapped."""
    there = {item.subject for item in items if item.subject.target}
    both = any(Subject(who.recording, who.target, who.animal) in there for who in there)
    return swapped_agents(items, ethogram) if both else None


def _counts(
    item: ScoredSubject, back: ScoredSubject, columns: Sequence[int]
) -> NDArray[np.float64]:
    theirs = back.truth[:, columns]
    shown = (item.truth[:, columns] == FrameState.YES) & (theirs == FrameState.NO)
    right = shown & item.decided[:, columns]
    swapped = shown & ~item.decided[:, columns] & back.decided[:, columns]
    return np.array([shown.sum(), right.sum(), swapped.sum()], dtype=np.float64)


def _share(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    seen = counts[..., _RIGHT] + counts[..., _SWAPPED]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(seen > 0, counts[..., _SWAPPED] / seen, np.nan))
