"""Problems that the checks found, and the sync of labels with pose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from boutwise.checks.sync import estimates_in_run, sync_rows
from boutwise.report.run_folder import Run
from boutwise.report.tables import MISSING, Cell, Table, flat, missing, signed, words
from boutwise.types import Problem, Severity

LONGEST_PATH = 60
"""Characters of a path in a table."""


def build(run: Run) -> dict[str, Any]:
    """Problems by severity, the sync table, and what the run folder lacks."""
    listed = run.scores.get("problems")
    problems = [problem_of(entry) for entry in listed or []]
    return {
        "checked": listed is not None,
        "blocking": sum(problem.severity == Severity.BLOCKING for problem in problems),
        "warnings": sum(problem.severity == Severity.WARNING for problem in problems),
        "notes": sum(problem.severity == Severity.NOTE for problem in problems),
        "problems": problem_table(problems),
        "sync": sync_table(sync_of(run)),
        "absent": list(run.absent),
    }


def problem_of(entry: Mapping[str, Any]) -> Problem:
    """The inverse of ``Problem.as_dict``."""
    others = tuple(entry.get("others", ()))
    return Problem(**{**entry, "severity": Severity(entry["severity"]), "others": others})


def problem_table(problems: Sequence[Problem], *, named: bool = True) -> Table:
    """One row for each problem, the blocking ones first.

    Args:
        problems: Of one check or of several.
        named: Whether the check is named in a column of its own.
    """
    ordered = sorted(problems, key=lambda problem: problem.severity.rank)
    rows = tuple(
        (
            words(problem.severity, strong=problem.severity == Severity.BLOCKING),
            *([words(problem.check)] if named else []),
            words(problem.what, small=problem.todo),
            words(replace(problem, file=cut(problem.file)).where() or MISSING),
        )
        for problem in ordered
    )
    columns = ("severity", *(["check"] if named else []), "what", "where")
    return Table(columns, rows)


def cut(path: str, most: int = LONGEST_PATH) -> str:
    """A path without its middle where it is too long for a table; its end tells most.

    >>> cut("/data/lab/2024/mice.csv", most=14)
    '/dat…/mice.csv'
    """
    if len(path) <= most:
        return path
    slashed = path.replace("\\", "/")
    name = len(slashed) - max(slashed.rfind("/"), 0)
    end = min(max(name, 2 * most // 3), most - 2)
    return f"{path[: most - 1 - end]}…{path[-end:]}"


def sync_of(run: Run) -> list[Mapping[str, Any]]:
    """Rows of the sync check: those of the scores, or estimated now from the files of the run."""
    if run.scores.get("sync") is not None:
        return list(run.scores["sync"])
    estimable = all(lane.confidence is not None for track in run.tracks for lane in track.lanes)
    if not (run.tracks and run.labels_digest and estimable):
        return []
    return list(sync_rows(estimates_in_run(run.directory)))


def sync_table(entries: Sequence[Mapping[str, Any]]) -> Table:
    """How far the labels of each recording come behind the movement, and how that changes."""
    rows = []
    for entry in entries:
        why = entry["cannot_tell"]
        error = entry["offset_error_frames"]
        cells = [_frames(entry["offset_frames"], why)]
        if error is not None and not why:
            cells = [replace(cells[0], small=f"± {error:.1f}")]
        for key in ("drift_frames_per_minute", "at_start_frames", "at_end_frames"):
            cells.append(_frames(entry[key], why))
        name = words(entry["recording"], small=entry["annotator"])
        rows.append((name, *cells))
    columns = (
        "recording",
        "offset [frames]",
        "drift [frames / min]",
        "at the start [frames]",
        "at the end [frames]",
    )
    return Table(columns, tuple(rows))


def _frames(value: float | None, why: str) -> Cell:
    if why or value is None:
        return missing(why or "not estimated")
    return Cell(signed(value, 2, plus=True), number=True)


def environment_table(run: Run) -> Table:
    """Environment and versions as the run wrote them."""
    rows = flat(run.environment) if run.environment else []
    if run.plan.get("versions"):
        rows += flat(run.plan["versions"])
    return Table(("what", "value"), tuple((words(path), words(value)) for path, value in rows))
