"""The page of ``check``: every problem by check, with a picture where looking says more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup

from boutwise import registry
from boutwise.checks import Study
from boutwise.checks._strips import strips_of
from boutwise.checks.scale_drift import BLOCKS, Sizes, course, relative, sizes_of
from boutwise.checks.sync import estimates_from_movement, sync_rows
from boutwise.report.figures import event_strips, ratio_rows
from boutwise.report.paper import rendered, write_page
from boutwise.report.sections.checks import problem_table, sync_table
from boutwise.report.tables import Table, count, words
from boutwise.types import Problem, Recording, Severity

LOOK = ("keypoint_jumps", "likelihood", "swap_suspects")
"""Checks whose recordings are drawn as strips."""

MOST_STRIPS = 24
"""Recordings that are drawn as strips, and rows of the figure of sizes; the page says how many
there are beyond."""

MOST_OPEN = 20
"""Rows of a table that are shown at once; longer ones are folded away."""

MOST_SIZES = 60


@dataclass(frozen=True, eq=False)
class CheckedProject:
    """What the page is about.

    Attributes:
        name: Of the project.
        project: For the pictures.
        checks: Names of the checks that were run.
        problems: What they found.
    """

    name: str
    project: Study
    checks: Sequence[str]
    problems: Sequence[Problem]


def write_check_page(found: CheckedProject, path: Path) -> Path:
    """Write the page: one HTML file that needs nothing else.

    Args:
        found: What was checked and found.
        path: Where to.
    """
    recordings = {recording.id: recording for recording in found.project.recordings()}
    by_check = problems_by_check(found.problems, found.checks)
    content: dict[str, Any] = {
        "name": found.name,
        "n_recordings": len(recordings),
        "counts": {level.value: _count(found.problems, level) for level in Severity},
        "summary": _summary(by_check),
        "checks": [_section(name, problems) for name, problems in by_check.items() if problems],
        "open": MOST_OPEN,
        **_strips(found, recordings),
        **_sizes(found),
        "sync": _sync(found),
    }
    return write_page(path, rendered("checked.html.j2", **content))


def problems_by_check(
    problems: Sequence[Problem], checks: Sequence[str]
) -> dict[str, list[Problem]]:
    """Problems of each check, the checks with the worst ones first, those without any last."""
    groups: dict[str, list[Problem]] = {name: [] for name in checks}
    for problem in problems:
        groups.setdefault(problem.check, []).append(problem)
    for mine in groups.values():
        mine.sort(key=lambda problem: (problem.severity.rank, problem.recording))
    clean = len(Severity)
    return dict(
        sorted(
            groups.items(),
            key=lambda pair: (pair[1][0].severity.rank if pair[1] else clean, pair[0]),
        )
    )


def _count(problems: Sequence[Problem], severity: Severity) -> int:
    return sum(problem.severity is severity for problem in problems)


def _title(name: str) -> str:
    return name.replace("_", " ")


def _description(name: str) -> str:
    known = name in registry.names("check")
    return str(registry.load("check", name).DESCRIPTION) if known else ""


def _summary(by_check: Mapping[str, Sequence[Problem]]) -> Table:
    rows = tuple(
        (
            words(_title(name), strong=any(p.severity is Severity.BLOCKING for p in mine)),
            words(_description(name)),
            *(count(_count(mine, level)) for level in Severity),
        )
        for name, mine in by_check.items()
    )
    return Table(("check", "looks for", "blocking", "warnings", "notes"), rows)


def _section(name: str, problems: Sequence[Problem]) -> dict[str, Any]:
    return {
        "id": name,
        "title": _title(name),
        "description": _description(name),
        "table": problem_table(problems, named=False),
    }


def _strips(found: CheckedProject, recordings: Mapping[str, Recording]) -> dict[str, Any]:
    wanted = [
        problem.recording
        for problem in found.problems
        if problem.check in LOOK and problem.recording in recordings
    ]
    names = list(dict.fromkeys(wanted))
    drawn = []
    for name in names[:MOST_STRIPS]:
        recording = recordings[name]
        strips = strips_of(found.project, recording)
        if strips:
            rows = [(strip.name, strip.spans, strip.count) for strip in strips]
            svg = event_strips(
                rows,
                n_frames=recording.n_frames,
                fps=recording.clock.fps,
                name=f"Suspicious frames of {name}",
            )
            drawn.append({"name": name, "figure": Markup(svg)})
    return {"strips": drawn, "strips_left_out": max(0, len(names) - MOST_STRIPS)}


def _sizes(found: CheckedProject) -> dict[str, Any]:
    """Size of the bodies along each recording, against what is usual in the project."""
    if "scale_drift" not in found.checks:
        return {"sizes": "", "sizes_left_out": 0}
    sizes = sizes_of(found.project)
    usual = relative(sizes)
    rows = [row for one in sizes if (row := _size_row(one, usual)) is not None]
    rows.sort(key=lambda row: -max(abs(np.log(value)) for value in row[1:]))
    figure = ratio_rows(rows[:MOST_SIZES], name="Body sizes") if rows else ""
    return {"sizes": Markup(figure), "sizes_left_out": max(0, len(rows) - MOST_SIZES)}


def _size_row(one: Sizes, usual: Mapping[str, float]) -> tuple[str, float, float, float] | None:
    along = course(one)
    if not np.isfinite(along).all():
        return None
    third, level = BLOCKS // 3, usual.get(one.recording, 0.0)
    start, stop = (float(np.median(part)) for part in (along[:third], along[-third:]))
    label = one.recording if one.animal in one.recording else f"{one.recording}: {one.animal}"
    ratios = np.exp(np.array([level + start, level + stop, level])).tolist()
    return (label, *ratios)


def _sync(found: CheckedProject) -> Table:
    if "sync" not in found.checks:
        return sync_table([])
    return sync_table(sync_rows(estimates_from_movement(found.project)))
