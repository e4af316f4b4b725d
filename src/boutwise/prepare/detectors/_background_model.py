"""What a cage looks like without its animals, learned from pictures spread over a recording.

The median over time is wrong where an animal rests for more than half of it. So it is found out
first whether animals are darker or lighter than their surroundings (they are seen in many places,
the hole that a resting one leaves in the median is in one), and then the lightest (or darkest)
usual value of each pixel is the background.

Differences are relative, (background - picture) / (background + picture), so that a mouse in a
dark corner differs as much as one under the lamp, and pictures are brought to the background's
brightness first, so that a lamp that grows dim is no mouse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, gaussian_filter, label, uniform_filter

Floats = NDArray[np.float32]
Polarity = Literal["dark", "light", "both"]
Part = tuple[slice, slice]
EVERYWHERE: Part = (slice(None), slice(None))
"""All rows and columns of a picture."""

DARKEST = 20.0
"""Added to both gray values of a relative difference: in the dark everything is noise."""
LEAST_NOISE = 1.5
"""Gray levels; compression hides the noise of a still camera and lets it out at key frames."""
NOISES = 4.0
"""A pixel that differs by less than so many times the noise is no animal."""
CLEARLY_MORE = 2.5
"""Dark (or light) excursions cover so many times the area of the others, or neither does."""
USUAL = 0.97
"""Share of the time for which an animal may rest in one place and not become background."""
VISITED_SHARE = 0.4
"""Of the strongest excursions: weaker ones are shadows, reflections and noise."""
STRONGEST = 0.99
"""The strongest excursions are those of this quantile of all pixels."""


@dataclass(frozen=True, eq=False)
class Background:
    """A cage without animals, at the size at which pictures are looked at.

    Attributes:
        picture: Gray values, (height, width).
        noise: Standard deviation of each pixel, gray levels, (height, width).
        polarity: Whether animals are darker or lighter than it, or both.
        strength: Relative difference of the strongest excursions.
    """

    picture: Floats
    noise: Floats
    polarity: Polarity
    strength: float

    def difference(self, picture: NDArray[np.uint8]) -> Floats:
        """How much a picture differs relative to the background, (height, width); 0 = noise."""
        found = self.relative(picture.astype(np.float32) / np.float32(self.gain(picture)))
        return np.maximum(found, 0)

    def gain(self, picture: NDArray[np.uint8]) -> float:
        """How much lighter a picture is than the cage."""
        return gain(picture.astype(np.float32), self.picture)

    def relative(self, values: Floats, part: Part = EVERYWHERE) -> Floats:
        """How much a part of a picture differs, below 0 where it does in the other direction.

        Args:
            values: Its gray values, brought to the brightness of the cage.
            part: Rows and columns of the cage.
        """
        usual = self.picture[part]
        away = usual - values
        if self.polarity == "light":
            away = -away
        elif self.polarity == "both":
            away = np.abs(away)
        found: Floats = away / (usual + values + 2 * DARKEST)
        found[np.abs(away) < NOISES * self.noise[part]] = 0
        return found


def gain(picture: Floats, background: Floats) -> float:
    """How much lighter a picture is than the background where nothing else has changed."""
    some, usual = picture[::3, ::3], background[::3, ::3]
    lit = usual > DARKEST
    if lit.mean() < 0.2:  # darkness tells nothing about the lamp
        return 1.0
    return float(max(np.median(some[lit] / usual[lit]), 0.1))


def learn_background(pictures: NDArray[np.uint8], following: NDArray[np.uint8]) -> Background:
    """Learn a background.

    Args:
        pictures: Spread over the recording, (pictures, height, width), gray.
        following: The frame after each of them: what differs there is noise.
    """
    values = pictures.astype(np.float32)
    median = np.median(values, axis=0)
    for picture in values:
        picture /= gain(picture, median)
    median = np.median(values, axis=0)
    noise = _noise(values, median, pictures, following)
    dark = _relative(median, values.min(axis=0), noise)
    light = _relative(values.max(axis=0), median, noise)
    strength = float(max(np.quantile(dark, STRONGEST), np.quantile(light, STRONGEST)))
    limit = max(VISITED_SHARE * strength, 1e-6)
    n_dark, n_light = int((dark > limit).sum()), int((light > limit).sum())
    polarity: Polarity = "both"
    if n_dark > CLEARLY_MORE * n_light:
        polarity = "dark"
    elif n_light > CLEARLY_MORE * n_dark:
        polarity = "light"
    return Background(
        picture=_without_resting(values, median, polarity, limit),
        noise=noise,
        polarity=polarity,
        strength=strength,
    )


def _relative(lighter: Floats, darker: Floats, noise: Floats) -> Floats:
    away = lighter - darker
    found: Floats = away / (lighter + darker + 2 * DARKEST)
    found[away < NOISES * noise] = 0
    return found


def _noise(
    values: Floats, median: Floats, pictures: NDArray[np.uint8], following: NDArray[np.uint8]
) -> Floats:
    """Standard deviation of each pixel over time, without the animals."""
    steps = np.median(np.abs(following.astype(np.float32) - pictures), axis=0) / np.sqrt(2)
    # Over long times a pixel varies more than from one frame to the next; what most pixels do is
    # nothing that an animal does.
    whole = float(np.median(np.abs(values - median)))
    noise = gaussian_filter(1.4826 * np.maximum(steps, whole), 2)
    return np.asarray(np.maximum(noise, LEAST_NOISE), dtype=np.float32)


def _without_resting(values: Floats, median: Floats, polarity: Polarity, limit: float) -> Floats:
    """The median, and where an animal rested the lightest (or darkest) usual value."""
    if polarity == "both":
        return median
    usual = np.quantile(values, USUAL if polarity == "dark" else 1 - USUAL, axis=0)
    usual = usual.astype(np.float32)
    lighter, darker = (usual, median) if polarity == "dark" else (median, usual)
    rested = (lighter - darker) / (lighter + darker + 2 * DARKEST) > limit
    found: Floats = np.where(rested, usual, median)
    return found


@dataclass(frozen=True, eq=False)
class Blobs:
    """Connected patches that differ from the background, largest first.

    Attributes:
        labels: (height, width), 0 where nothing differs.
        numbers: Number of each patch in ``labels``.
        areas: Pixels of each.
        contrasts: Mean relative difference in each.
    """

    labels: NDArray[np.int32]
    numbers: NDArray[np.int64]
    areas: NDArray[np.int64]
    contrasts: NDArray[np.float64]

    def corners(self, most: int) -> NDArray[np.float64]:
        """Left, top, right, bottom of the largest ones, (patches, 4)."""
        places = find_objects(self.labels)
        found = [places[number - 1] for number in self.numbers[:most]]
        rows = [(x.start, y.start, x.stop, y.stop) for y, x in found]
        return np.array(rows, dtype=np.float64).reshape(-1, 4)


def find_blobs(difference: Floats, limit: float, radius: int) -> Blobs:
    """Patches in which the difference exceeds a limit.

    Args:
        difference: Relative, (height, width).
        limit: Least difference.
        radius: What is thinner than this (a tail, noise) is taken off, and gaps thinner than this
            (a bar of the cage, a shine on the fur) are closed.
    """
    mask = (difference > limit).astype(np.float32)
    mask = uniform_filter(mask, 2 * radius + 1, mode="nearest")
    labels, n_found = label(mask > 0.5)
    places = np.flatnonzero(labels)
    flat = labels.ravel()[places] - 1
    areas = np.bincount(flat, minlength=n_found)
    sums = np.bincount(flat, weights=difference.ravel()[places], minlength=n_found)
    order = np.argsort(-areas, kind="stable")
    contrasts = sums[order] / np.maximum(areas[order], 1)
    return Blobs(labels, order + 1, areas[order], contrasts)
