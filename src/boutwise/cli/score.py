"""``boutwise score``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import Fps
from boutwise.cli._scores import tell_scores
from boutwise.cli._talk import Talk


@command
def run(  # an option is a parameter
    talk: Talk,
    truth: Annotated[Path, typer.Argument(metavar="TRUTH", help="Labels that are right.")],
    prediction: Annotated[
        Path, typer.Argument(metavar="PREDICTION", help="Labels to score; anybody's.")
    ],
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="Thresholds and tolerances.")
    ] = "default",
    frames: Annotated[
        int | None,
        typer.Option(metavar="N", help="Frames of the recording, where no file tells."),
    ] = None,
    fps: Fps = None,
    background: Annotated[
        str, typer.Option(metavar="NAME", help="The class that means 'none of the others'.")
    ] = "",
) -> Answer:
    """Score a prediction against a truth: files of any known label format."""
    from boutwise import api

    scores = api.score(
        truth, prediction, preset=preset, frames=frames, fps=fps, background=background
    ).as_dict()
    tell_scores(talk, scores)
    return Answer({"truth": truth, "prediction": prediction, "scores": scores})
