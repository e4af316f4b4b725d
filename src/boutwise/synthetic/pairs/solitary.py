"""What one of two mice does, and where it goes while the other does not keep it busy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from boutwise.synthetic import bout_lengths
from boutwise.synthetic.pairs import aims
from boutwise.synthetic.pairs.chain import SOLITARY
from boutwise.synthetic.pairs.manners import MANNERS, Manner, deviate
from boutwise.synthetic.pairs.movement import ARENA_HALF_MM, STEP_HZ, Aim, Mover
from boutwise.synthetic.pairs.presets import PairPreset

_SPEED = MANNERS.index("speed")
_ALONE_S = (0.3, 7.0)


@dataclass(slots=True, eq=False)
class Roamer:
    """A mouse that takes up one thing after another.

    Attributes:
        mouse: Where it is.
        manner: What it is like.
        preset: How much its acts differ.
        generator: Where the randomness comes from; one for both mice.
        goal: Where it goes, mm.
        left: Steps until it thinks of something else.
    """

    mouse: Mover
    manner: Manner
    preset: PairPreset
    generator: np.random.Generator
    goal: tuple[float, float]
    left: int = 0

    def take_up(self, act: str) -> None:
        """Do something from now on, in a manner drawn anew."""
        units = self.preset.within * self.generator.standard_normal(len(MANNERS))
        self.mouse.act = act
        self.mouse.now = deviate(self.manner.manners[act], units)

    def slow_down(self, factor: float) -> None:
        """Get on at a share of the speed, until it takes up something else."""
        self.mouse.now[_SPEED] *= factor

    def leave(self, other: Mover) -> None:
        """Walk off from the other mouse."""
        self.take_up("walk")
        self.flee(other)
        self.left = round(self.generator.uniform(0.8, 2.5) * STEP_HZ)

    def flee(self, other: Mover) -> None:
        """Make for a place far from the other mouse."""
        self.goal = aims.far_from(other, self.generator)

    def aim(self, *, busy: bool) -> Aim:
        """Where it wants to be by itself, one step on; if not busy it may think of something."""
        self.left -= 1
        if self.left <= 0 and not busy:
            self._think()
        mouse = self.mouse
        moves = bool(mouse.now[_SPEED] > 0)
        x, y = self.goal if moves else (mouse.x, mouse.y)
        return Aim(x, y, mouse.angle, moves)

    def _think(self) -> None:
        random = self.generator
        names = list(SOLITARY)
        act = names[int(np.searchsorted(np.cumsum(list(SOLITARY.values())), random.random()))]
        length_s = bout_lengths.draw_length_s(act, random.random()) * (2.5 if act == "walk" else 1)
        self.left = round(min(max(length_s, _ALONE_S[0]), _ALONE_S[1]) * STEP_HZ)
        self.take_up(act)
        place = random.uniform(-0.9, 0.9, 2) * 0.8 + 0.2 * self.manner.home
        self.goal = (float(place[0] * ARENA_HALF_MM[0]), float(place[1] * ARENA_HALF_MM[1]))
