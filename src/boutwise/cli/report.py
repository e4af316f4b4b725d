"""``boutwise report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._talk import Talk


@command
def run(
    talk: Talk,
    directory: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder of a run: PROJECT/runs/NAME.")
    ],
) -> Answer:
    """Write the report of a finished run again."""
    from boutwise import api

    path = api.report(directory)
    talk.line(f"report  {path}")
    return Answer({"report": path})
