"""``boutwise export``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import Annotator, ProjectFolder, open_project
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
    annotator: Annotator = None,
) -> Answer:
    """Write the labels of a project in another program's format."""
    from boutwise import api

    with open_project(project) as opened:
        written = api.export(opened, out, format=format, annotator=annotator, say=talk.say)
    talk.line(f"{counted(len(written), 'file')} written to {out}")
    folders = sorted({path.parent.name for path in written if path.parent != out})
    if folders:
        pattern = shlex.quote(api.ANNOTATOR_FOLDERS)
        talk.line(f"a folder for each of {len(folders)} annotators: {', '.join(folders)}")
        talk.line(
            f"read back with their names by: boutwise import PROJECT {shlex.quote(str(out))} "
            f"--annotator-pattern {pattern}"
        )
    return Answer(
        {
            "files": written,
            "annotator_folders": folders,
            "annotator_pattern": api.ANNOTATOR_FOLDERS if folders else None,
        }
    )
