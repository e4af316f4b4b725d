"""How a square is cut out of a picture: brought to a size, and turned.

Source: the area filter is exact (each pixel counts by the area of it that an output pixel covers).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from boutwise.errors import UsageError


def cut(
    picture: NDArray[np.uint8],
    square: NDArray[np.int64] | tuple[int, ...],
    size: int,
    *,
    facing: float | None = None,
) -> NDArray[np.uint8]:
    """Cut a square out of a picture and bring it to a size.

    Outside the picture its border goes on. A gray filling would draw a straight edge where there is
    none, and tell the network where in the cage the animal is. Shrinking averages over areas, so
    that no fine pattern turns into a coarse one; enlarging interpolates.

    Args:
        picture: (height, width) or (height, width, 3).
        square: left, top, right, bottom in its pixels, as
            :func:`~boutwise.prepare.crops.crop_squares` gives them.
        size: Pixels a side of what is returned.
        facing: The direction in the picture that is up in what is returned, as in
            :class:`~boutwise.prepare.crops.Squares`; the square is turned around its middle.

    Returns:
        (size, size) or (size, size, 3).

    Raises:
        UsageError: That is no square; a frame that is not present has none.

    >>> cut(np.array([[0, 100], [0, 100]], np.uint8), (0, 0, 2, 2), 1).tolist()
    [[50]]
    """
    left, top, right, bottom = (int(corner) for corner in square)
    side = right - left
    if side < 1 or bottom - top != side:
        raise UsageError(
            f"({left}, {top}, {right}, {bottom}) is no square",
            expected="corners of one that has an area; a frame without a box is not cut",
        )
    if facing is not None:
        return _cut_turned(picture, (left, top, side), size, facing)
    height, width = picture.shape[:2]
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        part = picture[top:bottom, left:right]
    else:
        rows = np.clip(np.arange(top, bottom), 0, height - 1)
        columns = np.clip(np.arange(left, right), 0, width - 1)
        part = picture[rows[:, None], columns]
    if side == size:
        return np.ascontiguousarray(part)
    weights = _weights(side, size)
    rows_done = weights @ part.reshape(side, -1).astype(np.float32)
    if part.ndim == 2:
        resized = rows_done @ weights.T
    else:
        resized = np.matmul(weights, rows_done.reshape(size, side, 3))
    return np.asarray(np.clip(resized + 0.5, 0, 255), dtype=np.uint8)


def _cut_turned(
    picture: NDArray[np.uint8], place: tuple[int, int, int], size: int, facing: float
) -> NDArray[np.uint8]:
    """Cut a turned square: left, top and side before turning.

    What lies around it is cut upright, and each pixel that is returned is the mean of four points
    interpolated in it, which three pixels a side still leave nothing out of.
    """
    left, top, side = place
    more = int(np.ceil(side * (2**0.5 - 1) / 2)) + 1
    around = side + 2 * more
    shown = around if side <= 3 * size else round(around * 2 * size / side)
    part = cut(picture, (left - more, top - more, left + side + more, top + side + more), shown)
    points = 1 if side <= size else 2
    step = side / (size * points) * shown / around
    # Over and down in what is returned are steps to the right of the direction and against it.
    over = step * np.array([-np.sin(facing), np.cos(facing)])
    down = -step * np.array([np.cos(facing), np.sin(facing)])
    first = shown / 2 - (over + down) * size * points / 2
    rows = np.stack([over, down, first], axis=1)
    seen = Image.fromarray(part).transform(
        (size * points, size * points),
        Image.Transform.AFFINE,
        tuple(rows.ravel().tolist()),
        resample=Image.Resampling.BILINEAR,
    )
    found = np.asarray(seen)
    if points == 1:
        return np.array(found)
    # Four whole numbers make no sum beyond 1,023. Pillow cuts off what is behind the point, half a
    # gray level on average; three more in four make up for most of it, and leave 255 what it is.
    quarters = found.reshape(size, 2, size, 2, *found.shape[2:]).sum(axis=(1, 3), dtype=np.uint16)
    mean: NDArray[np.uint8] = ((quarters + 3) // 4).astype(np.uint8)
    return mean


@lru_cache(maxsize=64)
def _weights(side: int, size: int) -> NDArray[np.float32]:
    """How much each of ``side`` pixels counts for each of ``size``, (size, side); rows sum to 1."""
    scale = side / size
    if scale >= 1:
        edges = np.arange(size + 1) * scale
        pixels = np.arange(side)
        low = np.maximum(edges[:-1, None], pixels)
        high = np.minimum(edges[1:, None], pixels + 1)
        weights = np.clip(high - low, 0, None) / scale
    else:
        middles = np.clip((np.arange(size) + 0.5) * scale - 0.5, 0, side - 1)
        weights = np.clip(1 - np.abs(middles[:, None] - np.arange(side)), 0, None)
    found: NDArray[np.float32] = weights.astype(np.float32)
    found.flags.writeable = False
    return found
