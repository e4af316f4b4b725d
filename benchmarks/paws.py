"""How well trials of a paw tell the stimulus: PAWS, recipe ``trials``, folds by mouse.

    python benchmarks/paws.py FILE [--seeds N] [--json]

FILE is the repacked ``jones2020_tracks.npz`` (2,000 frames per second, as its authors' software
takes for granted; the file itself states no rate). Two questions are asked: which of four stimuli,
and pinprick (HP, LP) or innocuous (CS, DB); each without and with ``target.ratings.relative``,
which compares a trial with the other trials of the mouse. A seed makes other folds and other trees.
The accuracy is pooled over trials and averaged over seeds; the interval is over mice, each with its
accuracy averaged over seeds. Beside it stands the majority; below are the differences that
``relative`` makes in the same mice.
"""

from __future__ import annotations

import os

os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})

import argparse
import json
import platform
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import boutwise as bw
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.metrics import mean_interval
from boutwise.training import train

FPS = 2000
PAIN = "{HP: pinprick, LP: pinprick, CS: innocuous, DB: innocuous}"
QUESTIONS = {"four stimuli": "{}", "pinprick or innocuous": PAIN}


def runs(project: bw.Project, merges: str, relative: bool, seeds: int) -> list[dict[str, Any]]:
    """The scores of one question, one run a seed."""
    settings = [
        f"target.ratings.merges={merges}",
        f"target.ratings.relative={str(relative).lower()}",
    ]
    found = []
    for seed in range(seeds):
        plan = bw.plan(project, "trials", settings=settings, seed=seed)
        found.append(train(project, plan, workers=1).scores)
    return found


def by_mouse(found: list[dict[str, Any]]) -> dict[str, float]:
    """Accuracy of each mouse, averaged over seeds."""
    rows = [{row["name"]: row["accuracy"] for row in scores["by_animal"]} for scores in found]
    return {name: float(np.mean([row[name] for row in rows])) for name in sorted(rows[0])}


def row_of(question: str, relative: bool, found: list[dict[str, Any]]) -> dict[str, Any]:
    """One row of the table."""
    values = [scores["frames"]["accuracy"]["value"] for scores in found]
    interval = mean_interval(np.array(list(by_mouse(found).values())))
    majority = [e["accuracy"] for s in found for e in s["baselines"] if e["name"] == "majority"]
    control = [scores["null_control"] for scores in found]
    return {
        "question": question,
        "relative": relative,
        "seeds": len(found),
        "trials": found[0]["facts"]["scored_frames"],
        "mice": len(found[0]["by_animal"]),
        "accuracy": float(np.mean(values)),
        "lowest": min(values),
        "highest": max(values),
        "interval": [interval.low, interval.high],
        "majority": float(np.mean(majority)),
        "null_control_macro_f1": float(np.mean([each["macro_f1"] for each in control])),
        "null_control_chance": float(np.mean([each["chance"] for each in control])),
    }


def difference(
    question: str, one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> dict[str, Any]:
    """How much better the second is in the same mice."""
    first, second = by_mouse(one), by_mouse(other)
    gain: NDArray[np.float64] = np.array([second[name] - first[name] for name in first])
    interval = mean_interval(gain, within=(-1.0, 1.0))
    return {
        "question": question,
        "gain_of_relative": float(gain.mean()),
        "interval": [interval.low, interval.high],
        "better_in": int((gain > 0).sum()),
        "worse_in": int((gain < 0).sum()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows, gains = [], []
    with tempfile.TemporaryDirectory() as name, bw.Project.create(Path(name) / "p") as project:
        apply_import(project, plan_import(project, options.file, fps=FPS))
        for question, merges in QUESTIONS.items():
            plain, relative = (runs(project, merges, r, options.seeds) for r in (False, True))
            rows += [row_of(question, False, plain), row_of(question, True, relative)]
            gains.append(difference(question, plain, relative))
    if options.json:
        print(json.dumps({"machine": platform.platform(), "rows": rows, "differences": gains}))
        return
    print(
        f"{'question':24s}{'relative':10s}{'accuracy':>9s}{'95 % over mice':>17s}"
        f"{'seeds':>15s}{'majority':>10s}{'null':>7s}{'chance':>8s}"
    )
    for row in rows:
        low, high = row["interval"]
        print(
            f"{row['question']:24s}{'yes' if row['relative'] else 'no':10s}{row['accuracy']:9.3f}"
            f"{low:10.3f}–{high:.3f} {row['lowest']:8.3f}–{row['highest']:.3f}"
            f"{row['majority']:10.3f}{row['null_control_macro_f1']:7.3f}"
            f"{row['null_control_chance']:8.3f}"
        )
    for gain in gains:
        low, high = gain["interval"]
        print(
            f"{gain['question']}: relative gains {gain['gain_of_relative']:+.3f} "
            f"({low:+.3f} to {high:+.3f}), better in {gain['better_in']} mice, worse in "
            f"{gain['worse_in']}"
        )


if __name__ == "__main__":
    main()
