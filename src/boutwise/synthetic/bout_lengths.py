"""How long a bout lasts, and what comes after it: the semi-Markov chain behind the mice.

Lengths of rest, walk, rear and groom are drawn from quantiles measured on real mice. The others
have no counterpart there: a withdrawal takes 5 to 10 frames of a 30 fps camera, shaking and licking
of a paw follow the ranges that pain papers describe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BEHAVIORS = ("rest", "walk", "rear", "groom", "paw_withdraw", "paw_lick", "paw_shake")
"""The behaviors in the order of the ethogram."""

LEVELS = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1.0)
"""Levels of the quantiles below."""

SUBTLE_BOUT_QUANTILES_S: Mapping[str, tuple[float, ...]] = {
    "na": (0.05, 0.10, 0.25, 0.55, 0.90, 1.50, 1.95),
    "walking": (0.15, 0.20, 0.30, 0.45, 0.60, 0.90, 1.11),
    "rearing": (0.25, 0.40, 0.65, 1.05, 1.65, 2.60, 3.10),
    "grooming": (0.55, 0.66, 0.85, 5.20, 9.34, 18.44, 29.80),
}
"""Bout lengths in seconds at the levels .05, .1, .25, .5, .75, .9 and .95.

Counted on the human labels of six labelled recordings of SUBTLE (Kwon et al., IJCV 2024; 20 fps,
ten minutes each): 2,100 bouts of ``na``, 958 of ``walking``, 776 of ``rearing``, 42 of
``grooming``. ``standing`` (378 bouts, median .5 s) is left out: rest here stands for both. A bout
is a stretch of equal labels.
"""

_SHORTEST_S = 0.1

QUANTILES_S: Mapping[str, tuple[float, ...]] = {
    "rest": (_SHORTEST_S, _SHORTEST_S, *SUBTLE_BOUT_QUANTILES_S["na"][1:], 4.0),
    "walk": (_SHORTEST_S, *SUBTLE_BOUT_QUANTILES_S["walking"], 2.0),
    "rear": (0.2, *SUBTLE_BOUT_QUANTILES_S["rearing"], 5.0),
    "groom": (0.5, *SUBTLE_BOUT_QUANTILES_S["grooming"][:-2], 16.0, 20.0, 25.0),
    "paw_withdraw": tuple(5 / 30 + level * 5 / 30 for level in LEVELS),
    "paw_lick": (0.5, 0.7, 0.8, 1.3, 2.2, 3.6, 5.5, 6.5, 9.0),
    "paw_shake": (0.2, 0.25, 0.3, 0.4, 0.55, 0.75, 1.0, 1.1, 1.4),
}
"""Bout lengths in seconds at :data:`LEVELS`; drawn by linear interpolation between them.

The longest grooming is cut at 25 s, because five minutes of one animal hold few such bouts.
"""

NEXT: Mapping[str, Mapping[str, float]] = {
    "rest": {
        "walk": 0.42,
        "rear": 0.28,
        "groom": 0.05,
        "paw_withdraw": 0.14,
        "paw_lick": 0.045,
        "paw_shake": 0.065,
    },
    "walk": {"rest": 0.86, "rear": 0.14},
    "rear": {"rest": 0.86, "walk": 0.10, "groom": 0.04},
    "groom": {"rest": 0.90, "walk": 0.10},
    "paw_withdraw": {"rest": 0.40, "paw_shake": 0.30, "paw_lick": 0.25, "walk": 0.05},
    "paw_lick": {"rest": 0.80, "paw_shake": 0.12, "groom": 0.08},
    "paw_shake": {"rest": 0.60, "paw_lick": 0.40},
}
"""What follows what, as probabilities, before the habits of an animal."""


@dataclass(frozen=True, eq=False)
class Script:
    """What one animal does, bout after bout, without gaps.

    Attributes:
        codes: Index into :data:`BEHAVIORS` of each bout, (bouts,).
        starts: First frame of each bout, (bouts,), from 0.
        n_frames: Frames of the recording; the last bout ends with it.
    """

    codes: NDArray[np.int64]
    starts: NDArray[np.int64]
    n_frames: int

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Frames of each bout, (bouts,)."""
        return np.diff(np.append(self.starts, self.n_frames))

    @property
    def bout_of_frame(self) -> NDArray[np.int64]:
        """Number of the bout that each frame is in, (frames,)."""
        return np.repeat(np.arange(len(self.codes)), self.lengths)

    def are(self, *behaviors: str) -> NDArray[np.bool_]:
        """Which bouts are one of these behaviors, (bouts,)."""
        return np.isin(self.codes, [BEHAVIORS.index(name) for name in behaviors])


def draw_length_s(behavior: str, level: float) -> float:
    """Length of a bout at a level between 0 and 1, seconds.

    >>> round(draw_length_s("rear", 0.5), 2)
    1.05
    """
    return float(np.interp(level, LEVELS, QUANTILES_S[behavior]))


def draw_sequence(
    n_frames: int, fps: float, *, rates: Mapping[str, float], generator: np.random.Generator
) -> Script:
    """One animal's behaviors in order.

    Args:
        n_frames: Frames of the recording.
        fps: Frames per second.
        rates: Behavior -> how much more often than usual the animal does it.
        generator: Where the randomness comes from.
    """
    codes: list[int] = []
    starts: list[int] = []
    behavior, frame = "rest", 0
    while frame < n_frames:
        codes.append(BEHAVIORS.index(behavior))
        starts.append(frame)
        frame += max(2, round(draw_length_s(behavior, generator.random()) * fps))
        after = NEXT[behavior]
        weights = np.array([share * rates.get(name, 1.0) for name, share in after.items()])
        place = np.searchsorted(np.cumsum(weights) / weights.sum(), generator.random())
        behavior = list(after)[min(int(place), len(after) - 1)]
    return Script(np.array(codes, dtype=np.int64), np.array(starts, dtype=np.int64), n_frames)
