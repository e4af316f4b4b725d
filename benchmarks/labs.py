"""Labs that differ: one model over all of them, one a lab, and a lab that was never seen.

    python benchmarks/labs.py [--recipe NAME] [--seeds N] [--pairs N] [--minutes M] [--folds N]
                              [--labs NAME ...] [--set A.B=C] [--json]

The simulated labs differ in rate (25 to 120 frames a second), scale, keypoints and in what they
look for; what a lab did not look for is unlabelled there and is neither learned nor scored. Every
recording of a lab is predicted by four kinds of models:

``one a lab``      learned from other pairs of animals of the same lab
``all labs``       learned from these and from other pairs of all labs
``all, told``      the same, with the lab as further columns (a one-hot)
``unseen lab``     learned from all other labs

Pairs of animals are never on both sides. The first three test the same pairs in the same folds.
With as many folds as pairs a lab and four labs, the models over all labs learn from as many pairs
as those of an unseen lab.
Given is the macro-F1 over the behaviors that the lab looks for, pooled over seeds, with an interval
over pairs of animals, and the mean over labs. A condition on the lab must win to become a setting.
"""

from __future__ import annotations

import os

os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import boutwise as bw
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.machine import usable_cores
from boutwise.metrics import ScoredSubject, score_recordings
from boutwise.planning import Fold, Plan, make_plan
from boutwise.planning.plan import usable_subjects
from boutwise.project import Project
from boutwise.store import Store
from boutwise.synthetic import PAIRS_VERSION, SimulatedPair, simulate_labs, write_pairs
from boutwise.synthetic.pairs.labs import LAB_ETHOGRAM, LABS
from boutwise.training.assess import assess
from boutwise.training.pool import run_units
from boutwise.training.snapshot import Snapshot
from boutwise.training.snapshot_files import load_snapshot, save_snapshot
from boutwise.training.taking import take_snapshot
from boutwise.training.units import Unit

MODELS = ("one a lab", "all labs", "all, told", "unseen lab")


def say(done: int, total: int, words: str) -> None:
    """One line on standard error: a table on standard output stays a table."""
    print(f"  {done}/{total} {words}", file=sys.stderr)


def imported(folder: Path, made: Mapping[str, Sequence[SimulatedPair]]) -> Project:
    """A project of the written recordings of some labs."""
    project = bw.Project.create(folder / "project")
    looked_for = {name for lab in made for name in LABS[lab].behaviors}
    names = [name for name in LAB_ETHOGRAM.names if name in looked_for]
    project.set_ethogram(LAB_ETHOGRAM.only(names))
    for lab, items in made.items():
        files = write_pairs(items, folder / lab, labels="bouts_csv")
        planned = plan_import(
            project,
            [files / "pose", files / "labels"],
            fps=LABS[lab].fps,
            animals=files / "animals.csv",
        )
        apply_import(project, planned)
    return project


def dealt(plan: Plan, n_folds: int) -> Plan:
    """Folds with pairs of every lab in each; a split by lab keeps its own."""
    if plan.recipe.split.by == "cohort":
        return plan
    groups = sorted(name for fold in plan.folds for name in fold.test)
    # Names are LAB_intruder_NUMBER+LAB_resident_NUMBER: the number deals them out.
    number = {name: int(name.rsplit("_", 1)[1]) for name in groups}
    tests = [tuple(g for g in groups if number[g] % n_folds == k) for k in range(n_folds)]
    return replace(plan, folds=tuple(Fold(str(k + 1), test) for k, test in enumerate(tests)))


def with_lab(snapshot: Snapshot) -> Snapshot:
    """Streams that say of which lab a recording is."""
    labs = sorted({lab_of(entry.subject.recording) for entry in snapshot.entries})
    names = tuple(f"lab_{lab}" for lab in labs)
    entries = []
    for entry in snapshot.entries:
        mine = lab_of(entry.subject.recording)
        told = np.zeros((entry.working.n_frames, len(labs)), dtype=np.float32)
        told[:, labs.index(mine)] = 1
        key = Store.key("lab", mine, labs, entry.working.n_frames)
        snapshot.store.put(key, told, {"columns": list(names)})
        keys = tuple(
            {name: (*of_it, key) for name, of_it in streams.items()} for streams in entry.keys
        )
        entries.append(replace(entry, keys=keys))
    return replace(
        snapshot,
        entries=tuple(entries),
        columns=tuple({n: (*c, *names) for n, c in one.items()} for one in snapshot.columns),
        pieces=tuple({n: (*p, names) for n, p in one.items()} for one in snapshot.pieces),
        mirrors=(),
    )


def lab_of(recording: str) -> str:
    return recording.split("_", 1)[0]


def out_of_fold(
    project: Project, run: Path, options: argparse.Namespace, *, seed: int, kind: str
) -> list[ScoredSubject]:
    """Labels and out-of-fold decisions of every ordered pair."""
    by = "cohort" if kind == "unseen lab" else "animal"
    settings = [f"split.by={by}", "split.folds=auto", *options.settings]
    plan = dealt(make_plan(project, options.recipe, settings=settings, seed=seed), options.folds)
    run.mkdir()
    plan.save(run / "plan.yaml")
    snapshot = take_snapshot(project, plan, usable_subjects(project, plan.recipe), say)
    save_snapshot(with_lab(snapshot) if kind == "all, told" else snapshot, run / "data")
    members = range(len(plan.recipe.members))
    units = [Unit("folds", fold.name, member) for fold in plan.folds for member in members]
    run_units(run, units, workers=1, say=say)
    snapshot = load_snapshot(run / "data")
    decided = {
        subject: rows
        for prediction in assess(run, plan, snapshot).predictions
        for subject, rows in zip(prediction.subjects, prediction.decided, strict=True)
    }
    found = []
    for entry in snapshot.entries:
        looked_for = LABS[lab_of(entry.subject.recording)].behaviors
        places = [k for k, name in enumerate(snapshot.ethogram.names) if name in looked_for]
        found.append(
            ScoredSubject(
                replace(entry.subject, recording=f"{entry.subject.recording} {seed}"),
                f"{entry.unit} {seed}",
                snapshot.states[entry.subject][:, places],
                decided[entry.subject][:, places],
                entry.clock.fps,
            )
        )
    return found


def measure(kind: str, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Rows of one kind of model: one a lab."""
    items: list[ScoredSubject] = []
    start = time.process_time()
    for seed in range(options.seeds):
        labs = [LABS[name] for name in options.labs]
        made = simulate_labs(labs, pairs=options.pairs, minutes=options.minutes, seed=seed)
        parts = [{lab: made[lab]} for lab in made] if kind == "one a lab" else [made]
        for part in parts:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                with imported(folder, part) as project:
                    items += out_of_fold(project, folder / "run", options, seed=seed, kind=kind)
    spent = time.process_time() - start
    rows = []
    for lab in options.labs:
        mine = [item for item in items if lab_of(item.subject.recording) == lab]
        looked_for = [name for name in LAB_ETHOGRAM.names if name in LABS[lab].behaviors]
        scores = score_recordings(mine, LAB_ETHOGRAM.only(looked_for))
        found = scores.frames.macro_f1
        rows.append(
            {
                "model": kind,
                "lab": lab,
                "recipe": options.recipe,
                "version": PAIRS_VERSION,
                "macro_f1": found.value,
                "low": found.interval.low,
                "high": found.interval.high,
                "behaviors": {b.name: round(b.f1.value, 4) for b in scores.behaviors},
                "cpu_s": round(spent),
            }
        )
    return rows


def shown(rows: Sequence[dict[str, Any]], labs: Sequence[str]) -> str:
    """A table in Markdown: models down, labs across."""
    lines = [f"| model | {' | '.join(labs)} | mean |", "|---|" + "---|" * (len(labs) + 1)]
    for kind in dict.fromkeys(row["model"] for row in rows):
        mine = {row["lab"]: row for row in rows if row["model"] == kind}
        cells = [
            f"{mine[lab]['macro_f1']:.3f} ({mine[lab]['low']:.2f} to {mine[lab]['high']:.2f})"
            for lab in labs
        ]
        mean = float(np.mean([mine[lab]["macro_f1"] for lab in labs]))
        lines.append(f"| {kind} | {' | '.join(cells)} | {mean:.3f} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="pose")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--labs", nargs="+", choices=sorted(LABS), default=list(LABS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [row for kind in options.models for row in measure(kind, options)]
    if options.json:
        machine = (
            f"{platform.machine()}, {usable_cores()} cores, Python {platform.python_version()}"
        )
        print(json.dumps({"machine": machine, "rows": rows}))
        return
    print(
        f"{options.seeds} seeds x {len(options.labs)} simulated labs x {options.pairs} pairs x "
        f"{options.minutes:g} minutes, recipe '{options.recipe}'"
    )
    print(shown(rows, options.labs))


if __name__ == "__main__":
    main()
