"""``boutwise demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._scores import tell_scores
from boutwise.cli._talk import Talk


@command
def run(
    talk: Talk,
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Folder to work in; made when it is not there.")
    ] = Path("boutwise-demo"),
) -> Answer:
    """Simulated mice, the whole path: files, project, check, training, prediction, report."""
    from boutwise import api

    talk.on_stop = f"boutwise demo {directory} goes on where it stopped"
    result = api.demo(directory, say=talk.say)
    tell_scores(talk, result.scores)
    talk.line()
    talk.line(f"data         {result.data}")
    talk.line(f"project      {result.project}")
    talk.line(f"predictions  {result.predictions}  ({', '.join(result.predicted)})")
    talk.line(f"bundle       {result.bundle}")
    talk.line(
        "The same by hand, with your own files: boutwise init, import, check, train, predict."
    )
    talk.line()
    talk.line(f"report       {result.report}")
    return Answer(
        {
            "data": result.data,
            "project": result.project,
            "run": result.run,
            "bundle": result.bundle,
            "predictions": result.predictions,
            "predicted": result.predicted,
            "problems": [problem.as_dict() for problem in result.problems],
            "scores": result.scores,
            "report": result.report,
        }
    )
