"""Units of work: one member of one fold. What is resumed, counted and sent to other machines.

A unit reads the run folder only and writes one folder::

    folds/<fold>/members/<i>/   the fitted member, its raw scores as raw/<n>.npy, done.json;
                                of a network also curves.csv and tensorboard/
    control/<fold>/members/0/   the same for the null control
    final/members/<i>/          the fitted member of the bundle

``done.json`` comes last: a unit is done when it is there. It tells how long the fit took too, for
the price of the next one.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.learners import Dataset, Run, score_subject
from boutwise.planning import Plan
from boutwise.planning.folds import test_mask
from boutwise.planning.refusing import FEWEST_TO_STOP
from boutwise.training.control import control_plan, shift_labels
from boutwise.training.snapshot import Entry, Snapshot
from boutwise.training.snapshot_files import load_snapshot
from boutwise.types import Subject
from boutwise.types.recipe import NetworkMember, TreesMember

Say = Callable[[int, int, str], None]
FINAL = "final"


@dataclass(frozen=True)
class Unit:
    """One member of one fold.

    Attributes:
        kind: ``folds``, ``control`` or ``final``; ``pace`` where a budget is measured.
        fold: Name of the fold; empty in the final fit.
        member: Place of the member in the recipe.
        steps: Rounds or epochs of the final fit; None elsewhere.
    """

    kind: str
    fold: str
    member: int
    steps: int | None = None

    def directory(self, run: Path) -> Path:
        """Its folder in the run."""
        head = run / self.kind if self.kind == FINAL else run / self.kind / self.fold
        return head / "members" / str(self.member)

    def done(self, run: Path) -> bool:
        """Whether it was finished."""
        return (self.directory(run) / "done.json").is_file()

    def __str__(self) -> str:
        words = {
            "folds": f"fold {self.fold}",
            "control": f"null control, fold {self.fold}",
            "pace": "measuring how fast it is trained here",
        }
        return f"{words.get(self.kind, 'final fit')}, member {self.member}"


def run_unit(run: Path, unit: Unit, *, threads: int = 1, say: Say | None = None) -> None:
    """Fit and score one unit; nothing when it was finished before."""
    if unit.done(run):
        return
    plan = Plan.load(run / "plan.yaml")
    snapshot = load_snapshot(run / "data")
    if unit.kind == "control":
        plan, snapshot = control_plan(plan), shift_labels(snapshot)
    directory = unit.directory(run)
    # Checkpoints of an interrupted fit stay in 'work'; everything else is written anew.
    work = directory / "work"
    work.mkdir(parents=True, exist_ok=True)
    (directory / "error.txt").unlink(missing_ok=True)
    member = plan.recipe.members[unit.member]
    learner = registry.load("learner", member.learner).Learner(member, snapshot.ethogram)
    context = Run(
        seed=_seed(plan, unit),
        threads=threads,
        directory=work,
        say=say or (lambda done, total, words: None),
        steps=unit.steps,
        trainer=trainer_for(member),
        curves=directory,
    )
    train, valid = _training_set(plan, snapshot, unit)
    began_s, resumed = time.perf_counter(), any(work.iterdir())
    fitted = learner.fit(train, valid, context)
    fit_s = time.perf_counter() - began_s
    fitted.save(directory)
    scored = 0
    if unit.kind != FINAL:
        scored = _score_test_frames(plan, snapshot, unit, directory, fitted)
    score_s = time.perf_counter() - began_s - fit_s
    shutil.rmtree(work, ignore_errors=True)
    done: dict[str, float] = {"steps": int(fitted.steps)}
    done["margin_frames"] = int(fitted.margin_frames)
    if not resumed:  # of a fit that was interrupted nobody knows how long all of it took
        done |= {"fit_s": fit_s, "fitted_frames": sum(item.n_frames for item in train.items)}
        done |= {"score_s": score_s, "scored_frames": scored}
    temporary = directory / "done.tmp"
    temporary.write_text(json.dumps(done), encoding="utf-8")
    temporary.replace(directory / "done.json")


def trainer_for(member: TreesMember | NetworkMember) -> Callable[..., object] | None:
    """What trains the module of a network; trees need nothing."""
    if not isinstance(member, NetworkMember):
        return None
    from boutwise.training._lightning import train_module

    return train_module


def _seed(plan: Plan, unit: Unit) -> int:
    """Each unit has its own stream of random numbers, the same on every machine."""
    words = f"{unit.kind}/{unit.fold}/{unit.member}".encode()
    return int(np.random.SeedSequence([plan.seed, *words]).generate_state(1)[0] >> 1)


def entry_mask(plan: Plan, entry: Entry, fold_name: str) -> NDArray[np.bool_]:
    """Frames of a subject that a fold tests, at the working rate."""
    fold = next(fold for fold in plan.folds if fold.name == fold_name)
    dealing = plan.dealing(entry.working.n_frames)
    return test_mask(fold, plan.folds, entry.group, entry.subject, dealing)


def _training_set(plan: Plan, snapshot: Snapshot, unit: Unit) -> tuple[Dataset, Dataset | None]:
    weights: dict[Subject, NDArray[np.float32]] = {}
    for entry in snapshot.entries:
        if entry.held_out(plan):
            continue
        weight = np.ones(entry.working.n_frames, dtype=np.float32)
        if unit.fold:
            weight[entry_mask(plan, entry, unit.fold)] = 0
        if weight.any():
            weights[entry.subject] = weight
    dataset = snapshot.dataset(unit.member, weights=weights, views=True)
    member = plan.recipe.members[unit.member]
    stops = isinstance(member, NetworkMember) and member.optim.early_stop != "none"
    if not stops or unit.kind == FINAL or len(dataset.groups) < FEWEST_TO_STOP:
        return dataset, None
    inner = dataset.groups[_seed(plan, unit) % len(dataset.groups)]
    rest = [group for group in dataset.groups if group != inner]
    return dataset.only(rest), dataset.only([inner])


def _score_test_frames(
    plan: Plan, snapshot: Snapshot, unit: Unit, directory: Path, fitted: object
) -> int:
    """Write the raw scores of what a fold tests; gives the number of frames that were scored."""
    scored = 0
    raw_directory = directory / "raw"
    raw_directory.mkdir(exist_ok=True)
    for place, entry in enumerate(snapshot.entries):
        mask = entry_mask(plan, entry, unit.fold)
        if entry.held_out(plan) or not mask.any():
            continue
        weights = {entry.subject: mask.astype(np.float32)}
        item = snapshot.dataset(unit.member, weights=weights).items[0]
        scores = score_subject(fitted, entry.subject, item.fps, item.streams)  # type: ignore[arg-type]
        np.save(raw_directory / f"{place}.npy", scores[mask])
        scored += item.n_frames
    return scored


def out_of_fold(
    run: Path, plan: Plan, snapshot: Snapshot, member: int, *, kind: str = "folds"
) -> dict[Subject, NDArray[np.float32]]:
    """Raw scores of each subject from the folds that did not train on them, (frames, behaviors).

    At the working rate. A subject that was held out is not there.
    """
    scores: dict[Subject, NDArray[np.float32]] = {}
    for place, entry in enumerate(snapshot.entries):
        if entry.held_out(plan):
            continue
        raw = np.full((entry.working.n_frames, len(snapshot.ethogram.names)), np.nan, np.float32)
        for fold in plan.folds:
            mask = entry_mask(plan, entry, fold.name)
            if mask.any():
                directory = Unit(kind, fold.name, member).directory(run)
                raw[mask] = np.load(directory / "raw" / f"{place}.npy")
        scores[entry.subject] = raw
    return scores
