"""Two mice meet: who acts, how the other reacts, and where both are at every step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.pairs import aims
from boutwise.synthetic.pairs.chain import (
    BEHAVIORS,
    CLUTTER,
    REACTIONS,
    draw_length_s,
    draw_next,
)
from boutwise.synthetic.pairs.manners import MANNERS, Manner
from boutwise.synthetic.pairs.movement import STEP_HZ, Aim, Mover, push_apart, start_at
from boutwise.synthetic.pairs.presets import PairPreset
from boutwise.synthetic.pairs.solitary import Roamer

_CONTACT = ("sniff_any", "genitalgroom", "mount", "intromit")
_LOST_AT = 1.7
_PATIENCE_S = 1.6
_CORNERED_MM = 30.0


@dataclass(frozen=True, eq=False)
class Course:
    """What two mice do, step by step at ``movement.STEP_HZ``; resident first.

    Attributes:
        place_mm: Centers, (steps, 2, 2).
        angle: Directions, radians, (steps, 2).
        manner: How each carries out what it does, (steps, 2, manners).
        codes: What each does to the other, (steps, 2), index into ``chain.BEHAVIORS``.
    """

    place_mm: NDArray[np.float64]
    angle: NDArray[np.float64]
    manner: NDArray[np.float64]
    codes: NDArray[np.int64]


def meet(
    manners: tuple[Manner, Manner],
    n_steps: int,
    *,
    preset: PairPreset,
    generator: np.random.Generator,
) -> Course:
    """Let a resident and an intruder meet for so many steps."""
    meeting = _Meeting(manners, preset, generator)
    place = np.empty((n_steps, 2, 2))
    angle = np.empty((n_steps, 2))
    manner = np.empty((n_steps, 2, len(MANNERS)))
    codes = np.zeros((n_steps, 2), dtype=np.int64)
    for step in range(n_steps):
        meeting.advance()
        for k, mouse in enumerate(meeting.mice):
            place[step, k] = mouse.x, mouse.y
            angle[step, k] = mouse.angle
            manner[step, k] = mouse.now
            codes[step, k] = meeting.codes[k]
    return Course(place, angle, manner, codes)


class _Meeting:
    """The state of an encounter; numbers of mice are 0 (resident) and 1 (intruder)."""

    def __init__(
        self, manners: tuple[Manner, Manner], preset: PairPreset, generator: np.random.Generator
    ) -> None:
        self.manners, self.preset, self.generator = manners, preset, generator
        self.mice = tuple(start_at(manner, generator) for manner in manners)
        self.codes = [0, 0]
        self.agent, self.act, self.before = 0, "apart", "apart"
        self.arrived, self.left, self.patience = True, 0, 0
        self.planned, self.reaction, self.answering = "", "ignore", False
        self.site = aims.draw_site("sniff_any", generator)
        self.slant, self.side = 0.0, 1.0
        self.clutter, self.clutter_left = "", 0
        self.fight: aims.Fight | None = None
        self.roamers = [
            Roamer(mouse, manner, preset, generator, (mouse.x, mouse.y))
            for mouse, manner in zip(self.mice, manners, strict=True)
        ]
        self._begin("apart")

    # What comes next

    def advance(self) -> None:
        """One step."""
        agent, other = self._pair()
        if self._over(agent, other):
            self._begin(self._next())
        both = [self._solitary_aim(0), self._solitary_aim(1)]
        k = self.agent
        if self.act not in ("apart", "pause"):
            both[k] = self._agent_aim(*self._pair())
            both[1 - k] = self._reaction_aim(both[1 - k])
        elif self.clutter_left > 0:
            self.clutter_left -= 1
            both[k] = self._clutter_aim(*self._pair(), both[k])
            if self.clutter_left == 0:
                self._leave(k)
        for mouse, aim in zip(self.mice, both, strict=True):
            mouse.step(aim)
        self._keep_apart()
        self._write_down(both[k])

    def _pair(self) -> tuple[Mover, Mover]:
        return self.mice[self.agent], self.mice[1 - self.agent]

    def _over(self, agent: Mover, other: Mover) -> bool:
        away = math.hypot(agent.x - other.x, agent.y - other.y) / agent.length_mm
        if self.arrived:
            self.left -= 1
            escaped = away > _LOST_AT and self.act in (*_CONTACT, "attack")
            return self.left <= 0 or escaped
        self.patience -= 1
        return self.patience <= 0

    def _next(self) -> str:
        if not self.arrived:
            return "apart"
        if self.act == "approach":
            # The approach leads to what it was made for, when it gets there.
            agent, other = self._pair()
            x, y = other.point(self.site.along, self.site.across)
            nose = agent.point(0.5)
            near = math.hypot(nose[0] - x, nose[1] - y) < 0.6 * agent.length_mm
            return self.planned if near else "apart"
        if self.act == "apart":
            resident = self.generator.random() < self.preset.resident_share
            self.agent = 0 if resident else 1
        return draw_next(self.act, self.manners[self.agent].habits, self.generator.random())

    def _begin(self, act: str) -> None:
        random = self.generator
        self.before, self.act = self.act, act
        habits = self.manners[self.agent].habits
        self.left = round(draw_length_s(act, random.random()) * STEP_HZ)
        self.patience = round(_PATIENCE_S * STEP_HZ)
        self.arrived = act not in _CONTACT
        self.answering, self.clutter_left = False, 0
        if act in ("apart", "pause"):
            self._part(act)
            return
        self.planned = draw_next("approach", habits, random.random()) if act == "approach" else act
        if not (self.before == "approach" or {self.before, act} <= {"mount", "intromit"}):
            self.site = aims.draw_site(self.planned, random)
        self.slant = float(random.normal(0, 0.16))
        self.roamers[self.agent].take_up(act)
        self._react(act)
        agent, other = self._pair()
        self.fight = aims.Fight.begin(agent, other, random) if act == "attack" else None

    def _part(self, act: str) -> None:
        """Both go their own way; or one does what only looks like a behavior."""
        random = self.generator
        if act == "apart" and random.random() < self.preset.clutter:
            self.agent = int(random.integers(2))
            self.clutter = CLUTTER[int(random.integers(len(CLUTTER)))]
            self.clutter_left = min(round(random.uniform(0.7, 3.0) * STEP_HZ), self.left)
            self.side = 1.0 if random.random() < 0.5 else -1.0
            self.roamers[self.agent].take_up(self.clutter)
            agent, other = self._pair()
            beyond = math.atan2(other.y - agent.y, other.x - agent.x) + self.side * 0.35
            far = math.hypot(agent.x - other.x, agent.y - other.y) + 1.5 * agent.length_mm
            self.roamers[self.agent].goal = (
                agent.x + far * math.cos(beyond),
                agent.y + far * math.sin(beyond),
            )
        elif act == "apart":
            self._leave(int(random.integers(2)))
        else:
            self.roamers[self.agent].take_up("rest")
            self.roamers[self.agent].left = self.left

    def _leave(self, k: int) -> None:
        self.roamers[k].leave(self.mice[1 - k])

    def _react(self, act: str) -> None:
        names, weights = zip(*REACTIONS[act], strict=True)
        level = self.generator.random() * sum(weights)
        self.reaction = names[int(np.searchsorted(np.cumsum(weights), level))]
        mouse = self.roamers[1 - self.agent]
        if act == "sniff_any" and self.generator.random() < self.preset.answered:
            self.reaction, self.answering = "answer", True
            mouse.take_up("sniff_any")
        elif self.reaction == "freeze":
            mouse.take_up("freeze")
        elif self.reaction == "flee":
            bold = self.generator.random() < mouse.manner.bold
            mouse.take_up("attack" if bold else "flee")
            mouse.flee(self.mice[self.agent])
        elif self.reaction == "leave":
            self._leave(1 - self.agent)
            if act != "approach":
                # Held or followed closely, it gets on slowly only.
                mouse.slow_down(0.3 if act in ("mount", "intromit") else 0.6)
            mouse.left = 10_000

    # Where to

    def _solitary_aim(self, k: int) -> Aim:
        busy = self.act not in ("apart", "pause") and (
            k == self.agent or self.reaction not in ("ignore", "leave")
        )
        return self.roamers[k].aim(busy=busy or (k == self.agent and self.clutter_left > 0))

    def _agent_aim(self, agent: Mover, other: Mover) -> Aim:
        if self.act == "approach":
            aim = aims.at_nose(agent, other, self.site)
            nose, spot = agent.point(0.5), other.point(self.site.along, self.site.across)
            if math.hypot(nose[0] - spot[0], nose[1] - spot[1]) < 0.32 * agent.length_mm:
                self.left = 0
            return Aim(aim.x, aim.y, aim.angle, True)
        if self.fight is not None:
            self.fight.advance(agent, other, self.generator)
            return self.fight.aim(agent, other)
        if self.act in ("mount", "intromit"):
            return aims.on_back(agent, other, self.slant)
        return aims.at_nose(agent, other, self.site)

    def _reaction_aim(self, alone: Aim) -> Aim:
        agent, other = self._pair()
        if self.reaction == "answer":
            site = aims.Site(0.46, 0.0, 0.0)
            aim = aims.at_nose(other, agent, site)
            # It turns its head to the one that sniffs rather than walking around it.
            return Aim((aim.x + other.x) / 2, (aim.y + other.y) / 2, aim.angle, False)
        if self.reaction == "flee":
            if math.hypot(other.x - alone.x, other.y - alone.y) < _CORNERED_MM:
                self.roamers[1 - self.agent].flee(agent)
            tumbled = self.fight.aim_of_other(agent, other) if self.fight else None
            return tumbled or alone
        return alone

    def _clutter_aim(self, agent: Mover, other: Mover, alone: Aim) -> Aim:
        find: dict[str, Callable[[], Aim]] = {
            "pass": lambda: alone,
            "follow": lambda: aims.behind(agent, other),
            "huddle": lambda: aims.beside(agent, other, self.side),
            "climb": lambda: aims.across_back(agent, other, self.side),
        }
        return find[self.clutter]()

    # What came of it

    def _keep_apart(self) -> None:
        """Bodies do not lie in each other, unless one is on the other or both fight."""
        if self.act not in ("mount", "intromit", "attack") and self.clutter_left == 0:
            push_apart(*self.mice)

    def _write_down(self, aim: Aim) -> None:
        """What each mouse does to the other, as somebody would see it."""
        self.codes = [0, 0]
        if self.act in ("apart", "pause"):
            return
        agent, other = self._pair()
        if not self.arrived:
            off = math.hypot(agent.x - aim.x, agent.y - aim.y)
            self.arrived = off < 0.22 * agent.length_mm
            if not self.arrived:
                going_on = self.before if self.before in (*_CONTACT, "approach") else "other"
                self.codes[self.agent] = BEHAVIORS.index(going_on)
                return
        self.codes[self.agent] = BEHAVIORS.index(self.act)
        if self.answering:
            nose, face = other.point(0.5), agent.point(0.42)
            if math.hypot(nose[0] - face[0], nose[1] - face[1]) < 0.45 * other.length_mm:
                self.codes[1 - self.agent] = BEHAVIORS.index("sniff_any")
