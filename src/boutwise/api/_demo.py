"""``demo``: the whole path on simulated mice, with files in and a report out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boutwise.api._checking import check
from boutwise.api._initialize import initialize
from boutwise.api._planning import plan as make_plan
from boutwise.api._predicting import predict_files
from boutwise.api._reporting import report
from boutwise.api._training import train_run
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.bundle import Bundle
from boutwise.planning import Plan
from boutwise.project import Project
from boutwise.synthetic import simulate, write
from boutwise.training import FINISHED
from boutwise.types import Problem

Say = Callable[[int, int, str], None]

PRESET, FPS, SEED = "default", 30.0, 0
LABELLED, UNLABELLED = 6, 2
"""Animals with labels, and animals whose recordings are only predicted."""
MINUTES = 2.0
RECIPE = "pose"


@dataclass(frozen=True)
class DemoResult:
    """Where everything is.

    Attributes:
        data: Simulated files, as a lab would have them.
        project: The project folder.
        run: The run folder.
        bundle: The trained bundle.
        predictions: Folder of the predictions.
        predicted: The recordings that were predicted.
        problems: What the checks found.
        scores: Out-of-fold scores, as in ``scores.json``.
        report: The report.
    """

    data: Path
    project: Path
    run: Path
    bundle: Path
    predictions: Path
    predicted: tuple[str, ...]
    problems: tuple[Problem, ...]
    scores: dict[str, Any]
    report: Path


def demo(
    directory: str | Path,
    *,
    minutes: float = MINUTES,
    settings: Sequence[str] = (),
    say: Say | None = None,
) -> DemoResult:
    """Simulate mice, import them, check, train, predict two unlabelled recordings, report.

    What is there already is used again: a second call only says where things are, and an
    interrupted one goes on. Nothing in the folder is taken away.

    Args:
        directory: Folder to work in; ``data`` and ``project`` are made in it.
        minutes: Length of each recording, when it is simulated now.
        settings: Changes of the recipe, ``a.b=c`` each.
        say: Called with (done, total, words).
    """
    say = say or (lambda done, total, words: None)
    directory = Path(directory)
    data = _data(directory, minutes, say)
    root = directory / "project"
    new = not (root / "boutwise.yaml").is_file()
    with initialize(root) if new else Project.open(root) as project:
        say(0, 1, "import")
        sources = [data / "pose", data / "labels"]
        planned = plan_import(project, sources, fps=FPS, animals=data / "animals.csv", strict=True)
        apply_import(project, planned, say=_words(say, "import"))
        problems = check(project, say=_words(say, "check"))
        run, scores = _train(project, settings, _words(say, "train"))
        bundle = Bundle.open(run / "bundle.boutwise")
        out = root / "predictions" / bundle.id
        result = predict_files(
            [bundle], project, out, only="unlabelled", say=_words(say, "predict")
        )
        predicted = tuple(sorted((*result.done, *result.kept)))
    page = run / FINISHED
    return DemoResult(
        data=data,
        project=root,
        run=run,
        bundle=run / "bundle.boutwise",
        predictions=out,
        predicted=predicted,
        problems=tuple(problems),
        scores=scores,
        report=page if page.is_file() else report(run),
    )


def _data(directory: Path, minutes: float, say: Say) -> Path:
    """Simulate the files of a small study, all or none of them."""
    data, unfinished = directory / "data", directory / ".data.tmp"
    if data.is_dir():
        return data
    say(0, 1, "simulate mice")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    mice = simulate(PRESET, animals=LABELLED + UNLABELLED, minutes=minutes, fps=FPS, seed=SEED)
    write(mice, unfinished)
    for mouse in mice[LABELLED:]:
        (unfinished / "labels" / f"{mouse.recording.id}.csv").unlink()
    unfinished.replace(data)
    say(1, 1, "simulate mice")
    return data


def _train(project: Project, settings: Sequence[str], say: Say) -> tuple[Path, dict[str, Any]]:
    """Train, unless a run of the same plan is there; one that is unfinished goes on."""
    plan = make_plan(project, RECIPE, settings=settings, seed=SEED)
    name = None
    for known in project.run_names():
        run = project.root / "runs" / known
        begun = (run / "plan.yaml").is_file()
        if not begun or Plan.load(run / "plan.yaml").key() != plan.key():
            continue
        if (run / FINISHED).is_file():
            return run, json.loads((run / "scores.json").read_text(encoding="utf-8"))
        name = known
    result = train_run(project, plan, out=name, resume=name is not None, say=say)
    return result.directory, result.scores


def _words(say: Say, step: str) -> Say:
    def said(done: int, total: int, words: str) -> None:
        say(done, total, f"{step}: {words}")

    return said
