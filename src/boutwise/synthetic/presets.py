"""How hard the mice are: one frozen, versioned table of numbers.

The table is fixed **before** any model is measured on it, so that no score of ours can be tuned by
making the mice easier. A change of any number is a new ``VERSION``, frozen again before anything
is measured; a test holds the digest of the table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

VERSION = 1
"""Version of the table and of everything that draws random numbers from it."""

View = Literal["bottom", "top", "3d"]


@dataclass(frozen=True)
class Preset:
    """What makes the mice easy or hard.

    Attributes:
        view: ``bottom`` and ``top`` are a camera and give pixels, ``3d`` gives millimeters.
        separation: How far each behavior departs from the resting posture; 1 = as measured by eye
            on real mice, more = caricature.
        between: Spread of posture and rhythm between animals, behavior by behavior, in the units
            of ``traits.SPREAD``.
        within: Spread between bouts of one animal, in the same units.
        drift: Slow change of posture over minutes, in the same units.
        build: Spread of proportions (legs, head, ears, tail), as a share.
        habits: Standard deviation of the logarithm of how often an animal does something.
        clutter_per_minute: Movements of each kind that look like a behavior and are none.
        noise: Frame-by-frame error of a keypoint, in body lengths.
        wander: Slowly varying error of a keypoint (0.3 s), in body lengths.
        bias: Constant error of a keypoint, differing between animals, in body lengths.
        dropouts_per_minute: Times that one keypoint is lost.
        swaps_per_minute: Times that a left and a right paw change places.
        camera_tilt_deg: Standard deviation of the camera's tilt.
        label_lag_s: Mean delay of the human behind the mouse.
        label_jitter_s: Standard deviation of that delay from boundary to boundary.
        label_missed: Share of the short events that the human does not see.
        label_confused: Share of bouts that the human takes for the behavior that looks alike.
    """

    view: View = "bottom"
    separation: float = 1.0
    between: float = 1.7
    within: float = 0.45
    drift: float = 0.5
    build: float = 0.07
    habits: float = 0.35
    clutter_per_minute: float = 4.0
    noise: float = 0.006
    wander: float = 0.010
    bias: float = 0.025
    dropouts_per_minute: float = 2.5
    swaps_per_minute: float = 1.5
    camera_tilt_deg: float = 2.0
    label_lag_s: float = 0.04
    label_jitter_s: float = 0.04
    label_missed: float = 0.05
    label_confused: float = 0.04


_DEFAULT = Preset()

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "easy": replace(
            _DEFAULT,
            separation=1.3,
            between=0.5,
            within=0.35,
            drift=0.2,
            build=0.04,
            habits=0.2,
            clutter_per_minute=1.0,
            noise=0.004,
            wander=0.006,
            bias=0.01,
            dropouts_per_minute=0.5,
            swaps_per_minute=0.2,
            camera_tilt_deg=1.0,
            label_lag_s=0.03,
            label_jitter_s=0.02,
            label_missed=0.0,
            label_confused=0.0,
        ),
        "default": _DEFAULT,
        "hard": replace(
            _DEFAULT,
            separation=0.8,
            between=2.3,
            within=0.7,
            drift=0.7,
            build=0.09,
            habits=0.5,
            clutter_per_minute=8.0,
            noise=0.012,
            wander=0.018,
            bias=0.04,
            dropouts_per_minute=6.0,
            swaps_per_minute=4.0,
            camera_tilt_deg=4.0,
            label_lag_s=0.06,
            label_jitter_s=0.07,
            label_missed=0.15,
            label_confused=0.1,
        ),
    }
)
"""Name -> numbers; part of version :data:`VERSION`."""
