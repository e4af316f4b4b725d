"""Labs that differ: one model over all of them, one a lab, and a lab that was never seen.

    python benchmarks/labs.py [--recipe NAME] [--models NAME ...] [--seeds N] [--first-seed N]
                              [--pairs N] [--minutes M] [--labs NAME ...] [--set A.B=C] [--json]

The simulated labs differ in rate (25 to 120 frames a second), scale, keypoints and in what they
look for; what a lab did not look for is unlabelled there and is neither learned nor scored. Every
pair of animals is predicted by several kinds of models, none of which has learned from it:

``one a lab``      learned from the other pairs of the same lab
``all labs``       learned from as many pairs, equally many of each lab
``all, told``      the same, with the lab as further columns (a one-hot)
``unseen lab``     learned from as many pairs of the other labs
``all labs, more``, ``all, told, more``, ``unseen lab, more``
                   the same with the most pairs that the other labs have; again equally many in each

So with five pairs in each of four labs every model of the first four learns from four pairs, every
one of the last three from twelve. What a model has not learned from it does not see in any way: its
calibration and its thresholds are fitted on out-of-fold scores of its own training pairs, and the
automatic settings are those of a project of that size.

Given is the macro-F1 over the behaviors that the lab looks for, pooled over seeds, with an interval
over pairs of animals, and the mean over labs. A condition on the lab must win to become a setting.
"""

from __future__ import annotations

import os

os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})

import argparse
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from _labs_design import MODELS, Cell, cells_of
from _labs_scores import differences, looked_for, of_lab
from _out_of_fold import fit_folds, opened, say, scored, taken
from _rows import tell

import boutwise as bw
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.decision import fit_decision
from boutwise.metrics import ScoredSubject
from boutwise.planning import Fold, Plan, make_plan
from boutwise.project import Project
from boutwise.store import Store
from boutwise.synthetic import PAIRS_VERSION, SimulatedPair, simulate_labs, write_pairs
from boutwise.synthetic.pairs.labs import LAB_ETHOGRAM, LABS
from boutwise.training.assess import native_present, native_scores
from boutwise.training.snapshot import Entry, Snapshot
from boutwise.types import Mirror, Subject


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


def with_lab(snapshot: Snapshot) -> Snapshot:
    """Streams that say of which lab a recording is."""
    labs = sorted({lab_of(entry) for entry in snapshot.entries})
    names = tuple(f"lab_{lab}" for lab in labs)
    entries = []
    for entry in snapshot.entries:
        told = np.zeros((entry.working.n_frames, len(labs)), dtype=np.float32)
        told[:, labs.index(lab_of(entry))] = 1
        key = Store.key("lab", lab_of(entry), labs, entry.working.n_frames)
        snapshot.store.put(key, told, {"columns": list(names)})
        keys = tuple(
            {name: (*of_it, key) for name, of_it in streams.items()} for streams in entry.keys
        )
        entries.append(replace(entry, keys=keys))
    mirrors = tuple(
        {name: unmirrored(mirror, len(labs)) for name, mirror in of_member.items()}
        for of_member in snapshot.mirrors
    )
    return replace(
        snapshot,
        entries=tuple(entries),
        columns=tuple({n: (*c, *names) for n, c in one.items()} for one in snapshot.columns),
        pieces=tuple({n: (*p, names) for n, p in one.items()} for one in snapshot.pieces),
        mirrors=mirrors,
    )


def lab_of(entry: Entry) -> str:
    return entry.subject.recording.split("_", 1)[0]


def unmirrored(mirror: Mirror, n_more: int) -> Mirror:
    """The mirror of some channels and of further ones at their end that stay as they are."""
    n_before = len(mirror.source)
    places = tuple(range(n_before, n_before + n_more))
    return Mirror((*mirror.source, *places), (*mirror.sign, *(1.0 for _ in places)))


def plan_of_size(project: Project, cell: Cell, options: argparse.Namespace) -> Plan:
    """A plan of all recordings with the automatic settings of a project of the training pairs."""
    settings = ["split.by=animal", *options.settings]
    full = make_plan(project, options.recipe, settings=settings, seed=options.seed)
    others = [name for fold in full.folds for name in fold.test if name not in cell.train]
    settings.append(f"split.holdout={json.dumps(others)}")
    sized = make_plan(project, options.recipe, settings=settings, seed=options.seed)
    if sized.fps != full.fps:
        raise SystemExit(f"{len(cell.train)} pairs have another working rate than all")
    return replace(full, recipe=sized.recipe)


def decided_by(
    project: Project, cells: Sequence[Cell], run: Path, options: argparse.Namespace, *, told: bool
) -> tuple[list[ScoredSubject], list[float]]:
    """Labels and decisions of the pairs that the cells test, and the CPU seconds of each fit."""
    plan = plan_of_size(project, cells[0], options)
    snapshot = with_lab(taken(project, plan)) if told else taken(project, plan)
    groups = {entry.group for entry in snapshot.entries}
    raw: dict[Subject, Any] = {}
    spent = []
    for number, cell in enumerate(cells):
        apart = tuple(sorted(groups.difference(cell.test, cell.train)))
        mine = replace(plan, folds=(Fold("1", cell.test),), holdout=apart)
        directory = run / str(number)
        opened(mine, snapshot, directory)
        spent.append(fit_folds(mine, directory))
        tested = [entry for entry in snapshot.entries if entry.group in cell.test]
        members = native_scores(directory, mine, snapshot, tested)
        for place, entry in enumerate(tested):
            raw[entry.subject] = [member[place] for member in members]
    return [item for cell in cells for item in decide(plan, snapshot, cell, raw)], spent


def decide(
    plan: Plan, snapshot: Snapshot, cell: Cell, raw: Mapping[Subject, Any]
) -> list[ScoredSubject]:
    """Decide what a cell tests; nothing but its training pairs says how."""
    learned = [entry for entry in snapshot.entries if entry.group in cell.train]
    members = [
        [raw[entry.subject][place] for entry in learned]
        for place in range(len(plan.recipe.members))
    ]
    states = [snapshot.states[entry.subject] for entry in learned]
    fps = [entry.clock.fps for entry in learned]
    decision = fit_decision(plan.recipe, snapshot.ethogram, members, states, fps)
    found = []
    for entry in snapshot.entries:
        if entry.group not in cell.test:
            continue
        chance = decision.probabilities(raw[entry.subject], entry.clock.fps)
        decided = decision.decide(chance, entry.clock.fps)
        decided &= native_present(snapshot, entry)[:, None]
        places = [snapshot.ethogram.names.index(name) for name in looked_for(lab_of(entry))]
        states = snapshot.states[entry.subject][:, places]
        found.append(scored(entry, states, decided[:, places], plan.seed))
    return found


@dataclass
class Found:
    """What the models of one kind gave: scored pairs, and how long they took to fit."""

    items: list[ScoredSubject] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)


def measure(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Rows of every kind of model; after each seed those so far are said on standard error."""
    found = {kind: Found() for kind in options.models}
    shared = [kind for kind in options.models if kind != "one a lab"]
    for seed in range(options.first_seed, options.first_seed + options.seeds):
        options.seed = seed
        labs = [LABS[name] for name in options.labs]
        made = simulate_labs(labs, pairs=options.pairs, minutes=options.minutes, seed=seed)
        parts = [({lab: made[lab]}, ["one a lab"]) for lab in made] if "one a lab" in found else []
        for part, kinds in [*parts, (made, shared)] if shared else parts:
            with tempfile.TemporaryDirectory() as name:
                folder = Path(name)
                with imported(folder, part) as project:
                    for kind in kinds:
                        cells = cells_of(kind, options.labs, options.pairs)
                        mine = [cell for cell in cells if cell.lab in part]
                        items, spent = decided_by(
                            project, mine, folder / kind, options, told="told" in kind
                        )
                        found[kind].items += items
                        found[kind].cpu_s += spent
        say(
            seed + 1 - options.first_seed,
            options.seeds,
            f"seeds: {json.dumps(rows_of(found, options))}",
        )
    return rows_of(found, options)


def rows_of(found: Mapping[str, Found], options: argparse.Namespace) -> list[dict[str, Any]]:
    """One row a kind and lab, then one a comparison of two kinds."""
    rows = [
        {
            "model": kind,
            "pairs": len(cells_of(kind, options.labs, options.pairs)[0].train),
            "recipe": options.recipe,
            "version": PAIRS_VERSION,
            "lab": lab,
            **of_lab(of_it.items, lab),
            "fits": len(of_it.cpu_s),
            "cpu_s": round(float(np.mean(of_it.cpu_s)), 2),
        }
        for kind, of_it in found.items()
        for lab in options.labs
    ]
    by_kind = {kind: of_it.items for kind, of_it in found.items()}
    return rows + differences(by_kind, options.labs)


def shown(rows: Sequence[dict[str, Any]], labs: Sequence[str]) -> str:
    """A table in Markdown: models down, labs across."""
    lines = [
        f"| model | pairs | {' | '.join(labs)} | mean | seeds | CPU s a fit |",
        "|---|---|" + "---|" * (len(labs) + 3),
    ]
    of_labs = [row for row in rows if "lab" in row]
    for kind in dict.fromkeys(row["model"] for row in of_labs):
        mine = {row["lab"]: row for row in of_labs if row["model"] == kind}
        cells = [
            f"{row['macro_f1']:.3f} ({row['macro_f1_low']:.2f} to {row['macro_f1_high']:.2f})"
            for row in (mine[lab] for lab in labs)
        ]
        mean = float(np.mean([mine[lab]["macro_f1"] for lab in labs]))
        seeds = np.mean([mine[lab]["by_seed"] for lab in labs], axis=0)
        any_row = mine[labs[0]]
        lines.append(
            f"| {kind} | {any_row['pairs']} | {' | '.join(cells)} | {mean:.3f} "
            f"| {' '.join(f'{value:.3f}' for value in seeds)} | {any_row['cpu_s']:.1f} |"
        )
    lines += ["", "| mean over labs | less | difference |", "|---|---|---|"]
    for row in rows:
        if "less" in row:
            low, high = row["difference_low"], row["difference_high"]
            between = f"{row['difference']:+.3f} ({low:+.3f} to {high:+.3f})"
            lines.append(f"| {row['model']} | {row['less']} | {between} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="pose")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--labs", nargs="+", choices=sorted(LABS), default=list(LABS))
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=1.5)
    parser.add_argument("--set", dest="settings", action="append", default=[])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = measure(options)
    title = (
        f"{options.seeds} seeds x {len(options.labs)} simulated labs x {options.pairs} pairs x "
        f"{options.minutes:g} minutes, recipe '{options.recipe}'"
    )
    tell(rows, as_json=options.json, title=title, table=shown(rows, options.labs))


if __name__ == "__main__":
    main()
