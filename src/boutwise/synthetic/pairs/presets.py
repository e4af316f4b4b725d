"""How hard the pairs are: one frozen, versioned table of numbers.

As with single mice, the table is fixed **before** any model is measured on it. It has a version of
its own, so that a change here leaves the single mice as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

PAIRS_VERSION = 1
"""Version of the table and of everything that draws random numbers from it."""


@dataclass(frozen=True)
class PairPreset:
    """What makes pairs of mice easy or hard.

    Attributes:
        between: Spread of manner (speed, posture, rhythm) between animals, in the units of
            ``manners.SPREAD``.
        within: Spread between acts of one animal, in the same units.
        build: Spread of the length of the animals, as a share.
        habits: Standard deviation of the logarithm of how often an animal does something.
        resident_share: Share of the interactions that the resident begins.
        answered: Share of sniffing that the other mouse returns.
        clutter: Share of what is no behavior in which the mice nevertheless do what looks like
            one: pass close by, follow, lie side by side, climb over each other.
        noise: Frame-by-frame error of a keypoint, in body lengths.
        wander: Slowly varying error of a keypoint (0.3 s), in body lengths.
        bias: Constant error of a keypoint, differing between animals, in body lengths.
        lost_touching: Share of the time in which a keypoint near the other mouse is lost.
        dropouts_per_minute: Times that one keypoint is lost elsewhere.
        swaps_per_minute: Times that the tracker exchanges the two mice.
        camera_tilt_deg: Standard deviation of the camera's tilt.
        label_lag_s: Mean delay of the human who labels.
        label_jitter_s: Standard deviation of that delay from boundary to boundary.
        label_missed: Share of the short bouts that the human does not see.
        label_confused: Share of bouts that the human takes for the behavior that looks alike.
    """

    between: float = 1.0
    within: float = 0.7
    build: float = 0.06
    habits: float = 0.35
    resident_share: float = 0.72
    answered: float = 0.2
    clutter: float = 0.3
    noise: float = 0.012
    wander: float = 0.015
    bias: float = 0.02
    lost_touching: float = 0.10
    dropouts_per_minute: float = 2.0
    swaps_per_minute: float = 0.0
    camera_tilt_deg: float = 1.5
    label_lag_s: float = 0.07
    label_jitter_s: float = 0.08
    label_missed: float = 0.06
    label_confused: float = 0.05


_DEFAULT = PairPreset()

PAIR_PRESETS: Mapping[str, PairPreset] = MappingProxyType(
    {
        "easy": replace(
            _DEFAULT,
            between=0.5,
            within=0.4,
            build=0.04,
            habits=0.2,
            answered=0.1,
            clutter=0.12,
            noise=0.006,
            wander=0.008,
            bias=0.01,
            lost_touching=0.03,
            dropouts_per_minute=0.5,
            camera_tilt_deg=0.7,
            label_lag_s=0.04,
            label_jitter_s=0.03,
            label_missed=0.0,
            label_confused=0.0,
        ),
        "default": _DEFAULT,
        "hard": replace(
            _DEFAULT,
            between=1.5,
            within=1.0,
            build=0.09,
            habits=0.5,
            answered=0.3,
            clutter=0.5,
            noise=0.02,
            wander=0.025,
            bias=0.035,
            lost_touching=0.22,
            dropouts_per_minute=5.0,
            camera_tilt_deg=3.0,
            label_lag_s=0.1,
            label_jitter_s=0.12,
            label_missed=0.15,
            label_confused=0.1,
        ),
    }
)
"""Name -> numbers; part of version :data:`PAIRS_VERSION`. None plants swapped identities."""
