"""``plan`` and ``prepare``: what will be done, and the features that it needs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from boutwise import machine
from boutwise.errors import UsageError
from boutwise.planning import Plan, make_plan
from boutwise.planning.budget import fit_budget
from boutwise.planning.plan import usable_subjects
from boutwise.prepare import PreparedRecording, has_all, material_of, member_streams
from boutwise.prepare.trials import PreparedTrials, trials_of
from boutwise.project import Project
from boutwise.types import Recording

Say = Callable[[int, int, str], None]


def plan(
    project: Project,
    recipe: str | Path = "pose",
    *,
    settings: Iterable[str] = (),
    seed: int = 0,
    resume: str | bool = False,
    say: Say | None = None,
) -> Plan:
    """Decide every ``auto`` of a recipe for a project, with reasons.

    With ``budget_minutes`` this machine is measured, and the plan is made as rich as can be trained
    in that time.

    Args:
        project: With pose and labels.
        recipe: Name of a recipe, or a YAML file.
        settings: ``a.b=c`` each, as for ``--set``.
        seed: Seeds folds, sampling and learners; 0 or more.
        resume: A run, by name or the last one, that is to be gone on with: what its budget chose
            when it began stays chosen.
        say: Called with (done, total, words) while a budget is measured.

    Raises:
        RecipeError: A setting cannot be heeded, or nothing can be trained within the budget.
        UsageError: The seed is negative, or a setting cannot be.
    """
    begun_s = time.monotonic()
    if seed < 0:
        raise UsageError(f"a seed of {seed} cannot be", expected="0 or more")
    whole = make_plan(project, recipe, settings=settings, seed=seed)
    if whole.recipe.budget_minutes == "none":
        return whole
    from boutwise.training.opening import begun_plan
    from boutwise.training.pace import measure_work

    if resume:
        return begun_plan(project, whole, resume if isinstance(resume, str) else None)
    work = measure_work(
        project,
        whole,
        usable_subjects(project, whole.recipe),
        workers=machine.usable_cores(),
        say=say or (lambda done, total, words: None),
    )
    return fit_budget(whole, work, spent_s=time.monotonic() - begun_s)


def _prepared(
    project: Project, plan: Plan, recording: Recording, say: Callable[[str], None]
) -> PreparedRecording | PreparedTrials:
    """A recording, to make streams of, as its plan has them."""
    rated = plan.recipe.target.ratings
    if rated is not None:
        return PreparedTrials(
            project.pose(recording.id),
            recording.clock,
            trials_of(recording.trials, recording.n_frames),
            plan.fps,
            tuple(plan.recipe.prepare),
            relative=rated.relative is True,
            store=project.store,
        )
    return PreparedRecording(
        material_of(project, recording),
        fps=plan.fps,
        prepare=plan.recipe.prepare,
        store=project.store,
        say=say,
    )


def prepare(project: Project, plan: Plan, *, say: Say | None = None) -> int:
    """Compute features and pictures of every recording, labelled or not, into the store.

    Only of those that have what the recipe reads. What is there already is not computed again.

    Returns:
        Number of subjects whose features are there now.
    """
    say = say or (lambda done, total, words: None)
    pairs = bool({item.subject.target for item in usable_subjects(project, plan.recipe)} - {""})
    reads = plan.recipe.reads
    recordings = [r for r in project.recordings() if has_all(project, r.id, reads)]
    rated = plan.recipe.target.ratings
    if rated is not None and rated.relative is True:
        # A trial that stands alone has no row in a model that compares trials.
        recordings = [r for r in recordings if len(r.trials) > 1]
    count = 0
    for done, recording in enumerate(recordings):
        say(done, len(recordings), recording.id)
        prepared = _prepared(project, plan, recording, partial(say, done, len(recordings)))
        for subject in recording.subjects(pairs=pairs):
            for member in plan.recipe.members:
                for parts in member_streams(member).values():
                    prepared.stream(subject, parts)
            count += 1
    say(len(recordings), len(recordings), "done")
    return count
