"""Light on the animals: fur and skin, shadows on the floor, mirror images in walls."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.rendering.anatomy import Flesh
from boutwise.synthetic.rendering.looks import Cage, Coat
from boutwise.synthetic.rendering.surfaces import Patch, surface
from boutwise.synthetic.rendering.textures import ALONG, AROUND, Map

Singles = NDArray[np.float32]

_SKIN_TINT = np.array([1.18, 0.95, 0.92], dtype=np.float32)
_SHADOW_STEP = 0.05


# Seven parameters: a surface, and all that light depends on.
def shaded(
    patch: Patch,
    coat: Coat,
    fur: Map,
    cage: Cage,
    *,
    animal: Flesh,
    channels: int,
    thin: bool = False,
) -> tuple[Singles, Singles]:
    """How bright the surface is, and how much of each pixel it covers.

    Args:
        patch: The surface.
        coat: Of the animal.
        fur: Its texture, from :func:`~boutwise.synthetic.rendering.textures.coat_map`.
        cage: The light.
        animal: For its size and the height of the floor.
        channels: 1 or 3.
        thin: Whether the part is a leaf of skin.

    Returns:
        Reflected share of white in full light, (height, width, channels), and cover, 0 to 1,
        (height, width).
    """
    nx, ny, nz = patch.normal
    if thin:  # an ear is a leaf, not a ball
        nx, ny = np.float32(0.45) * nx, np.float32(0.45) * ny
    long = np.sqrt(nx * nx + ny * ny + nz * nz) + np.float32(1e-6)
    nx, ny, nz = nx / long, ny / long, nz / long
    along, skin, *vectors = patch.attributes
    # Fur ends where the foot begins, not halfway up the leg.
    skin = _between(skin * np.float32(2.5) - np.float32(0.9), 1)
    out = nx * vectors[0] + ny * vectors[1] + nz * vectors[2]
    left = nx * vectors[3] + ny * vectors[4] + nz * vectors[5]
    cells = (_between(along, 0.999) * ALONG).astype(np.int32)
    around = (_between(0.5 * left + 0.5, 0.999) * AROUND).astype(np.int32)
    # The belly begins below the flank, in a soft line.
    belly = _between(-2.5 * out - 0.6, 1)
    tone = (1 - belly) * fur[0, cells, around] + belly * fur[1, cells, around]
    light = _light(nx, ny, nz, cage)
    if cage.falloff:
        light *= _fall(patch.height, cage, animal)
    sheen = coat.gloss * np.maximum(nz, 0) ** 6
    rough = 0.6 * (tone / fur.mean() - 1) * np.float32(coat.fuzz * animal.length)
    edge = np.maximum(0.8, coat.fuzz * animal.length) * (1 - 0.5 * skin)
    cover = _between((patch.inside + (1 - skin) * rough) / edge + 0.5, 1)
    if channels == 1:
        color = ((1 - skin) * tone + skin * np.float32(coat.skin))[..., None]
    else:
        bare = np.float32(coat.skin) * _SKIN_TINT
        furry = tone[..., None] * np.array(coat.tint, dtype=np.float32)
        color = (1 - skin)[..., None] * furry + skin[..., None] * bare
    return (color + sheen[..., None]) * light[..., None], cover


def _between(values: Singles, most: float) -> Singles:
    """Values from 0 to ``most``; for small arrays in much less time than ``np.clip``."""
    return np.asarray(np.minimum(np.maximum(values, 0), np.float32(most)))


def _light(nx: Singles, ny: Singles, nz: Singles, cage: Cage) -> Singles:
    """Lamp and surroundings on a surface; a fur passes some light around its edge."""
    right, down, near = cage.light
    facing = nx * np.float32(right) + ny * np.float32(down) + nz * np.float32(near)
    lamp = np.maximum((facing + np.float32(0.25)) / np.float32(1.25), 0)
    hollow = np.float32(0.45) + np.float32(0.55) * np.maximum(nz, 0)
    return np.asarray(np.float32(cage.ambient) * hollow + np.float32(1.12 - cage.ambient) * lamp)


def _fall(height: Singles, cage: Cage, animal: Flesh) -> Singles:
    """Light that comes through a glass floor: brightest where the body touches it."""
    away = np.maximum(animal.floor - height, 0) / np.float32(animal.length)
    near = np.float32(0.8) * np.exp(away * np.float32(-25.0))
    return np.asarray(np.float32(0.60) * np.exp(away * np.float32(-4 * cage.falloff)) + near)


def shadow(
    rods: Singles, animal: Flesh, cage: Cage, size: tuple[int, int]
) -> tuple[tuple[slice, slice], Singles] | None:
    """What the floor keeps of its light, 0 to 1, and where; None without a shadow."""
    if cage.shadow < 0.02:
        return None
    cast = rods.copy()
    right, down, near = cage.light
    if cage.side == "side":
        lowest = float((rods[..., 1] + rods[..., 3]).max())
        cast[..., 1] = lowest
        cast[..., 3] *= 0.5
    else:
        above = rods[..., 2] - animal.floor
        cast[..., 0] -= above * np.float32(right / max(near, 0.3))
        cast[..., 1] -= above * np.float32(down / max(near, 0.3))
    soft = max(cage.softness * animal.length, 1.0)
    found = _stain(cast, animal.length, soft, size)
    if found is None:
        return None
    where, depth = found
    return where, 1 - np.float32(cage.shadow) * depth


def mirrored(
    rods: Singles,
    animal: Flesh,
    cage: Cage,
    inner: tuple[float, float, float, float],
    size: tuple[int, int],
) -> list[tuple[tuple[slice, slice], Singles]]:
    """Where walls, or the floor seen from the side, mirror the animal, and how much, 0 to 1."""
    left, top, right, bottom = inner
    flips = [(1, bottom)] if cage.side == "side" else [(0, left), (1, top), (0, right), (1, bottom)]
    if cage.side == "below" or cage.mirror < 0.02:
        return []
    found = []
    for axis, edge in flips:
        away = np.abs(rods[..., axis] - edge).min()
        if away > 0.6 * animal.length:
            continue
        image = rods.copy()
        image[..., axis] = 2 * edge - image[..., axis]
        stain = _stain(image, animal.length, max(0.03 * animal.length, 1.0), size)
        if stain is None:
            continue
        where, depth = stain
        behind = _behind(where[1 - axis], edge, axis, before=edge in (left, top))
        found.append((where, np.float32(0.5 * cage.mirror) * depth * behind))
    return found


def _behind(part: slice, edge: float, axis: int, *, before: bool) -> Singles:
    """1 beyond the edge of a wall, along one axis of a patch."""
    at = np.arange(part.start, part.stop, dtype=np.float32)
    beyond = np.clip((edge - at if before else at - edge) + 0.5, 0, 1)
    return np.asarray(beyond[None, :] if axis == 0 else beyond[:, None], dtype=np.float32)


def _stain(
    rods: Singles, length: float, soft: float, size: tuple[int, int]
) -> tuple[tuple[slice, slice], Singles] | None:
    """A blurred outline, worked out on a coarse grid."""
    wide = rods.copy()
    wide[..., 3] += 1.5 * soft
    nothing = np.zeros((len(rods), 2, 0), dtype=np.float32)
    step = max(1, int(_SHADOW_STEP * length))
    patch = surface(wide, nothing, size, length=length, step=step)
    if patch is None:
        return None
    depth = np.clip(patch.inside / (3 * soft), 0, 1)
    return patch.where, np.asarray(depth * depth * (3 - 2 * depth))
