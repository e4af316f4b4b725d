"""What each mouse of a pair is like, and how it carries out one act."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.pairs.chain import BEHAVIORS
from boutwise.synthetic.pairs.presets import PairPreset

MANNERS = (
    "speed",
    "pitch",
    "length",
    "curl",
    "gap",
    "bob",
    "bob_hz",
    "thrust",
    "thrust_hz",
    "turning",
)
"""How an act is carried out.

``speed``: highest speed, body lengths per second. ``pitch``: front of the body above the floor,
degrees. ``length``: spine, share of its full length. ``curl``: bend to the side, degrees. ``gap``:
from where the act takes place (nose to the sniffed spot; center to center along the other's body
for mount and intromit), body lengths. ``bob``: head oscillation and ``thrust``: oscillation of the
body along its axis, body lengths, with their rates in Hz. ``turning``: radians per second.
"""

USUAL: Mapping[str, tuple[float, ...]] = {
    "rest": (0.0, 4.0, 0.93, 0.0, 0.0, 0.012, 4.0, 0.0, 5.0, 1.0),
    "walk": (1.3, 5.0, 1.03, 0.0, 0.0, 0.010, 4.0, 0.0, 5.0, 3.0),
    "rear": (0.0, 50.0, 1.02, 0.0, 0.0, 0.015, 4.0, 0.0, 5.0, 1.0),
    "groom": (0.0, 14.0, 0.84, 16.0, 0.0, 0.030, 5.0, 0.0, 5.0, 1.0),
    "freeze": (0.0, 2.0, 0.88, 0.0, 0.0, 0.001, 4.0, 0.0, 5.0, 0.5),
    "flee": (5.0, 3.0, 1.06, 0.0, 0.0, 0.010, 4.0, 0.0, 5.0, 8.0),
    "approach": (1.9, 4.0, 1.06, 0.0, 0.0, 0.012, 6.0, 0.0, 5.0, 5.0),
    "attack": (6.5, 9.0, 0.95, 24.0, 0.05, 0.050, 8.0, 0.04, 9.0, 11.0),
    "genitalgroom": (1.2, 8.0, 0.90, 12.0, 0.04, 0.032, 4.6, 0.0, 5.0, 3.0),
    "intromit": (2.0, 30.0, 0.88, 6.0, 0.36, 0.010, 4.0, 0.060, 2.6, 4.0),
    "mount": (2.5, 32.0, 0.90, 6.0, 0.42, 0.012, 4.0, 0.020, 8.5, 4.5),
    "sniff_any": (1.6, 6.0, 1.00, 8.0, 0.07, 0.014, 7.0, 0.0, 5.0, 4.0),
    "follow": (1.4, 5.0, 1.04, 0.0, 0.45, 0.012, 5.0, 0.0, 5.0, 4.0),
    "pass": (1.5, 5.0, 1.03, 0.0, 0.0, 0.010, 4.0, 0.0, 5.0, 3.0),
    "huddle": (0.8, 4.0, 0.90, 6.0, 0.32, 0.012, 4.0, 0.0, 5.0, 2.0),
    "climb": (1.6, 26.0, 0.98, 8.0, 0.25, 0.015, 5.0, 0.010, 6.0, 3.0),
}
"""Mean manner of each act, in the order of :data:`MANNERS`."""

SPREAD = (0.22, 5.0, 0.04, 7.0, 0.05, 0.006, 0.7, 0.012, 0.7, 0.6)
"""One unit of spread of each manner: what ``PairPreset.between`` and ``within`` multiply."""

RELATIVE = ("speed",)
"""Manners whose spread is a share of their mean: who does not move does not move faster either."""

LOWEST = (0.0, 0.0, 0.72, 0.0, 0.0, 0.0, 1.5, 0.0, 1.2, 0.4)
HIGHEST = (9.0, 65.0, 1.15, 60.0, 0.7, 0.09, 10.0, 0.12, 12.0, 14.0)

SHARED_SPREAD = 0.6
"""Part of an animal's deviation that is the same in all its acts."""

_RELATIVE = np.array([name in RELATIVE for name in MANNERS])
_STILL = np.array([name in ("bob", "thrust", "gap") for name in MANNERS])


@dataclass(frozen=True, eq=False)
class Manner:
    """One simulated mouse of a pair.

    Attributes:
        length_mm: Nose to tail base, stretched.
        width: Of the body, relative to the usual mouse.
        habits: Behavior -> how much more often than usual.
        manners: Mean manner of this mouse, act -> (manners,).
        bias: Constant error of its keypoints in the body's frame, (7, 2), body lengths.
        home: Favorite place, (2,), share of the arena's half width.
        bold: Share of attacks that it does not flee from.
    """

    length_mm: float
    width: float
    habits: Mapping[str, float]
    manners: Mapping[str, NDArray[np.float64]]
    bias: NDArray[np.float64]
    home: NDArray[np.float64]
    bold: float


def draw_manner(preset: PairPreset, generator: np.random.Generator, *, adult: bool) -> Manner:
    """Draw one mouse; an intruder (not ``adult``) is a little smaller on the average."""
    means = np.array(list(USUAL.values()))
    general = generator.standard_normal(len(MANNERS)) * SHARED_SPREAD
    own = generator.standard_normal(means.shape) * np.sqrt(1 - SHARED_SPREAD**2)
    manners = deviate(means, (general + own) * preset.between)
    rates = np.exp(preset.habits * generator.standard_normal(len(BEHAVIORS)))
    length_mm = (90.0 if adult else 84.0) * (1 + preset.build * generator.standard_normal())
    return Manner(
        length_mm=float(length_mm),
        width=float(1 + preset.build * generator.standard_normal()),
        habits=dict(zip(BEHAVIORS, rates.tolist(), strict=True)),
        manners=dict(zip(USUAL, manners, strict=True)),
        bias=preset.bias * generator.standard_normal((7, 2)),
        home=generator.uniform(-0.6, 0.6, 2),
        bold=float(generator.uniform(0.1, 0.4)),
    )


def deviate(means: NDArray[np.float64], units: NDArray[np.float64]) -> NDArray[np.float64]:
    """Manners (..., manners) that are so many units of :data:`SPREAD` away from their means."""
    step = np.where(_RELATIVE, means, 1.0) * np.array(SPREAD)
    # An oscillation or a gap that is not part of the act stays away.
    step = np.where(_STILL & (means == 0), 0.0, step)
    return np.clip(means + step * units, LOWEST, HIGHEST)
