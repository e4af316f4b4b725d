"""How large the animals are, and whether what differs from the background behaves like animals.

Where to draw the line between animal and background is not the same in any two cages: shadows and
reflections are paler than a black mouse on a white floor, and a black mouse seen from below through
glass is paler than its own paws. What an animal has everywhere is a size of its own: the limit is
taken at which what is found has the steadiest area in the most pictures, and holds most of what
differs at all: paws that are brighter than their mouse leave the mouse over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.prepare.detectors._background_model import Background, Blobs, Floats, find_blobs

LIMITS = (0.08, 0.15, 0.25, 0.4, 0.6)
"""Shares of the strongest excursions."""
LIKE_SIZED = (0.35, 2.5)
"""Shares of the usual area between which a patch is one animal."""
LIKE_SUMMED = (0.6, 1.5)
"""The same for all patches together, where animals may touch and hide each other."""
SMALLEST = 0.2
"""Share of the usual area below which a patch is nothing."""
LEAST_AREA_PX = 12
RADIUS_OF_LENGTH = 0.15
"""Radius of what is smoothed away, in square roots of an animal's area: a tail is thinner."""


@dataclass(frozen=True)
class Sizes:
    """What is found at one limit.

    Attributes:
        limit: Relative difference from which a pixel is part of an animal.
        radius: What is thinner is smoothed away, pixels.
        area: Of one animal, pixels.
        clear: Share of pictures that show what there must be.
        apart: Share of pictures in which there are as many patches as animals.
        spread: Of the area of all animals together, in shares of it (scaled median deviation).
        explained: Share of all that differs that is inside what is found.
        travelled: How far apart the places are where they were, in square roots of an area; a
            mouse is 1.6 of these long.
    """

    limit: float
    radius: int
    area: float
    clear: float
    apart: float
    spread: float
    explained: float
    travelled: float

    @property
    def quality(self) -> float:
        """What makes one limit better than another."""
        return self.clear + self.explained - self.spread


def best_sizes(
    background: Background, pictures: Sequence[NDArray[np.uint8]], n_animals: int
) -> Sizes | None:
    """Sizes at the limit at which they are steadiest; None when nothing is large enough."""
    differences = [background.difference(picture) for picture in pictures]
    for difference in differences:
        difference[difference < LIMITS[0] * background.strength] = 0
    tried = [sizes_at(differences, share * background.strength, n_animals) for share in LIMITS]
    found = [sizes for sizes in tried if sizes is not None]
    return max(found, key=lambda sizes: sizes.quality, default=None)


def sizes_at(differences: Sequence[Floats], limit: float, n_animals: int) -> Sizes | None:
    """What is found at a limit; None when it is too small to be seen."""
    rough = [find_blobs(difference, limit, 1) for difference in differences]
    area = _summed(rough, 0.0) / n_animals
    if area < LEAST_AREA_PX:
        return None
    radius = max(1, round(RADIUS_OF_LENGTH * area**0.5))
    found = [find_blobs(difference, limit, radius) for difference in differences]
    least = SMALLEST * area
    area = _summed(found, least) / n_animals
    if area < LEAST_AREA_PX:
        return None
    sums = np.array([blobs.areas[blobs.areas >= least].sum() for blobs in found])
    apart = np.mean([_apart(blobs, area, n_animals) for blobs in found])
    like = (sums > LIKE_SUMMED[0] * n_animals * area) & (sums < LIKE_SUMMED[1] * n_animals * area)
    return Sizes(
        limit=limit,
        radius=radius,
        area=area,
        clear=float(apart if n_animals == 1 else like.mean()),
        apart=float(apart),
        spread=float(1.4826 * np.median(np.abs(sums - np.median(sums))) / np.median(sums)),
        explained=float(
            np.median(
                [
                    _explained(difference, blobs.corners(n_animals), radius)
                    for difference, blobs in zip(differences, found, strict=True)
                ]
            )
        ),
        travelled=_travelled(found, n_animals) / area**0.5,
    )


def _summed(found: Sequence[Blobs], least: float) -> float:
    """Usual area of everything that is not small."""
    return float(
        np.median(
            [
                blobs.areas[blobs.areas >= max(least, SMALLEST * blobs.areas[:1].sum())].sum()
                for blobs in found
            ]
        )
    )


def _apart(blobs: Blobs, area: float, n_animals: int) -> bool:
    """Whether there are as many patches as animals, each as large as one."""
    smallest, largest = (share * area for share in LIKE_SIZED)
    large = blobs.areas[blobs.areas >= smallest]
    return bool(large.size == n_animals and large.max() <= largest)


def _explained(difference: Floats, corners: NDArray[np.float64], margin: int) -> float:
    """Share of a picture's differences that lies in the boxes; all of nothing is explained."""
    inside = np.zeros(difference.shape, dtype=bool)
    for left, top, right, bottom in corners.astype(np.int64):
        rows = slice(max(top - margin, 0), bottom + margin)
        inside[rows, max(left - margin, 0) : right + margin] = True
    total = float(difference.sum())
    return float(difference[inside].sum()) / total if total else 1.0


def _travelled(found: Sequence[Blobs], n_animals: int) -> float:
    """Width or height, whichever is more, of the places of nine in ten patches, pixels."""
    corners = np.concatenate([blobs.corners(n_animals) for blobs in found])
    if not len(corners):
        return 0.0
    middles = (corners[:, :2] + corners[:, 2:]) / 2
    return float(np.ptp(np.quantile(middles, (0.05, 0.95), axis=0), axis=0).max())
