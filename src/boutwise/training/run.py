"""Train: a plan becomes out-of-fold scores, a bundle and a run folder that explains both."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from boutwise import __version__
from boutwise.errors import DataError, UsageError
from boutwise.planning import Plan
from boutwise.planning.plan import usable_subjects
from boutwise.project import Project
from boutwise.training._lock import only_one
from boutwise.training.assess import Assessed, assess, null_control, write_out_of_fold
from boutwise.training.cohorts import probe_cohorts
from boutwise.training.people import people
from boutwise.training.pool import run_units
from boutwise.training.shipping import build_bundle
from boutwise.training.snapshot import Snapshot, take_snapshot
from boutwise.training.snapshot_files import load_snapshot, save_snapshot
from boutwise.training.units import FINAL, Unit
from boutwise.types.plain_yaml import load_yaml
from boutwise.types.recipe import NetworkMember

Say = Callable[[int, int, str], None]
CLAIM_S = 0.5
"""Time that a process has to write its plan after it took the name of a run, seconds."""
FINISHED = "report.html"
"""The last file of a run; until it is there, the run can be resumed."""
PACKAGES = ("numpy", "scipy", "pandas", "lightgbm", "torch", "lightning")


@dataclass(frozen=True)
class RunResult:
    """What a training left behind.

    Attributes:
        directory: The run folder.
        bundle: The bundle file.
        scores: What ``scores.json`` holds.
        units_run: Units of work that were computed now.
        units_kept: Units that had been done before.
    """

    directory: Path
    bundle: Path
    scores: dict[str, Any]
    units_run: int
    units_kept: int


def train(
    project: Project,
    plan: Plan,
    *,
    out: str | None = None,
    resume: bool = False,
    workers: int | None = None,
    say: Say | None = None,
) -> RunResult:
    """Fit a plan.

    Args:
        project: With the recordings that the plan was made for.
        plan: What to do.
        out: Name of the run; by default that of the recipe, numbered when it is taken.
        resume: Go on with the unfinished run of that name, keeping every finished unit.
        workers: Processes side by side; by default one a core.
        say: Called with (done, total, words) as the work advances.

    Raises:
        UsageError: The name is taken; or there is nothing, or something else, to resume; or
            another process is at work on it.
    """
    say = say or (lambda done, total, words: None)
    run = _open_run(project, plan, out, resume)
    with only_one(run):
        return _train_in(run, project, plan, workers=workers or os.cpu_count() or 1, say=say)


def _train_in(run: Path, project: Project, plan: Plan, *, workers: int, say: Say) -> RunResult:
    snapshot = _snapshot(project, plan, run, say)
    members = range(len(plan.recipe.members))
    folds = [Unit("folds", fold.name, member) for fold in plan.folds for member in members]
    control = [Unit("control", fold.name, 0) for fold in plan.folds]
    first = run_units(run, folds + control, workers=workers, say=say)
    final = [Unit(FINAL, "", member, _steps(run, plan, member)) for member in members]
    last = run_units(run, final, workers=workers, say=say)
    say(0, 1, "out-of-fold scores")
    assessed = assess(run, plan, snapshot)
    write_out_of_fold(run, assessed.predictions)
    scores = _scores(run, plan, snapshot, assessed)
    scores["people"] = people(project, snapshot)
    probe = probe_cohorts(project, plan, snapshot, assessed.predictions, scores)
    scores["cohort_probe"] = probe
    # The bundle comes after the scores: there is none that nobody knows the score of.
    write_json(run / "scores.json", scores)
    bundle = build_bundle(run, plan, snapshot, assessed.decision, scores)
    say(1, 1, "out-of-fold scores")
    return RunResult(run, bundle, scores, first[0] + last[0], first[1] + last[1])


def write_json(path: Path, data: Any) -> None:
    """Write JSON under a temporary name, then move it into place."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(json.dumps(data, indent=1, allow_nan=False), encoding="utf-8")
    temporary.replace(path)


def _open_run(project: Project, plan: Plan, out: str | None, resume: bool) -> Path:
    if resume:
        run = _unfinished(project, plan, out)
        _same_release(run)
        if Plan.load(run / "plan.yaml").key() != plan.key():
            raise UsageError(
                f"the run '{run.name}' was begun with another plan",
                file=run / "plan.yaml",
                todo="resume it with the same recipe, settings, seed and data, or leave --resume "
                "out to begin a new run",
            )
        return run
    name = out or _free_name(project, plan.recipe.name)
    while not _claim(project, name):
        if out:
            raise UsageError(
                f"there is already a run '{name}'",
                file=project.runs / name,
                todo="choose another name for --out, or go on with it by --resume",
            )
        name = _free_name(project, plan.recipe.name)
    run = project.runs / name
    write_json(run / "environment.json", environment())
    plan.save(run / "plan.yaml")  # whole or not at all: from here on the run can be resumed
    return run


def _claim(project: Project, name: str) -> bool:
    """Take the name of a run; of two that try at once one gets it.

    A name that was taken by a process that died before it had written its plan is free.
    """
    run = project.run_directory(name)
    if (run / "plan.yaml").exists():
        return False
    try:
        (run / "environment.json").open("x").close()
    except FileExistsError:
        time.sleep(CLAIM_S)
        return not (run / "plan.yaml").exists()
    return True


def _same_release(run: Path) -> None:
    """Folds of one run are made by one release, or their scores do not belong together."""
    try:
        before = load_yaml((run / "plan.yaml").read_text(encoding="utf-8"))[0]
    except (OSError, ValueError, yaml.YAMLError):
        return  # a broken plan is told of where it is read as a plan
    before = before if isinstance(before, dict) else {}
    if before.get("boutwise") != __version__:
        raise UsageError(
            f"the run '{run.name}' was begun by boutwise {before.get('boutwise')}",
            file=run / "plan.yaml",
            expected=f"boutwise {__version__}, which is at work now",
            todo="go on with that release, or begin a new run",
        )


def _unfinished(project: Project, plan: Plan, out: str | None) -> Path:
    names = [out] if out else list(reversed(project.run_names()))
    for name in names:
        run = project.runs / name
        begun = (run / "plan.yaml").exists() and not (run / FINISHED).exists()
        if begun and (out or Plan.load(run / "plan.yaml").recipe.name == plan.recipe.name):
            return run
    if out and (project.runs / out / FINISHED).exists():
        raise UsageError(
            f"the run '{out}' is finished",
            file=project.runs / out,
            todo="nothing is left to do; choose another name for a new run",
        )
    raise UsageError(
        f"there is no unfinished run {f'{out!r}' if out else 'of this recipe'} to go on with",
        file=project.runs,
        todo="leave --resume out to begin one",
    )


def _free_name(project: Project, name: str) -> str:
    taken = {path.name for path in project.runs.glob("*")} if project.runs.exists() else set()
    numbers = [name] + [f"{name}-{number}" for number in range(2, len(taken) + 3)]
    return next(number for number in numbers if number not in taken)


def _snapshot(project: Project, plan: Plan, run: Path, say: Say) -> Snapshot:
    subjects = usable_subjects(project, plan.recipe)
    snapshot = take_snapshot(project, plan, subjects, say)
    if (run / "data" / "snapshot.json").exists():
        _refuse_changed(snapshot, run)
    save_snapshot(snapshot, run / "data")
    return load_snapshot(run / "data")


def _refuse_changed(snapshot: Snapshot, run: Path) -> None:
    """A run goes on with the very labels, clocks and features that it began with."""
    now = run / "data" / "now"
    save_snapshot(snapshot, now)
    old, new = (_whole(directory / "snapshot.json") for directory in (run / "data", now))
    shutil.rmtree(now)
    labels = [data["facts"].pop("labels_digest") for data in (old, new)]
    # The store may have moved with the project: its entries are named by their contents.
    data_changed = {**old, "store": ""} != {**new, "store": ""}
    if labels[0] != labels[1] or data_changed:
        what = "pose, keypoint roles, clocks or features" if data_changed else "the labels"
        raise DataError(
            f"{what} have changed since this run began",
            file=run,
            todo="begin a new run; this one stays as it is",
        )


def _whole(path: Path) -> dict[str, Any]:
    """A file of the run that must be as it was written."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return dict(found)
    except (OSError, ValueError, TypeError) as error:
        raise DataError(
            f"a file of the run cannot be read: {error}",
            file=path,
            expected="the file as the training wrote it",
            todo="bring it back as it was, or begin a new run",
        ) from error


def _steps(run: Path, plan: Plan, member: int) -> int | None:
    """The final fit trains as long as the folds did in the median, where they stopped early."""
    settings = plan.recipe.members[member]
    if not isinstance(settings, NetworkMember) or settings.optim.early_stop == "none":
        return None
    done = [
        json.loads(
            (Unit("folds", fold.name, member).directory(run) / "done.json").read_text("utf-8")
        )
        for fold in plan.folds
    ]
    return round(median(int(entry["steps"]) for entry in done))


def _scores(run: Path, plan: Plan, snapshot: Snapshot, assessed: Assessed) -> dict[str, Any]:
    scores = assessed.scores.as_dict()
    scores["null_control"] = null_control(run, plan, snapshot)
    scores["run"] = {
        "name": run.name,
        "recipe": plan.recipe.name,
        "split": plan.recipe.split.by,
        "leaks": plan.leaks,
        "folds": [{"name": fold.name, "test": list(fold.test)} for fold in plan.folds],
        "holdout": list(plan.holdout),
        "seed": plan.seed,
        "fps": plan.fps,
        "boutwise": __version__,
        "labels_digest": snapshot.facts["labels_digest"],
    }
    return scores


def environment() -> dict[str, Any]:
    """Versions and machine, for ``environment.json``."""
    versions: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = None
    return {
        "boutwise": __version__,
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "packages": versions,
    }
