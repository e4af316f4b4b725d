"""``boutwise convert``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import LONGEST, Annotator, FormatName, Fps, Mapping
from boutwise.cli._problems import tell_problems
from boutwise.cli._talk import Talk

if TYPE_CHECKING:
    from boutwise.types import Problem


@command
def run(
    talk: Talk,
    source: Annotated[Path, typer.Argument(metavar="IN", help="A label file of any format.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="The file to write.")],
    format: FormatName = None,
    to: Annotated[
        str | None, typer.Option(metavar="NAME", help="Format to write; by default by OUT's name.")
    ] = None,
    mapping: Mapping = None,
    fps: Fps = None,
    frames: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=LONGEST,
            help="Frames of the recording; by default up to the last label.",
        ),
    ] = None,
    annotator: Annotator = None,
) -> Answer:
    """Turn one label file into another format, without a project."""
    from boutwise import api

    problems: list[Problem] = []
    written = api.convert(
        source,
        target,
        format=format,
        to=to,
        mapping=mapping,
        fps=fps,
        frames=frames,
        annotator=annotator,
        tell=problems.append,
    )
    for path in written:
        talk.line(f"written  {path}")
    tell_problems(talk, problems)
    said = [problem.as_dict() for problem in problems]
    return Answer({"source": source, "files": written, "problems": said})
