"""``boutwise import``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import (
    FormatName,
    Fps,
    Mapping,
    ProjectFolder,
    open_project,
    whole_or_auto,
)
from boutwise.cli._problems import SHOWN, counted, tell_problems
from boutwise.cli._talk import Talk

if TYPE_CHECKING:
    from boutwise.project import Project

DATA_PROBLEM, PARTIAL = 3, 4


@command
def run(  # an option is a parameter: the command line has as many as the contract says
    talk: Talk,
    project: ProjectFolder,
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="Files, folders, or patterns in quotes."),
    ],
    format: FormatName = None,
    mapping: Mapping = None,
    fps: Fps = None,
    animals: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Animals and sessions of each recording."),
    ] = None,
    animal_pattern: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Animal in the file name, as (?P<animal>...)."),
    ] = None,
    session_pattern: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Session in the file name, as (?P<session>...)."),
    ] = None,
    trials: Annotated[
        Path | None, typer.Option(metavar="CSV", help="First frame and length of each trial.")
    ] = None,
    trial_length: Annotated[
        int | None, typer.Option(metavar="N", help="Trials of N frames, one after the other.")
    ] = None,
    label_offset: Annotated[
        str | None,
        typer.Option(metavar="auto|N", help="Move labels by N frames; auto proposes one."),
    ] = None,
    labels_only: Annotated[
        bool,
        typer.Option("--labels-only", help="Labels without pose make recordings of their own."),
    ] = False,
    annotator_pattern: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Annotator in the file name, as (?P<annotator>...)."),
    ] = None,
    rows: Annotated[
        str | None,
        typer.Option(metavar="WORDS", help="Frames of the rows of pose: first, last, every-2, ..."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict/--lenient", help="Stop at the first bad file, or go on.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be imported, and change nothing.")
    ] = False,
) -> Answer:
    """Import videos, pose tracks and labels; files stay where they are."""
    from boutwise import api

    talk.on_stop = "what was imported is kept; the same command again goes on"
    with open_project(project) as opened:
        plan = api.plan_import(
            opened,
            sources,
            format=format,
            mapping=mapping,
            fps=fps,
            animals=animals,
            animal_pattern=animal_pattern,
            session_pattern=session_pattern,
            trials=trials,
            trial_length=trial_length,
            label_offset=whole_or_auto(label_offset, "--label-offset"),
            labels_only=labels_only,
            annotator_pattern=annotator_pattern,
            rows=rows,
            strict=strict,
        )
        if dry_run:
            return _tell_plan(talk, plan)
        return _import(talk, opened, plan)


def _tell_plan(talk: Talk, plan: Any) -> Answer:
    """The table of a dry run: what matched, what did not, and why."""
    talk.table(
        [
            "",
            "kind",
            "format",
            "recording",
            "annotator",
            "trial",
            "rows",
            "offset",
            "news",
            "file",
            "why",
        ],
        [
            [
                "yes" if row.matched else "NO",
                row.kind,
                row.format,
                row.recording,
                row.annotator,
                "" if row.trial is None else row.trial,
                "" if row.n_rows is None else row.n_rows,
                "" if row.offset_frames is None else row.offset_frames,
                row.news,
                row.file,
                row.why,
            ]
            for row in plan.rows
        ],
    )
    talk.line(f"{len(plan.matched)} matched, {len(plan.unmatched)} not matched")
    for note in plan.notes:
        talk.line(f"note: {note}")
    tell_problems(talk, plan.problems)
    stops = bool(plan.blocking) or not plan.matched
    talk.line("nothing was changed: this was a dry run")
    if plan.blocking:
        talk.line(f"the import would stop at {len(plan.blocking)} blocking problems")
    code = PARTIAL if any(problem.severity == "blocking" for problem in plan.problems) else 0
    return Answer(plan.as_dict() | {"dry_run": True}, DATA_PROBLEM if stops else code)


def _import(talk: Talk, project: Project, plan: Any) -> Answer:
    from boutwise import api

    result = api.apply_import(project, plan, say=talk.say)
    talk.line(
        f"{counted(len({row.file for row in plan.matched}), 'file')} matched; "
        f"{counted(len(result.recordings), 'new recording')}"
    )
    talk.line(
        f"bouts: {result.added} new, {result.unchanged} there before, {result.deleted} taken away"
        + (f", {result.kept} kept because a person had changed them" if result.kept else "")
    )
    if result.ratings:
        talk.line(f"ratings: {result.ratings}")
    told = {problem.file for problem in result.problems}
    left: dict[str, list[str]] = {}
    for row in result.unmatched:
        if row.file not in told:
            left.setdefault(row.why, []).append(row.file)
    for why, files in left.items():
        for file in files[:SHOWN]:
            talk.line(f"not imported: {file}: {why}")
        if len(files) > SHOWN:
            talk.line(f"not imported: {len(files) - SHOWN} more files: {why}")
    for note in result.notes:
        talk.line(f"note: {note}")
    blocking = tell_problems(talk, result.problems)
    code = 0
    if blocking or not plan.matched:
        code = PARTIAL if plan.matched else DATA_PROBLEM
    if not code:
        talk.line(f"next: {shlex.join(['boutwise', 'check', str(project.root)])}")
    return Answer(result.as_dict() | {"dry_run": False}, code)
