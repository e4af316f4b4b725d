"""The body of an animal in one picture.

Sizes are in pixels of a square of 96 a side around the animal, in which a mouse is about 80 long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, label

from boutwise.prepare.masks import SIDES, Mask, closed, counts_around, extent, filled, widened

Floats = NDArray[np.float32]

CLEARLY = 0.4
"""Of the strongest excursions: what differs from the cage by more is the animal."""
WEAKLY = 0.06
"""What differs by more may be the animal, or its shadow."""
STEEP = 0.055
"""Of the strongest excursions a pixel: fur, ears and the rim of a body are steep, a shadow is not.
A body that is as dark as its shadow is told from it so, and the dark back of a light mouse."""
CLOSED = 2
"""Gaps up to twice this are closed: a shine on the fur, a bar of the cage."""
THIN = 4
"""What is thinner than twice this is no trunk: tail, paws, ears."""
BODY = 0.6
"""Share of the pixels around one that must be animal for it to be trunk."""
REGAINED = 3
"""Pixels by which the trunk is widened again, within what is animal."""
NEAR = 25.0
"""Of several trunks the larger one counts, and the nearer one to the middle of the square."""


@dataclass(frozen=True, eq=False)
class Body:
    """The trunk of an animal in a square.

    Attributes:
        x: Of its pixels, right of the middle of mass; row by row, from the top down.
        y: Of its pixels, below the middle of mass.
        center: x and y of the middle of mass in the square.
        axis: Direction of the long axis, rad, from right to down; which end is the head is open.
        along: Of its pixels, along the axis, rising.
        aside: Of the same pixels in this order, across it.
        spread: Standard deviation along the long axis.
        lean: How far the middle of mass is ahead of the median pixel, in spreads: a mouse is broad
            behind and tapers to the nose. A thick tail pulls at the skewness, and not at this.
        tail: Sum of the places of what is thin and beyond the trunk, along the axis.
    """

    x: Floats
    y: Floats
    center: tuple[float, float]
    axis: float
    along: Floats
    aside: Floats
    spread: float
    lean: float
    tail: float


def animal_mask(difference: Floats) -> Mask:
    """Which pixels are the animal.

    Args:
        difference: From the empty cage, in shares of the strongest excursions, (side, side); below
            0 where it goes the other way than that of most of the animal.
    """
    steep = _squared_gradient(difference) > STEEP**2
    found = (difference > CLEARLY) | (steep & (np.abs(difference) > WEAKLY))
    return filled(closed(found, CLOSED))


def _squared_gradient(values: Floats) -> Floats:
    """Of a picture, smoothed by a Gaussian of one pixel."""
    smooth_down, steps_down = _filters(len(values))
    smooth_along, steps_along = _filters(values.shape[1])
    along = (smooth_down @ values) @ steps_along.T
    down = (steps_down @ values) @ smooth_along.T
    return np.asarray(along * along + down * down, dtype=np.float32)


@lru_cache(maxsize=8)
def _filters(length: int) -> tuple[Floats, Floats]:
    """What smooths a column of that length, and its first derivative, (length, length) each."""
    single = np.eye(length, dtype=np.float32)
    smooth, steps = (
        np.asarray(gaussian_filter1d(single, 1.0, axis=0, order=order), dtype=np.float32)
        for order in (0, 1)
    )
    smooth.flags.writeable = steps.flags.writeable = False
    return smooth, steps


def body_of(mask: Mask) -> Body | None:
    """The trunk that is nearest to the middle of the square; None where there is none."""
    core = _core(counts_around(mask, THIN) > BODY * (2 * THIN + 1) ** 2)
    if core is None:
        return None
    trunk = widened(core, REGAINED) & mask
    y, x = _places(trunk)
    center = float(x.mean()), float(y.mean())
    x, y = x - center[0], y - center[1]
    xx, xy, yy = float(x @ x) / x.size, float(x @ y) / x.size, float(y @ y) / x.size
    axis = 0.5 * math.atan2(2 * xy, xx - yy)
    spread = math.sqrt((xx + yy) / 2 + math.hypot((xx - yy) / 2, xy))
    right, down = np.float32(math.cos(axis)), np.float32(math.sin(axis))
    along = x * right + y * down
    order = along.argsort()
    along, aside = along[order], (y * right - x * down)[order]
    middle = (along[(along.size - 1) // 2] + along[along.size // 2]) / 2
    lean = -float(middle / max(spread, 1e-6))
    thin_y, thin_x = _places(mask & ~trunk)
    beyond = (thin_x - center[0]) * right + (thin_y - center[1]) * down
    tail = float(beyond[np.abs(beyond) > 1.3 * spread].sum())
    return Body(x, y, center, axis, along, aside, spread, lean, tail)


def _places(mask: Mask) -> tuple[Floats, Floats]:
    """Row and column of each set pixel."""
    rows, columns = np.divmod(np.flatnonzero(mask).astype(np.int32), np.int32(mask.shape[1]))
    return rows.astype(np.float32), columns.astype(np.float32)


def _core(cores: Mask) -> Mask | None:
    """Of several cores the one that is large and near the middle; None where there is none."""
    box = extent(cores)
    if box is None:
        return None
    parts, n_parts = label(cores[box], SIDES)
    if n_parts == 1:
        return cores
    y, x = parts.nonzero()
    which = parts[y, x] - 1
    areas = np.bincount(which, minlength=n_parts)
    middle = (np.array(cores.shape) - 1) / 2 - [box[0].start, box[1].start]
    down = np.bincount(which, weights=y, minlength=n_parts) / areas - middle[0]
    right = np.bincount(which, weights=x, minlength=n_parts) / areas - middle[1]
    best = int((areas * np.exp(-(down**2 + right**2) / NEAR**2)).argmax()) + 1
    found = np.zeros_like(cores)
    found[box] = parts == best
    return found
