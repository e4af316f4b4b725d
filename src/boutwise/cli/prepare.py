"""``boutwise prepare``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import ProjectFolder, RecipeName, Settings, open_project
from boutwise.cli._predicting import failures
from boutwise.cli._problems import counted
from boutwise.cli._talk import Talk
from boutwise.errors import UsageError

if TYPE_CHECKING:
    from boutwise.api._planning import PreparedRow

IN_DATA, PARTIAL = 3, 4


@command
def run(
    talk: Talk,
    project: ProjectFolder,
    recipe: RecipeName = "pose",
    settings: Settings = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what there is to do, and why.")
    ] = False,
) -> Answer:
    """Compute features, boxes and pictures ahead of time; training does it too."""
    from boutwise import api

    if api.trains_detector(recipe):
        raise UsageError(
            "there is nothing to compute ahead for a detector",
            expected="a recipe that learns behaviors",
            todo="boutwise train PROJECT --recipe detector reads the pictures itself",
        )
    talk.on_stop = "what was computed is kept; the same command again goes on"
    with open_project(project) as opened:
        plan = api.plan(opened, recipe, settings=settings or ())
        rows = api.prepare(opened, plan, dry_run=dry_run, say=talk.say)
    new = [row for row in rows if row.missing]
    refused = {row.subject.recording: row.refused for row in rows if row.refused}
    if dry_run:
        talk.table(
            ["recording", "who", "member", "stream", "to do"],
            [
                [
                    row.subject.recording,
                    " -> ".join(name for name in (row.subject.animal, row.subject.target) if name),
                    row.member,
                    row.stream,
                    _to_do(row),
                ]
                for row in rows
            ],
        )
    subjects = len({row.subject for row in rows})
    verb = "to compute" if dry_run else "computed"
    talk.line(
        f"{counted(subjects, 'subject')} (animals or pairs): {len(new)} streams {verb}, "
        f"{len(rows) - len(new) - sum(bool(row.refused) for row in rows)} kept"
    )
    for line in failures(refused):
        talk.note(line)
    if refused:
        talk.note(
            f"{counted(len(refused), 'recording')} cannot be used; 'boutwise plan' says how to "
            "train without them"
        )
    plain = [{**vars(row), "subject": vars(row.subject)} for row in rows]
    data = {"subjects": subjects, "rows": plain, "failed": refused}
    some_done = len(refused) < len({row.subject.recording for row in rows})
    return Answer(data, 0 if not refused else PARTIAL if some_done else IN_DATA)


def _to_do(row: PreparedRow) -> str:
    if row.refused:
        return "cannot be done: see below"
    if row.missing:
        return f"{', '.join(row.missing)}: not kept for this content and these settings"
    return "nothing: kept"
