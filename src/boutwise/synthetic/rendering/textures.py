"""Textures: coats that are fixed to the body, grounds that are fixed to the cage."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, zoom

from boutwise.synthetic.rendering.looks import Coat

Map = NDArray[np.float32]

ALONG, AROUND = 384, 128
"""Size of a coat: cells from the tail to the nose, and from flank to flank."""


def blotches(size: tuple[int, int], cell: float, generator: np.random.Generator) -> Map:
    """Smooth noise of unit variance whose spots are ``cell`` pixels wide, (height, width)."""
    coarse = (int(np.ceil(size[0] / cell)) + 4, int(np.ceil(size[1] / cell)) + 4)
    noise = generator.standard_normal(coarse).astype(np.float32)
    fine = zoom(noise, cell, order=3) if cell > 1 else noise
    found = fine[: size[0], : size[1]]
    return np.asarray((found - found.mean()) / (found.std() + 1e-6), dtype=np.float32)


def coat_map(coat: Coat) -> Map:
    """Brightness of the fur, (2, along, around): the back, then the belly.

    The first axis of a half runs from the tail base to the nose, the second from right to left.
    """
    generator = np.random.default_rng(coat.seed)
    whole = (2 * AROUND, ALONG)
    # Hairs lie along the body, so the noise is drawn out along it.
    hairs = generator.standard_normal(whole)
    streaks = gaussian_filter(hairs, (0.7, 3.0)) + 1.5 * gaussian_filter(hairs, (2.5, 7.0))
    tufts = blotches(whole, 18.0, generator)
    streaks = streaks / streaks.std() + 0.5 * tufts
    tone = np.full(whole, coat.back)
    spots = blotches(whole, 64.0, generator)
    if coat.patches == "blotches":
        tone += (coat.patch - coat.back) * _soft(spots - 0.35, 0.08)
    elif coat.patches == "hood":
        place = np.linspace(0, 1, ALONG) + 0.03 * spots
        stripe = _soft(0.16 - np.abs(np.linspace(-1, 3, 2 * AROUND))[:, None] + 0.05 * spots, 0.03)
        tone += (coat.patch - coat.back) * np.maximum(_soft(place - 0.66, 0.02), stripe)
    elif coat.patches == "bands":
        ticks = _soft(streaks - 0.2, 0.3)
        tone += (coat.patch - coat.back) * ticks
    tone *= 1 + coat.grain * 0.5 * streaks
    back, under = tone[:AROUND], tone[AROUND:]
    belly = coat.belly * (1 + coat.grain * 0.3 * streaks[AROUND:])
    if coat.patches == "blotches":
        belly = np.maximum(belly, under)
    return np.ascontiguousarray(np.clip(np.stack([back.T, belly.T]), 0.01, 1.0), dtype=np.float32)


def _soft(values: NDArray[np.floating], width: float) -> NDArray[np.float64]:
    """0 below, 1 above zero, with a soft step."""
    return np.asarray(np.clip(values / (2 * width) + 0.5, 0, 1), dtype=np.float64)


def ground(kind: str, size: tuple[int, int], scale: float, seed: int) -> Map:
    """Relief of a floor, about -1 to 1, (height, width).

    Args:
        kind: A ``ground`` of :mod:`boutwise.synthetic.rendering.looks`.
        size: (height, width), pixels.
        scale: Pixels of a mouse's length: chips are as large as chips beside it.
        seed: Another seed, another floor.
    """
    generator = np.random.default_rng([seed, 5])
    return _GROUNDS[kind](size, scale, generator)


def _plain(size: tuple[int, int], scale: float, generator: np.random.Generator) -> Map:
    broad = blotches(size, max(0.6 * scale, 4), generator)
    fine = blotches(size, 2.0, generator)
    return np.asarray(0.7 * broad + 0.3 * fine, dtype=np.float32)


def _bedding(size: tuple[int, int], scale: float, generator: np.random.Generator) -> Map:
    parts = [blotches(size, max(cell * scale, 1.5), generator) for cell in (0.35, 0.06, 0.025)]
    return np.asarray(0.3 * parts[0] + 0.6 * parts[1] + 0.6 * parts[2], dtype=np.float32)


def _chips(size: tuple[int, int], scale: float, generator: np.random.Generator) -> Map:
    """Flat chips that lie on each other: the upper hides the lower."""
    picture = 0.4 * _bedding(size, scale, generator)
    count = int(min(4000, 1.2 * size[0] * size[1] / (0.08 * scale * 0.03 * scale + 1)))
    for _ in range(count):
        length, width = (
            scale * generator.uniform(0.04, 0.11),
            scale * generator.uniform(0.015, 0.04),
        )
        _stroke(picture, length, width, float(generator.normal(0, 0.9)), generator)
    return picture


def _scratches(size: tuple[int, int], scale: float, generator: np.random.Generator) -> Map:
    picture = 0.5 * _plain(size, scale, generator)
    for _ in range(70):
        length, width = scale * generator.uniform(0.2, 2.0), generator.uniform(0.5, 1.1)
        _stroke(picture, length, width, float(generator.uniform(0.5, 2.0)), generator)
    return picture


def _stroke(
    picture: Map, length: float, width: float, value: float, generator: np.random.Generator
) -> None:
    """Put a straight bar anywhere, in any direction; changes ``picture``."""
    height, breadth = picture.shape
    y, x = generator.uniform(0, height), generator.uniform(0, breadth)
    angle = generator.uniform(0, np.pi)
    cos, sin = np.cos(angle), np.sin(angle)
    half = 0.5 * (length + width) + 1
    top, left = max(int(y - half), 0), max(int(x - half), 0)
    bottom, right = min(int(y + half) + 2, height), min(int(x + half) + 2, breadth)
    rows, columns = np.mgrid[top:bottom, left:right]
    along = (columns - x) * cos + (rows - y) * sin
    across = (rows - y) * cos - (columns - x) * sin
    inside = np.clip(0.5 + 0.5 * length - np.abs(along), 0, 1)
    inside *= np.clip(0.5 + 0.5 * width - np.abs(across), 0, 1)
    part = picture[top:bottom, left:right]
    part += (inside * (value - part)).astype(np.float32)


def _tiles(size: tuple[int, int], scale: float, generator: np.random.Generator) -> Map:
    side = max(0.9 * scale, 8)
    rows, columns = np.mgrid[: size[0], : size[1]]
    rows, columns = rows + generator.uniform(0, side), columns + generator.uniform(0, side)
    width = max(0.02 * scale, 1.0)
    gap = (rows % side < width) | (columns % side < width)
    tone = generator.standard_normal((64, 64))[
        (rows // side).astype(int) % 64, (columns // side).astype(int) % 64
    ]
    picture = np.where(gap, -2.0, 0.5 * tone) + 0.4 * _plain(size, scale, generator)
    return np.asarray(gaussian_filter(picture, 0.6), dtype=np.float32)


def _mesh(size: tuple[int, int], scale: float, generator: np.random.Generator) -> Map:
    side = max(0.085 * scale, 5)
    rows, columns = np.mgrid[: size[0], : size[1]]
    phase = generator.uniform(0, side, 2)
    wires = np.minimum((rows + phase[0]) % side, (columns + phase[1]) % side)
    width = max(0.014 * scale, 0.9)
    picture = 1.6 * np.clip(width + 0.5 - wires, 0, 1) - 0.4 + 0.2 * _plain(size, scale, generator)
    return np.asarray(gaussian_filter(picture, 0.5), dtype=np.float32)


def _smudges(size: tuple[int, int], scale: float, generator: np.random.Generator) -> Map:
    broad = blotches(size, max(0.8 * scale, 4), generator)
    prints = np.maximum(blotches(size, max(0.08 * scale, 2), generator) - 1.8, 0)
    return np.asarray(0.6 * broad + 0.8 * prints, dtype=np.float32)


def _stains(size: tuple[int, int], scale: float, generator: np.random.Generator) -> Map:
    drops = blotches(size, max(0.2 * scale, 3), generator)
    rings = np.exp(-(((drops - 1.2) / 0.15) ** 2)) - 0.6 * (drops > 1.3)
    return np.asarray(rings + 0.5 * _smudges(size, scale, generator), dtype=np.float32)


_GROUNDS: dict[str, Callable[[tuple[int, int], float, np.random.Generator], Map]] = {
    "plain": _plain,
    "bedding": _bedding,
    "chips": _chips,
    "scratches": _scratches,
    "tiles": _tiles,
    "mesh": _mesh,
    "smudges": _smudges,
    "stains": _stains,
}
