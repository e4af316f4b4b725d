"""Where the mouse that acts wants to be, given where the other one is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from boutwise.synthetic.pairs.manners import MANNERS
from boutwise.synthetic.pairs.movement import ARENA_HALF_MM, STEP_HZ, Aim, Mover, wrapped

_GAP, _LENGTH, _TURNING = (MANNERS.index(name) for name in ("gap", "length", "turning"))
_LUNGE_S = (0.15, 0.45)


@dataclass(slots=True)
class Site:
    """A spot on the body of the other mouse, and from where it is reached.

    Attributes:
        along: Body lengths forward of its center.
        across: Body lengths to its left.
        outward: Direction away from its body, relative to its own, radians.
    """

    along: float
    across: float
    outward: float


def draw_site(act: str, generator: np.random.Generator) -> Site:
    """The spot at which an act takes place.

    Sniffing goes to the face, to a flank or to the rear; the other acts to the rear.
    """
    if act == "sniff_any":
        where = generator.random()
        if where < 0.38:
            return Site(0.46, 0.0, float(generator.normal(0, 0.45)))
        if where < 0.66:
            side = 1.0 if generator.random() < 0.5 else -1.0
            along = float(generator.uniform(-0.3, 0.25))
            return Site(along, 0.13 * side, side * math.pi / 2 + float(generator.normal(0, 0.3)))
    return Site(-0.47, 0.0, math.pi + float(generator.normal(0, 0.35)))


def at_nose(agent: Mover, other: Mover, site: Site) -> Aim:
    """Nose to a spot on the other mouse, from the side on which the agent already is."""
    x, y = other.point(site.along, site.across)
    natural = other.angle + site.outward
    actual = math.atan2(agent.y - y, agent.x - x)
    outward = natural + max(-0.9, min(0.9, wrapped(actual - natural)))
    reach = (float(agent.now[_GAP]) + 0.5 * float(agent.now[_LENGTH])) * agent.length_mm
    return Aim(
        x + reach * math.cos(outward), y + reach * math.sin(outward), outward + math.pi, False
    )


def on_back(agent: Mover, other: Mover, slant: float) -> Aim:
    """Behind and above the other mouse, in its direction but for a slant, radians."""
    angle = other.angle + slant
    behind = float(agent.now[_GAP]) * agent.length_mm
    return Aim(other.x - behind * math.cos(angle), other.y - behind * math.sin(angle), angle, False)


def beside(agent: Mover, other: Mover, side: float) -> Aim:
    """Body along body; ``side`` is 1 (its left) or -1."""
    x, y = other.point(-0.05, side * float(agent.now[_GAP]))
    return Aim(x, y, other.angle, False)


def across_back(agent: Mover, other: Mover, side: float) -> Aim:
    """Over the body of the other mouse, from one side to the other."""
    x, y = other.point(0.0, side * float(agent.now[_GAP]))
    return Aim(x, y, other.angle + side * 1.9, False)


def behind(agent: Mover, other: Mover) -> Aim:
    """Walking after the other mouse at a distance."""
    x, y = other.point(-0.5 - float(agent.now[_GAP]) - 0.5)
    return Aim(x, y, other.angle, True)


def far_from(other: Mover, generator: np.random.Generator) -> tuple[float, float]:
    """Of some random places that which is farthest from the other mouse."""
    places = generator.uniform(-0.9, 0.9, (6, 2)) * ARENA_HALF_MM
    away = np.hypot(places[:, 0] - other.x, places[:, 1] - other.y)
    x, y = places[int(np.argmax(away))].tolist()
    return x, y


@dataclass(slots=True, eq=False)
class Fight:
    """The lunges and tumbles of an attack.

    Attributes:
        site: Spot that the current lunge goes to.
        tumbling: Whether both turn around each other instead.
        phase: Of the turning, radians.
        steps_left: Of the current lunge or tumble.
        spin: Direction of the turning.
    """

    site: Site
    tumbling: bool
    phase: float
    steps_left: int
    spin: float

    @classmethod
    def begin(cls, agent: Mover, other: Mover, generator: np.random.Generator) -> Fight:
        """A fight that starts with a lunge."""
        phase = math.atan2(agent.y - other.y, agent.x - other.x)
        return cls(draw_site("sniff_any", generator), False, phase, 12, 1.0)

    def advance(self, agent: Mover, other: Mover, generator: np.random.Generator) -> None:
        """Go on for one step; another lunge or tumble when one is over."""
        self.steps_left -= 1
        if self.steps_left <= 0:
            near = math.hypot(agent.x - other.x, agent.y - other.y) < 1.1 * agent.length_mm
            self.tumbling = near and generator.random() < 0.55
            self.site = draw_site("sniff_any", generator)
            self.phase = math.atan2(agent.y - other.y, agent.x - other.x)
            self.spin = 1.0 if generator.random() < 0.5 else -1.0
            self.steps_left = int(generator.uniform(*_LUNGE_S) * STEP_HZ)
        if self.tumbling:
            self.phase += self.spin * 0.8 * float(agent.now[_TURNING]) / STEP_HZ

    def aim(self, agent: Mover, other: Mover) -> Aim:
        """Of the mouse that attacks."""
        if not self.tumbling:
            return at_nose(agent, other, self.site)
        return self._around(agent, other, 1.0)

    def aim_of_other(self, agent: Mover, other: Mover) -> Aim | None:
        """Of the mouse that is attacked, while both tumble."""
        return self._around(agent, other, -1.0) if self.tumbling else None

    def _around(self, agent: Mover, other: Mover, sign: float) -> Aim:
        x, y = (agent.x + other.x) / 2, (agent.y + other.y) / 2
        out = 0.27 * agent.length_mm * sign
        turned = self.phase + (math.pi if sign > 0 else 0.0) + 0.7 * self.spin
        return Aim(x + out * math.cos(self.phase), y + out * math.sin(self.phase), turned, False)
