"""``boutwise train``."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._detectors import tell_detector
from boutwise.cli._options import (
    Holdout,
    ProjectFolder,
    RecipeName,
    Settings,
    Split,
    all_settings,
    open_project,
)
from boutwise.cli._scores import tell_scores
from boutwise.cli._talk import Talk


@command
def run(  # an option is a parameter: the command line has as many as the contract says
    talk: Talk,
    project: ProjectFolder,
    recipe: RecipeName = "pose",
    settings: Settings = None,
    split: Split = None,
    holdout: Holdout = None,
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

    again = ["boutwise", "train", str(project), "--recipe", recipe]
    again += [word for change in settings or () for word in ("--set", change)]
    again += ["--split", split.value] if split else []
    again += ["--holdout", holdout] if holdout is not None else []
    again += ["--accept-problems"] if accept_problems else []
    again += ["--seed", str(seed), *(["--out", out] if out else []), "--resume"]
    if api.trains_detector(recipe):
        talk.on_stop = f"what was trained is kept; go on by: {shlex.join(again)}"
        with open_project(project) as opened:
            changes = all_settings(settings, split, holdout)
            detector = api.plan_detector(opened, recipe, settings=changes, seed=seed)
            found = api.train_detector(opened, detector, out=out, resume=resume, say=talk.say)
        return tell_detector(talk, found)
    with open_project(project) as opened:
        again_with = (out or True) if resume else False
        plan = api.plan(
            opened,
            recipe,
            settings=all_settings(settings, split, holdout),
            seed=seed,
            resume=again_with,
            say=talk.say,
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


def _tell_holdout(talk: Talk, scores: Mapping[str, Any]) -> None:
    if scores.get("holdout"):
        talk.line()
        apart = ", ".join(scores["run"]["holdout"])
        talk.line(f"on what was kept apart to the end ({apart}):")
        tell_scores(talk, scores["holdout"])
