"""The camera of a film: from points in space to pixels, near or from infinitely far.

Space has z up and the floor at a height of its own; the picture has x to the right, y down and z
towards the camera, all in pixels. From below the world is seen mirrored, as a camera does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import UsageError
from boutwise.synthetic.rendering.kinds import Side

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Viewpoint:
    """A pinhole camera that looks at a point.

    Attributes:
        side: From where it looks.
        target: Point in space that is seen at ``middle_px``, (3,).
        turn: Rotation, (3, 3): rows are right, down and towards the camera, in space.
        scale: Pixels of one unit of space at the target.
        middle_px: Where the target is seen: x, y.
        distance: From the target, in units of space; infinite = no perspective.
    """

    side: Side
    target: Floats
    turn: Floats
    scale: float
    middle_px: tuple[float, float]
    distance: float = float("inf")

    def see(self, points: Floats) -> tuple[Floats, Floats]:
        """Where points are seen.

        Args:
            points: In space, (..., 3).

        Returns:
            Places in the picture, (..., 3): right, down, towards the camera, pixels; and pixels of
            one unit of space there, (...).
        """
        seen = (np.asarray(points, dtype=np.float64) - self.target) @ self.turn.T
        near = np.maximum(1 - seen[..., 2] / self.distance, 0.05)
        scale = self.scale / near
        places = seen * scale[..., None]
        # Depth keeps the scale of the target, so that of two points the nearer stays the nearer.
        places[..., 2] = seen[..., 2] * self.scale
        places[..., 0] += self.middle_px[0]
        places[..., 1] += self.middle_px[1]
        return places, scale

    def directions(self, vectors: Floats) -> Floats:
        """Directions in space, (..., 3), as right, down, towards the camera."""
        return np.asarray(vectors @ self.turn.T)


def look_from(
    side: Side,
    target: Floats,
    *,
    scale: float,
    middle_px: tuple[float, float],
    distance: float = float("inf"),
    angles_deg: tuple[float, float] = (0.0, 0.0),
) -> Viewpoint:
    """A camera on one side of the target.

    Args:
        side: ``above``, ``below`` or ``side``.
        target: What it looks at, (3,).
        scale: Pixels of one unit of space there.
        middle_px: Where the target is seen: x, y.
        distance: From the target, in units of space.
        angles_deg: How far the camera is tipped: from straight above or below towards the side, or
            from the side towards above; and how far it is turned around the vertical.

    Raises:
        UsageError: A scale or distance that cannot be.
    """
    if not (scale > 0 and distance > 0):
        raise UsageError(
            f"a camera of {scale} pixels a unit at a distance of {distance} cannot be",
            expected="both above 0",
        )
    tip, turn = np.radians(angles_deg[0]), np.radians(angles_deg[1])
    # Height of the camera above the horizon, as seen from the target.
    height = {"above": np.pi / 2 - tip, "below": -np.pi / 2 + tip, "side": tip}[side]
    away = np.array([0.0, -np.cos(height), np.sin(height)])
    right = np.array([1.0 if side != "below" else -1.0, 0.0, 0.0])
    down = np.cross(right, away)
    axes = np.stack([right, down, away])
    cos, sin = np.cos(turn), np.sin(turn)
    about = np.array([[cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0]])
    return Viewpoint(
        side, np.asarray(target, dtype=np.float64), axes @ about.T, scale, middle_px, distance
    )
