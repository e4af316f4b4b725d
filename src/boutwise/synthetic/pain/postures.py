"""How the acts of a pain test look: the posture of the body in every frame of a bout."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.bout_lengths import BEHAVIORS as USUAL
from boutwise.synthetic.bout_lengths import Script
from boutwise.synthetic.pain.acts import BEHAVIORS, FPS, PAIN
from boutwise.synthetic.presets import Preset
from boutwise.synthetic.signals import Floats
from boutwise.synthetic.traits import CHANNELS, SPREAD, Traits, limited

_AT = {name: place for place, name in enumerate(CHANNELS)}
_LIKE = {"paw_guard": "paw_withdraw", "flinch": "rest", "active": "rest"}
"""Behavior of the ordinary mouse whose posture an act starts from."""

_ADDED: dict[str, dict[str, float]] = {
    "paw_lick": {"reach": 0.18, "curl": 38.0, "lift": 0.1},
    "paw_guard": {"lift": -0.42, "curl": -12.0, "length": -0.05},
    "paw_shake": {"lift": 0.15, "shake": 0.05},
}
"""What an act adds to that posture: acts of a third of a second are done with more vigor."""

_ACTIVE: tuple[dict[str, float], ...] = (
    {"pitch": 30.0, "hands": 0.35},
    {"pitch": 8.0, "curl": 34.0, "bob": 0.02},
    {"hands": 0.8, "stroke": 0.06, "length": -0.08, "pitch": 8.0, "bob": 0.015},
    {"speed": 0.3, "curl": 12.0, "bob": 0.012},
)
"""Rearing, looking around, washing the face, shuffling: what active mice do."""

_JERK = {"length": -0.13, "pitch": 12.0, "curl": 16.0, "hands": 0.15, "lift": 0.25}
JERK_MM = 7.0


def postures(
    script: Script, traits: Traits, *, preset: Preset, generator: np.random.Generator
) -> Floats:
    """Posture of every frame, (frames, channels), before the body follows it."""
    channels = np.empty((script.n_frames, len(CHANNELS)))
    for code, start, n in zip(
        script.codes.tolist(), script.starts.tolist(), script.lengths.tolist(), strict=True
    ):
        behavior = BEHAVIORS[code]
        usual = traits.postures[USUAL.index(_LIKE.get(behavior, behavior))].copy()
        noise = generator.standard_normal(len(CHANNELS)) * np.array(SPREAD) * preset.within
        if usual[_AT["speed"]] == 0:
            noise[_AT["speed"]] = 0
        for name, amount in _ADDED.get(behavior, {}).items():
            usual[_AT[name]] += amount
        bout = np.tile(limited(usual + noise), (n, 1))
        if behavior == "active":
            _explore(bout, generator)
        _shape(bout, behavior)
        channels[start : start + n] = bout
    return limited(channels)


def _explore(bout: Floats, generator: np.random.Generator) -> None:
    """Several things that active mice do, one after the other; changes ``bout``."""
    frame = 0
    while frame < len(bout):
        stop = frame + round(float(generator.uniform(0.3, 0.9)) * FPS)
        added = _ACTIVE[int(generator.integers(len(_ACTIVE)))]
        strength = generator.uniform(0.6, 1.2)
        for name, amount in added.items():
            # To either side: a curl has the sign of the bout, and half of these are against it.
            sign = generator.choice([-1, 1]) if name == "curl" else 1
            bout[frame:stop, _AT[name]] += sign * strength * amount
        frame = stop


def _shape(bout: Floats, behavior: str) -> None:
    """Rise and fall within the act; changes ``bout``."""
    when = (np.arange(len(bout)) + 0.5) / len(bout)
    if behavior == "paw_withdraw":
        # Up fast, down slowly.
        bout[:, _AT["lift"]] *= np.sin(np.pi * when**0.6)
    elif behavior == "flinch":
        for name, amount in _JERK.items():
            bout[:, _AT[name]] += amount * np.sin(np.pi * when**0.6)


def jerks(script: Script, generator: np.random.Generator) -> Floats:
    """How far a flinch throws the body from its path, (frames, 2), mm."""
    away = np.zeros((script.n_frames, 2))
    code = BEHAVIORS.index("flinch")
    for place in np.flatnonzero(script.codes == code):
        start, n = script.starts[place], script.lengths[place]
        angle = generator.uniform(-np.pi, np.pi)
        throw = JERK_MM * generator.uniform(0.6, 1.2) * np.sin(np.pi * (np.arange(n) + 0.5) / n)
        away[start : start + n] = throw[:, None] * [np.cos(angle), np.sin(angle)]
    return away


def sides(script: Script, traits: Traits, generator: np.random.Generator) -> NDArray[np.int64]:
    """Side of each bout, 0 left and 1 right, (bouts,): pain acts keep to the treated paw."""
    pain = np.isin(script.codes, [BEHAVIORS.index(name) for name in PAIN])
    usual = generator.random(len(pain)) < traits.side_share
    treated = np.where(usual, traits.side, 1 - traits.side)
    return np.where(pain, treated, generator.integers(0, 2, len(pain)))
