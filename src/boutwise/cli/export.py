"""``boutwise export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import ProjectFolder, open_project
from boutwise.cli._problems import counted
from boutwise.cli._talk import Talk


@command
def run(
    talk: Talk,
    project: ProjectFolder,
    format: Annotated[
        str, typer.Option(metavar="NAME", help="A format that can be written; see 'formats'.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for the files.")],
) -> Answer:
    """Write the labels of a project in another program's format."""
    from boutwise import api

    with open_project(project) as opened:
        written = api.export(opened, out, format=format, say=talk.say)
    talk.line(f"{counted(len(written), 'file')} written to {out}")
    return Answer({"files": written})
