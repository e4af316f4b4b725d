"""Motion energy: how much the picture of a body changes, whatever becomes of its outline.

A mouse that grooms keeps its outline and stirs inside it. The change of each pixel of the body over
two short lags is averaged over its front, its middle and its rear. What the body does as a whole is
taken out first by laying the middles of mass over each other; that it turns is not. A lag between
two frames is told by the lags on both sides of it, so that films of any rate say the same.

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
SAME_FRAMES = 0.05
"""A lag that is so near to whole frames is these: 29.97 frames a second are 30."""
LONGER = 1.5
"""A picture that is older than so many times the lag is not compared: the camera made a pause."""


@dataclass(frozen=True, eq=False)
class _Seen:
    """An animal in a frame; its pixels one by one, and all of the square.

    Attributes:
        frame: Number.
        time_s: Its time.
        rows: Of the pixels of the animal, (pixels,), as the next three.
        columns: Likewise.
        values: Difference from the cage there.
        parts: Of the body, an index of ``PARTS``.
        center: Middle of mass, x and y.
        difference: Of the whole square, (side, side).
        mask: What of it is the animal.
    """

    frame: int
    time_s: float
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    values: Floats
    parts: NDArray[np.int64]
    center: tuple[float, float]
    difference: Floats
    mask: Mask

    @classmethod
    def of(cls, frame: int, time_s: float, difference: Floats, mask: Mask, body: Body) -> _Seen:
        """What is kept of a picture."""
        rows, columns = np.divmod(np.flatnonzero(mask), mask.shape[1])
        x, y = columns - body.center[0], rows - body.center[1]
        along = x * np.cos(body.axis) + y * np.sin(body.axis)
        end = THIRD * body.spread
        parts = (along > -end).astype(np.int64) + (along > end)
        values = difference[rows, columns]
        center = body.center
        return cls(frame, time_s, rows, columns, values, parts, center, difference, mask)


class MotionEnergy:
    """The change of each animal from what was seen of it shortly before.

    Args:
        times_s: Of the frames, (frames,).
        fps: Frames per second.
        n_animals: How many are looked at.
    """

    def __init__(self, times_s: NDArray[np.float64], fps: float, n_animals: int) -> None:
        self._times_s, self._fps = times_s, fps
        self._lags = tuple(_frames(lag_s * fps) for lag_s in LAGS_S)
        longest = max(lag for shares in self._lags for lag in shares) + 1
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
        seen.append(_Seen.of(frame, float(self._times_s[frame]), difference, mask, body))
        lags = {lag for shares in self._lags for lag in shares}
        changes = {lag: self._over(seen, lag) for lag in lags}
        columns = [
            np.sum([share * changes[lag] for lag, share in shares.items()], axis=0)
            for shares in self._lags
        ]
        return np.stack(columns, axis=1).astype(np.float32)

    def _over(self, seen: deque[_Seen], lag: int) -> Floats:
        """The change over some frames, (parts,)."""
        now = seen[-1]
        before = next((each for each in reversed(seen) if each.frame == now.frame - lag), None)
        if before is None or now.time_s - before.time_s > LONGER * lag / self._fps:
            return np.full(len(PARTS), np.nan, dtype=np.float32)
        return _change(now, before)


def _frames(frames: float) -> dict[int, float]:
    """Whole lags, at least one frame, and the share of each in a lag between them.

    >>> _frames(3.0), _frames(1.25), _frames(0.4), _frames(2.98)
    ({3: 1.0}, {1: 0.75, 2: 0.25}, {1: 1.0}, {3: 1.0})
    """
    nearest = max(1, round(frames))
    if frames < 1 or abs(frames - nearest) <= SAME_FRAMES:
        return {nearest: 1.0}
    low = int(frames)
    return {low: low + 1 - frames, low + 1: frames - low}


def _change(now: _Seen, before: _Seen) -> Floats:
    """Mean absolute change within the parts of a body, (parts,)."""
    height, width = before.mask.shape
    # Where the pixels were before, if the body only moved on.
    rows = now.rows - round(now.center[1] - before.center[1])
    columns = now.columns - round(now.center[0] - before.center[0])
    both = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    places = rows * width + columns
    both &= before.mask.take(places, mode="clip")
    change = np.abs(now.values - before.difference.take(places, mode="clip"))[both]
    parts = now.parts[both]
    count = np.bincount(parts, minlength=len(PARTS))
    total = np.bincount(parts, weights=change, minlength=len(PARTS))
    return np.where(count >= FEWEST, total / np.maximum(count, 1), np.nan).astype(np.float32)
