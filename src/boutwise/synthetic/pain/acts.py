"""What a mouse does in the trials of a pain test: the order and length of its acts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from boutwise.formats.trial_labels import CLASSES
from boutwise.synthetic.bout_lengths import LEVELS, Script

BEHAVIORS = tuple(CLASSES[code] for code in sorted(CLASSES))
"""The eight source classes; the place of a name is its code in the files."""

PAIN = ("paw_withdraw", "paw_lick", "paw_guard", "paw_shake", "flinch")
"""What follows a stimulus: acts of 5 to 10 frames of a camera of 30 frames a second."""

N_TRIALS, TRIAL_FRAMES, FPS = 3, 360, 30.0
N_FRAMES = N_TRIALS * TRIAL_FRAMES

_FEWEST, _MOST = 5, 10
_SHORTEST_LICK = 7
QUANTILES_S: Mapping[str, tuple[float, ...]] = {
    "rest": (0.4, 0.5, 0.6, 0.9, 1.5, 2.3, 3.2, 4.0, 5.0),
    "walk": (0.4, 0.5, 0.55, 0.7, 0.95, 1.3, 1.7, 2.0, 2.5),
    "active": (0.5, 0.6, 0.7, 1.0, 1.4, 2.0, 2.8, 3.2, 4.0),
}
"""Lengths of the other bouts, seconds, at the levels of ``bout_lengths.LEVELS``; set by hand so
that a trial of twelve seconds holds about eight of them."""

NEXT: Mapping[str, Mapping[str, float]] = {
    "rest": {
        "active": 0.50,
        "walk": 0.26,
        "paw_withdraw": 0.10,
        "flinch": 0.05,
        "paw_guard": 0.03,
        "paw_shake": 0.03,
        "paw_lick": 0.03,
    },
    "walk": {"rest": 0.6, "active": 0.4},
    "active": {"rest": 0.62, "walk": 0.30, "paw_withdraw": 0.05, "flinch": 0.03},
    "paw_withdraw": {
        "paw_shake": 0.28,
        "paw_lick": 0.24,
        "paw_guard": 0.18,
        "rest": 0.22,
        "walk": 0.08,
    },
    "paw_lick": {"rest": 0.70, "paw_shake": 0.15, "active": 0.15},
    "paw_guard": {"rest": 0.35, "paw_lick": 0.30, "paw_shake": 0.25, "walk": 0.10},
    "paw_shake": {"paw_lick": 0.35, "rest": 0.45, "walk": 0.10, "active": 0.10},
    "flinch": {"rest": 0.45, "paw_withdraw": 0.30, "active": 0.25},
}
"""What follows what, as probabilities, before the habits of an animal."""

STIMULUS_FRAMES = (100, 200)
"""When in a trial the paw is touched."""
ANSWERED = 0.85
"""Share of stimuli that are answered by a withdrawal, or a flinch."""


def draw_trials(rates: Mapping[str, float], generator: np.random.Generator) -> Script:
    """The acts of one recording of three trials, one after the other.

    Args:
        rates: Behavior -> how much more often than usual the animal does it.
        generator: Where the randomness comes from.

    >>> script = draw_trials({}, np.random.default_rng(0))
    >>> script.n_frames, script.starts[0]
    (1080, np.int64(0))
    """
    stimuli = [
        TRIAL_FRAMES * trial + int(generator.integers(*STIMULUS_FRAMES))
        for trial in range(N_TRIALS)
    ]
    stimuli = [frame for frame in stimuli if generator.random() < ANSWERED]
    codes: list[int] = []
    starts: list[int] = []
    behavior, frame = "rest", 0
    while frame < N_FRAMES:
        codes.append(BEHAVIORS.index(behavior))
        starts.append(frame)
        stop = frame + _length(behavior, generator)
        touched = next((s for s in stimuli if frame < s <= stop), None)
        if touched is None:
            behavior = _next(behavior, rates, generator)
        else:
            stimuli.remove(touched)
            # The paw of a mouse that is in the middle of a pain act is touched after it.
            if behavior not in PAIN and touched - frame >= _FEWEST:
                stop = touched
            answer = "paw_withdraw" if generator.random() < 0.8 else "flinch"
            behavior = answer if answer != behavior else "rest"
        frame = stop
    if N_FRAMES - starts[-1] < _FEWEST:
        codes[-1] = BEHAVIORS.index("rest")
    merged = [
        place for place in range(len(codes)) if place == 0 or codes[place] != codes[place - 1]
    ]
    return Script(np.array(codes)[merged], np.array(starts)[merged], N_FRAMES)


def _length(behavior: str, generator: np.random.Generator) -> int:
    """Frames of a bout."""
    if behavior in PAIN:
        fewest = _SHORTEST_LICK if behavior == "paw_lick" else _FEWEST
        return int(generator.integers(fewest, _MOST + 1))
    return round(float(np.interp(generator.random(), LEVELS, QUANTILES_S[behavior])) * FPS)


def _next(behavior: str, rates: Mapping[str, float], generator: np.random.Generator) -> str:
    after = NEXT[behavior]
    weights = np.array([share * rates.get(name, 1.0) for name, share in after.items()])
    place = np.searchsorted(np.cumsum(weights) / weights.sum(), generator.random())
    return list(after)[min(int(place), len(after) - 1)]
