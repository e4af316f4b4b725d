"""Social behavior of two simulated mice: who does what to whom, and what exchanged names cost.

    python benchmarks/pairs.py [--recipes NAME ...] [--seeds N] [--pairs N] [--minutes M]
                               [--folds N] [--preset NAME] [--set A.B=C] [--json]

Every recipe is trained by the product itself, from written files through the import to out-of-fold
decisions, on all seven directed behaviors. Two things are varied: whether the tracker exchanges the
mice for stretches (two a minute, where is known), and the split. ``animal`` keeps the animals of a
pair together and out of the training; ``random-frame`` deals single frames, so that the neighbors
of every tested frame were learned from: its score is a leak, shown beside the honest one.

Given are the macro-F1 over frames and the share of swapped agents (see
``boutwise.metrics.swapped_agents``), both pooled over seeds, with intervals over pairs of animals.
The simulated mice are those of the frozen preset; no number here may be used to change it.
Takes about 8 CPU minutes as it stands.
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
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import boutwise as bw
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.machine import usable_cores
from boutwise.metrics import Estimate, ScoredSubject, Scores, score_recordings, swapped_agents
from boutwise.planning import make_plan
from boutwise.planning.plan import usable_subjects
from boutwise.project import Project
from boutwise.synthetic import PAIR_PRESETS, PAIRS_VERSION, simulate_pairs, write_pairs
from boutwise.training.assess import assess
from boutwise.training.pool import run_units
from boutwise.training.snapshot_files import load_snapshot, save_snapshot
from boutwise.training.taking import take_snapshot
from boutwise.training.units import Unit
from boutwise.types import Ethogram

SWAPS_PER_MINUTE = (0.0, 2.0)
SPLITS = ("animal", "random-frame")
RECIPES = ("pose",)


def say(done: int, total: int, words: str) -> None:
    """One line on standard error: a table on standard output stays a table."""
    print(f"  {done}/{total} {words}", file=sys.stderr)


def imported(folder: Path, options: argparse.Namespace, *, seed: int, swaps: float) -> Project:
    """A project of written pairs."""
    mice = simulate_pairs(
        options.preset,
        pairs=options.pairs,
        minutes=options.minutes,
        seed=seed,
        swaps_per_minute=swaps,
    )
    files = write_pairs(mice, folder / "files")
    project = bw.Project.create(folder / "project")
    # The background is declared: a table of labels does not say which word means 'none of them'.
    project.set_ethogram(mice[0].ethogram)
    planned = plan_import(
        project, [files / "pose", files / "labels"], fps=30, animals=files / "animals.csv"
    )
    apply_import(project, planned)
    return project


def out_of_fold(
    project: Project, recipe: str, run: Path, settings: Sequence[str], seed: int
) -> tuple[list[ScoredSubject], Ethogram]:
    """Labels and out-of-fold decisions of every ordered pair."""
    plan = make_plan(project, recipe, settings=settings, seed=seed)
    run.mkdir()
    plan.save(run / "plan.yaml")
    snapshot = take_snapshot(project, plan, usable_subjects(project, plan.recipe), say)
    save_snapshot(snapshot, run / "data")
    units = [
        Unit("folds", fold.name, member)
        for fold in plan.folds
        for member in range(len(plan.recipe.members))
    ]
    run_units(run, units, workers=1, say=say)
    snapshot = load_snapshot(run / "data")
    found = assess(run, plan, snapshot)
    decided = {
        subject: rows
        for prediction in found.predictions
        for subject, rows in zip(prediction.subjects, prediction.decided, strict=True)
    }
    return [
        ScoredSubject(
            entry.subject,
            "+".join(sorted((entry.subject.animal, entry.subject.target))),
            snapshot.states[entry.subject],
            decided[entry.subject],
            entry.clock.fps,
        )
        for entry in snapshot.entries
    ], snapshot.ethogram


def measure(recipe: str, swaps: float, split: str, options: argparse.Namespace) -> dict[str, Any]:
    """One row: one recipe under one split, all seeds together."""
    items: list[ScoredSubject] = []
    by_seed = []
    start = time.process_time()
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            settings = [f"split.by={split}", f"split.folds={options.folds}", *options.settings]
            with imported(folder, options, seed=seed, swaps=swaps) as project:
                mine, ethogram = out_of_fold(project, recipe, folder / "run", settings, seed)
        by_seed.append(score_recordings(mine, ethogram).frames.macro_f1.value)
        items += [of_seed(item, seed) for item in mine]
    scores = score_recordings(items, ethogram)
    agents = swapped_agents(items, ethogram)
    return {
        "recipe": recipe,
        "preset": options.preset,
        "version": PAIRS_VERSION,
        "swaps_per_minute": swaps,
        "split": split,
        "leaks": split == "random-frame",
        **ends("macro_f1", scores.frames.macro_f1),
        **ends("without_other", scores.frames.macro_f1_without_background),
        **ends("swapped_agents", agents.share),
        "by_seed": [round(value, 4) for value in by_seed],
        "behaviors": f1_of(scores),
        "cpu_s": round(time.process_time() - start),
    }


def of_seed(item: ScoredSubject, seed: int) -> ScoredSubject:
    """The same under a name that no other seed has."""
    subject = replace(item.subject, recording=f"seed_{seed}/{item.subject.recording}")
    return replace(item, subject=subject, animal=f"seed_{seed}/{item.animal}")


def ends(name: str, found: Estimate) -> dict[str, float]:
    return {
        name: found.value,
        f"{name}_low": found.interval.low,
        f"{name}_high": found.interval.high,
    }


def f1_of(scores: Scores) -> dict[str, float]:
    return {behavior.name: round(behavior.f1.value, 4) for behavior in scores.behaviors}


def shown(rows: Sequence[dict[str, Any]]) -> str:
    """A table in Markdown."""
    lines = [
        "| recipe | split | swaps a minute | macro-F1, 7 behaviors | seeds | swapped agents |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        seeds = " ".join(f"{value:.3f}" for value in row["by_seed"])
        lines.append(
            f"| `{row['recipe']}` | {row['split']}{' (leaks)' if row['leaks'] else ''} "
            f"| {row['swaps_per_minute']:g} | {interval(row, 'macro_f1')} | {seeds} "
            f"| {interval(row, 'swapped_agents')} |"
        )
    names = list(rows[0]["behaviors"])
    lines += ["", f"| F1 of | swaps | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for row in rows:
        values = " | ".join(f"{row['behaviors'][name]:.3f}" for name in names)
        lines.append(
            f"| `{row['recipe']}`, {row['split']} | {row['swaps_per_minute']:g} | {values} |"
        )
    return "\n".join(lines)


def interval(row: dict[str, Any], name: str) -> str:
    return f"{row[name]:.3f} ({row[f'{name}_low']:.3f} to {row[f'{name}_high']:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipes", nargs="+", default=list(RECIPES))
    parser.add_argument("--splits", nargs="+", choices=SPLITS, default=list(SPLITS))
    parser.add_argument("--swaps", nargs="+", type=float, default=list(SWAPS_PER_MINUTE))
    parser.add_argument("--preset", choices=sorted(PAIR_PRESETS), default="default")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--pairs", type=int, default=6)
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [
        measure(recipe, swaps, split, options)
        for recipe in options.recipes
        for swaps in options.swaps
        for split in options.splits
    ]
    if options.json:
        machine = (
            f"{platform.machine()}, {usable_cores()} cores, Python {platform.python_version()}"
        )
        print(json.dumps({"machine": machine, "rows": rows}))
        return
    print(
        f"{options.seeds} seeds x {options.pairs} simulated pairs x {options.minutes:g} minutes, "
        f"preset '{options.preset}', version {PAIRS_VERSION}"
    )
    print(shown(rows))


if __name__ == "__main__":
    main()
