"""What a mouse does over minutes: nothing much, long grooming, and short twitches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.bout_lengths import Script
from boutwise.synthetic.presets import PRESETS
from boutwise.synthetic.signals import Floats, smooth
from boutwise.synthetic.traits import CHANNELS, SPREAD, Traits, limited
from boutwise.synthetic.traits import POSTURES as USUAL

FPS = 30.0
TAGS = ("grooming", "twitch")
"""What people tag; the rest of a video has no tag."""
STATES = ("rest", "walk", "look", "grooming")
"""What the mouse does from bout to bout; it twitches during them."""

LENGTHS_S = {"rest": (0.8, 6.0), "walk": (0.5, 2.5), "look": (0.6, 3.0), "grooming": (4.0, 25.0)}
NEXT = {
    "rest": {"look": 0.45, "walk": 0.37, "grooming": 0.18},
    "walk": {"rest": 0.45, "look": 0.55},
    "look": {"rest": 0.50, "walk": 0.38, "grooming": 0.12},
    "grooming": {"rest": 0.6, "look": 0.4},
}
TWITCH_FRAMES = (4, 5, 5, 5, 6)
"""Lengths of twitches that are drawn from."""

_AT = {name: place for place, name in enumerate(CHANNELS)}
_PRESET = PRESETS["default"]
_ADDED: dict[str, dict[str, float]] = {
    "look": {"curl": 26.0, "bob": 0.012, "pitch": 6.0},
    "grooming": {"stroke": 0.02},
}
_TWITCH = {"curl": 34.0, "length": -0.09, "pitch": 9.0}
_HZ = 11.0
_THROW_MM = 4.0
_APART_S = 0.6


@dataclass(frozen=True, eq=False)
class Course:
    """What one mouse does in one recording.

    Attributes:
        script: Bouts of :data:`STATES`, without gaps.
        twitches: First and last + 1 frame of each twitch, in order, (twitches, 2).
    """

    script: Script
    twitches: NDArray[np.int64]


def draw_course(
    n_frames: int, per_minute: float, rates: dict[str, float], generator: np.random.Generator
) -> Course:
    """Bouts and twitches of one recording.

    Args:
        n_frames: Of the recording.
        per_minute: Twitches in a minute in which the mouse does not groom.
        rates: State -> how much more often than usual the animal does it.
        generator: Where the randomness comes from.
    """
    codes: list[int] = []
    starts: list[int] = []
    state, frame = "rest", 0
    while frame < n_frames:
        codes.append(STATES.index(state))
        starts.append(frame)
        shortest, longest = LENGTHS_S[state]
        # Short bouts are frequent, long ones rare.
        length_s = shortest * (longest / shortest) ** generator.random()
        frame += round(length_s * FPS)
        weights = np.array([share * rates.get(name, 1.0) for name, share in NEXT[state].items()])
        place = np.searchsorted(np.cumsum(weights) / weights.sum(), generator.random())
        state = list(NEXT[state])[min(int(place), len(weights) - 1)]
    script = Script(np.array(codes, dtype=np.int64), np.array(starts, dtype=np.int64), n_frames)
    return Course(script, _twitches(script, per_minute, generator))


def _twitches(
    script: Script, per_minute: float, generator: np.random.Generator
) -> NDArray[np.int64]:
    grooming = (script.codes == STATES.index("grooming"))[script.bout_of_frame]
    chance = np.where(grooming, 0, per_minute / (60 * FPS))
    found: list[tuple[int, int]] = []
    for frame in np.flatnonzero(generator.random(script.n_frames) < chance).tolist():
        stop = frame + int(generator.choice(TWITCH_FRAMES))
        free = not found or frame - found[-1][1] > _APART_S * FPS
        if free and stop < script.n_frames and not grooming[frame:stop].any():
            found.append((frame, stop))
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def postures(course: Course, traits: Traits, generator: np.random.Generator) -> Floats:
    """Posture of every frame before the body follows it, without twitches, (frames, channels)."""
    script = course.script
    channels = np.empty((script.n_frames, len(CHANNELS)))
    names = list(USUAL)
    for code, start, n in zip(
        script.codes.tolist(), script.starts.tolist(), script.lengths.tolist(), strict=True
    ):
        state = STATES[code]
        like = {"look": "rest", "grooming": "groom"}.get(state, state)
        usual = traits.postures[names.index(like)].copy()
        noise = generator.standard_normal(len(CHANNELS)) * np.array(SPREAD) * _PRESET.within
        if usual[_AT["speed"]] == 0:
            noise[_AT["speed"]] = 0
        for name, amount in _ADDED.get(state, {}).items():
            usual[_AT[name]] += amount * generator.uniform(0.5, 1.3)
        bout = np.tile(limited(usual + noise), (n, 1))
        if state == "grooming" and generator.random() < traits.flank_share:
            # From the face to the flank after a while.
            bout[n // 2 :] = limited(traits.flank + noise)
        channels[start : start + n] = bout
    return channels


def twitch(channels: Floats, course: Course, generator: np.random.Generator) -> Floats:
    """Add the twitches to postures that a body has taken: it does not follow them, it is thrown.

    Args:
        channels: Postures, (frames, channels); changed.
        course: Where the twitches are.
        generator: Where the randomness comes from.

    Returns:
        How far the body is thrown from its path, (frames, 2), mm.
    """
    thrown = np.zeros((len(channels), 2))
    for start, stop in course.twitches.tolist():
        when = (np.arange(stop - start) + 0.5) / (stop - start)
        strength = generator.uniform(0.7, 1.3)
        envelope = strength * np.sin(np.pi * when) ** 0.5
        phase = generator.uniform(-0.5, 0.5) + 2 * np.pi * _HZ * np.arange(stop - start) / FPS
        channels[start:stop, _AT["curl"]] += _TWITCH["curl"] * envelope * np.cos(phase)
        for name in ("length", "pitch"):
            channels[start:stop, _AT[name]] += _TWITCH[name] * envelope
        angle = generator.uniform(-np.pi, np.pi)
        push = _THROW_MM * envelope * np.cos(phase + 1)
        thrown[start:stop] = push[:, None] * [np.cos(angle), np.sin(angle)]
    return np.asarray(smooth(thrown, 0.005, FPS))
