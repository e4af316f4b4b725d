"""What each animal is like: its build, its habits and its way of doing each behavior."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.bout_lengths import BEHAVIORS
from boutwise.synthetic.presets import Preset

CHANNELS = (
    "pitch",
    "length",
    "curl",
    "hands",
    "reach",
    "lift",
    "bob",
    "bob_hz",
    "stroke",
    "shake",
    "speed",
)
"""What a posture is made of.

``pitch``: front of the body above the floor, degrees. ``length``: spine, share of its full length.
``curl``: bend to the side, degrees. ``hands``: forepaws from the floor (0) to the face (1).
``reach``: nose towards the hindpaw. ``lift``: hindpaw from the floor (0) to its highest (1).
``bob``: head oscillation, body lengths; ``bob_hz``: its rate. ``stroke``: forepaw oscillation and
``shake``: hindpaw oscillation, body lengths. ``speed``: body lengths per second.
"""

REST = (4.0, 0.95, 0.0, 0.12, 0.0, 0.03, 0.012, 4.0, 0.0, 0.0, 0.0)

POSTURES: Mapping[str, tuple[float, ...]] = {
    "rest": REST,
    "walk": (5.0, 1.04, 0.0, 0.03, 0.0, 0.03, 0.010, 4.0, 0.0, 0.0, 1.15),
    "rear": (52.0, 1.04, 0.0, 0.35, 0.0, 0.03, 0.016, 4.0, 0.0, 0.0, 0.0),
    "groom": (12.0, 0.84, 8.0, 0.85, 0.05, 0.05, 0.030, 5.0, 0.07, 0.0, 0.0),
    "paw_withdraw": (4.0, 0.93, 4.0, 0.12, 0.0, 0.95, 0.012, 4.0, 0.0, 0.0, 0.0),
    "paw_lick": (7.0, 0.84, 42.0, 0.35, 0.50, 0.60, 0.030, 4.6, 0.01, 0.0, 0.0),
    "paw_shake": (5.0, 0.92, 10.0, 0.14, 0.05, 0.70, 0.012, 4.0, 0.0, 0.10, 0.0),
}
"""Mean posture of each behavior, in the order of :data:`CHANNELS`."""

FLANK = (7.0, 0.86, 38.0, 0.50, 0.32, 0.15, 0.030, 4.8, 0.02, 0.0, 0.0)
"""Grooming of the flank, which looks like licking of the paw."""

SPREAD = (8.0, 0.055, 12.0, 0.13, 0.11, 0.14, 0.010, 1.0, 0.020, 0.030, 0.25)
"""One unit of spread of each channel: what ``Preset.between`` and ``within`` multiply."""

SHARED_SPREAD = 0.6
"""Part of an animal's deviation that is the same in all its behaviors."""


@dataclass(frozen=True, eq=False)
class Traits:
    """One simulated animal.

    Attributes:
        length_mm: Nose to tail base, stretched.
        proportions: Legs, head, ears, tail relative to the mean mouse, (4,).
        gait_hz: Steps per second at walking speed.
        shake_hz: Rate at which it shakes a paw.
        lifted: Where a lifted hindpaw goes from its place on the floor: forward, outward and up,
            (3,), body lengths.
        side: The treated hindpaw: 0 left, 1 right.
        side_share: Share of paw behaviors on that side.
        flank_share: Share of grooming bouts that go to the flank.
        rates: Behavior -> how much more often than usual.
        postures: Mean posture of this animal, (behaviors, channels).
        flank: Its posture while grooming the flank, (channels,).
        bias: Constant error of its keypoints in the body's frame, (11, 3), body lengths.
        home: Favorite place, (2,), share of the arena's half width.
        label_lag_s: Delay of the person who labels this recording.
    """

    length_mm: float
    proportions: NDArray[np.float64]
    gait_hz: float
    shake_hz: float
    lifted: NDArray[np.float64]
    side: int
    side_share: float
    flank_share: float
    rates: Mapping[str, float]
    postures: NDArray[np.float64]
    flank: NDArray[np.float64]
    bias: NDArray[np.float64]
    home: NDArray[np.float64]
    label_lag_s: float


def draw_traits(preset: Preset, generator: np.random.Generator) -> Traits:
    """Draw one animal."""
    spread = np.array(SPREAD) * preset.between
    rest = np.array(REST)
    general = generator.standard_normal(len(CHANNELS)) * SHARED_SPREAD
    own = generator.standard_normal((len(BEHAVIORS) + 1, len(CHANNELS)))
    own *= np.sqrt(1 - SHARED_SPREAD**2)
    means = np.array([*(POSTURES[name] for name in BEHAVIORS), FLANK])
    postures = rest + (means - rest) * preset.separation + (general + own) * spread
    # An animal may walk faster than another, but none walks while it rests.
    still = means[:, CHANNELS.index("speed")] == 0
    postures[still, CHANNELS.index("speed")] = 0
    postures = limited(postures)
    rates = np.exp(preset.habits * generator.standard_normal(len(BEHAVIORS)))
    return Traits(
        length_mm=88.0 * (1 + preset.build * generator.standard_normal()),
        proportions=1 + preset.build * generator.standard_normal(4),
        gait_hz=4.0 * (1 + 0.12 * preset.between * generator.standard_normal()),
        shake_hz=9.0 + 0.8 * preset.between * generator.standard_normal(),
        lifted=np.array([0.13, -0.05, 0.14])
        + np.array([0.04, 0.03, 0.02]) * preset.between * generator.standard_normal(3),
        side=int(generator.integers(2)),
        side_share=generator.uniform(0.75, 1.0),
        flank_share=generator.uniform(0.1, 0.5),
        rates=dict(zip(BEHAVIORS, rates.tolist(), strict=True)),
        postures=postures[:-1],
        flank=postures[-1],
        bias=preset.bias * generator.standard_normal((11, 3)),
        home=generator.uniform(-0.6, 0.6, 2),
        label_lag_s=preset.label_lag_s * generator.uniform(0.6, 1.4),
    )


LOWEST = (-3.0, 0.6, -90.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0)
HIGHEST = (80.0, 1.2, 90.0, 1.1, 0.95, 1.2, 0.08, 8.0, 0.15, 0.2, 3.0)


def limited(postures: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keep every channel within what a body can do; (..., channels)."""
    return np.clip(postures, LOWEST, HIGHEST)
