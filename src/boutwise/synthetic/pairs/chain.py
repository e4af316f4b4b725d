"""What two mice do to each other, how long, and what comes after it.

A semi-Markov chain over the pair: at most one mouse acts upon the other, or both are on their own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from boutwise.synthetic.bout_lengths import LEVELS

BEHAVIORS = (
    "other",
    "approach",
    "attack",
    "genitalgroom",
    "intromit",
    "mount",
    "sniff_any",
)
"""Directed behaviors in the order of the ethogram; ``other`` is the background.

``genitalgroom`` is here what one mouse does to the other: licking of the anogenital region, head
down and rhythmic. ``sniff_any`` is sniffing of any part, that region among them.
"""

CONTACT_BOUT_QUANTILES_S = (0.2, 0.43, 0.53, 0.85, 1.55, 4.28, 5.0, 5.45, 6.4)
"""Lengths of real contact bouts in seconds at ``bout_lengths.LEVELS``.

Counted on the 25 bouts of ``interact`` in the two BORIS files that ethome publishes with its tests
(two mice, 30 fps, six minutes in all).
"""

LENGTHS_S: Mapping[str, tuple[float, ...]] = {
    "sniff_any": CONTACT_BOUT_QUANTILES_S,
    "approach": (0.5, 0.7, 0.9, 1.3, 1.9, 2.6, 3.2, 3.6, 4.0),
    "attack": (0.3, 0.45, 0.55, 0.9, 1.5, 2.6, 4.2, 5.5, 8.0),
    "genitalgroom": (0.5, 0.7, 0.9, 1.4, 2.4, 4.2, 6.5, 8.0, 11.0),
    "mount": (0.4, 0.6, 0.8, 1.4, 2.4, 4.2, 5.5, 6.5, 9.0),
    "intromit": (1.0, 1.5, 2.0, 3.6, 6.5, 11.0, 16.0, 18.0, 22.0),
    "apart": (0.4, 0.6, 0.9, 1.6, 2.9, 5.2, 8.5, 11.0, 16.0),
    "pause": (0.15, 0.2, 0.25, 0.35, 0.5, 0.8, 1.1, 1.3, 1.6),
}
"""Planned lengths in seconds; drawn by linear interpolation between ``bout_lengths.LEVELS``.

An act ends earlier when the other mouse escapes, an approach when it arrives. Only ``sniff_any``
is counted on real bouts. The two real bouts of ``mount`` in the same files last 2.4 and 5.0 s; the
others have no counterpart there and follow what is said of resident and intruder in words: attacks
are short and come in bursts, an intromission goes on for several seconds.
"""

NEXT: Mapping[str, Mapping[str, float]] = {
    "apart": {"approach": 1.0},
    "approach": {
        "sniff_any": 0.53,
        "attack": 0.15,
        "genitalgroom": 0.08,
        "mount": 0.10,
        "apart": 0.14,
    },
    "sniff_any": {
        "apart": 0.44,
        "genitalgroom": 0.17,
        "attack": 0.15,
        "mount": 0.16,
        "approach": 0.08,
    },
    "attack": {"pause": 0.45, "apart": 0.45, "sniff_any": 0.10},
    "pause": {"attack": 0.55, "approach": 0.25, "apart": 0.20},
    "genitalgroom": {"mount": 0.34, "sniff_any": 0.26, "apart": 0.40},
    "mount": {"intromit": 0.42, "apart": 0.34, "sniff_any": 0.16, "genitalgroom": 0.08},
    "intromit": {"apart": 0.55, "mount": 0.25, "genitalgroom": 0.20},
}
"""What follows what, as probabilities, before the habits of the mouse that acts."""

SOLITARY: Mapping[str, float] = {"rest": 0.30, "walk": 0.45, "rear": 0.15, "groom": 0.10}
"""What a mouse does on its own account."""

CLUTTER = ("pass", "follow", "huddle", "climb")
"""What looks like a behavior while the mice are apart, and is ``other``."""


REACTIONS: Mapping[str, tuple[tuple[str, float], ...]] = {
    "approach": (("ignore", 0.6), ("freeze", 0.15), ("leave", 0.25)),
    "sniff_any": (("ignore", 0.45), ("freeze", 0.25), ("leave", 0.3)),
    "genitalgroom": (("freeze", 0.65), ("leave", 0.35)),
    "mount": (("freeze", 0.55), ("leave", 0.45)),
    "intromit": (("freeze", 0.88), ("leave", 0.12)),
    "attack": (("flee", 1.0),),
}
"""What the other mouse does while it is acted upon, with probabilities."""


def draw_length_s(act: str, level: float) -> float:
    """Planned length of an act at a level between 0 and 1, seconds.

    >>> draw_length_s("sniff_any", 0.5)
    1.55
    """
    return float(np.interp(level, LEVELS, LENGTHS_S[act]))


def draw_next(act: str, habits: Mapping[str, float], level: float) -> str:
    """What follows an act.

    Args:
        act: What ends.
        habits: Behavior -> how much more often than usual.
        level: Random, between 0 and 1.
    """
    after = NEXT[act]
    weights = np.cumsum([share * habits.get(name, 1.0) for name, share in after.items()])
    place = int(np.searchsorted(weights / weights[-1], level))
    return list(after)[min(place, len(after) - 1)]
