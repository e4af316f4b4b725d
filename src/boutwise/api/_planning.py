"""``plan`` and ``prepare``: what will be done, and the features that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from boutwise.errors import UsageError
from boutwise.planning import Plan, make_plan
from boutwise.planning.plan import usable_subjects
from boutwise.prepare import PreparedPose, member_streams
from boutwise.project import Project

Say = Callable[[int, int, str], None]


def plan(
    project: Project,
    recipe: str | Path = "pose",
    *,
    settings: Iterable[str] = (),
    seed: int = 0,
) -> Plan:
    """Decide every ``auto`` of a recipe for a project, with reasons.

    Args:
        project: With pose and labels.
        recipe: Name of a recipe, or a YAML file.
        settings: ``a.b=c`` each, as for ``--set``.
        seed: Seeds folds, sampling and learners; 0 or more.

    Raises:
        UsageError: The seed is negative, or a setting cannot be.
    """
    if seed < 0:
        raise UsageError(f"a seed of {seed} cannot be", expected="0 or more")
    return make_plan(project, recipe, settings=settings, seed=seed)


def prepare(project: Project, plan: Plan, *, say: Say | None = None) -> int:
    """Compute the features of every recording that has pose, labelled or not, into the store.

    Returns:
        Number of subjects whose features are there now.
    """
    say = say or (lambda done, total, words: None)
    pairs = bool({item.subject.target for item in usable_subjects(project, plan.recipe)} - {""})
    recordings = [r for r in project.recordings() if project.has_pose(r.id)]
    count = 0
    for done, recording in enumerate(recordings):
        say(done, len(recordings), recording.id)
        prepared = PreparedPose(
            project.pose(recording.id),
            recording.clock,
            fps=plan.fps,
            prepare=plan.recipe.prepare,
            store=project.store,
        )
        for subject in recording.subjects(pairs=pairs):
            for member in plan.recipe.members:
                for parts in member_streams(member).values():
                    prepared.stream(subject, parts)
            count += 1
    say(len(recordings), len(recordings), "done")
    return count
