"""How a mouse gets somewhere: walking, or keeping its place at another mouse."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.pairs.manners import MANNERS, Manner

STEP_HZ = 60.0
"""Steps per second of the movement; cameras of any rate film it."""

ARENA_HALF_MM = (190.0, 140.0)
"""Half the width and half the depth of the cage."""

_SPEED, _TURNING = MANNERS.index("speed"), MANNERS.index("turning")
_FOLLOW_S = 0.07
_ARRIVING_S = 0.12
_BODIES_MEET = 0.45
_PUSH = 0.15


@dataclass(slots=True)
class Aim:
    """Where a mouse wants to be.

    Attributes:
        x: Of the center of its body, mm.
        y: The same.
        angle: Direction of its body, radians; not used while it walks.
        walking: Forward and around curves; else it shifts to where it wants to be.
    """

    x: float
    y: float
    angle: float
    walking: bool


@dataclass(slots=True, eq=False)
class Mover:
    """One mouse on its way; its center, its direction, its velocity.

    Attributes:
        length_mm: Of its body.
        x: Center, mm.
        y: Center, mm.
        angle: Direction of the body, radians.
        act: What it carries out, a key of ``manners.USUAL``.
        now: Its manner of doing so, (manners,).
        vx: Velocity, mm/s.
        vy: Velocity, mm/s.
    """

    length_mm: float
    x: float
    y: float
    angle: float
    act: str
    now: NDArray[np.float64]
    vx: float = 0.0
    vy: float = 0.0

    def point(self, along: float, across: float = 0.0) -> tuple[float, float]:
        """A point of its body, given in body lengths forward and to the left, in mm."""
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        length = self.length_mm
        return (
            self.x + length * (along * cos - across * sin),
            self.y + length * (along * sin + across * cos),
        )

    def step(self, aim: Aim) -> None:
        """Move for one step."""
        dt = 1 / STEP_HZ
        fastest = float(self.now[_SPEED]) * self.length_mm
        turning = float(self.now[_TURNING])
        dx, dy = aim.x - self.x, aim.y - self.y
        way = math.hypot(dx, dy)
        speed = min(fastest, way / _ARRIVING_S)
        if aim.walking:
            error = wrapped(math.atan2(dy, dx) - self.angle) if way > 1.0 else 0.0
            # Whoever must turn goes slowly until he looks ahead.
            speed *= max(math.cos(error), 0.1) if abs(error) < 1.6 else 0.05
            wish_x, wish_y = speed * math.cos(self.angle), speed * math.sin(self.angle)
        else:
            error = wrapped(aim.angle - self.angle)
            wish_x, wish_y = (speed * dx / way, speed * dy / way) if way > 1e-6 else (0.0, 0.0)
        self.angle += max(-turning, min(turning, 6.0 * error)) * dt
        follow = dt / _FOLLOW_S
        self.vx += (wish_x - self.vx) * follow
        self.vy += (wish_y - self.vy) * follow
        self.x = _inside(self.x + self.vx * dt, ARENA_HALF_MM[0])
        self.y = _inside(self.y + self.vy * dt, ARENA_HALF_MM[1])

    def pushed(self, dx: float, dy: float) -> None:
        """Moved by another body, mm."""
        self.x = _inside(self.x + dx, ARENA_HALF_MM[0])
        self.y = _inside(self.y + dy, ARENA_HALF_MM[1])


def start_at(manner: Manner, generator: np.random.Generator) -> Mover:
    """A mouse that rests somewhere near its favorite place."""
    x, y = (manner.home * ARENA_HALF_MM).tolist()
    return Mover(
        manner.length_mm,
        x,
        y,
        float(generator.uniform(-math.pi, math.pi)),
        "rest",
        manner.manners["rest"],
    )


def push_apart(one: Mover, two: Mover) -> None:
    """Let two bodies that lie in each other give way, each a part of the overlap."""
    dx, dy = two.x - one.x, two.y - one.y
    away = math.hypot(dx, dy)
    room = _BODIES_MEET * (one.length_mm + two.length_mm) / 2
    if 1e-6 < away < room:
        push = _PUSH * (room - away) / away
        one.pushed(-dx * push, -dy * push)
        two.pushed(dx * push, dy * push)


def wrapped(angle: float) -> float:
    """The same direction between -pi and pi.

    >>> round(wrapped(3 * math.pi / 2), 3)
    -1.571
    """
    return (angle + math.pi) % (2 * math.pi) - math.pi


def _inside(value: float, half: float) -> float:
    return max(-half, min(half, value))
