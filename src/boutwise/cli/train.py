"""``boutwise train``."""

from __future__ import annotations

import json as json_text
import shlex
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import ProjectFolder, RecipeName, Settings, open_project
from boutwise.cli._scores import tell_scores
from boutwise.cli._talk import Talk


class SplitBy(StrEnum):
    """What folds keep together; ``random-frame`` and ``random-window`` leak."""

    ANIMAL = "animal"
    COHORT = "cohort"
    RECORDING = "recording"
    RANDOM_FRAME = "random-frame"
    RANDOM_WINDOW = "random-window"


@command
def run(  # an option is a parameter: the command line has as many as the contract says
    talk: Talk,
    project: ProjectFolder,
    recipe: RecipeName = "pose",
    settings: Settings = None,
    split: Annotated[
        SplitBy | None, typer.Option(help="What folds keep together; random-... leak.")
    ] = None,
    holdout: Annotated[
        str | None,
        typer.Option(metavar="N|LIST", help="Animals kept apart to the end: how many, or a,b,c."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seeds folds, sampling and learners.")] = 0,
    out: Annotated[str | None, typer.Option(metavar="RUN", help="Name of the run.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an unfinished run; finished folds stay.")
    ] = False,
    accept_problems: Annotated[
        bool,
        typer.Option(
            "--accept-problems", help="Train in spite of blocking problems; the report says so."
        ),
    ] = False,
) -> Answer:
    """Train, and learn how good it is: folds by animal, scores, a bundle and a report."""
    from boutwise import api

    changes = list(settings or ())
    again = ["boutwise", "train", str(project), "--recipe", recipe]
    again += [word for change in changes for word in ("--set", change)]
    if split is not None:
        changes.append(f"split.by={split.value}")
        again += ["--split", split.value]
    if holdout is not None:
        changes.append(f"split.holdout={held_out(holdout)}")
        again += ["--holdout", holdout]
    again += ["--accept-problems"] if accept_problems else []
    again += ["--seed", str(seed), *(["--out", out] if out else []), "--resume"]
    with open_project(project) as opened:
        again_with = (out or True) if resume else False
        plan = api.plan(
            opened, recipe, settings=changes, seed=seed, resume=again_with, say=talk.say
        )
        talk.note(f"recipe {plan.recipe.name}: {len(plan.folds)} folds by {plan.recipe.split.by}")
        if plan.leaks:
            talk.note("warning: this split LEAKS; its score says nothing about new animals")
        talk.on_stop = f"finished folds are kept; go on by: {shlex.join(again)}"
        result = api.train_run(
            opened, plan, out=out, resume=resume, accept_problems=accept_problems, say=talk.say
        )
    tell_scores(talk, result.scores)
    _tell_holdout(talk, result.scores)
    report = Path(result.directory) / "report.html"
    talk.line()
    talk.line(f"bundle  {result.bundle}")
    talk.line(f"report  {report}")
    return Answer(
        {
            "run": result.directory,
            "bundle": result.bundle,
            "report": report if report.exists() else None,
            "units_run": result.units_run,
            "units_kept": result.units_kept,
            "leaks": plan.leaks,
            "scores": result.scores,
        }
    )


def held_out(text: str) -> str:
    """The value of ``split.holdout``: a number counts animals, anything else names them.

    A comma at the end makes a list of one animal whose name is a number.

    >>> held_out("2"), held_out("m1, m2"), held_out("8294,")
    ('2', '["m1", "m2"]', '["8294"]')
    """
    if text.strip().isdigit() or text.strip() == "none":
        return text.strip()
    return json_text.dumps([name.strip() for name in text.split(",") if name.strip()])


def _tell_holdout(talk: Talk, scores: Mapping[str, Any]) -> None:
    if scores.get("holdout"):
        talk.line()
        apart = ", ".join(scores["run"]["holdout"])
        talk.line(f"on what was kept apart to the end ({apart}):")
        tell_scores(talk, scores["holdout"])
