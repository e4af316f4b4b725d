"""Pose without keypoints: points on the outline of each animal, told from the empty cage.

Where a lab has videos only, the outline of a mouse still says where it goes, how it is stretched
and bent, and which way it looks. It is given as a pose track of fifteen points, so that all that
is made for pose tracks reads it: features, augmentations, learners. Paws and ears are not among
them, and how high the animal is can only be guessed from a camera at a slant.

Grooming stirs inside an outline, so the track has the motion energy of the rear, the middle and the
front of each body as signals; the feature set ``motion_energy`` reads them.

Source: ellipses and outlines of animals in front of a known background are what trackers of the
field have long used (e.g. Ctrax, Branson et al. 2009); the points, and the rules by which shadow is
told from fur, are our own. They were chosen on drawn videos of four mice, by the long axis of their
true pose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import RecipeError
from boutwise.prepare._outline_energy import LAGS_S, PARTS, MotionEnergy
from boutwise.prepare._outline_heading import headings
from boutwise.prepare._outline_points import POINTS, ROLES, Postures
from boutwise.prepare._outline_shape import animal_mask, body_of
from boutwise.prepare.crops import Crop, Squares
from boutwise.prepare.detectors import Scene
from boutwise.prepare.detectors._background_model import Background
from boutwise.prepare.detectors.background import learn
from boutwise.store import Store
from boutwise.types import PoseTrack
from boutwise.video import Look, Video

VERSION = 3

SIDE = 96
"""Pixels a side of the square in which an animal is looked at: the rules of shape need it."""

TOLD = 500
"""Frames from one word about the progress to the next."""

INSTEAD = (
    "import pose of this recording and take the recipe 'pose', or take one that learns from the "
    "pictures themselves: --recipe spotter"
)
"""What to do where there is no outline to be found."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outline:
    """How outlines are found; options of ``outline`` in a recipe.

    Attributes:
        padding: Added around the box of an animal on each side, in shares of its longer side.
    """

    padding: float = 0.1

    def __post_init__(self) -> None:
        """Check the options."""
        is_number = isinstance(self.padding, int | float) and not isinstance(self.padding, bool)
        if not is_number or not 0 <= self.padding <= 1:
            raise RecipeError(
                f"outline: 'padding' cannot be {self.padding!r}", expected="a share from 0 to 1"
            )

    @property
    def crop(self) -> Crop:
        """The square around an animal: one side for the whole recording."""
        return Crop(size=SIDE, padding=self.padding)


def outline_pose(
    scene: Scene,
    squares: dict[str, Squares],
    *,
    store: Store | None = None,
    say: Say = lambda words: None,
) -> PoseTrack:
    """Points on the outlines of the animals of a recording, in pixels of its video.

    Args:
        scene: The video.
        squares: Around each animal in each frame, of one side each; nothing is looked at where an
            animal has none.
        store: Where the points are kept; None finds them anew.
        say: Called with words as the work goes on.

    Returns:
        (frames, animals, points, 2), y down; NaN where an animal has no box, no outline, or the
        frame cannot be decoded. With a signal ``motion_energy.<part>@<lag>s`` for each part of a
        body and each lag: the mean change of a pixel, in shares of the strongest difference from
        the empty cage.

    Raises:
        DataError: The cage cannot be learned: the camera moves, or nothing stands out.
    """
    key = outline_key(scene, squares)
    known = None if store is None else store.array(key)
    if known is not None:
        found = np.array(known)
    else:
        found = _found(scene, squares, say)
        if store is not None:
            what = "points on outlines, and motion energy"
            store.put(key, found, {"what": what, "animals": list(squares)})
    energy = found[:, :, len(POINTS) :]
    return PoseTrack(
        positions=found[:, :, : len(POINTS)],
        confidence=None,
        animals=tuple(squares),
        keypoints=POINTS,
        roles=ROLES,
        unit="px",
        source=str(scene.path),
        signals={
            f"motion_energy.{part}@{lag_s:g}s": energy[:, :, row, column]
            for row, part in enumerate(PARTS)
            for column, lag_s in enumerate(LAGS_S)
        },
    )


def outline_key(scene: Scene, squares: dict[str, Squares]) -> str:
    """The key under which points are kept; whatever changes them changes it."""
    cut = [(each.corners, each.present) for each in squares.values()]
    content = [part for pair in cut for part in pair]
    return Store.key("outline", VERSION, scene.index.digest, list(squares), *content)


def _found(scene: Scene, squares: dict[str, Squares], say: Say) -> NDArray[np.float32]:
    """Points, and behind them the motion energy of each part: (frames, animals, points + 3, 2)."""
    n_frames = scene.index.n_frames
    sides = [_side(each) for each in squares.values() if each.present.any()]
    if not sides:
        return Postures.none(n_frames, len(squares)).rows
    # All animals of a recording have squares of one side: they are looked at in one picture.
    look = _look(scene, float(np.median(sides)))
    say("outlines: getting to know the cage")
    cage, _ = learn(scene, look, instead=INSTEAD)
    assert look.size is not None
    scales = np.array([scene.size[1] / look.size[1], scene.size[0] / look.size[0]])
    postures = Postures.none(n_frames, len(squares))
    clock = scene.index.clock
    energy = MotionEnergy(clock.times_s, clock.fps, len(squares))
    corners = [np.round(each.corners[:, :2] / scales).astype(np.int64) for each in squares.values()]
    with Video(scene.path, scene.index, look=look) as video:
        for frame, picture in enumerate(video.pictures(range(n_frames))):
            for who, each in enumerate(squares.values()):
                if picture is None or not each.present[frame]:
                    continue
                corner = corners[who][frame]
                difference = _difference(cage, picture, corner)
                mask = animal_mask(difference)
                body = body_of(mask)
                if body is not None:
                    postures.put((frame, who), body, corner=corner, scale=scales)
                    postures.energy[frame, who] = energy.of((frame, who), difference, mask, body)
            if frame % TOLD == TOLD - 1:
                say(f"outlines: {frame + 1} of {n_frames} frames")
    for who in range(len(squares)):
        heads = headings(postures, who, clock.fps)
        turned = np.cos(heads - postures.axis[:, who]) < 0  # not where there is no body
        postures.turn(who, np.flatnonzero(turned))
    return postures.rows


def _side(squares: Squares) -> float:
    """Usual side of the squares of an animal, pixels of the video."""
    present = squares.corners[squares.present]
    return float(np.median(present[:, 2] - present[:, 0]))


def _look(scene: Scene, side: float) -> Look:
    """Pictures in which a square of that side has ``SIDE`` pixels."""
    height, width = (max(16, round(length * SIDE / side)) for length in scene.size)
    return Look("gray", size=(height, width))


def _difference(
    cage: Background, picture: NDArray[np.uint8], corner: NDArray[np.int64]
) -> NDArray[np.float32]:
    """From the empty cage within a square, in shares of the strongest excursions.

    Outside the picture nothing differs.
    """
    height, width = picture.shape
    left, top = (int(place) for place in corner)
    inside = (
        slice(max(top, 0), min(top + SIDE, height)),
        slice(max(left, 0), min(left + SIDE, width)),
    )
    found = np.zeros((SIDE, SIDE), dtype=np.float32)
    part = picture[inside]
    if part.size:
        there = slice(inside[0].start - top, inside[0].stop - top)
        across = slice(inside[1].start - left, inside[1].stop - left)
        lit = part.astype(np.float32) / np.float32(cage.gain(picture))
        found[there, across] = cage.relative(lit, inside) / cage.strength
    return found
