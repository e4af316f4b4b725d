"""How a film is taken: its size, what it shows, and where the camera stands for that."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from boutwise.synthetic.rendering.looks import Cage
from boutwise.synthetic.rendering.scenery import Color
from boutwise.synthetic.rendering.staging import Actor
from boutwise.synthetic.rendering.viewpoints import Floats, Viewpoint, look_from
from boutwise.types import PoseTrack

_MARGIN = 0.45
_WALL = 0.2


@dataclass(frozen=True)
class Shot:
    """How a film is taken.

    Attributes:
        size: (height, width) of the pictures, pixels.
        color: ``gray`` or ``rgb``.
        window: Left, top, right and bottom of what is shown, in pixels of a flat track; None shows
            all that the animals reach.
        tip_deg: For a track in space: how far the camera is tipped from straight above or below
            towards the side, or from the side towards above.
        turn_deg: And how far it is turned around the vertical.
        distance: And how far away it is, in body lengths.
    """

    size: tuple[int, int] = (256, 256)
    color: Color = "gray"
    window: tuple[float, float, float, float] | None = None
    tip_deg: float = 0.0
    turn_deg: float = 0.0
    distance: float = 9.0


def upright(flat: Floats, side: str) -> Floats:
    """Places in a picture, (..., 2), as places in space that a camera on that side sees there."""
    x, y, nothing = flat[..., 0], flat[..., 1], np.zeros(flat.shape[:-1])
    if side == "side":
        return np.stack([x, nothing, -y], axis=-1)
    return np.stack([-x if side == "below" else x, -y, nothing], axis=-1)


def viewpoint(actors: list[Actor], pose: PoseTrack, cage: Cage, shot: Shot) -> Viewpoint:
    """A camera that sees all that the animals reach, or the window asked for."""
    length = float(np.median([actor.length for actor in actors]))
    height, width = shot.size
    middle = (width / 2, height / 2)
    flat = pose.n_dims == 2
    if flat and shot.window is not None:
        left, top, right, bottom = shot.window
        target = upright(np.array([(left + right) / 2, (top + bottom) / 2]), cage.side)
        scale = min(width / (right - left), height / (bottom - top))
        return look_from(cage.side, target, scale=scale, middle_px=middle)
    reached = np.concatenate(
        [values[actor.shown] for actor in actors for values in actor.points.values()]
    )
    low, high = np.quantile(reached, [0.002, 0.998], axis=0)
    target = (low + high) / 2
    if not flat and cage.side != "side":
        target[2] = min(actor.floor for actor in actors)
    view = look_from(
        cage.side,
        target,
        scale=1.0,
        middle_px=(0.0, 0.0),
        distance=float("inf") if flat else shot.distance * length,
        angles_deg=(0.0, 0.0) if flat else (shot.tip_deg, shot.turn_deg),
    )
    seen = view.see(reached)[0][:, :2]
    low, high = np.quantile(seen, [0.002, 0.998], axis=0)
    low, high = low - _MARGIN * length, high + _MARGIN * length
    scale = min(width / (high[0] - low[0]), height / (high[1] - low[1]))
    x, y = (float(value) for value in np.array(middle) - scale * (low + high) / 2)
    return replace(view, scale=float(scale), middle_px=(x, y))


def floor(
    height: float, pose: PoseTrack, camera: Viewpoint, length: float
) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of the floor in the picture: a little more than was walked on."""
    seen = pose.positions.reshape(-1, 2)
    low, high = np.nanquantile(seen, [0.002, 0.998], axis=0).astype(float)
    if camera.side == "side":
        standing = np.array([*camera.target[:2], height])
        bottom = float(camera.see(standing)[0][1])
        return low[0] - _WALL * length, 0.0, high[0] + _WALL * length, bottom + 0.02 * length
    reach = _WALL * length
    return low[0] - reach, low[1] - reach, high[0] + reach, high[1] + reach
