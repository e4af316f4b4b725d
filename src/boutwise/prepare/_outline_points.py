"""Points on the outline of a body, in either order: which end is the head is found out later."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.prepare._outline_energy import PARTS
from boutwise.prepare._outline_shape import Body, Floats

Floats64 = NDArray[np.float64]

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


_BEHIND = tuple(place for place, (name, _) in enumerate(AXIS) if name in ("hip", "neck"))
"""Points that lie elsewhere on the axis when it is counted from its other end."""
_SHARES = np.array([share for _, share in AXIS] + [1 - AXIS[place][1] for place in _BEHIND])
_FLANKS = [place for place, (name, _) in enumerate(AXIS) if name in FLANKS]
_OTHERS = [len(AXIS), len(AXIS) + 1]
MORE = 3 * len(_OTHERS)
"""Points that are kept beside those of ``POINTS`` as long as it is open which end is the head."""


def _when_turned() -> list[int]:
    """For each of ``POINTS`` its place among all that are kept, if the head is at the other end."""
    first = len(POINTS)
    other = {
        "tail_base": POINTS.index("nose"),
        "nose": POINTS.index("tail_base"),
        "left_middle": POINTS.index("right_middle"),
        "right_middle": POINTS.index("left_middle"),
        **{AXIS[place][0]: first + number for number, place in enumerate(_BEHIND)},
    }
    for number, place in enumerate(_BEHIND):
        for side, name in enumerate(("left", "right")):
            other[f"{name}_{AXIS[place][0]}"] = first + len(_BEHIND) + 2 * number + side
    return [other.get(name, place) for place, name in enumerate(POINTS)]


TURNED = _when_turned()


@dataclass(frozen=True, eq=False)
class Postures:
    """What is kept of the bodies of a recording until it is known which ends are heads.

    Little, and in a few arrays, for hours of video; NaN where there is no body.

    Attributes:
        center: Middle of each body in the pictures that are looked at, (frames, animals, 2).
        axis: As of the body, (frames, animals), as the others.
        spread: As of the body.
        lean: As of the body.
        tail: As of the body.
        rows: (frames, animals, points + parts, 2): what is left when heads are known: ``points``,
            and ``energy`` behind them.
        more: (frames, animals, 6, 2): what is needed beside them if it is at the other end.
    """

    center: Floats
    axis: Floats
    spread: Floats
    lean: Floats
    tail: Floats
    rows: Floats
    more: Floats

    @classmethod
    def none(cls, n_frames: int, n_animals: int) -> Postures:
        """No bodies yet."""
        shapes: list[tuple[int, ...]] = [(2,), (), (), (), ()]
        shapes += [(len(POINTS) + len(PARTS), 2), (MORE, 2)]
        size = (n_frames, n_animals)
        return cls(*(np.full((*size, *shape), np.nan, dtype=np.float32) for shape in shapes))

    @property
    def points(self) -> Floats:
        """Pixels of the video, in the order of ``POINTS``: (frames, animals, points, 2).

        As they are if the head is where the axis points to.
        """
        return self.rows[:, :, : len(POINTS)]

    @property
    def energy(self) -> Floats:
        """Motion energy, (frames, animals, parts, lags).

        From the rear to the front if the head is where the axis points to.
        """
        return self.rows[:, :, len(POINTS) :]

    def put(
        self, place: tuple[int, int], body: Body, *, corner: NDArray[np.int64], scale: Floats64
    ) -> None:
        """Take in a body.

        Args:
            place: Frame and animal.
            body: In its square.
            corner: Left and top of the square in the picture.
            scale: Pixels of the video for one of the picture, to the right and down.
        """
        self.center[place] = body.center + corner
        self.axis[place], self.spread[place] = body.axis, body.spread
        self.lean[place], self.tail[place] = body.lean, body.tail
        points = (points_of(body) + corner + 0.5) * scale
        self.points[place], self.more[place] = points[: len(POINTS)], points[len(POINTS) :]

    def turn(self, animal: int, frames: NDArray[np.int64]) -> None:
        """Exchange head and rear of an animal in some frames."""
        for some in np.array_split(frames, 1 + frames.size // 10_000):
            both = np.concatenate([self.points[some, animal], self.more[some, animal]], axis=1)
            self.points[some, animal] = both[:, TURNED]
            self.energy[some, animal] = self.energy[some, animal][:, ::-1]


def points_of(body: Body) -> Floats:
    """The points on the outline of a body.

    Returns:
        (21, 2): x and y in the square, in the order of ``POINTS``, with the head where the axis of
        the body points to; then the others that are needed if it is at the other end, in the order
        in which ``TURNED`` takes them. NaN where the body has a gap.
    """
    rear, front = _ends(body.along)
    along = rear + _SHARES * (front - rear)
    middle, low, high = _across(body, along, max(1.5, SLICE * (front - rear)))
    ahead, ends = len(AXIS), [*_FLANKS, *_OTHERS]
    # Seen from the other end left is right.
    left, right = np.stack([low, high])[:, _FLANKS], np.stack([high, low])[:, _OTHERS]
    flanks = np.concatenate([left.T.ravel(), right.T.ravel()])
    first = 2 * len(_FLANKS)
    aside = np.concatenate([middle[:ahead], flanks[:first], middle[ahead:], flanks[first:]])
    across_at = np.repeat(along[ends], 2)
    along = np.concatenate([along[:ahead], across_at[:first], along[ahead:], across_at[first:]])
    cos, sin = math.cos(body.axis), math.sin(body.axis)
    places = np.stack([along * cos - aside * sin, along * sin + aside * cos], axis=1)
    split = ahead + first
    both = np.concatenate([places[:split], _edges(body), places[split:]])
    return np.asarray(both + body.center, dtype=np.float32)


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
