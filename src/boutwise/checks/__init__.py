"""Checks: what is wrong with a project's data, found before anything is trained on it.

What lives here: one check a file, found by its file name. What may be imported: ``project`` and
everything below it. To add a check: one file with a line ``DESCRIPTION`` and a function
``find(project) -> list[Problem]``; the logic as a pure function over types beside it; and in
``tests/checks`` a fault that it finds in at least 18 of 20 seeds while it says nothing on 20 clean
ones. A check that cannot tell says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from boutwise import registry
from boutwise.checks._contract import Check, Study
from boutwise.types import Problem

__all__ = ["Check", "Study", "run_checks"]


def run_checks(
    project: Study,
    names: Sequence[str] | None = None,
    say: Callable[[int, int, str], None] | None = None,
) -> list[Problem]:
    """Run checks over a project.

    Args:
        project: A :class:`~boutwise.project.Project`, or whatever offers the same reading.
        names: Checks to run, in this order; by default all.
        say: Called with (done, total, words) before each check and at the end.

    Returns:
        What they found, check by check.

    Raises:
        PartError: There is no such check.
    """
    wanted = registry.names("check") if names is None else list(names)
    checks: list[Check] = [registry.load("check", name) for name in wanted]
    problems: list[Problem] = []
    for done, (name, check) in enumerate(zip(wanted, checks, strict=True)):
        if say is not None:
            say(done, len(wanted), name.replace("_", " "))
        problems += check.find(project)
    if say is not None:
        say(len(wanted), len(wanted), "checked")
    return problems
