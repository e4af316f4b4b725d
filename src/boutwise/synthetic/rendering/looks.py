"""What animals and cages look like: numbers drawn from a seed, apart for training and for testing.

A coat belongs to an animal and a cage to a place: the same seed and number give the same again,
whatever is filmed. The kinds of the family ``test`` do not occur in ``train``, so that whoever is
trained on one and tested on the other has seen neither these coats nor these cages.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.rendering.kinds import CAGES, COATS, Family, Patches, Side, Span, Tint

VERSION = 2
"""Version of the renderer: of the tables and of everything that draws a picture from them.

2: a body of which a tracker has lost a place is held together. Everything else is as in version 1.
"""

SEEDS = 1
"""First number of every seed: coats, cages and noise outlive a version that leaves them alone."""


@dataclass(frozen=True)
class Coat:
    """What one animal looks like; brightness is reflectance, 0 to 1.

    Attributes:
        kind: Name of the kind of coat.
        back: Of the fur on the back; ``belly`` below.
        patch: Of the fur inside patches; ``patches`` says where they are.
        patches: ``none``, ``hood`` (head and shoulders), ``blotches``, or ``bands`` of ticking.
        skin: Of feet, tail and ears.
        tint: Red, green and blue of the fur relative to its brightness.
        grain: Contrast of the streaks of the fur.
        fuzz: How far hairs stand out, body lengths.
        gloss: Strength of the sheen.
        girth: Width relative to the mean mouse; ``ears`` and ``tail`` likewise.
        seed: Of its texture.
    """

    kind: str
    back: float
    belly: float
    patch: float
    patches: Patches
    skin: float
    tint: Tint
    grain: float
    fuzz: float
    gloss: float
    girth: float
    ears: float
    tail: float
    seed: int


@dataclass(frozen=True)
class Cage:
    """A place, its light and its camera; brightness is reflectance, 0 to 1.

    Attributes:
        kind: Name of the kind of cage.
        side: From where it is filmed.
        floor: Of the floor, or of what is seen through a glass floor.
        wall: Of the walls.
        ground: What the floor looks like.
        relief: Contrast of that.
        tint: Red, green and blue relative to brightness.
        light: Direction to the lamp in the picture: right, down, towards the camera.
        ambient: Share of light that comes from everywhere.
        falloff: How much darker it is a body length away from a glass floor.
        vignette: How much darker the corners are.
        shadow: Depth of the shadow; ``softness`` its blur, body lengths.
        mirror: Strength of reflections in walls, or in the floor seen from the side.
        drift: Slow change of the light, as a share; ``flicker`` from frame to frame.
        noise: Of the sensor in the dark, gray levels; ``grains`` that of bright light.
        exposure: Gray level of a white surface in full light.
        round: Whether its wall is a circle.
        seed: Of its textures.
    """

    kind: str
    side: Side
    floor: float
    wall: float
    ground: str
    relief: float
    tint: Tint
    light: Tint
    ambient: float
    falloff: float
    vignette: float
    shadow: float
    softness: float
    mirror: float
    drift: float
    flicker: float
    noise: float
    grains: float
    exposure: float
    round: bool
    seed: int


def draw_coat(seed: int, number: int, family: Family = "train") -> Coat:
    """The coat of one animal.

    Args:
        seed: Another seed, other animals.
        number: Of the animal, from 0: animals that follow each other have different kinds.
        family: ``train`` or ``test``.
    """
    kinds = COATS[family]
    kind = _in_turn(list(kinds), seed, number)
    generator = np.random.default_rng([SEEDS, 11, seed, number, family == "test"])
    fur = kinds[kind]
    tint = np.array(fur.tint) * generator.uniform(0.97, 1.03, 3)
    return Coat(
        kind,
        back=_within(fur.back, generator),
        belly=_within(fur.belly, generator),
        patch=_within(fur.patch, generator),
        patches=fur.patches,
        skin=_within(fur.skin, generator),
        tint=_triple(tint),
        grain=_within(fur.grain, generator),
        fuzz=float(generator.uniform(0.004, 0.010)),
        gloss=float(generator.uniform(0.02, 0.07)),
        girth=float(generator.uniform(0.92, 1.12)),
        ears=float(generator.uniform(0.88, 1.15)),
        tail=float(generator.uniform(0.85, 1.15)),
        seed=int(generator.integers(2**31)),
    )


def draw_cage(seed: int, number: int, side: Side, family: Family = "train") -> Cage:
    """One cage with its light and its camera's faults.

    Args:
        seed: Another seed, other cages.
        number: Of the cage, from 0: cages that follow each other are of different kinds.
        side: From where it is filmed.
        family: ``train`` or ``test``.
    """
    kinds = CAGES[family][side]
    kind = _in_turn(list(kinds), seed + 1, number)
    sides: tuple[Side, ...] = ("above", "below", "side")
    generator = np.random.default_rng(
        [SEEDS, 13, seed, number, family == "test", sides.index(side)]
    )
    place = kinds[kind]
    uniform = generator.uniform
    return Cage(
        kind,
        side,
        floor=_within(place.floor, generator),
        wall=_within(place.wall, generator),
        ground=place.ground,
        relief=_within(place.relief, generator),
        tint=place.tint,
        light=_lamp(side, generator),
        ambient=float(uniform(0.35, 0.55)),
        falloff=float(uniform(0.25, 0.45)) if side == "below" else 0.0,
        vignette=float(uniform(0.05, 0.3)),
        shadow=float(uniform(0.25, 0.5)) if side != "below" else float(uniform(0.0, 0.1)),
        softness=float(uniform(0.05, 0.14)),
        mirror=float(uniform(0.08, 0.3)),
        drift=float(uniform(0.01, 0.05)),
        flicker=float(uniform(0.001, 0.008)),
        noise=float(uniform(0.6, 1.8)),
        grains=float(uniform(0.01, 0.05)),
        exposure=float(uniform(215, 250)),
        round=place.round,
        seed=int(generator.integers(2**31)),
    )


def _lamp(side: Side, generator: np.random.Generator) -> Tint:
    """Direction to the lamp: from above the scene, or from beside the camera below it."""
    angle = generator.uniform(0, 2 * np.pi)
    slant = generator.uniform(0.2, 0.7)
    if side == "side":
        right, down, near = 0.6 * np.cos(angle), -1.0, generator.uniform(0.4, 0.9)
    else:
        right, down, near = slant * np.cos(angle), slant * np.sin(angle), 1.0
    lamp = np.array([right, down, near])
    return _triple(lamp / np.linalg.norm(lamp))


def _in_turn(kinds: list[str], seed: int, number: int) -> str:
    """Kinds in an order that depends on the seed, one after the other."""
    order = np.random.default_rng([SEEDS, 17, seed]).permutation(len(kinds))
    return kinds[int(order[number % len(kinds)])]


def _within(span: Span, generator: np.random.Generator) -> float:
    return float(generator.uniform(*span))


def _triple(values: NDArray[np.float64]) -> Tint:
    one, two, three = (float(value) for value in values)
    return one, two, three
