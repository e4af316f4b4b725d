"""``boutwise evaluate``."""

from __future__ import annotations

from typing import Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import Only, ProjectFolder, open_project
from boutwise.cli._predicting import opened_bundle
from boutwise.cli._scores import tell_scores
from boutwise.cli._talk import Talk


@command
def run(
    talk: Talk,
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help="A bundle, or a run's folder.")],
    project: ProjectFolder,
    only: Only = None,
) -> Answer:
    """Score a bundle on the labels of other animals; it refuses those it was trained on."""
    from boutwise import api

    model = opened_bundle(bundle)
    with open_project(project) as opened:
        scores = api.evaluate(model, opened, only=only, say=talk.say).as_dict()
    tell_scores(talk, scores)
    return Answer({"bundle": bundle, "scores": scores})
