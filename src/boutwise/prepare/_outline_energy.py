"""Motion energy: how much the picture of a body changes, whatever becomes of its outline.

A mouse that grooms keeps its outline and stirs inside it. The change of each pixel of the body over
two short lags is averaged over its front, its middle and its rear. What the body does as a whole is
taken out first by laying the middles of mass over each other; that it turns is not.

Source: the mean absolute difference of pictures is the motion energy of Facemap (Stringer et al.
2019, Science 364:255) and of many before; that it is taken of the difference from the empty cage,
inside a moving body and by its parts, is our own.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.prepare._outline_shape import Body, Floats
from boutwise.prepare.masks import Mask

LAGS_S = (0.05, 0.15)
"""Over which a picture is compared with an earlier one, seconds: a stroke of a paw takes .1."""
PARTS = ("rear", "middle", "front")
"""Thirds of a body, along its axis."""
THIRD = 0.58
"""From the middle of mass to the end of the middle third, in spreads: those of an even stick."""
FEWEST = 10
"""Pixels of a part that must be seen in both pictures."""


@dataclass(frozen=True, eq=False)
class _Seen:
    frame: int
    difference: Floats
    mask: Mask
    body: Body


class MotionEnergy:
    """The change of each animal from what was seen of it shortly before.

    Args:
        fps: Frames per second.
        n_animals: How many are looked at.
    """

    def __init__(self, fps: float, n_animals: int) -> None:
        self._lags = tuple(max(1, round(lag_s * fps)) for lag_s in LAGS_S)
        longest = max(self._lags) + 1
        self._seen: list[deque[_Seen]] = [deque(maxlen=longest) for _ in range(n_animals)]

    def of(
        self, place: tuple[int, int], difference: Floats, mask: Mask, body: Body
    ) -> NDArray[np.float32]:
        """Take in what is seen of an animal, and compare it.

        Args:
            place: Frame and animal; the frames of an animal come in order.
            difference: From the empty cage, (side, side).
            mask: What of it is the animal.
            body: Its trunk.

        Returns:
            (parts, lags): mean absolute change of the difference; NaN where the animal was not seen
            so long before, or too little of the part in both.
        """
        frame, animal = place
        seen = self._seen[animal]
        seen.append(_Seen(frame, difference, mask, body))
        found = np.full((len(PARTS), len(LAGS_S)), np.nan, dtype=np.float32)
        for column, lag in enumerate(self._lags):
            before = next((each for each in reversed(seen) if each.frame == frame - lag), None)
            if before is not None:
                found[:, column] = _change(seen[-1], before)
        return found


def _change(now: _Seen, before: _Seen) -> Floats:
    """Mean absolute change within the parts of a body, (parts,)."""
    moved = [
        round(there - then) for there, then in zip(now.body.center, before.body.center, strict=True)
    ]
    here = _shared(moved[1], len(now.mask)), _shared(moved[0], len(now.mask))
    there = _shared(-moved[1], len(now.mask)), _shared(-moved[0], len(now.mask))
    both = now.mask[here] & before.mask[there]
    change = np.abs(now.difference[here] - before.difference[there])[both]
    rows, columns = np.nonzero(both)
    x = columns + (here[1].start - now.body.center[0])
    y = rows + (here[0].start - now.body.center[1])
    along = x * np.cos(now.body.axis) + y * np.sin(now.body.axis)
    ends = np.array([-THIRD, THIRD]) * now.body.spread
    part = np.searchsorted(ends, along)
    count = np.bincount(part, minlength=len(PARTS))
    total = np.bincount(part, weights=change, minlength=len(PARTS))
    return np.where(count >= FEWEST, total / np.maximum(count, 1), np.nan).astype(np.float32)


def _shared(moved: int, side: int) -> slice:
    """Which pixels of a row show what the row of before shows as well, if all moved so far on.

    >>> _shared(2, 10), _shared(-2, 10), _shared(12, 10)
    (slice(2, 10, None), slice(0, 8, None), slice(10, 10, None))
    """
    return slice(min(max(moved, 0), side), max(side + min(moved, 0), 0))
