"""What a few labelled minutes of a new animal are worth: biases fitted to them, or not.

    python benchmarks/personal.py [RUN] [--json]

RUN is the folder of a finished run; without it six simulated mice are trained on first. Its
out-of-fold scores are of animals that the model did not learn from. Of each recording some minutes
are taken for labelled; the rest is scored with the decision as it is, and with biases for that
animal. Mean over five places of those minutes, evenly spread.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import boutwise as bw
from boutwise.decision import Decision, fit_decision
from boutwise.decision.personal import fit_biases, personal
from boutwise.metrics import student_quantile
from boutwise.planning import Plan
from boutwise.synthetic import simulate, write
from boutwise.training.assess import native_scores
from boutwise.training.snapshot_files import load_snapshot

MINUTES = (1.0, 2.0, 4.0)
PLACES = 5


class Study:
    """The out-of-fold scores of a run, with the decision that each animal gets."""

    def __init__(self, run: Path) -> None:
        plan, self.snapshot = Plan.load(run / "plan.yaml"), load_snapshot(run / "data")
        self.entries = [e for e in self.snapshot.entries if not e.held_out(plan)]
        self.raw = native_scores(run, plan, self.snapshot, self.entries)
        self.states = [self.snapshot.states[e.subject] for e in self.entries]
        self.units = sorted({e.unit for e in self.entries})
        self.decisions: dict[str, Decision] = {}
        for unit in self.units:
            others = [n for n, e in enumerate(self.entries) if e.unit != unit]
            self.decisions[unit] = fit_decision(
                plan.recipe,
                self.snapshot.ethogram,
                [[member[n] for n in others] for member in self.raw],
                [self.states[n] for n in others],
                [self.entries[n].clock.fps for n in others],
            )

    def scores(self, minutes: float, place: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Macro-F1 on the rest without and with biases: of each animal (animals, 2), and pooled."""
        counts = np.zeros((len(self.units), 2, len(self.snapshot.ethogram.names), 3))
        for n, entry in enumerate(self.entries):
            size, fps = len(self.states[n]), entry.clock.fps
            length = min(int(minutes * 60 * fps), size // 2)
            start = place * (size - length) // max(PLACES - 1, 1)
            known = np.zeros(size, dtype=bool)
            known[start : start + length] = True
            decision, raw = self.decisions[entry.unit], [member[n] for member in self.raw]
            before = decision.probabilities(raw, fps)
            biases = fit_biases(decision, [before[known]], [self.states[n][known]], [fps])
            after = personal(decision, biases).probabilities(raw, fps)
            for which, chance in enumerate((before, after)):
                said = decision.decide(chance, fps)[~known]
                truth = self.states[n][~known]
                yes, judged = truth == 1, truth >= 0
                counts[self.units.index(entry.unit), which] += np.stack(
                    [(yes & said).sum(0), (yes & judged).sum(0), (said & judged).sum(0)], axis=1
                )
        return _macro_f1(counts), _macro_f1(counts.sum(axis=0))


def _macro_f1(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    hits, truth, said = counts[..., 0], counts[..., 1], counts[..., 2]
    with np.errstate(invalid="ignore"):
        return np.nanmean(np.where(truth > 0, 2 * hits / (truth + said), np.nan), axis=-1)


def measure(study: Study) -> list[dict[str, Any]]:
    rows = []
    for minutes in MINUTES:
        found = [study.scores(minutes, place) for place in range(PLACES)]
        animals = np.mean([each for each, _ in found], axis=0)
        pooled = np.mean([each for _, each in found], axis=0)
        gain = animals[:, 1] - animals[:, 0]
        half = student_quantile(0.975, len(gain) - 1) * gain.std(ddof=1) / np.sqrt(len(gain))
        rows.append(
            {
                "minutes": minutes,
                "pooled_before": round(float(pooled[0]), 4),
                "pooled_after": round(float(pooled[1]), 4),
                "animals_before": round(float(animals[:, 0].mean()), 4),
                "animals_after": round(float(animals[:, 1].mean()), 4),
                "gain": round(float(gain.mean()), 4),
                "low": round(float(gain.mean() - half), 4),
                "high": round(float(gain.mean() + half), 4),
                "worst_animal": round(float(gain.min()), 4),
            }
        )
    return rows


def simulated(folder: Path) -> Path:
    """The run of recipe ``pose`` on simulated mice."""
    project = bw.Project.create(folder / "project")
    mice = simulate("default", animals=6, minutes=6, seed=11)
    files = folder / "files"
    write(mice, files)
    project.set_ethogram(mice[0].ethogram)
    project.set_roles(dict(mice[0].pose.roles))
    for mouse in mice:
        project.add_animal(mouse.animal)
        project.add_recording(mouse.recording)
        pose = files / "pose" / f"{mouse.recording.id}.csv"
        project.add_pose(mouse.recording.id, pose, format="dlc_csv")
        project.add_bouts(mouse.bouts)
    bw.train(project, bw.plan(project, "pose"), out="pose")
    return project.runs / "pose"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("run", type=Path, nargs="?")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Study(arguments.run or simulated(Path(folder))))
    if arguments.json:
        print(json.dumps({"machine": platform.platform(), "rows": rows}, indent=1))
        return
    print(
        "macro-F1 on the rest   pooled          mean over animals   gain (95 %)             worst"
    )
    for row in rows:
        print(
            f"{row['minutes']:g} min labelled       {row['pooled_before']:.3f} -> "
            f"{row['pooled_after']:.3f}  {row['animals_before']:.3f} -> {row['animals_after']:.3f}"
            f"      {row['gain']:+.4f} ({row['low']:+.4f} to {row['high']:+.4f})  "
            f"{row['worst_animal']:+.4f}"
        )


if __name__ == "__main__":
    main()
