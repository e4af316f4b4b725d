"""The one crop of training and prediction: which square is cut out of each frame.

A network shall see the animal and not the place, at one scale. ``steady`` keeps one side for a
whole recording, so that the animal does not swell when it curls up and the network can see that it
stretches; ``union`` takes the united box over a span of time, as the clips of system 4 do. A square
may be turned so that the animal always looks up: then the network need not learn each act anew for
every direction.

Source: square crops with padding are usual in action recognition; that a behaving animal is turned
to face one way before it is looked at is usual since Wiltschko et al. (2015, Neuron 88:1121).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d, uniform_filter1d

from boutwise.errors import RecipeError, UsageError
from boutwise.types import Boxes, FrameClock, Subject

VERSION = 1

STEADY_QUANTILE = 0.95
"""The side of a recording is that of the longest box but for one in twenty: those are stretches
and boxes gone wrong, and the padding covers most of what they lack."""

STEADY_S = 0.2
"""The centre is averaged over so long: a box trembles from picture to picture, a mouse does not.
A mean over as much before as after does not lag behind a mouse that runs straight on."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Crop:
    """How the picture of a subject is cut out; options of ``crop`` in a recipe.

    Attributes:
        size: Pixels a side of what the network sees, a multiple of 8. A mouse fills about 80 of 96:
            paws are three pixels wide, and a picture costs a ninth of what it does at 288.
        color: ``gray`` or ``rgb``. Mice are gray, and color tells cages apart rather than acts.
        padding: Added on each side, in shares of the longer side of the box.
        span_s: Boxes within a window of so many seconds around a frame are united; 0 = its own.
        side: ``steady`` = one side for the whole recording and all its animals around a smoothed
            centre; ``union`` =
            as large as the united box of each frame.
        facing: ``heading`` = turned so that the trunk of the animal points up; of a pair, that of
            the one who acts. For cameras above or below; ``none`` = as the camera saw it.
    """

    size: int = 96
    color: Literal["gray", "rgb"] = "gray"
    padding: float = 0.1
    span_s: float = 0.0
    side: Literal["steady", "union"] = "steady"
    facing: Literal["none", "heading"] = "none"

    def __post_init__(self) -> None:
        """Check the options."""
        whole = isinstance(self.size, int) and not isinstance(self.size, bool)
        limits = (
            ("size", whole and 16 <= self.size <= 1024 and self.size % 8 == 0, "16, 24, ... 1024"),
            ("color", self.color in ("gray", "rgb"), "gray or rgb"),
            ("padding", _within(self.padding, 2), "a share from 0 to 2"),
            ("span_s", _within(self.span_s, 600), "seconds from 0 to 600"),
            ("side", self.side in ("steady", "union"), "steady or union"),
            ("facing", self.facing in ("none", "heading"), "none or heading"),
        )
        for name, is_fine, expected in limits:
            if not is_fine:
                value = getattr(self, name)
                raise RecipeError(f"crop: '{name}' cannot be {value!r}", expected=expected)

    @property
    def channels(self) -> int:
        """Channels of the picture that is cut."""
        return 3 if self.color == "rgb" else 1


def _within(value: Any, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most


@dataclass(frozen=True, eq=False)
class Squares:
    """What is cut out of each frame of a recording for one subject.

    Attributes:
        corners: (frames, 4), int64: left, top, right, bottom in pixels of the video, half-open; may
            reach outside the picture; 0 where there is none.
        present: (frames,): False where the subject has no box. Nothing is cut there: a frame is
            masked, never a guess at the middle of the picture.
        facing: (frames,): the direction that is up in what is cut, radians from the x axis of the
            picture towards its y axis, which points down; None = nothing is turned.
    """

    corners: NDArray[np.int64]
    present: NDArray[np.bool_]
    facing: Floats | None = None

    def turned(self, facing: Floats) -> Squares:
        """The same squares, turned; a frame whose direction is NaN is not present."""
        present = self.present & np.isfinite(facing)
        return Squares(self.corners * present[:, None], present, facing)

    def at(self, frames: NDArray[np.int64]) -> Squares:
        """Those of some frames."""
        facing = None if self.facing is None else self.facing[frames]
        return Squares(self.corners[frames], self.present[frames], facing)


def crop_squares(boxes: Boxes, subject: Subject, crop: Crop, clock: FrameClock) -> Squares:
    """The square of a subject in each frame; of a pair, around both animals.

    Args:
        boxes: Of the recording.
        subject: An animal, or a pair: a frame in which one of the two has no box is not present.
        crop: Options.
        clock: Of the recording, with as many frames as there are boxes; its rate turns seconds into
            frames.

    Raises:
        DataError: There are no boxes of that animal.
        UsageError: Boxes and clock do not belong together.

    The union over the window of a clip is the row of its centre frame, with ``span_s`` its length
    and ``side: union``.
    """
    if boxes.n_frames != clock.n_frames:
        raise UsageError(
            f"boxes of {boxes.n_frames} frames with a clock of {clock.n_frames}",
            expected="boxes and clock of one recording",
        )
    names = [name for name in (subject.animal, subject.target) if name]
    around, present = _around(boxes, names)
    corners = np.zeros((boxes.n_frames, 4), dtype=np.int64)
    if present.any():
        span = _frames(crop.span_s, clock)
        united = _united(around, present, span)
        centres, longest = _middles(united)[present], _longest(united)[present]
        if crop.side == "steady":
            centres = _smoothed(united, present, _frames(STEADY_S, clock))
            # All animals of a recording have one scale: which of two is larger can be seen.
            of_all = longest if subject.target else _all_longest(boxes, span)
            longest = np.full(longest.size, np.quantile(of_all, STEADY_QUANTILE))
        corners[present] = _squares(centres, longest * (1 + 2 * crop.padding))
    return Squares(corners, present)


def whole_picture(size: tuple[int, int], n_frames: int) -> Squares:
    """The square around the whole picture in each frame: what is cut where nothing is detected.

    Args:
        size: (height, width) of the pictures.
        n_frames: Of the recording.
    """
    height, width = size
    centre = np.array([[width / 2, height / 2]])
    corners = _squares(centre, np.array([float(max(size))]))
    return Squares(np.repeat(corners, n_frames, axis=0), np.ones(n_frames, dtype=bool))


def _frames(seconds: float, clock: FrameClock) -> int:
    """An odd number of frames of about that length."""
    return 2 * int(seconds * clock.fps / 2 + 1e-6) + 1


def _around(boxes: Boxes, names: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
    """The box around some animals, (frames, 4), and where all of them are there, (frames,)."""
    own = boxes.corners[:, [boxes.index(name) for name in names]].astype(np.float64)
    present = np.asarray(np.isfinite(own).all(axis=(1, 2)))
    return np.concatenate([own[..., :2].min(axis=1), own[..., 2:].max(axis=1)], axis=1), present


def _united(around: Floats, present: NDArray[np.bool_], length: int) -> Floats:
    """Union of the boxes within a window of frames around each, (frames, 4)."""
    if length == 1:
        return around
    low = np.where(present[:, None], around[:, :2], np.inf)
    high = np.where(present[:, None], around[:, 2:], -np.inf)
    low = minimum_filter1d(low, length, axis=0, mode="nearest")
    high = maximum_filter1d(high, length, axis=0, mode="nearest")
    return np.concatenate([low, high], axis=1)


def _middles(united: Floats) -> Floats:
    middles: Floats = (united[:, :2] + united[:, 2:]) / 2
    return middles


def _longest(united: Floats) -> Floats:
    longest: Floats = (united[:, 2:] - united[:, :2]).max(axis=1)
    return longest


def _all_longest(boxes: Boxes, span: int) -> Floats:
    """Longer sides of the united boxes of every animal where it is there."""
    found = []
    for name in boxes.animals:
        around, present = _around(boxes, [name])
        found.append(_longest(_united(around, present, span)[present]))
    return np.concatenate(found)


def _smoothed(united: Floats, present: NDArray[np.bool_], length: int) -> Floats:
    """Mean centre of the frames around each that have a box, (present frames, 2)."""
    centres = np.where(present[:, None], _middles(united), 0.0)
    total = uniform_filter1d(centres, length, axis=0, mode="constant")
    share = uniform_filter1d(present.astype(np.float64), length, mode="constant")
    smoothed: Floats = total[present] / share[present, None]
    return smoothed


def _squares(centres: Floats, sides: Floats) -> NDArray[np.int64]:
    """Whole pixels, (frames, 4)."""
    side = np.maximum(np.ceil(sides - 1e-6), 1).astype(np.int64)[:, None]
    corner = np.round(centres - side / 2).astype(np.int64)
    return np.concatenate([corner, corner + side], axis=1)
