"""The hull of a chain of balls as a picture sees it: how much of each pixel, how near, how it lies.

Between two balls lies a tapered rod. Where several rods are near each other their surfaces flow
into one another: each counts by the exponential of its height, as in metaballs. Large bodies are
worked out on a coarser grid, and what comes out is stretched: it is smooth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Singles = NDArray[np.float32]

_FLOW = 0.035
_MARGIN_PX = 2


@dataclass(frozen=True, eq=False)
class Patch:
    """A rectangle of the picture with something in it.

    Attributes:
        top: First row of the picture; ``left`` first column.
        inside: Distance to the outline, pixels, above 0 inside, (height, width).
        height: Towards the camera, pixels, (height, width).
        normal: Of the surface: right, down, towards the camera, (3, height, width); not unit.
        attributes: Of the balls near by, (attributes, height, width).
    """

    top: int
    left: int
    inside: Singles
    height: Singles
    normal: Singles
    attributes: Singles

    @property
    def where(self) -> tuple[slice, slice]:
        """Its place in the picture."""
        rows, columns = self.inside.shape
        return slice(self.top, self.top + rows), slice(self.left, self.left + columns)


def surface(
    rods: Singles, attributes: Singles, size: tuple[int, int], *, length: float, step: int = 1
) -> Patch | None:
    """Draw rods into a picture; None where none of it is inside the picture.

    Args:
        rods: Both ends, (rods, 2, 4): right, down, towards the camera, radius, pixels.
        attributes: At both ends, (rods, 2, attributes).
        size: (height, width) of the picture.
        length: Of the body, pixels: the scale on which surfaces flow into one another.
        step: Pixels between the points that are worked out.
    """
    box = _box(rods, size)
    if box is None:
        return None
    left, top, right, bottom = box
    xs, across = _axis(right - left, step)
    ys, down = _axis(bottom - top, step)
    fields = _fields(rods, attributes, (left + xs, top + ys), _FLOW * length)
    if step > 1:
        fields = np.matmul(np.matmul(down, fields), across.T)
    else:
        fields = np.ascontiguousarray(fields)
    return Patch(top, left, fields[0], fields[1], fields[2:5], fields[5:])


def _box(rods: Singles, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    reach = rods[..., 3] + _MARGIN_PX
    left = max(int((rods[..., 0] - reach).min()), 0)
    top = max(int((rods[..., 1] - reach).min()), 0)
    right = min(int((rods[..., 0] + reach).max()) + 2, size[1])
    bottom = min(int((rods[..., 1] + reach).max()) + 2, size[0])
    return (left, top, right, bottom) if right > left and bottom > top else None


@lru_cache(maxsize=512)
def _axis(n_pixels: int, step: int) -> tuple[Singles, Singles]:
    """Where an axis is sampled, (samples,), and what each pixel takes of it, (pixels, samples)."""
    n_samples = (n_pixels - 1) // step + 2 if step > 1 else n_pixels
    samples = np.arange(n_samples, dtype=np.float32) * step
    pixels = np.arange(n_pixels) / step
    before = np.minimum(pixels.astype(np.int64), max(n_samples - 2, 0))
    shares = np.zeros((n_pixels, n_samples), dtype=np.float32)
    rows = np.arange(n_pixels)
    shares[rows, before] += 1 - (pixels - before)
    if n_samples > 1:
        shares[rows, before + 1] += pixels - before
    return samples, shares


def _fields(
    rods: Singles, attributes: Singles, grid: tuple[Singles, Singles], flow: float
) -> Singles:
    """Inside, height, normal and attributes, (5 + attributes, rows, columns)."""
    xs, ys = grid
    start, end = rods[:, 0, :, None, None], rods[:, 1, :, None, None]
    way = end - start
    dx = xs[None, None, :] - start[:, 0]  # (rods, 1, columns)
    dy = ys[None, :, None] - start[:, 1]  # (rods, rows, 1)
    square = way[:, 0] ** 2 + way[:, 1] ** 2 + np.float32(1e-6)
    share = (dx * (way[:, 0] / square)) + (dy * (way[:, 1] / square))
    np.maximum(share, 0, out=share)
    np.minimum(share, 1, out=share)
    ox = share * way[:, 0]
    np.subtract(dx, ox, out=ox)
    oy = share * way[:, 1]
    np.subtract(dy, oy, out=oy)
    radius = share * way[:, 3]
    radius += start[:, 3]
    distance = ox * ox
    work = oy * oy  # memory that is used again and again: there is much of it
    distance += work
    np.sqrt(distance, out=distance)
    depth = radius - distance
    dome = np.maximum(depth, 0)
    np.add(radius, distance, out=work)
    dome *= work
    np.sqrt(dome, out=dome)
    height = share * way[:, 2]
    height += start[:, 2]
    height += dome
    np.minimum(depth, 0, out=work)
    work *= 2
    height += work
    top = height.max(axis=0)
    fields = np.empty((5 + attributes.shape[2], *top.shape), dtype=np.float32)
    fields[0] = depth.max(axis=0)
    fields[1] = top
    weight = height
    weight -= top
    weight *= np.float32(1 / flow)
    np.exp(weight, out=weight)
    weight /= weight.sum(axis=0)
    np.maximum(radius, distance, out=work)
    np.divide(weight, work, out=work)
    np.einsum("krc,krc->rc", work, ox, out=fields[2])
    np.einsum("krc,krc->rc", work, oy, out=fields[3])
    np.einsum("krc,krc->rc", work, dome, out=fields[4])
    flat = weight.reshape(len(rods), -1)
    share *= weight
    moved = share.reshape(len(rods), -1)
    first, second = attributes[:, 0], attributes[:, 1]
    spread = first.T @ flat + (second - first).T @ moved
    fields[5:] = spread.reshape(-1, *top.shape)
    return fields
