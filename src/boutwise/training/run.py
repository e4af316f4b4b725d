"""Train: a plan becomes out-of-fold scores, a bundle and a run folder that explains both."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from boutwise import __version__, machine
from boutwise.errors import DataError, UsageError
from boutwise.planning import Plan
from boutwise.planning.plan import usable_subjects
from boutwise.project import Project
from boutwise.training._lock import only_one
from boutwise.training.assess import Assessed, assess, null_control, write_out_of_fold
from boutwise.training.cohorts import probe_cohorts
from boutwise.training.opening import open_run, write_json
from boutwise.training.people import people
from boutwise.training.pool import run_units
from boutwise.training.shipping import build_bundle
from boutwise.training.snapshot import Snapshot
from boutwise.training.snapshot_files import load_snapshot, save_snapshot
from boutwise.training.taking import partial_note, take_snapshot
from boutwise.training.trials import take_trials
from boutwise.training.units import FINAL, Unit
from boutwise.training.videos import keep_videos
from boutwise.types.recipe import NetworkMember

Say = Callable[[int, int, str], None]


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
        workers: Processes side by side; by default one a core that this process may use.
        say: Called with (done, total, words) as the work advances.

    Raises:
        UsageError: The name is taken; or there is nothing, or something else, to resume; or
            another process is at work on it.
    """
    say = say or (lambda done, total, words: None)
    if plan.recipe.budget_minutes != "none" and not plan.asked:
        raise UsageError(
            "the plan has a budget, and nothing of it was fitted to that budget",
            expected="a plan of boutwise.plan, which measures this machine",
        )
    run = open_run(project, plan, out, resume)
    with only_one(run):
        return _train_in(run, project, plan, workers=workers or machine.usable_cores(), say=say)


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
    write_out_of_fold(run, snapshot, assessed.predictions)
    scores = _scores(run, plan, snapshot, assessed)
    scores["people"] = people(project, snapshot)
    probe = probe_cohorts(project, plan, snapshot, assessed.predictions, scores)
    scores["cohort_probe"] = probe
    # The bundle comes after the scores: there is none that nobody knows the score of.
    write_json(run / "scores.json", scores)
    bundle = build_bundle(run, plan, snapshot, assessed.decision, scores)
    say(1, 1, "out-of-fold scores")
    return RunResult(run, bundle, scores, first[0] + last[0], first[1] + last[1])


def _snapshot(project: Project, plan: Plan, run: Path, say: Say) -> Snapshot:
    subjects = usable_subjects(project, plan.recipe)
    take = take_trials if plan.recipe.target.ratings else take_snapshot
    snapshot = take(project, plan, subjects, say)
    if (run / "data" / "snapshot.json").exists():
        _refuse_changed(snapshot, run)
    save_snapshot(snapshot, run / "data")
    keep_videos(project, plan, snapshot, run)
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
    scores["notes"] = [*scores["notes"], *partial_note(snapshot)]
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
