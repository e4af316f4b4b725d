"""``check``: what is wrong with a project, before anything is trained on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from boutwise.checks import run_checks
from boutwise.project import Project
from boutwise.types import Problem


def check(
    project: Project,
    *,
    names: Sequence[str] | None = None,
    say: Callable[[int, int, str], None] | None = None,
) -> list[Problem]:
    """Run checks over a project, blocking problems first.

    Args:
        project: The project.
        names: Checks to run; by default all.
        say: Called with (done, total, words).
    """
    problems = run_checks(project, names=names, say=say)
    return sorted(problems, key=lambda problem: (problem.severity.rank, problem.recording))
