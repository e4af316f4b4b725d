"""How good the recipes are on real mice: SUBTLE, one animal left out at a time.

    python benchmarks/subtle.py [--data DIR] [--recipes NAME ...] [--seed N] [--set A.B=C] [--json]

Six recordings of ten minutes and six animals, 72,031 frames, five classes. Each recipe is trained
by the product itself, from an import into a temporary project to out-of-fold decisions; the
decision of each fold is fitted on the other folds. Of a recipe with several members there is a row
for each member alone and one for all. Intervals are 95 % over six animals and therefore rough, and
differences below .006 mean nothing. CPU seconds are of one thread: training for one fold, inference
from the pose in memory to bouts, for 100,000 frames.

Takes about 3 CPU minutes for ``pose``; for all recipes 15 are an estimate.
"""

from __future__ import annotations

import os

os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from _out_of_fold import fit_folds, opened, taken
from _rows import tell

import boutwise as bw
from boutwise import registry
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.learners import score_subject
from boutwise.metrics import Scores
from boutwise.planning import Plan, make_plan
from boutwise.prepare import PreparedPose, member_streams
from boutwise.project import Project
from boutwise.training.assess import Assessed, assess
from boutwise.training.snapshot_files import load_snapshot
from boutwise.training.units import Unit

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "subtle" / "labelled"
RECIPES = ("pose", "pose_tcn", "pose_best")
IOUS = (0.1, 0.25, 0.5)


def imported(folder: Path, data: Path) -> Project:
    """A project of the labelled recordings."""
    project = bw.Project.create(folder)
    plan = plan_import(project, [data], format="subtle")
    apply_import(project, plan)
    return project


def measure(
    project: Project, recipe: str, folder: Path, settings: Sequence[str], seed: int
) -> list[dict[str, Any]]:
    """The rows of one recipe: each member alone where there are several, then all together."""
    plan = make_plan(project, recipe, settings=settings, seed=seed)
    run = folder / recipe
    opened(plan, taken(project, plan), run)
    spent = [fit_folds(plan, run, [member]) for member in range(len(plan.recipe.members))]
    rows = []
    if len(spent) > 1:
        for member, cpu_s in enumerate(spent):
            alone, part = only(plan, run, member)
            learner = plan.recipe.members[member].learner
            name = f"{recipe}, member {member + 1} ({learner})"
            rows.append(row(name, project, alone, part, cpu_s))
    return [*rows, row(recipe, project, plan, run, sum(spent))]


def only(plan: Plan, run: Path, member: int) -> tuple[Plan, Path]:
    """A plan of one member, and a run folder that holds what this member scored."""
    recipe = plan.recipe.model_copy(update={"members": [plan.recipe.members[member]]})
    alone, part = replace(plan, recipe=recipe), run / f"only_{member}"
    for fold in plan.folds:
        source = Unit("folds", fold.name, member).directory(run)
        shutil.copytree(source, Unit("folds", fold.name, 0).directory(part))
    return alone, part


def row(name: str, project: Project, plan: Plan, run: Path, cpu_s: float) -> dict[str, Any]:
    """What a run shows."""
    snapshot = load_snapshot((run if (run / "data").exists() else run.parent) / "data")
    if len(plan.recipe.members) < len(snapshot.columns):
        member = int(run.name.removeprefix("only_"))
        entries = tuple(replace(e, keys=(e.keys[member],)) for e in snapshot.entries)
        columns, mirrors = (snapshot.columns[member],), snapshot.mirrors[member : member + 1]
        snapshot = replace(snapshot, entries=entries, columns=columns, mirrors=mirrors)
    assessed = assess(run, plan, snapshot)
    return {
        "what": name,
        **numbers(assessed.scores),
        "training_cpu_s": round(cpu_s / len(plan.folds), 1),
        "inference_cpu_s": round(inference(project, plan, run, assessed), 2),
        "majority_f1": majority(assessed.scores),
    }


def numbers(scores: Scores) -> dict[str, Any]:
    """The scores that are compared."""
    pooled, bouts = scores.frames.macro_f1, scores.bouts
    by_animal = scores.frames.by_animal
    return {
        "macro_f1": pooled.value,
        "low": pooled.interval.low,
        "high": pooled.interval.high,
        "by_animal": by_animal.mean,
        "sd": by_animal.sd,
        "without_na": scores.frames.macro_f1_without_background.value,
        **{f"bout_f1@{iou:g}": bouts.pooled_f1[bouts.thresholds.index(iou)].value for iou in IOUS},
        "animals": {unit.name: unit.macro_f1 for unit in scores.by_animal},
    }


def inference(project: Project, plan: Plan, run: Path, assessed: Assessed) -> float:
    """CPU seconds from the pose in memory to bouts, for 100,000 frames; the second of two goes."""
    first = plan.folds[0]
    subject = next(
        s for p in assessed.predictions for s in p.subjects if {s.animal} & set(first.test)
    )
    recording = next(r for r in project.recordings() if r.id == subject.recording)
    pose = project.pose(recording.id)
    members = [
        registry.load("learner", member.learner).load(
            Unit("folds", first.name, place).directory(run)
        )
        for place, member in enumerate(plan.recipe.members)
    ]
    spent = 0.0
    for _ in range(2):
        start = time.process_time()
        prepared = PreparedPose(pose, recording.clock, fps=plan.fps, prepare=plan.recipe.prepare)
        raw = []
        for member, fitted in zip(plan.recipe.members, members, strict=True):
            parts = member_streams(member)
            streams = {name: prepared.stream(subject, p).values for name, p in parts.items()}
            raw.append(score_subject(fitted, subject, plan.fps, streams))
        chance = assessed.decision.probabilities(raw, plan.fps)
        assessed.decision.decide(chance, plan.fps)
        spent = time.process_time() - start
    return spent * 100_000 / pose.n_frames


def majority(scores: Scores) -> float:
    """Macro-F1 of who always says the class that is most frequent in the other animals."""
    return next(b for b in scores.baselines if b.name == "majority").macro_f1


def shown(rows: Sequence[dict[str, Any]]) -> str:
    """A table in Markdown."""
    head = (
        "| | macro-F1 | by animal | without `na` | bout F1@.1 / .25 / .5 | training | inference |"
    )
    lines = [head, "|---|---|---|---|---|---|---|"]
    lines.append(f"| majority | {rows[0]['majority_f1']:.3f} | | | | | |")
    for entry in rows:
        bouts = " / ".join(f"{entry[f'bout_f1@{iou:g}']:.3f}" for iou in IOUS)
        lines.append(
            f"| {entry['what']} | {entry['macro_f1']:.3f} "
            f"({entry['low']:.2f} to {entry['high']:.2f}) "
            f"| {entry['by_animal']:.3f} ± {entry['sd']:.3f} | {entry['without_na']:.3f} "
            f"| {bouts} | {entry['training_cpu_s']:.0f} s | {entry['inference_cpu_s']:.1f} s |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not arguments.data.exists():
        print(f"the recordings are not there: {arguments.data}", file=sys.stderr)
        return
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with imported(folder / "project", arguments.data) as project:
            for recipe in arguments.recipes:
                rows += measure(project, recipe, folder, arguments.settings, arguments.seed)
    title = "SUBTLE, 6 animals, 72,031 frames, one animal left out at a time"
    tell(rows, as_json=arguments.json, title=title, table=shown(rows))


if __name__ == "__main__":
    main()
