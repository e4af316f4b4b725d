"""The camera: from points in space to pixels, with perspective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boutwise.synthetic.presets import Preset, View
from boutwise.synthetic.signals import Floats

_DISTANCE_MM = {"bottom": 330.0, "top": 520.0}
_PIXELS_PER_MM = 2.2
_CENTER_PX = (480.0, 480.0)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera above or below the floor.

    Attributes:
        view: ``bottom`` or ``top``.
        distance_mm: From the floor.
        focal_px: Focal length.
        tilt: Small rotations around the two axes of the floor, radians.
    """

    view: View
    distance_mm: float
    focal_px: float
    tilt: tuple[float, float]

    def project(self, points_mm: Floats) -> Floats:
        """Pixels, (..., 2), x to the right and y down, of points in space, (..., 3)."""
        x, y, z = points_mm[..., 0], points_mm[..., 1], points_mm[..., 2]
        about_x, about_y = self.tilt
        # From below the world is seen mirrored, and what is higher is farther away.
        side, depth = (-x, z) if self.view == "bottom" else (x, -z)
        depth = self.distance_mm + depth + about_x * y + about_y * side
        across = side - about_y * z
        down = -y - about_x * z
        scale = self.focal_px / depth
        return np.stack([_CENTER_PX[0] + scale * across, _CENTER_PX[1] + scale * down], axis=-1)


def draw_camera(preset: Preset, generator: np.random.Generator) -> Camera:
    """The camera of one recording: its distance and tilt differ a little from day to day."""
    distance_mm = _DISTANCE_MM[preset.view] * (1 + preset.build * generator.standard_normal())
    tilt = np.radians(preset.camera_tilt_deg) * generator.standard_normal(2)
    # The same lens everywhere: another distance is another scale.
    focal_px = _PIXELS_PER_MM * _DISTANCE_MM[preset.view]
    return Camera(preset.view, float(distance_mm), focal_px, (float(tilt[0]), float(tilt[1])))
