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
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects, gaussian_filter, label

from boutwise.prepare.masks import SIDES, counts_around, extent

Floats = NDArray[np.float32]
Polarity = Literal["dark", "light", "both"]
Part = tuple[slice, slice]
EVERYWHERE: Part = (slice(None), slice(None))
"""All rows and columns of a picture."""

EVERY, LEAST_LIT = 3, 0.2
"""How light a picture is, is told from every so many-th pixel of it both ways, if so large a share
of the cage is not dark."""
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
        return np.maximum(found, 0, out=found)

    def gain(self, picture: NDArray[np.uint8]) -> float:
        """How much lighter a picture is than the cage."""
        lit, usual = self._lit
        return _lighter(picture[::EVERY, ::EVERY].ravel()[lit], usual)

    @cached_property
    def _lit(self) -> tuple[NDArray[np.int64], Floats]:
        """Places of some lit pixels among every so many-th, and how light they are."""
        return _lit_pixels(self.picture)

    @cached_property
    def _least(self) -> Floats:
        """Gray levels by which a pixel must differ to be no noise."""
        return np.asarray(NOISES * self.noise, dtype=np.float32)

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
        total = usual + values
        total += 2 * DARKEST
        found: Floats = away / total
        found *= np.abs(away) >= self._least[part]
        return found


def gain(picture: Floats, background: Floats) -> float:
    """How much lighter a picture is than the background where nothing else has changed."""
    lit, usual = _lit_pixels(background)
    return _lighter(picture[::EVERY, ::EVERY].ravel()[lit], usual)


def _lit_pixels(background: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Where every so many-th pixel is lit, and how much; none where hardly any is."""
    some = background[::EVERY, ::EVERY].ravel()
    lit = np.flatnonzero(some > DARKEST)
    if lit.size < LEAST_LIT * some.size:  # darkness tells nothing about the lamp
        lit = lit[:0]
    return lit, some[lit]


def _lighter(picture: NDArray[np.number], usual: Floats) -> float:
    """Median ratio of some pixels, at least a tenth; 1 where there are none."""
    if not usual.size:
        return 1.0
    ratio = np.asarray(picture / usual, dtype=np.float32)
    half = ratio.size // 2
    ratio.partition(half)  # one place at a time: two at once take numpy seven times as long
    below = ratio[half] if ratio.size % 2 else ratio[:half].max()
    return float(max((below + ratio[half]) / 2, 0.1))


def learn_background(pictures: NDArray[np.uint8], following: NDArray[np.uint8]) -> Background:
    """Learn a background.

    Args:
        pictures: Spread over the recording, (pictures, height, width), gray.
        following: The frame after each of them: what differs there is noise.
    """
    values = pictures.astype(np.float32)
    median = _middle(np.sort(values, axis=0))
    for picture in values:
        picture /= gain(picture, median)
    values.sort(axis=0)  # sorted once, for all that is asked of a pixel over time
    median = _middle(values)
    noise = _noise(values, median, pictures, following)
    dark = _relative(median, values[0], noise)
    light = _relative(values[-1], median, noise)
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


def _middle(rising: Floats) -> Floats:
    """Median over the first axis of values that rise along it."""
    found: Floats = (rising[(len(rising) - 1) // 2] + rising[len(rising) // 2]) / 2
    return found


def _relative(lighter: Floats, darker: Floats, noise: Floats) -> Floats:
    away = lighter - darker
    found: Floats = away / (lighter + darker + 2 * DARKEST)
    found[away < NOISES * noise] = 0
    return found


def _noise(
    values: Floats, median: Floats, pictures: NDArray[np.uint8], following: NDArray[np.uint8]
) -> Floats:
    """Standard deviation of each pixel over time, without the animals."""
    changed = np.maximum(following, pictures) - np.minimum(following, pictures)
    changed.sort(axis=0)
    steps = _middle(changed.astype(np.float32)) / np.sqrt(2)
    # Over long times a pixel varies more than from one frame to the next; what most pixels do is
    # nothing that an animal does.
    whole = float(np.median(np.abs(values - median)))
    noise = gaussian_filter(1.4826 * np.maximum(steps, whole), 2)
    return np.asarray(np.maximum(noise, LEAST_NOISE), dtype=np.float32)


def _without_resting(values: Floats, median: Floats, polarity: Polarity, limit: float) -> Floats:
    """The median, and where an animal rested the lightest (or darkest) usual value.

    Of each pixel the values rise along the first axis.
    """
    if polarity == "both":
        return median
    place = np.float32(USUAL if polarity == "dark" else 1 - USUAL) * np.float32(len(values) - 1)
    low, high = values[int(place)], values[min(int(place) + 1, len(values) - 1)]
    usual = low + (place - np.floor(place)) * (high - low)
    lighter, darker = (usual, median) if polarity == "dark" else (median, usual)
    rested = (lighter - darker) / (lighter + darker + 2 * DARKEST) > limit
    found: Floats = np.where(rested, usual, median)
    return found


@dataclass(frozen=True, eq=False)
class Blobs:
    """Connected patches that differ from the background, largest first.

    Attributes:
        labels: (height, width), 0 where nothing differs.
        part: Rows and columns of it outside of which nothing does.
        numbers: Number of each patch in ``labels``.
        areas: Pixels of each.
        contrasts: Mean relative difference in each.
    """

    labels: NDArray[np.int32]
    part: Part
    numbers: NDArray[np.int64]
    areas: NDArray[np.int64]
    contrasts: NDArray[np.float64]

    def corners(self, most: int) -> NDArray[np.float64]:
        """Left, top, right, bottom of the largest ones, (patches, 4)."""
        places = find_objects(self.labels[self.part])
        found = [places[number - 1] for number in self.numbers[:most]]
        rows = [(x.start, y.start, x.stop, y.stop) for y, x in found]
        first = np.array([side.start or 0 for side in self.part[::-1]] * 2, dtype=np.float64)
        return np.array(rows, dtype=np.float64).reshape(-1, 4) + first


def find_blobs(difference: Floats, limit: float, radius: int) -> Blobs:
    """Patches in which the difference exceeds a limit.

    Args:
        difference: Relative, (height, width).
        limit: Least difference.
        radius: What is thinner than this (a tail, noise) is taken off, and gaps thinner than this
            (a bar of the cage, a shine on the fur) are closed.
    """
    mask = counts_around(difference > limit, radius) > (2 * radius + 1) ** 2 // 2
    labels = np.zeros(mask.shape, dtype=np.int32)
    box, n_found = extent(mask), 0
    if box is not None:
        labels[box], n_found = label(mask[box], SIDES)
    places = np.flatnonzero(mask)
    flat = labels.ravel()[places] - 1
    areas = np.bincount(flat, minlength=n_found)
    sums = np.bincount(flat, weights=difference.ravel()[places], minlength=n_found)
    order = np.argsort(-areas, kind="stable")
    contrasts = sums[order] / np.maximum(areas[order], 1)
    return Blobs(labels, box or EVERYWHERE, order + 1, areas[order], contrasts)
