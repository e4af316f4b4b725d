"""Problems that the checks found, and the sync of labels with pose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boutwise.report.run_folder import Run
from boutwise.report.tables import MISSING, Table, flat, leaf_words, words
from boutwise.types import Problem, Severity


def build(run: Run) -> dict[str, Any]:
    """Problems by severity, the sync table, and what the run folder lacks."""
    listed = run.scores.get("problems")
    problems = [problem_of(entry) for entry in listed or []]
    return {
        "checked": listed is not None,
        "blocking": sum(problem.severity == Severity.BLOCKING for problem in problems),
        "warnings": sum(problem.severity == Severity.WARNING for problem in problems),
        "problems": problem_table(problems),
        "sync": sync_table(run.scores.get("sync") or []),
        "absent": list(run.absent),
    }


def problem_of(entry: Mapping[str, Any]) -> Problem:
    """The inverse of ``Problem.as_dict``."""
    return Problem(**{**entry, "severity": Severity(entry["severity"])})


def problem_table(problems: Sequence[Problem]) -> Table:
    """One row for each problem, the blocking ones first."""
    ordered = sorted(problems, key=lambda problem: problem.severity != Severity.BLOCKING)
    rows = tuple(
        (
            words(problem.severity, strong=problem.severity == Severity.BLOCKING),
            words(problem.check),
            words(problem.what, small=problem.todo),
            words(problem.where() or MISSING),
            words(leaf_words(problem.value)),
        )
        for problem in ordered
    )
    return Table(("severity", "check", "what", "where", "measured"), rows)


def sync_table(entries: Sequence[Mapping[str, Any]]) -> Table:
    """Whatever the sync check measured, one row for each recording."""
    columns = list(dict.fromkeys(key for entry in entries for key in entry))
    rows = tuple(
        tuple(words(leaf_words(entry.get(column))) for column in columns) for entry in entries
    )
    return Table(tuple(column.replace("_", " ") for column in columns), rows)


def environment_table(run: Run) -> Table:
    """Environment and versions as the run wrote them."""
    rows = flat(run.environment) if run.environment else []
    if run.plan.get("versions"):
        rows += flat(run.plan["versions"])
    return Table(("what", "value"), tuple((words(path), words(value)) for path, value in rows))
