"""Masks of animals in pictures: counted, widened, closed and filled.

The results are those of scipy's filters, in a fraction of their time: a window of a power of two is
the sum of its two halves, every other one a sum of such, and sums of bytes are fast.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import generate_binary_structure, label

Mask = NDArray[np.bool_]
Counts = NDArray[np.uint8] | NDArray[np.uint16]
SIDES = generate_binary_structure(2, 1)
"""Pixels that share a side hang together; scipy's default, which it makes anew in each call."""


def counts_around(mask: Mask, radius: int) -> Counts:
    """How many pixels of the square window around each are set, (height, width).

    Outside the picture its border goes on.

    >>> counts_around(np.array([[True, False, False]]), 1).tolist()
    [[6, 3, 0]]
    """
    height, width = mask.shape
    kind = np.uint8 if (2 * radius + 1) ** 2 <= np.iinfo(np.uint8).max else np.uint16
    wide = np.empty((height + 2 * radius, width + 2 * radius), dtype=kind)
    inner = slice(radius, radius + height)
    wide[inner, radius : radius + width] = mask
    wide[inner, :radius] = mask[:, :1]
    wide[inner, radius + width :] = mask[:, -1:]
    wide[:radius] = wide[radius]
    wide[radius + height :] = wide[radius + height - 1]
    return _over(wide, 2 * radius + 1, np.add)


def widened(mask: Mask, radius: int) -> Mask:
    """What lies in the square window around a set pixel; outside the picture nothing is set."""
    return _over(_framed(mask, radius), 2 * radius + 1, np.logical_or)


def closed(mask: Mask, radius: int) -> Mask:
    """The same with gaps of up to twice the radius closed."""
    grown = _over(_framed(mask, 2 * radius), 2 * radius + 1, np.logical_or)
    return _over(grown, 2 * radius + 1, np.logical_and)


def filled(mask: Mask) -> Mask:
    """The same with its holes filled: what no way leads to from outside the picture.

    >>> filled(np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], bool)).all()
    np.True_
    """
    box = extent(mask)
    if box is None:
        return mask
    found = np.zeros_like(mask)
    # Around the set pixels all that is not set hangs together: it is the first part.
    parts, n_parts = label(~_framed(mask[box], 1), SIDES)
    found[box] = mask[box] if n_parts < 2 else (parts != parts[0, 0])[1:-1, 1:-1]
    return found


def extent(mask: Mask) -> tuple[slice, slice] | None:
    """Rows and columns from the first to the last that has a set pixel; None where none is set."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return None
    columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _framed(mask: Mask, width: int) -> Mask:
    """With a frame of so many pixels around it that are not set."""
    height, length = mask.shape
    found = np.zeros((height + 2 * width, length + 2 * width), dtype=bool)
    found[width : width + height, width : width + length] = mask
    return found


def _over(values: NDArray[Any], width: int, join: np.ufunc) -> NDArray[Any]:
    """Join the values of each square window that lies inside, (height - width + 1, ...)."""
    return _along(_along(values, width, join).T, width, join).T


def _along(values: NDArray[Any], width: int, join: np.ufunc) -> NDArray[Any]:
    """Join the values of each window along the first axis."""
    n_found = len(values) - width + 1
    found, start, span, block = None, 0, 1, values
    while True:
        if width & span:
            part = block[start : start + n_found]
            found = part if found is None else join(found, part)
            start += span
        if 2 * span > width:
            assert found is not None
            return found
        block = join(block[:-span], block[span:])
        span *= 2
