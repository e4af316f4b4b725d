"""What a plan costs: how many trainings its folds are, and how long they take where that is known.

Every fold is a training of its own, and with pictures a training is long. The pace is that of an
earlier run of the same member on this machine: each unit notes how long its fit and its scores
took. Nothing is trained to find out; a budget of minutes does that (:mod:`boutwise.training.pace`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boutwise.errors import BoutwiseError
from boutwise.planning import LabelledSubject, Plan
from boutwise.planning.budget import Pace, Work, predicted_s
from boutwise.planning.folds import group_of
from boutwise.planning.plan import groups_of_plan
from boutwise.project import Project
from boutwise.training.control import EPOCHS, ROUNDS
from boutwise.training.opening import environment
from boutwise.types.recipe import NetworkMember, TreesMember

STEPS = ("epochs", "rounds")
SAME_MACHINE = ("system", "cores")


@dataclass(frozen=True)
class Price:
    """The trainings of a plan.

    Attributes:
        folds: Number of folds.
        trainings: Whole ones that are tested: one a fold and member.
        controls: Short ones on labels that cannot be learned: one a fold.
        finals: Those of the bundle: one a member.
        minutes: Wall time of all of them on this machine; None where the pace is not known.
        measured_in: Name of the run that told the pace; empty where there is none.
        workers: Processes side by side.
    """

    folds: int
    trainings: int
    controls: int
    finals: int
    minutes: float | None
    measured_in: str
    workers: int

    def words(self) -> str:
        """In a sentence.

        >>> Price(6, 6, 6, 1, 41.2, "video", 2).words().split(", ")[2:4]
        ['1 final: 41 minutes with 2 processes', "at the pace of the run 'video'"]
        """
        finals = f"{self.finals} final"
        counted = f"{self.trainings} trainings, {self.controls} short ones of the null control"
        if self.minutes is None:
            return (
                f"{counted}, {finals}: how long that takes was not measured (no run of this recipe "
                "was trained here yet; --set budget_minutes=N measures this machine)"
            )
        processes = f"{self.workers} process{'es' if self.workers > 1 else ''}"
        shown = f"{self.minutes:.0f}" if self.minutes >= 10 else f"{self.minutes:.1f}"
        return (
            f"{counted}, {finals}: {shown} minutes with {processes}, at the pace of the run "
            f"'{self.measured_in}', pictures and features not counted"
        )


def price_of(
    project: Project, plan: Plan, subjects: Sequence[LabelledSubject], *, workers: int
) -> Price:
    """Count the trainings of a plan, and say how long they take where an earlier run tells.

    Args:
        project: With its runs.
        plan: What would be trained.
        subjects: What is learned from.
        workers: Processes side by side.
    """
    members = plan.recipe.members
    n_folds = len(plan.folds)
    minutes, run = None, ""
    for name, paces in _paces(project, members):
        work = Work(paces, _frames(plan, subjects), workers, _control_steps(members[0]))
        minutes, run = predicted_s(plan, work, range(len(members))) / 60, name
        break
    return Price(n_folds, n_folds * len(members), n_folds, len(members), minutes, run, workers)


def _control_steps(member: TreesMember | NetworkMember) -> int:
    return ROUNDS if isinstance(member, TreesMember) else EPOCHS


def _frames(plan: Plan, subjects: Sequence[LabelledSubject]) -> dict[str, int]:
    """Group -> frames at the working rate, without what is held out."""
    groups, units = groups_of_plan(plan, list(subjects)), group_of(list(subjects), "animal")
    found: dict[str, int] = {}
    for item in subjects:
        group = groups[item.subject] or units[item.subject]
        if group not in plan.holdout:
            clock = item.recording.clock
            frames = round(clock.n_frames * plan.fps / clock.fps)
            found[group] = found.get(group, 0) + frames
    return found


def _paces(
    project: Project, members: Sequence[TreesMember | NetworkMember]
) -> Iterator[tuple[str, tuple[Pace, ...]]]:
    """Runs on this machine that trained the same members, the last one first, and their paces."""
    here = environment()
    wanted = [_same(member.model_dump(mode="json")) for member in members]
    for name in reversed(project.run_names()):
        run = project.runs / name
        try:
            there = json.loads((run / "environment.json").read_text(encoding="utf-8"))
            if any(there.get(key) != here[key] for key in SAME_MACHINE):
                continue
            before = Plan.load(run / "plan.yaml").recipe.members
            known = [_same(member.model_dump(mode="json")) for member in before]
            paces = [_pace(run, known.index(each)) for each in wanted if each in known]
        except (OSError, ValueError, BoutwiseError):
            continue  # a run that cannot be read tells nothing
        told = [pace for pace in paces if pace is not None]
        if len(told) == len(wanted):
            yield name, tuple(told)


def _same(member: dict[str, Any]) -> str:
    """A member without what only says how long it is trained."""
    optim = {key: value for key, value in member["optim"].items() if key not in STEPS}
    return json.dumps({**member, "optim": optim}, sort_keys=True)


def _pace(run: Path, member: int) -> Pace | None:
    """How fast the folds of a member were fitted and scored; None where no fold tells."""
    fit_s = frame_steps = score_s = frames = 0.0
    for path in run.glob(f"folds/*/members/{member}/done.json"):
        done = json.loads(path.read_text(encoding="utf-8"))
        if "fit_s" in done:
            fit_s += done["fit_s"]
            frame_steps += done["fitted_frames"] * max(done["steps"], 1)
            score_s += done["score_s"]
            frames += done["scored_frames"]
    if not frame_steps or not frames:
        return None
    return Pace(0.0, 0.0, fit_s / frame_steps, score_s / frames)
