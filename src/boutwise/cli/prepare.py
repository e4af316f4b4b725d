"""``boutwise prepare``."""

from __future__ import annotations

from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import ProjectFolder, RecipeName, Settings, open_project
from boutwise.cli._problems import counted
from boutwise.cli._talk import Talk
from boutwise.errors import UsageError


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
    if dry_run:
        talk.table(
            ["recording", "who", "member", "stream", "to do"],
            [
                [
                    row.subject.recording,
                    " -> ".join(name for name in (row.subject.animal, row.subject.target) if name),
                    row.member,
                    row.stream,
                    f"{', '.join(row.missing)}: not kept for this content and these settings"
                    if row.missing
                    else "nothing: kept",
                ]
                for row in rows
            ],
        )
    subjects = len({row.subject for row in rows})
    verb = "to compute" if dry_run else "computed"
    talk.line(
        f"{counted(subjects, 'subject')} (animals or pairs): {len(new)} streams {verb}, "
        f"{len(rows) - len(new)} kept"
    )
    plain = [{**vars(row), "subject": vars(row.subject)} for row in rows]
    return Answer({"subjects": subjects, "rows": plain})
