"""``boutwise check``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import ProjectFolder, open_project
from boutwise.cli._problems import counted, tell_by_check
from boutwise.cli._talk import Talk

DATA_PROBLEM = 3


@command
def run(
    talk: Talk,
    project: ProjectFolder,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="CHECK", help="Run this check only; repeatable."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with pictures.")
    ] = None,
) -> Answer:
    """Look for what is wrong with the data, before anything is trained on it.

    Exit code 3 when a problem is blocking; warnings and notes alone are no failure.
    """
    from boutwise import api

    # They are shown with spaces, and typed as people like.
    names = [name.strip().lower().replace("-", "_").replace(" ", "_") for name in only or ()]
    with open_project(project) as opened:
        problems = api.check(opened, names=names or None, html=html, say=talk.say)
        n_recordings = len(opened.recordings())
    count = {
        level: sum(problem.severity == level for problem in problems)
        for level in ("blocking", "warning", "note")
    }
    tell_by_check(talk, problems)
    if count["blocking"] or count["warning"]:
        talk.line(
            f"{counted(count['blocking'], 'blocking problem')}, "
            f"{counted(count['warning'], 'warning')}, {counted(count['note'], 'note')}"
        )
    elif n_recordings:
        talk.line(f"no problems were found in {counted(n_recordings, 'recording')}")
    else:
        talk.line("there is nothing to check: import pose and labels first")
    if html is not None:
        talk.line(f"page: {html}")
    data = {
        "blocking": count["blocking"],
        "warnings": count["warning"],
        "notes": count["note"],
        "problems": [problem.as_dict() for problem in problems],
        "html": None if html is None else str(html),
    }
    return Answer(data, DATA_PROBLEM if count["blocking"] else 0)
