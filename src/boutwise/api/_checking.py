"""``check``: what is wrong with a project, before anything is trained on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from boutwise import registry
from boutwise.checks import run_checks
from boutwise.errors import UsageError
from boutwise.project import Project
from boutwise.types import Problem


def check(
    project: Project,
    *,
    names: Sequence[str] | None = None,
    html: str | Path | None = None,
    say: Callable[[int, int, str], None] | None = None,
) -> list[Problem]:
    """Run checks over a project, blocking problems first.

    Args:
        project: The project.
        names: Checks to run; by default all.
        html: Where to write a page with all problems, and pictures of what is better seen.
        say: Called with (done, total, words).

    Raises:
        PartError: There is no such check.
        UsageError: The page is to be written where a folder is.
    """
    if html is not None and Path(html).is_dir():
        raise UsageError(
            f"'{html}' is a folder, and the page is a file",
            expected="the name of a file to write",
            todo=f"name the file, such as {Path(html) / 'checks.html'}",
        )
    problems = run_checks(project, names=names, say=say)
    problems.sort(key=lambda problem: (problem.severity.rank, problem.recording))
    if html is not None:
        from boutwise.report.check_page import CheckedProject, write_check_page

        done = list(names) if names is not None else registry.names("check")
        name = project.root.resolve().name
        write_check_page(CheckedProject(name, project, done, problems), Path(html))
    return problems
