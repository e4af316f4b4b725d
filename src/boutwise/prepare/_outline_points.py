"""Points on the outline of a body, in either order: which end is the head is found out later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.prepare._outline_shape import Body, Floats

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
_SHARES = np.array([share for _, share in AXIS])
_FLANKS = [place for place, (name, _) in enumerate(AXIS) if name in FLANKS]
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
        return cls(body.center, body.axis, body.spread, body.lean, body.tail, points_of(body))


def points_of(body: Body) -> Floats:
    """The points on the outline of a body.

    Returns:
        (2, points, 2): x and y in the square, in the order of ``POINTS``, with the head where the
        axis of the body points to, and with the head at the other end; NaN where the body has a
        gap.
    """
    rear, front = _ends(body.along)
    half_width = max(1.5, SLICE * (front - rear))
    right, down = np.cos(body.axis), np.sin(body.axis)
    edges = _edges(body)
    found = []
    for start, length in ((rear, front - rear), (front, rear - front)):
        along = start + _SHARES * length
        middle, low, high = _across(body, along, half_width)
        left, other = (low, high) if length > 0 else (high, low)
        flanks = np.stack([left[_FLANKS], other[_FLANKS]], axis=1).ravel()
        aside = np.concatenate([middle, flanks])
        along = np.concatenate([along, np.repeat(along[_FLANKS], 2)])
        places = np.stack([along * right - aside * down, along * down + aside * right], axis=1)
        found.append(np.concatenate([places, edges]))
    return np.asarray(np.stack(found) + body.center, dtype=np.float32)


def _ends(rising: Floats) -> tuple[float, float]:
    """Where values begin and end, a few at each end left out."""
    last = len(rising) - 1
    place = int(ENDS * last)
    share, following = ENDS * last - place, min(place + 1, last)
    low, high = float(rising[place]), float(rising[last - place])
    return (
        low + share * (float(rising[following]) - low),
        high - share * (high - float(rising[last - following])),
    )


def _across(body: Body, places: NDArray[np.float64], half_width: float) -> Floats:
    """Mean, least and largest distance from the axis in slices around its places, (3, places)."""
    first = np.searchsorted(body.along, places - half_width, side="right")
    stop = np.searchsorted(body.along, places + half_width, side="left")
    bounds = np.stack([first, stop], axis=1).ravel()
    aside = np.append(body.aside, np.float32(0))  # a slice may end behind the last pixel
    count = (stop - first).astype(np.float32)
    joined = (join.reduceat(aside, bounds)[::2] for join in (np.add, np.minimum, np.maximum))
    total, low, high = (np.where(count > 0, each, np.float32(np.nan)) for each in joined)
    return np.stack([total / np.maximum(count, 1), low, high])


def _edges(body: Body) -> NDArray[np.float64]:
    """Middles of what is farthest up, down, left and right, (4, 2)."""
    order = body.x.argsort()
    up, down = _outermost(body.y)
    across, down_there = body.x[order], body.y[order]
    left, right = _outermost(across)
    both = [(body.x[side], body.y[side]) for side in (up, down)]
    both += [(across[side], down_there[side]) for side in (left, right)]
    return np.array([(x.sum() / x.size, y.sum() / y.size) for x, y in both])


def _outermost(rising: Floats) -> tuple[slice, slice]:
    """The least and the largest values."""
    low, high = _ends(rising)
    return (
        slice(0, int(rising.searchsorted(low, side="right"))),
        slice(int(rising.searchsorted(high, side="left")), None),
    )
