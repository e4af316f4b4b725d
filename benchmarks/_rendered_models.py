"""Recipes on drawn recordings: the same animals, frames and labels for each of them."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _rendered_data import RECORDINGS, TEST

from boutwise import api
from boutwise.project import Project

FOLDS = 2
"""Of the four animals that are learned from: for the calibration and the smoothing."""


def study(drawn: Path, folder: Path, *, training_frames: int) -> Path:
    """A project of the drawn recordings, in which training has so many labelled frames in all.

    The labels of the test animals are left whole.

    Args:
        drawn: What ``render`` wrote.
        folder: Where the project and its labels go; made anew.
        training_frames: Over the four animals, evenly, from the start of each.
    """
    shutil.rmtree(folder, ignore_errors=True)
    labels = folder / "annots"
    labels.mkdir(parents=True)
    each = training_frames // (len(RECORDINGS) - len(TEST))
    for path in sorted((drawn / "annots").glob("*.csv")):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = lines if path.stem in TEST else lines[: each + 1]
        (labels / path.name).write_text("".join(kept), encoding="utf-8")
    with api.initialize(folder / "project") as project:
        sources = [drawn / "videos", drawn / "coords", labels]
        plan = api.plan_import(project, sources, animals=drawn / "animals.csv")
        api.apply_import(project, plan)
    return folder / "project"


def measured(root: Path, recipe: str, *, seed: int, settings: Sequence[str] = ()) -> dict[str, Any]:
    """Train on the four animals, and score on the two that are kept apart."""
    apart = ", ".join(f'"{name.split("_")[1]}"' for name in TEST)
    changes = [*settings, f"split.folds={FOLDS}", f"split.holdout=[{apart}]"]
    began = time.monotonic()
    with Project.open(root) as project:
        plan = api.plan(project, recipe, settings=changes, seed=seed)
        result = api.train_run(project, plan, out=f"{recipe}_{seed}")
    scores = result.scores["holdout"]
    majority = next(each for each in scores["baselines"] if "majority" in each["name"])
    return {
        "recipe": recipe,
        "seed": seed,
        "macro_f1": scores["frames"]["macro_f1"]["value"],
        **{f"f1:{row['name']}": row["f1"]["value"] for row in scores["behaviors"]},
        "majority": majority["macro_f1"],
        "minutes": round((time.monotonic() - began) / 60, 1),
    }


def with_ratio(rows: list[dict[str, Any]], to: str) -> list[dict[str, Any]]:
    """The rows with their share of the score of one recipe with the same seed."""
    known = {row["seed"]: row["macro_f1"] for row in rows if row["recipe"] == to}
    return [
        {**row, f"of_{to}": round(row["macro_f1"] / known[row["seed"]], 3)}
        if row["seed"] in known
        else row
        for row in rows
    ]
