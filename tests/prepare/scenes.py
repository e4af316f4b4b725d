"""Films of animals that are drawn: textured ellipses with a tail, in a cage with a lamp."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from boutwise.video.writer import Encoding, VideoWriter

HEIGHT, WIDTH, FPS = 180, 240, 30
HALF = np.array([18.0, 8.0])


def wander(n_frames: int, *, seed: int = 0, size=(HEIGHT, WIDTH)) -> np.ndarray:
    """x, y and heading of an animal that walks about, (frames, 3)."""
    rng = np.random.default_rng(seed)
    time = np.arange(n_frames) / FPS
    phases, rates = rng.uniform(0, 6, 4), rng.uniform(0.5, 1.1, 4)
    x = np.sin(rates[0] * time + phases[0]) + 0.4 * np.sin(2 * rates[1] * time + phases[1])
    y = np.cos(rates[2] * time + phases[2]) + 0.4 * np.cos(2 * rates[3] * time + phases[3])
    x = size[1] / 2 + x / 1.4 * (size[1] / 2 - 24)
    y = size[0] / 2 + y / 1.4 * (size[0] / 2 - 24)
    heading = np.arctan2(np.gradient(y), np.gradient(x))
    return np.stack([x, y, heading], axis=1)


def boxes_of(places: np.ndarray, half=HALF) -> np.ndarray:
    """The box of the body, (frames, 4)."""
    cos, sin = np.cos(places[:, 2]), np.sin(places[:, 2])
    reach = np.stack([np.hypot(half[0] * cos, half[1] * sin)] * 2, axis=1)
    reach[:, 1] = np.hypot(half[0] * sin, half[1] * cos)
    return np.concatenate([places[:, :2] - reach, places[:, :2] + reach], axis=1)


def pictures(tracks, *, floor=170.0, coat=45.0, drift=0.0, noise=2.0, fur=0.12):
    """Gray pictures of animals on the floor; ``drift`` is the share of light lost to the end."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    lamp = 1 - 0.3 * np.hypot(x / WIDTH - 0.4, y / HEIGHT - 0.5)
    cage = floor * lamp * (1 + 0.04 * np.sin(x / 9) * np.sin(y / 7))
    furs = rng.normal(1, fur, (len(tracks), 64, 64)).astype(np.float32)
    noises = noise * rng.standard_normal((7, HEIGHT, WIDTH), dtype=np.float32)
    for frame in range(len(tracks[0])):
        picture = cage.copy()
        for places, texture in zip(tracks, furs, strict=True):
            around = _around(places[frame])
            if not picture[around].size:
                continue
            along, across = _own(x[around], y[around], places[frame])
            body = (along / HALF[0]) ** 2 + (across / HALF[1]) ** 2 < 1
            tail = (along < -HALF[0] + 2) & (along > -2 * HALF[0]) & (np.abs(across) < 1)
            shade = coat * lamp[around] * texture[along.astype(int) % 64, across.astype(int) % 64]
            picture[around] = np.where(body | tail, shade, picture[around])
        picture *= 1 - drift * frame / len(tracks[0])
        picture += np.roll(noises[frame % 7], frame, axis=1)
        yield np.clip(picture, 0, 255).astype(np.uint8)


def _around(place) -> tuple[slice, slice]:
    """Rows and columns that an animal may cover."""
    reach = int(2 * HALF[0]) + 2
    x, y = int(place[0]), int(place[1])
    return slice(max(y - reach, 0), max(y + reach, 0)), slice(max(x - reach, 0), max(x + reach, 0))


def _own(x, y, place):
    """Coordinates along and across an animal."""
    cos, sin = np.cos(place[2]), np.sin(place[2])
    dx, dy = x - place[0], y - place[1]
    return dx * cos + dy * sin, dy * cos - dx * sin


def film(path: Path, tracks, **look) -> Path:
    """Write the film."""
    quick = Encoding(preset="ultrafast")
    with VideoWriter(path, (HEIGHT, WIDTH), Fraction(1, FPS), encoding=quick) as video:
        for frame, picture in enumerate(pictures(tracks, **look)):
            video.write(picture, frame)
    return path
