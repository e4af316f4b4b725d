"""``boutwise evaluate``."""

from __future__ import annotations

from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import DetectorName, Only, ProjectFolder, open_project
from boutwise.cli._predicting import opened_bundle
from boutwise.cli._scores import tell_scores
from boutwise.cli._talk import Talk


@command
def run(
    talk: Talk,
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help="A bundle, or a run's folder.")],
    project: ProjectFolder,
    only: Only = None,
    detector: DetectorName = None,
) -> Answer:
    """Score a bundle on the labels of other animals; it refuses those it was trained on."""
    from boutwise import api

    model = opened_bundle(bundle)
    with open_project(project) as opened:
        found = api.evaluate(model, opened, only=only, detector=detector, say=talk.say)
        scores = found.as_dict()
    tell_scores(talk, scores)
    return Answer({"bundle": bundle, "scores": scores})
