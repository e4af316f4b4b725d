"""The product's own way from a plan to out-of-fold decisions, for benchmarks of whole recipes."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics import ScoredSubject
from boutwise.planning import Plan
from boutwise.planning.plan import usable_subjects
from boutwise.project import Project
from boutwise.training.assess import assess
from boutwise.training.pool import run_units
from boutwise.training.snapshot import Entry, Snapshot
from boutwise.training.snapshot_files import load_snapshot, save_snapshot
from boutwise.training.taking import take_snapshot
from boutwise.training.units import Unit
from boutwise.types import Subject

Decided = Mapping[Subject, NDArray[np.bool_]]


@dataclass(frozen=True)
class OutOfFold:
    """What the folds of a plan gave.

    Attributes:
        snapshot: Labels and streams.
        decided: Out-of-fold decisions of each subject, (native frames, behaviors).
        cpu_s: CPU seconds of all folds: fitting, and scoring what is tested.
    """

    snapshot: Snapshot
    decided: Decided
    cpu_s: float

    def items(self, seed: int) -> list[ScoredSubject]:
        """Labels and decisions of what is in a fold, under names that no other seed has."""
        return [
            scored(entry, self.snapshot.states[entry.subject], self.decided[entry.subject], seed)
            for entry in self.snapshot.entries
            if entry.subject in self.decided
        ]


def scored(
    entry: Entry, states: NDArray[np.int8], decided: NDArray[np.bool_], seed: int
) -> ScoredSubject:
    """One subject under a name that no other seed has; intervals are over pairs of animals."""
    who = entry.subject
    subject = Subject(f"seed_{seed}/{who.recording}", who.animal, who.target)
    return ScoredSubject(subject, f"seed_{seed}/{entry.unit}", states, decided, entry.clock.fps)


def say(done: int, total: int, words: str) -> None:
    """One line on standard error: a table on standard output stays a table."""
    print(f"  {done}/{total} {words}", file=sys.stderr)


def taken(project: Project, plan: Plan) -> Snapshot:
    """The snapshot of a plan."""
    return take_snapshot(project, plan, usable_subjects(project, plan.recipe), say)


def opened(plan: Plan, snapshot: Snapshot, run: Path) -> None:
    """Write a run folder."""
    run.mkdir(parents=True)
    plan.save(run / "plan.yaml")
    save_snapshot(snapshot, run / "data")


def fit_folds(plan: Plan, run: Path, members: Sequence[int] | None = None) -> float:
    """Run every fold of some members (None = all) in this process; the CPU seconds it took."""
    members = range(len(plan.recipe.members)) if members is None else members
    units = [Unit("folds", fold.name, member) for fold in plan.folds for member in members]
    start = time.process_time()
    run_units(run, units, workers=1, say=say)
    return time.process_time() - start


def out_of_fold(project: Project, plan: Plan, run: Path) -> OutOfFold:
    """Train all folds of a plan and decide each by the others."""
    opened(plan, taken(project, plan), run)
    spent = fit_folds(plan, run)
    snapshot = load_snapshot(run / "data")
    decided = {
        subject: rows
        for prediction in assess(run, plan, snapshot).predictions
        for subject, rows in zip(prediction.subjects, prediction.decided, strict=True)
    }
    return OutOfFold(snapshot, decided, spent)
