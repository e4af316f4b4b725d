"""From a sequence of behaviors to movement: the posture and place of the mouse in every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.bout_lengths import Script
from boutwise.synthetic.presets import Preset
from boutwise.synthetic.signals import Floats, smooth, wander, windows_of_events
from boutwise.synthetic.traits import CHANNELS, SPREAD, Traits, limited

_AT = {name: place for place, name in enumerate(CHANNELS)}
ARENA_HALF_MM = 110.0
"""Half the width of the square arena."""

CLUTTER: dict[str, tuple[dict[str, float], tuple[float, float]]] = {
    "half rear": ({"pitch": 26.0}, (0.4, 1.2)),
    "head dip": ({"curl": 30.0, "reach": 0.22, "length": -0.06, "bob": 0.014}, (0.5, 1.6)),
    "face touch": ({"hands": 0.5, "stroke": 0.03, "length": -0.05, "bob": 0.01}, (0.3, 0.9)),
    "weight shift": ({"lift": 0.45}, (0.2, 0.5)),
    "shuffle": ({"speed": 0.35}, (0.3, 0.9)),
}
"""Movements at rest that look like a behavior: what they add to the posture, and their length."""


@dataclass(frozen=True, eq=False)
class Motion:
    """What the body does in every frame.

    Attributes:
        channels: Posture, (frames, channels of ``traits.CHANNELS``); curl has a sign (left +).
        lift: Height of the left and right hindpaw, (frames, 2).
        reach: Nose towards the left and right hindpaw, (frames, 2).
        place_mm: Center of the body on the floor, (frames, 2).
        heading: Direction of the body, radians, (frames,).
        speed_mm_s: Of the center, (frames,).
        steps: Displacement of the standing paws in the body's frame, (frames, 4, 2), body lengths.
    """

    channels: Floats
    lift: Floats
    reach: Floats
    place_mm: Floats
    heading: Floats
    speed_mm_s: Floats
    steps: Floats


def move(
    script: Script, traits: Traits, *, fps: float, preset: Preset, generator: np.random.Generator
) -> Motion:
    """Carry out what an animal is to do."""
    sides = _sides(script, traits, generator)
    targets = _targets(script, traits, preset, generator)
    channels = targets[script.bout_of_frame]
    _add_clutter(channels, script, fps, preset=preset, generator=generator)
    channels += _drift(script.n_frames, fps, preset=preset, generator=generator)
    channels = limited(channels)
    _pulse(channels, script)
    return follow(channels, sides, script, traits=traits, fps=fps, generator=generator)


# Seven parameters: the body that follows, what it follows, and how fast.
def follow(
    channels: Floats,
    sides: NDArray[np.int64],
    script: Script,
    *,
    traits: Traits,
    fps: float,
    generator: np.random.Generator,
    follow_s: float = 0.07,
) -> Motion:
    """Let a body follow the postures that it is to take.

    Args:
        channels: Postures, (frames, channels of ``traits.CHANNELS``); changed.
        sides: Side that each bout bends or acts to: 0 left, 1 right; (bouts,).
        script: The bouts.
        traits: The animal.
        fps: Frames per second.
        generator: Where the randomness of its way comes from.
        follow_s: Time in which the body follows; a hindpaw is faster.
    """
    side = sides[script.bout_of_frame]
    n_frames = script.n_frames
    sided = np.zeros((n_frames, 2, 2))
    frames = np.arange(n_frames)
    sided[frames, side, 0] = channels[:, _AT["lift"]]
    sided[frames, side, 1] = channels[:, _AT["reach"]]
    channels[:, _AT["curl"]] *= np.where(side == 0, 1, -1)
    step_mm = channels[:, _AT["speed"]] * traits.length_mm / fps
    place_mm, heading = _path(step_mm, script, traits=traits, generator=generator)
    place_mm = smooth(place_mm, 0.06, fps)
    velocity = np.gradient(place_mm, axis=0) * fps
    return Motion(
        channels=smooth(channels, follow_s, fps),
        lift=smooth(sided[:, :, 0], 0.015, fps),
        reach=smooth(sided[:, :, 1], follow_s, fps),
        place_mm=place_mm,
        heading=smooth(heading[:, None], 0.08, fps)[:, 0],
        speed_mm_s=np.hypot(velocity[:, 0], velocity[:, 1]),
        steps=_small_steps(n_frames, fps, generator),
    )


def _sides(script: Script, traits: Traits, generator: np.random.Generator) -> NDArray[np.int64]:
    """Side that each bout bends or acts to: 0 left, 1 right; (bouts,)."""
    count = len(script.codes)
    usual = generator.random(count) < traits.side_share
    sides = np.where(usual, traits.side, 1 - traits.side)
    idle = script.are("rest", "walk", "rear")
    return np.where(idle, generator.integers(0, 2, count), sides)


def _targets(
    script: Script, traits: Traits, preset: Preset, generator: np.random.Generator
) -> Floats:
    """Posture of each bout, (bouts, channels)."""
    means = traits.postures[script.codes]
    flank = script.are("groom") & (generator.random(len(means)) < traits.flank_share)
    means[flank] = traits.flank
    noise = generator.standard_normal(means.shape) * np.array(SPREAD) * preset.within
    noise[means[:, _AT["speed"]] == 0, _AT["speed"]] = 0
    return limited(means + noise)


def _add_clutter(
    channels: Floats,
    script: Script,
    fps: float,
    *,
    preset: Preset,
    generator: np.random.Generator,
) -> None:
    """Add what looks like a behavior to resting frames; changes ``channels``."""
    resting = script.are("rest")[script.bout_of_frame]
    for added, length_s in CLUTTER.values():
        events = windows_of_events(
            script.n_frames,
            preset.clutter_per_minute / max(float(resting.mean()), 0.1),
            length_s=length_s,
            fps=fps,
            generator=generator,
        )
        for start, stop in events:
            strength = generator.uniform(0.6, 1.2)
            inside = np.arange(start, stop)[resting[start:stop]]
            for name, amount in added.items():
                channels[inside, _AT[name]] += strength * amount


def _drift(n_frames: int, fps: float, *, preset: Preset, generator: np.random.Generator) -> Floats:
    """Slow change of posture over a minute, (frames, channels); walking speed has none."""
    slow = wander((n_frames, len(CHANNELS)), 60.0, fps, generator)
    slow *= np.array(SPREAD) * preset.drift
    slow[:, _AT["speed"]] = 0
    # A resting mouse does not stroke, shake or lick for being tired.
    for name in ("stroke", "shake", "reach", "lift"):
        slow[:, _AT[name]] *= 0.2
    return slow


def _pulse(channels: Floats, script: Script) -> None:
    """Let a withdrawal rise fast and sink slowly; changes the lift of its bouts."""
    for place in np.flatnonzero(script.are("paw_withdraw")):
        start, n = script.starts[place], script.lengths[place]
        when = (np.arange(n) + 0.5) / n
        shape = np.sin(np.pi * when**0.7)
        channels[start : start + n, _AT["lift"]] *= shape


def _path(
    step_mm: Floats, script: Script, *, traits: Traits, generator: np.random.Generator
) -> tuple[Floats, Floats]:
    """Place in mm, (frames, 2), and heading in radians, (frames,), before smoothing.

    Each bout with movement leads along a straight line to a point inside the arena.
    """
    place = np.empty((len(step_mm), 2))
    heading = np.empty(len(step_mm))
    here = traits.home * ARENA_HALF_MM
    angle = float(generator.uniform(-np.pi, np.pi))
    for start, n in zip(script.starts.tolist(), script.lengths.tolist(), strict=True):
        stop = start + n
        advance = np.cumsum(step_mm[start:stop])
        way = float(advance[-1])
        angle = _turn(here, angle, way, traits, generator) if way > 0.5 else angle
        direction = np.array([np.cos(angle), np.sin(angle)])
        place[start:stop] = here + advance[:, None] * direction
        heading[start:stop] = angle + generator.normal(0, 0.05)
        here = place[stop - 1]
    return place, heading


def _turn(
    here: Floats, angle: float, way_mm: float, traits: Traits, generator: np.random.Generator
) -> float:
    """A new heading whose end lies inside the arena and rather towards the favorite place."""
    offered = angle + generator.normal(0, 0.9, 12)
    ends = here + way_mm * np.stack([np.cos(offered), np.sin(offered)], axis=1)
    inside = (np.abs(ends) < ARENA_HALF_MM).all(axis=1)
    if inside.any():
        return float(offered[np.argmax(inside)])
    home = traits.home * ARENA_HALF_MM - here
    toward = float(np.arctan2(home[1], home[0]))
    return angle + float(np.angle(np.exp(1j * (toward - angle))))


def _small_steps(n_frames: int, fps: float, generator: np.random.Generator) -> Floats:
    """Where the paws stand relative to the body, (frames, 4, 2), body lengths."""
    offsets = np.zeros((n_frames, 4, 2))
    for paw in range(4):
        for start, _stop in windows_of_events(
            n_frames, 10.0, length_s=(0.1, 0.1), fps=fps, generator=generator
        ):
            offsets[start:, paw] = generator.normal(0, 0.035, 2)
    return smooth(offsets, 0.03, fps)
