"""How fast this machine trains the members of a plan: a short fit of each, on its own data.

Run where a budget of minutes is given. Each member is fitted for a few steps on some subjects, in
processes side by side as in the real training, because cores that share memory slow each other.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from boutwise import registry
from boutwise.learners import Dataset, Run, score_subject
from boutwise.planning import LabelledSubject, Plan
from boutwise.planning.budget import Pace, Work
from boutwise.project import Project
from boutwise.training.control import EPOCHS, ROUNDS
from boutwise.training.pool import run_units
from boutwise.training.snapshot import Snapshot
from boutwise.training.snapshot_files import load_snapshot, save_snapshot
from boutwise.training.taking import take_snapshot
from boutwise.training.units import Unit, trainer_for
from boutwise.types.recipe import NetworkMember, TreesMember

PACE = "pace"
FRAMES = 25_000
"""Frames that a short fit learns from, about: whole subjects, one at least."""
TREES_ROUNDS, NETWORK_EPOCHS = 31, 3

Say = Callable[[int, int, str], None]


def measure_work(
    project: Project,
    plan: Plan,
    subjects: Sequence[LabelledSubject],
    *,
    workers: int,
    say: Say,
) -> Work:
    """Measure every member of a plan here and now; features go to the store, nothing else stays.

    Args:
        project: With the recordings of the plan.
        plan: The whole recipe.
        subjects: What is learned from.
        workers: Processes side by side in the training to come.
        say: Called with (done, total, words).
    """
    snapshot = take_snapshot(project, plan, subjects, say)
    with tempfile.TemporaryDirectory() as name:
        run = Path(name)
        plan.save(run / "plan.yaml")
        save_snapshot(snapshot, run / "data")
        paces = _measured(run, plan, workers, say)
    frames: dict[str, int] = {}
    for entry in snapshot.entries:
        if not entry.held_out(plan):
            group = entry.group or entry.unit
            frames[group] = frames.get(group, 0) + entry.working.n_frames
    trees = isinstance(plan.recipe.members[0], TreesMember)
    return Work(paces, frames, workers, ROUNDS if trees else EPOCHS)


def _measured(run: Path, plan: Plan, workers: int, say: Say) -> tuple[Pace, ...]:
    """The pace of each member; members with the same settings are measured once."""
    settings = [member.model_dump_json() for member in plan.recipe.members]
    first = [settings.index(each) for each in settings]
    units = [Unit(PACE, "", member) for member in sorted(set(first))]
    # Never in this process: a training starts its processes anew, and that takes its time.
    if workers > 1:
        run_units(run, units, workers=workers, say=say)
    else:
        for unit in units:
            run_units(run, [unit], workers=2, say=say)
    found = {}
    for unit in units:
        text = (unit.directory(run) / "done.json").read_text(encoding="utf-8")
        pace = Pace(**json.loads(text))
        # A training with one worker stays in its process.
        found[unit.member] = pace if workers > 1 else replace(pace, start_s=0.0)
    return tuple(found[place] for place in first)


@dataclass
class _Progress:
    """Notes when a fit says how far it is."""

    told: list[tuple[int, int, float]] = field(default_factory=list)

    def say(self, done: int, total: int, words: str) -> None:
        if done > 0:
            self.told.append((done, total, time.perf_counter()))

    def step_s(self, steps: int) -> float:
        """Seconds of one of the ``steps``, between the first word and the last."""
        first, last = self.told[0], self.told[-1]
        parts = max(1, last[0] - first[0])
        return (last[2] - first[2]) / parts * first[1] / steps


def measure_unit(run: Path, unit: Unit, *, born_s: float) -> None:
    """Fit one member for a few steps, and write how long that took.

    Args:
        run: A folder with a plan and a snapshot.
        unit: Names the member.
        born_s: When this process was started, seconds of ``time.time``.
    """
    plan = Plan.load(run / "plan.yaml")
    snapshot = load_snapshot(run / "data")
    member = plan.recipe.members[unit.member]
    learner = registry.load("learner", member.learner).Learner(member, snapshot.ethogram)
    train = _some(plan, snapshot, unit.member)
    directory = unit.directory(run)
    steps = NETWORK_EPOCHS if isinstance(member, NetworkMember) else TREES_ROUNDS
    clock = _Progress()
    work = Run(
        seed=plan.seed,
        threads=1,
        directory=directory / "work",
        say=clock.say,
        steps=steps,
        trainer=trainer_for(member),
    )
    began = time.perf_counter()
    fitted = learner.fit(train, None, work)
    fit_s = time.perf_counter() - began
    n_frames = sum(item.n_frames for item in train.items)
    step_s = clock.step_s(steps) / n_frames
    item, tick = train.items[0], time.perf_counter()
    score_subject(fitted, item.subject, item.fps, item.streams)
    score_s = (time.perf_counter() - tick) / item.n_frames
    # The rest of this process's life is what every unit pays before it begins.
    start_s = time.time() - born_s - fit_s - score_s * item.n_frames
    pace = Pace(start_s, max(fit_s / n_frames - steps * step_s, 0.0), step_s, score_s)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "done.json").write_text(json.dumps(vars(pace)), encoding="utf-8")


def _some(plan: Plan, snapshot: Snapshot, member: int) -> Dataset:
    """Whole subjects that are learned from, with about :data:`FRAMES` frames."""
    weights: dict[Any, Any] = {}
    for entry in snapshot.entries:
        if not entry.held_out(plan) and sum(map(len, weights.values())) < FRAMES:
            weights[entry.subject] = np.ones(entry.working.n_frames, dtype=np.float32)
    return snapshot.dataset(member, weights=weights)
