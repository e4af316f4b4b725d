"""Animals as what differs from the empty cage: no weights, no training, no pose.

It needs a camera that stands still and animals that leave their places in the course of the
recording. It refuses where it cannot tell: nothing stands out, nothing moves about, or what moves
is not as many things of one size as there are animals. A wrong box is worse than none.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, FormatError
from boutwise.prepare.detectors._background_model import (
    Background,
    Blobs,
    find_blobs,
    learn_background,
)
from boutwise.prepare.detectors._background_sizes import SMALLEST, Sizes, best_sizes
from boutwise.prepare.detectors._contract import Detections, Scene
from boutwise.video import Look, Video, VideoIndex

DESCRIPTION = "what differs from the empty cage; needs a still camera and animals that move about"
VERSION = 1
READS = "pictures"

LONGEST_PX = 320
"""Longer side of the picture that is looked at: a mouse is some 40 pixels long there."""
SAMPLES = 60
LEAST_SAMPLES = 8
LEAST_STRENGTH = 0.05
"""Relative difference below which an animal does not stand out from its cage."""
LEAST_CLEAR = 0.6
"""Share of the sampled pictures that must show what there must be."""
LEAST_APART = 0.05
"""Share of them in which several animals must be as many patches, to know how large one is."""
MOST_SPREAD = 0.45
"""Paws that move on a body that does not are now large, now small; a mouse stretches by less."""
LEAST_EXPLAINED = 0.7
"""Share of what differs that is in the boxes: 0.8 to 0.98 where they were right, 0.6 at most where
they were around paws, tails and wheels."""
LEAST_TRAVELLED = 2.0
"""Square roots of an animal's area; a mouse is 1.6 of these long. Who stays within its own length
is never seen to leave its place, and what is found is a part of it."""
PART = 0.7
"""Share of the usual area below which the patch of a single animal is but a part of it."""
NEAR = 0.6
"""Square roots of the area within which other parts of it are."""
MERGED = 1.3
"""Share of the usual area from which a patch may be two animals."""
MOST_POINTS = 120
INSTEAD = (
    "import its pose (detector: pose); or train a detector on boxes that you draw "
    "('boutwise train PROJECT --recipe detector') and name it (detector: {rtdetr: {weights: "
    "PATH}}, in a prediction --detector). The outlines of --recipe video need an animal that moves "
    "about in any case: without, take --recipe pose or spotter"
)
"""What to do where the cage cannot be learned."""


def content() -> str:
    """Nothing is trained before, and there are no options."""
    return ""


def fit(scene: Scene) -> BackgroundDetector:
    """Learn the empty cage of a recording.

    Raises:
        DataError: It cannot tell animals from cage in this recording.
    """
    look = reduced(scene)
    background, pictures = learn(scene, look)
    return _sized(scene, look, background, pictures)


def probe(scene: Scene) -> None:
    """Refuse now what would be refused later: a few pictures tell.

    Raises:
        DataError: It cannot tell animals from cage in this recording.
    """
    fit(scene)


def learn(
    scene: Scene, look: Look, *, instead: str = INSTEAD
) -> tuple[Background, NDArray[np.uint8]]:
    """What the cage looks like, and the pictures that it was learned from, (pictures, H, W).

    Args:
        scene: The recording.
        look: Gray pictures, of the size at which the cage is wanted.
        instead: What to do where it cannot be learned.

    Raises:
        DataError: There are too few pictures, or nothing that moves stands out.
    """
    numbers = sample_frames(scene.index, SAMPLES)
    if numbers.size < LEAST_SAMPLES:
        too_few = f"{scene.index.n_frames} frames are too few to learn the cage from"
        raise _refusal(scene, too_few, instead)
    pictures, following = _read(scene, look, numbers)
    background = learn_background(pictures, following)
    if background.strength < LEAST_STRENGTH:
        raise _refusal(scene, "nothing that moves stands out from the cage", instead)
    return background, pictures


def reduced(scene: Scene) -> Look:
    """Gray pictures with the longer side at most ``LONGEST_PX``."""
    scale = min(1.0, LONGEST_PX / max(scene.size))
    height, width = (max(16, round(side * scale)) for side in scene.size)
    return Look("gray", size=(height, width))


def sample_frames(index: VideoIndex, n_wanted: int) -> NDArray[np.int64]:
    """Frames spread over a recording, none of them the last; key frames where some are near.

    A key frame is read at once, any other after all frames since the key frame before it.
    """
    n_wanted = min(n_wanted, max(index.n_frames // 2, 1))
    spread = np.linspace(0, max(index.n_frames - 2, 0), n_wanted)
    keys = np.array([index.first_frame_of(key) for key in range(index.key_pts.size)])
    keys = keys[keys < index.n_frames - 1]
    if keys.size:
        nearest = keys[np.abs(keys[None] - spread[:, None]).argmin(axis=1)]
        half_step = index.n_frames / n_wanted / 2
        spread = np.where(np.abs(nearest - spread) <= half_step, nearest, spread)
    return np.unique(spread.astype(np.int64))


def _read(
    scene: Scene, look: Look, numbers: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures of some frames, and of the frame after each; those that are broken are left out."""
    both = np.unique(np.concatenate([numbers, numbers + 1]))
    with Video(scene.path, scene.index, look=look) as video:
        read = video.read(both, broken="mask")
    first = np.searchsorted(both, numbers)
    second = np.searchsorted(both, numbers + 1)
    whole = read.decoded[first] & read.decoded[second]
    if whole.sum() < LEAST_SAMPLES:
        raise FormatError(
            f"only {int(whole.sum())} of {numbers.size} frames that the cage would be learned from "
            "can be decoded",
            file=scene.path,
            recording=scene.recording or None,
            expected=f"{LEAST_SAMPLES} or more",
            todo="copy the video again from where it was recorded",
        )
    return read.pixels[first[whole]], read.pixels[second[whole]]


def _sized(
    scene: Scene, look: Look, background: Background, pictures: NDArray[np.uint8]
) -> BackgroundDetector:
    """Find out how large an animal is, and whether what is found are animals."""
    n_animals = len(scene.animals)
    sizes = best_sizes(background, list(pictures), n_animals)
    if sizes is None:
        raise _refusal(scene, "what moves is too small to be seen")
    several = "one thing" if n_animals == 1 else f"{n_animals} things"
    if sizes.clear < LEAST_CLEAR or sizes.spread > MOST_SPREAD:
        raise _refusal(
            scene,
            f"only {sizes.clear:.0%} of its pictures show {several} of one size, and the size "
            f"varies by {sizes.spread:.0%}",
        )
    if sizes.apart < LEAST_APART:
        raise _refusal(scene, f"what moves is hardly ever {several} apart from each other")
    if sizes.explained < LEAST_EXPLAINED:
        raise _refusal(
            scene,
            f"what moves as {several} of one size is only {sizes.explained:.0%} of what moves: a "
            "part of the animal, or something else",
        )
    if sizes.travelled < LEAST_TRAVELLED:
        raise _refusal(
            scene,
            "an animal that stays in its place is part of the picture: what moves goes no farther "
            f"than {sizes.travelled:.1f} times its own size, and {LEAST_TRAVELLED:.0f} are needed",
        )
    return BackgroundDetector(look, scene, background, sizes)


def _refusal(scene: Scene, why: str, instead: str = INSTEAD) -> DataError:
    return DataError(
        f"the background cannot be told from the animals: {why}",
        file=scene.path,
        recording=scene.recording or None,
        expected="a still camera and animals that move about and stand out from the cage",
        todo=instead,
    )


@dataclass(frozen=True, eq=False)
class BackgroundDetector:
    """Finds what differs from the background of one recording.

    Attributes:
        look: Reduced gray pictures.
        scene: Of which it knows the background.
        background: The empty cage.
        sizes: How large an animal is, and from where on something is one.
    """

    look: Look
    scene: Scene
    background: Background
    sizes: Sizes

    def find(self, picture: NDArray[np.uint8]) -> Detections:
        """Patches of one picture, the largest first."""
        difference = self.background.difference(picture)
        blobs = find_blobs(difference, self.sizes.limit, self.sizes.radius)
        n_animals, area = len(self.scene.animals), self.sizes.area
        large = int((blobs.areas >= SMALLEST * area).sum())
        n_kept = min(large, n_animals + 2)
        if not n_kept:
            return Detections.none()
        corners, size = blobs.corners(n_kept), blobs.areas[:n_kept] / area
        if n_animals == 1:
            corners, size = joined(corners, size, NEAR * area**0.5)
        sure = np.clip(blobs.contrasts[: len(size)] / (2 * self.sizes.limit), 0, 1)
        scores = sure * np.sqrt(np.minimum(size, 1 / size))
        return Detections(
            corners=self._in_video(corners),
            scores=scores.astype(np.float32),
            points=tuple(self._points(blobs, which) for which in range(len(size))),
            holds=np.clip(np.round(size), 1, n_animals).astype(np.int64),
        )

    def _in_video(self, corners: NDArray[np.float64]) -> NDArray[np.float32]:
        """Corners in pixels of the video, with what smoothing took off: ears, nose and paws."""
        height, width = self.background.picture.shape
        wider = corners + (self.sizes.radius + 1) // 2 * np.array([-1, -1, 1, 1])
        inside = np.clip(wider, 0, [width, height, width, height])
        return np.asarray(inside * np.tile(self._scale(), 2), dtype=np.float32)

    def _scale(self) -> tuple[float, float]:
        """Pixels of the video for one that is looked at, to the right and down."""
        height, width = self.background.picture.shape
        return self.scene.size[1] / width, self.scene.size[0] / height

    def _points(self, blobs: Blobs, which: int) -> NDArray[np.float32]:
        """Places on a patch that may be several animals."""
        if len(self.scene.animals) < 2 or blobs.areas[which] < MERGED * self.sizes.area:
            return np.zeros((0, 2), np.float32)
        y, x = (blobs.labels == blobs.numbers[which]).nonzero()
        step = max(1, len(y) // MOST_POINTS)
        places = np.stack([x[::step] + 0.5, y[::step] + 0.5], axis=1) * np.array(self._scale())
        return np.asarray(places, dtype=np.float32)


def joined(
    corners: NDArray[np.float64], sizes: NDArray[np.float64], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Put parts of a single animal together: a bar, or a dark back, may cut it in two.

    Args:
        corners: (patches, 4), the largest first.
        sizes: Shares of the animal's usual area, (patches,).
        reach: Parts are no farther from each other.

    Returns:
        The same with the first patch joined by those that are near it and without them, as long as
        it is smaller than an animal.

    >>> boxes = np.array([[0.0, 0, 4, 4], [6, 0, 9, 4], [90, 0, 94, 4]])
    >>> joined(boxes, np.array([0.5, 0.4, 0.3]), 5.0)[0].tolist()
    [[0.0, 0.0, 9.0, 4.0], [90.0, 0.0, 94.0, 4.0]]
    """
    box, size, left = corners[0], float(sizes[0]), []
    for other, more in zip(corners[1:], sizes[1:].tolist(), strict=True):
        gap = np.maximum(other[:2] - box[2:], box[:2] - other[2:]).max()
        if size < PART and size + more <= MERGED and gap <= reach:
            low, high = np.minimum(box[:2], other[:2]), np.maximum(box[2:], other[2:])
            box, size = np.concatenate([low, high]), size + more
        else:
            left.append((other, more))
    rows = [(box, size), *left]
    return np.stack([row for row, _ in rows]), np.array([share for _, share in rows])
