"""Train and score on CalMS21, when you have its files: the official test sequences, its metric.

    python benchmarks/calms21.py FOLDER [--task 1|2|3] [--recipe NAME] [--set a.b=c]... [--seeds N]
                                 [--workers N] [--out DIR] [--json]

FOLDER holds ``calms21_task1_train.json`` and ``calms21_task1_test.json`` (or ``.npy``; of tasks 2
and 3 for those), anywhere below it. Only training sequences are learned from, calibrated and chosen
on; the test sequences are kept apart by ``--holdout test`` and predicted once by each seed's model.
Task 1: F1 and average precision of attack, investigation and mount, frames pooled, ``other`` left
out. Task 2: the same for each annotator, each learned from that annotator's sequences alone (the
published baselines begin with a model of task 1). Task 3: the same for each behavior alone.
Projects and runs stay in ``--out``, and a run that is there is not trained again.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from boutwise import api
from boutwise.errors import DataError
from boutwise.metrics import ScoreOptions, Scores, student_quantile
from boutwise.project import Project

QUOTED = ("chosen_f1", "chosen_average_precision")
BEHAVIORS = ("attack", "investigation", "mount")
BACKGROUND = "other"
PUBLISHED = {
    "1": "task 1, as published (F1 / average precision): baseline .793 / .856, with task "
    "programming .829 / .889, winner of 2021 .864 / .914"
}


@dataclass(frozen=True)
class Job:
    """One model: what it learns, and how it is scored."""

    name: str
    settings: tuple[str, ...]
    chosen: tuple[str, ...]
    annotator: str


def cpu_s() -> float:
    """CPU seconds of this process and of those that it waited for: folds are trained in others."""
    return sum(os.times()[:4])


def files_of(folder: Path, task: str) -> list[Path]:
    """Training and test file; a JSON wins over the NPY made from it."""
    found = []
    for split in ("train", "test"):
        names = [f"calms21_task{task}_{split}{suffix}" for suffix in (".json", ".npy")]
        hits = [path for name in names for path in sorted(folder.rglob(name))]
        if not hits:
            raise DataError(
                f"there is no {names[0]}", file=folder, todo="download and unpack the data set"
            )
        found.append(hits[0])
    return found


def project_of(folder: Path, task: str, out: Path) -> Project:
    """The project of a task; importing again adds nothing, and completes what was interrupted."""
    root = out / f"task{task}"
    files = files_of(folder, task)
    there = (root / "boutwise.yaml").is_file()
    project = Project.open(root) if there else Project.create(root)
    plan = api.plan_import(project, files, strict=True)
    api.apply_import(project, plan)
    return project


def jobs_of(project: Project, task: str) -> list[Job]:
    """The models of a task."""
    people = sorted(
        {who for r in project.recordings() for who in project.bouts(r.id).annotators() if who}
    )
    together = json.dumps([*BEHAVIORS, BACKGROUND])
    if task != "3":
        return [
            Job(
                f"task {task}" + (f", {who}" if task == "2" else ""),
                (f"target.behaviors={together}", f"target.annotators={who}"),
                BEHAVIORS,
                who,
            )
            for who in people
        ]
    return [
        Job(f"task 3, {name}", (f"target.behaviors=[{name}]",), (name,), "auto")
        for name in project.ethogram.names
    ]


def trained(project: Project, job: Job, seed: int, given: argparse.Namespace) -> Path:
    """The bundle of a job, trained where it is not there yet."""
    name = f"{job.name.replace(', ', '_').replace(' ', '')}_{given.recipe}_{seed}"
    bundle = Path(project.root) / "runs" / name / "bundle.boutwise"
    if not bundle.is_file():
        wanted = [*job.settings, "split.holdout=[test]", *given.set]
        plan = api.plan(project, given.recipe, settings=wanted, seed=seed)
        api.train(project, plan, out=name, workers=given.workers)
    return bundle


def scored(project: Project, job: Job, bundle: Path, out: Path) -> Scores:
    """The official test sequences, predicted and scored by the rule of the data set."""
    api.predict_files([bundle], project, out, only="cohort=test")
    options = ScoreOptions(quoted=QUOTED, chosen=job.chosen)
    return api.score(project.root, out, options=options, annotators=job.annotator)


def measure(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """A row for each model, with its mean over seeds and their spread."""
    out = arguments.out or arguments.folder / "boutwise"
    project = project_of(arguments.folder, arguments.task, out)
    rows = []
    for job in jobs_of(project, arguments.task):
        values: dict[str, list[float]] = {}
        start = cpu_s()
        for seed in range(arguments.seeds):
            bundle = trained(project, job, seed, arguments)
            scores = scored(project, job, bundle, out / "predictions" / bundle.parent.name)
            for quoted in scores.quoted:
                values.setdefault(quoted.name, []).append(quoted.estimate.value)
            for name in job.chosen:
                values.setdefault(f"f1:{name}", []).append(scores.behavior(name).f1.value)
        rows.append(
            {"job": job.name, "seeds": arguments.seeds}
            | {name: _mean(each) for name, each in values.items()}
            | {f"{name} +-": _half_width(each) for name, each in values.items() if name in QUOTED}
            | {"cpu_s": round(cpu_s() - start, 1)}
        )
    if len(rows) > 1:
        means = {name: _mean([row[name] for row in rows]) for name in QUOTED}
        rows.append({"job": f"task {arguments.task}, mean", "seeds": arguments.seeds} | means)
    return rows


def _mean(values: Sequence[float]) -> float | None:
    """Mean of a score; None where it is not defined, as for a behavior that no test shows."""
    mean = float(np.mean(np.array(values, dtype=float)))
    return round(mean, 4) if np.isfinite(mean) else None


def _half_width(values: Sequence[float]) -> float | None:
    """Half of Student's 95 % interval over seeds: of training alone, not of animals."""
    if len(values) < 2:
        return None
    sd = float(np.std(values, ddof=1))
    return round(student_quantile(0.975, len(values) - 1) * sd / len(values) ** 0.5, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--task", choices=("1", "2", "3"), default="1")
    parser.add_argument("--recipe", default="pose")
    parser.add_argument("--set", action="append", default=[], metavar="a.b=c")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = measure(arguments)
    if arguments.json:
        machine = {"platform": platform.platform(), "python": platform.python_version()}
        print(json.dumps({"machine": machine, "rows": rows}))
        return
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()))
    print(PUBLISHED.get(arguments.task, ""))


if __name__ == "__main__":
    main()
