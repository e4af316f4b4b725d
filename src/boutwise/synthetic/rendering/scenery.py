"""The cage: floor, walls and light, and what a sensor adds to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from boutwise.synthetic.rendering.looks import SEEDS, Cage
from boutwise.synthetic.rendering.textures import ground
from boutwise.synthetic.signals import wander

Singles = NDArray[np.float32]
Color = Literal["gray", "rgb"]
Box = tuple[float, float, float, float]

_NOISES = 5
_ROOM = 41
_DRIFT_S = 20.0
_HORIZON_STRIP = 0.10


@dataclass(frozen=True, eq=False)
class Scenery:
    """An empty cage, and its light.

    Attributes:
        cage: What it is drawn from.
        empty: The empty cage as the sensor would see it without noise, gray levels,
            (height, width, channels).
        lit: Gray level of a white surface in full light at each pixel, (height, width).
        inner: Left, top, right and bottom of the floor inside the walls, pixels.
    """

    cage: Cage
    empty: Singles
    lit: Singles
    inner: Box


def scenery(
    cage: Cage, size: tuple[int, int], inner: Box, *, length: float, color: Color
) -> Scenery:
    """Build the empty cage.

    Args:
        cage: What it looks like.
        size: (height, width) of the picture.
        inner: Where the floor is; seen from the side, only its lower edge counts.
        length: Of a mouse, pixels.
        color: ``gray`` or ``rgb``.
    """
    height, width = size
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    radius = np.hypot((rows - height / 2) / height, (columns - width / 2) / width) / 0.7071
    lit = np.asarray(cage.exposure * (1 - cage.vignette * radius**2), dtype=np.float32)
    relief = ground(cage.ground, size, length, cage.seed)
    floor = cage.floor * (1 + cage.relief * relief)
    wall = cage.wall * (1 + 0.3 * cage.relief * ground("plain", size, length, cage.seed + 1))
    if cage.side == "side":
        tone = _from_the_side(cage, floor, wall, inner)
    else:
        tone = _with_walls(cage, floor, wall, inner)
    if cage.side == "below":
        tone = tone + _spots(cage, size)
    tones = np.clip(tone, 0.005, 1.1) * lit
    tint = np.array(cage.tint if color == "rgb" else (1.0,), dtype=np.float32)
    return Scenery(cage, np.asarray(tones[..., None] * tint, dtype=np.float32), lit, inner)


def _with_walls(cage: Cage, floor: Singles, wall: Singles, inner: Box) -> Singles:
    """Floor inside, walls around, a dark line where they meet."""
    height, width = floor.shape
    left, top, right, bottom = inner
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    if cage.round:
        across, down = (right - left) / 2, (bottom - top) / 2
        from_middle = np.hypot(columns - (left + right) / 2, rows - (top + bottom) / 2)
        away = np.float32(np.hypot(across, down) / 1.3) - from_middle
    else:
        away = np.minimum(
            np.minimum(columns - left, right - columns), np.minimum(rows - top, bottom - rows)
        )
    inside = np.clip(away / 2 + 0.5, 0, 1)
    slope = np.clip(-away / (0.25 * height), 0, 1)
    picture = inside * floor + (1 - inside) * wall * (1 - 0.5 * slope)
    crease = np.exp(-((away / max(0.008 * height, 1.5)) ** 2))
    shade = 1 - 0.25 * np.exp(-np.maximum(away, 0) / (0.06 * height))
    picture = picture * (1 - 0.3 * crease) * shade
    if cage.side == "below":
        # The edge of a glass cylinder gleams.
        gleam = np.exp(-(((away + 0.02 * height) / (0.012 * height)) ** 2))
        picture = picture + cage.mirror * gleam * (0.6 + 0.4 * np.cos(0.02 * (rows - columns)))
    return np.asarray(gaussian_filter(picture, 0.5), dtype=np.float32)


def _from_the_side(cage: Cage, floor: Singles, wall: Singles, inner: Box) -> Singles:
    """Back wall above, a strip of floor below."""
    height = floor.shape[0]
    rows = np.arange(height, dtype=np.float32)[:, None]
    horizon = inner[3] - _HORIZON_STRIP * height
    below = np.clip((rows - horizon) / 2 + 0.5, 0, 1)
    gradient = 0.75 + 0.35 * rows / height
    back = wall * gradient
    if cage.kind == "bars":
        columns = np.arange(floor.shape[1], dtype=np.float32)
        back = back * (1 - 0.35 * ((columns % (0.06 * height)) < 0.015 * height))
    if cage.kind == "tiled wall":
        columns = np.arange(floor.shape[1], dtype=np.float32)
        gaps = (columns % (0.2 * height) < 2) | ((rows + 7) % (0.2 * height) < 2)
        back = back * (1 - 0.2 * gaps)
    crease = np.exp(-(((rows - horizon) / max(0.01 * height, 1.5)) ** 2))
    picture = (below * floor + (1 - below) * back) * (1 - 0.25 * crease)
    return np.asarray(gaussian_filter(picture, 0.5), dtype=np.float32)


def _spots(cage: Cage, size: tuple[int, int]) -> Singles:
    """Lamps that a glass floor mirrors."""
    generator = np.random.default_rng([cage.seed, 6])
    height, width = size
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    picture = np.zeros(size, dtype=np.float32)
    for _ in range(int(generator.integers(1, 5))):
        x, y = generator.uniform(0, width), generator.uniform(0, height)
        radius = height * generator.uniform(0.008, 0.03)
        strength = cage.mirror * generator.uniform(0.3, 1.2)
        picture += strength * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2))
    return picture


def brightness(cage: Cage, n_frames: int, fps: float, seed: int) -> NDArray[np.float64]:
    """Light of every frame relative to the mean, (frames,)."""
    generator = np.random.default_rng([SEEDS, 19, seed])
    slow = wander((n_frames,), _DRIFT_S, fps, generator)
    return np.asarray(
        1 + cage.drift * np.clip(slow, -2, 2) + cage.flicker * generator.standard_normal(n_frames)
    )


class Sensor:
    """What turns light into gray levels: grain of light, noise, and whole numbers.

    Args:
        cage: How strong they are.
        size: (height, width) of the picture.
        channels: 1 or 3.
        seed: Of the noise; each frame has its own, whichever are drawn.
    """

    def __init__(self, cage: Cage, size: tuple[int, int], channels: int, seed: int) -> None:
        self._seed = seed
        self._size = size
        generator = np.random.default_rng([SEEDS, 23, seed])
        shape = (_NOISES, size[0] + _ROOM, size[1] + _ROOM, channels)
        noise = generator.standard_normal(shape, dtype=np.float32)
        # Neighbors share some noise, as after a camera's own filter.
        smooth = gaussian_filter(noise, (0, 0.5, 0.5, 0))
        self._noise = smooth / smooth.std()
        self._dark, self._grains = np.float32(cage.noise**2), np.float32(cage.grains)

    def take(self, light: Singles, frame: int) -> NDArray[np.uint8]:
        """A picture, (height, width, channels), of light in gray levels."""
        generator = np.random.default_rng([SEEDS, 29, self._seed, frame])
        which, top, left = (int(n) for n in generator.integers(0, [_NOISES, _ROOM, _ROOM]))
        height, width = self._size
        noise = self._noise[which, top : top + height, left : left + width]
        spread = np.maximum(light, 0)
        spread *= self._grains
        spread += self._dark
        np.sqrt(spread, out=spread)
        spread *= noise
        spread += light
        spread += np.float32(0.5)
        return np.clip(spread, 0, 255, out=spread).astype(np.uint8)
