"""Social behavior of two simulated mice: who does what to whom, and what exchanged names cost.

    python benchmarks/pairs.py [--recipes NAME ...] [--seeds N] [--pairs N] [--minutes M]
                               [--splits NAME ...] [--swaps N ...] [--folds N] [--preset NAME]
                               [--set A.B=C] [--json]

Every recipe is trained by the product itself, from written files through the import to out-of-fold
decisions, on all seven directed behaviors. Two things are varied: whether the tracker exchanges the
mice for stretches (two a minute, where is known), and the split. ``animal`` keeps the animals of a
pair together and out of the training. The others leak and are shown beside the honest one:
``random-window`` deals stretches of two seconds, as published systems do, ``random-frame`` single
frames.

Given are the macro-F1 over frames of all seven behaviors and of the six that are acts (a frame
counts only when it is said of the right agent), the F1 of the same acts when nobody asks who did it
to whom, and the share of swapped agents (see ``boutwise.metrics.swapped_agents``). All are pooled
over seeds, with intervals over pairs of animals; CPU seconds are of the folds (fitting and scoring,
not features), the mean over seeds. The simulated mice are those of the frozen preset; no number
here may be used to change it.
"""

from __future__ import annotations

import os

os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _out_of_fold import out_of_fold
from _rows import ends, interval, tell

import boutwise as bw
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.metrics import ScoredSubject, Scores, score_recordings, swapped_agents
from boutwise.planning import make_plan
from boutwise.project import Project
from boutwise.project.splits import leaks
from boutwise.synthetic import PAIR_PRESETS, PAIRS_VERSION, simulate_pairs, write_pairs
from boutwise.types import Behavior, Ethogram, FrameState, Subject

SWAPS_PER_MINUTE = (0.0, 2.0)
SPLITS = ("animal", "random-window", "random-frame")
RECIPES = ("pose",)


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


def measure(recipe: str, swaps: float, split: str, options: argparse.Namespace) -> dict[str, Any]:
    """One row: one recipe under one split, all seeds together."""
    items: list[ScoredSubject] = []
    by_seed, spent = [], []
    for seed in range(options.seeds):
        settings = [f"split.by={split}", f"split.folds={options.folds}", *options.settings]
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            with imported(folder, options, seed=seed, swaps=swaps) as project:
                plan = make_plan(project, recipe, settings=settings, seed=seed)
                found = out_of_fold(project, plan, folder / "run")
        mine, ethogram = found.items(seed), found.snapshot.ethogram
        by_seed.append(score_recordings(mine, ethogram).frames.macro_f1.value)
        spent.append(found.cpu_s)
        items += mine
    scores = score_recordings(items, ethogram)
    agents = swapped_agents(items, ethogram)
    return {
        "recipe": recipe,
        "preset": options.preset,
        "version": PAIRS_VERSION,
        "swaps_per_minute": swaps,
        "split": split,
        "leaks": leaks(split),
        **ends("macro_f1", scores.frames.macro_f1),
        **ends("directed_f1", scores.frames.macro_f1_without_background),
        **ends("undirected_f1", undirected(items, ethogram).frames.macro_f1),
        **ends("swapped_agents", agents.share),
        "by_seed": [round(value, 4) for value in by_seed],
        "behaviors": f1_of(scores),
        "cpu_s": round(float(np.mean(spent)), 1),
    }


def undirected(items: Sequence[ScoredSubject], ethogram: Ethogram) -> Scores:
    """Scores of the acts when nobody asks who does them: said of either mouse is said."""
    acts = [k for k, name in enumerate(ethogram.names) if name not in ethogram.backgrounds]
    by_subject = {item.subject: item for item in items}
    merged = []
    for item in items:
        who = item.subject
        back = by_subject[Subject(who.recording, who.target, who.animal)]
        if who.animal > who.target:
            continue
        known = (item.truth[:, acts] >= FrameState.NO) & (back.truth[:, acts] >= FrameState.NO)
        shown = np.maximum(item.truth[:, acts], back.truth[:, acts])
        truth = np.where(known, shown, FrameState.UNLABELLED).astype(np.int8)
        decided = item.decided[:, acts] | back.decided[:, acts]
        merged.append(replace(item, truth=truth, decided=decided))
    names = [ethogram.names[k] for k in acts]
    return score_recordings(merged, Ethogram(tuple(Behavior(n, scope="directed") for n in names)))


def f1_of(scores: Scores) -> dict[str, float]:
    return {behavior.name: round(behavior.f1.value, 4) for behavior in scores.behaviors}


def shown(rows: Sequence[dict[str, Any]]) -> str:
    """Two tables in Markdown: the rows, and the F1 of each behavior."""
    lines = [
        "| recipe | split | swaps | macro-F1, 7 | seeds | acts, 6 | who not asked "
        "| swapped agents | CPU s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        seeds = " ".join(f"{value:.3f}" for value in row["by_seed"])
        lines.append(
            f"| `{row['recipe']}` | {row['split']}{' (**leaks**)' if row['leaks'] else ''} "
            f"| {row['swaps_per_minute']:g} | {interval(row, 'macro_f1')} | {seeds} "
            f"| {interval(row, 'directed_f1')} | {interval(row, 'undirected_f1')} "
            f"| {interval(row, 'swapped_agents')} | {row['cpu_s']:.0f} |"
        )
    names = list(rows[0]["behaviors"])
    lines += ["", f"| F1 of | swaps | {' | '.join(names)} |", "|---|---|" + "---|" * len(names)]
    for row in rows:
        values = " | ".join(f"{row['behaviors'][name]:.2f}" for name in names)
        lines.append(
            f"| `{row['recipe']}`, {row['split']} | {row['swaps_per_minute']:g} | {values} |"
        )
    return "\n".join(lines)


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
    title = (
        f"{options.seeds} seeds x {options.pairs} simulated pairs x {options.minutes:g} minutes, "
        f"preset '{options.preset}', version {PAIRS_VERSION}"
    )
    tell(rows, as_json=options.json, title=title, table=shown(rows))


if __name__ == "__main__":
    main()
