"""The body of an animal in one picture, and points on its outline.

Sizes are in pixels of a square of 96 a side around the animal, in which a mouse is about 80 long.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import (
    binary_fill_holes,
    gaussian_gradient_magnitude,
    label,
    maximum_filter,
    minimum_filter,
    uniform_filter,
)

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

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

AXIS: tuple[tuple[str, float], ...] = (
    ("tail_base", 0.03),
    ("hip", 0.22),
    ("middle", 0.50),
    ("neck", 0.75),
    ("nose", 0.97),
)
"""Points on the long axis, and where they are from the rear end (0) to the front (1)."""
FLANKS = ("hip", "middle", "neck")
"""Where the flanks get a point on each side."""
EDGES = ("top_edge", "bottom_edge", "left_edge", "right_edge")
"""The farthest points of the body in the picture: how high it reaches for a camera at a slant."""
POINTS: tuple[str, ...] = (
    *(name for name, _ in AXIS),
    *(f"{side}_{name}" for name in FLANKS for side in ("left", "right")),
    *EDGES,
)
"""Names of the points, in order."""
ROLES = {"tail_base": "tail_base", "middle": "center", "neck": "neck", "nose": "nose"}
SLICE = 0.04
"""Half of the width of the slice of a body that a point is the middle of, in body lengths."""
ENDS = 0.01
"""Share of the pixels that are left out at each end: they tremble."""


@dataclass(frozen=True, eq=False)
class Body:
    """The trunk of an animal in a square.

    Attributes:
        x: Of its pixels, right of the middle of mass.
        y: Of its pixels, below the middle of mass.
        center: x and y of the middle of mass in the square.
        axis: Direction of the long axis, rad, from right to down; which end is the head is open.
        spread: Standard deviation along the long axis.
        lean: How far the middle of mass is ahead of the median pixel, in spreads: a mouse is broad
            behind and tapers to the nose. A thick tail pulls at the skewness, and not at this.
        tail: Sum of the places of what is thin and beyond the trunk, along the axis.
    """

    x: Floats
    y: Floats
    center: tuple[float, float]
    axis: float
    spread: float
    lean: float
    tail: float


@dataclass(frozen=True, eq=False)
class Posture:
    """What is kept of a body until it is known which end is the head: little, for hours of video.

    Attributes:
        center: As of the body.
        axis: As of the body.
        spread: As of the body.
        lean: As of the body.
        tail: As of the body.
        points: (2, points, 2): as they are if the head is where the axis points to, and if it is
            at the other end.
    """

    center: tuple[float, float]
    axis: float
    spread: float
    lean: float
    tail: float
    points: Floats

    @classmethod
    def of(cls, body: Body) -> Posture:
        """Of a body."""
        both = np.stack([points_of(body, body.axis), points_of(body, body.axis + np.pi)])
        return cls(body.center, body.axis, body.spread, body.lean, body.tail, both)


def animal_mask(difference: Floats) -> Mask:
    """Which pixels are the animal.

    Args:
        difference: From the empty cage, in shares of the strongest excursions, (side, side); below
            0 where it goes the other way than that of most of the animal.
    """
    steep = gaussian_gradient_magnitude(difference, 1.0) > STEEP
    found = (difference > CLEARLY) | (steep & (np.abs(difference) > WEAKLY))
    size = 2 * CLOSED + 1
    wide = np.pad(found, CLOSED)
    closed = minimum_filter(maximum_filter(wide, size), size)[CLOSED:-CLOSED, CLOSED:-CLOSED]
    return np.asarray(binary_fill_holes(closed), dtype=bool)


def body_of(mask: Mask) -> Body | None:
    """The trunk that is nearest to the middle of the square; None where there is none."""
    filled = uniform_filter(mask.astype(np.float32), 2 * THIN + 1, mode="nearest")
    cores, n_found = label(filled > BODY)
    if n_found == 0:
        return None
    core = cores == (1 if n_found == 1 else _nearest(cores, n_found))
    trunk = maximum_filter(core, 2 * REGAINED + 1) & mask
    y, x = (places.astype(np.float32) for places in trunk.nonzero())
    center = float(x.mean()), float(y.mean())
    x, y = x - center[0], y - center[1]
    xx, xy, yy = float((x * x).mean()), float((x * y).mean()), float((y * y).mean())
    axis = 0.5 * np.arctan2(2 * xy, xx - yy)
    spread = np.sqrt((xx + yy) / 2 + np.hypot((xx - yy) / 2, xy))
    along = x * np.cos(axis) + y * np.sin(axis)
    lean = -float(np.median(along) / max(spread, 1e-6))
    thin_y, thin_x = (mask & ~trunk).nonzero()
    beyond = (thin_x - center[0]) * np.cos(axis) + (thin_y - center[1]) * np.sin(axis)
    tail = float(beyond[np.abs(beyond) > 1.3 * spread].sum())
    return Body(x, y, center, float(axis), float(spread), lean, tail)


def _nearest(cores: NDArray[np.int32], n_found: int) -> int:
    """Number of the trunk that is large and near the middle of the square."""
    y, x = cores.nonzero()
    which = cores[y, x] - 1
    areas = np.bincount(which, minlength=n_found)
    middle = (np.array(cores.shape) - 1) / 2
    down = np.bincount(which, weights=y, minlength=n_found) / areas - middle[0]
    right = np.bincount(which, weights=x, minlength=n_found) / areas - middle[1]
    return int((areas * np.exp(-(down**2 + right**2) / NEAR**2)).argmax()) + 1


def points_of(body: Body, heading: float) -> Floats:
    """The points on the outline of a body.

    Args:
        body: In its square.
        heading: Where its head is, rad; the axis of the body, or opposite to it.

    Returns:
        (points, 2): x and y in the square, in the order of ``POINTS``; NaN where the body has a
        gap.
    """
    along_x, along_y = np.cos(heading), np.sin(heading)
    along = body.x * along_x + body.y * along_y
    aside = body.y * along_x - body.x * along_y
    rear, front = np.quantile(along, [ENDS, 1 - ENDS])
    axis: list[tuple[float, float]] = []
    flanks: list[tuple[float, float]] = []
    for name, share in AXIS:
        place = rear + share * (front - rear)
        there = aside[np.abs(along - place) < max(1.5, SLICE * (front - rear))]
        middle, left, right = (np.nan,) * 3
        if there.size:
            middle, left, right = there.mean(), there.min(), there.max()
        axis.append((place, middle))
        if name in FLANKS:
            flanks += [(place, left), (place, right)]
    turned = np.array(axis + flanks)
    x = turned[:, 0] * along_x - turned[:, 1] * along_y
    y = turned[:, 0] * along_y + turned[:, 1] * along_x
    points = np.concatenate([np.stack([x, y], axis=1), _edges(body)])
    return np.asarray(points + body.center, dtype=np.float32)


def _edges(body: Body) -> NDArray[np.float64]:
    """Middles of what is farthest up, down, left and right, (4, 2)."""
    low_y, high_y = np.quantile(body.y, [ENDS, 1 - ENDS])
    low_x, high_x = np.quantile(body.x, [ENDS, 1 - ENDS])
    sides = (body.y <= low_y, body.y >= high_y, body.x <= low_x, body.x >= high_x)
    return np.array([(body.x[side].mean(), body.y[side].mean()) for side in sides])
