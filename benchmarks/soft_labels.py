"""Soft labels, the majority or one rater: which is best learned from when three people disagree.

    python benchmarks/soft_labels.py [--seeds N] [--json]

Simulated mice, six animals of two minutes, labelled by three simulated raters who are late, uneven,
miss short events and confuse what looks alike. Recipe ``pose`` is fitted by leaving one animal out
on the labels of the first rater, on the majority and on the shares of the votes; each is scored on
the same frames against what the mice really did, which no rater knows. Differences are paired by
seed (other mice, other raters), with Student's interval over seeds.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path

import numpy as np
from _out_of_fold import out_of_fold
from numpy.typing import NDArray

from boutwise.metrics import frames, student_quantile
from boutwise.planning import make_plan
from boutwise.project import Project
from boutwise.synthetic import PRESETS, SimulatedRecording, simulate, write
from boutwise.synthetic.bout_lengths import BEHAVIORS
from boutwise.synthetic.labeling import rate
from boutwise.types.bouts import from_frames

ANIMALS, MINUTES, RATERS = 6, 2.0, 3
TARGETS = {"one rater": "rater 1", "majority": "majority", "soft": "soft"}
Codes = NDArray[np.int64]


def codes_of(mouse: SimulatedRecording) -> Codes:
    """What the mouse does, (frames,), index into BEHAVIORS."""
    states = mouse.truth.to_frames(mouse.subject, mouse.ethogram, mouse.recording.n_frames)
    return states.argmax(axis=1)


def three_opinions(mouse: SimulatedRecording, seed: int, raters: str) -> list[Codes]:
    """What each rater writes down of a mouse."""
    preset = PRESETS[raters]
    opinions = []
    for rater in range(RATERS):
        words = mouse.animal.id.encode("utf-8")
        # A rater is as late in one recording as in another.
        lag_s = preset.label_lag_s * np.random.default_rng([seed, rater]).uniform(0.6, 1.4)
        generator = np.random.default_rng([seed, rater, *words])
        fps = mouse.recording.clock.fps
        opinions.append(rate(codes_of(mouse), lag_s, fps=fps, preset=preset, generator=generator))
    return opinions


def macro_f1(predicted: NDArray[np.bool_], truth: Codes) -> float:
    """Macro-F1 over the behaviors, pooled frames."""
    counts = np.zeros((len(BEHAVIORS), 4))
    for place in range(len(BEHAVIORS)):
        said, yes = predicted[:, place], truth == place
        counts[place, frames.TP] = (said & yes).sum()
        counts[place, frames.FP] = (said & ~yes).sum()
        counts[place, frames.FN] = (~said & yes).sum()
        counts[place, frames.TN] = (~said & ~yes).sum()
    return float(frames.macro_f1(counts[None])[0])


def fill(project: Project, mice: list[SimulatedRecording], files: Path, opinions: dict) -> None:
    """Put mice and the labels of all raters into a project."""
    project.set_ethogram(mice[0].ethogram)
    project.set_roles(dict(mice[0].pose.roles))
    for mouse in mice:
        record = mouse.recording
        project.add_animal(mouse.animal)
        project.add_recording(record)
        project.add_pose(record.id, files / "pose" / f"{record.id}.csv", format="dlc_csv")
        for number, codes in enumerate(opinions[record.id], start=1):
            states = (codes[:, None] == np.arange(len(BEHAVIORS))).astype(np.int8)
            who = f"rater {number}"
            project.add_bouts(from_frames(states, mouse.subject, BEHAVIORS, annotator=who))


def fitted(project: Project, run: Path, target: str, seed: int) -> dict[str, NDArray[np.bool_]]:
    """Out-of-fold decisions of each recording, (frames, behaviors)."""
    plan = make_plan(project, "pose", settings=[f"target.annotators={target}"], seed=seed)
    decided = out_of_fold(project, plan, run).decided
    return {subject.recording: rows for subject, rows in decided.items()}


def measure(seed: int, raters: str) -> dict[str, float | int | str]:
    """One seed: the scores of the three targets, and of the labels themselves."""
    mice = simulate("default", animals=ANIMALS, minutes=MINUTES, seed=100 + seed)
    opinions = {mouse.recording.id: three_opinions(mouse, seed, raters) for mouse in mice}
    truth = np.concatenate([codes_of(mouse) for mouse in mice])
    row: dict[str, float | int | str] = {"raters": raters, "seed": seed}
    start_s = time.process_time()
    with tempfile.TemporaryDirectory() as name:
        files = write(mice, Path(name) / "files")
        with Project.create(Path(name) / "project") as project:
            fill(project, mice, files, opinions)
            for words, target in TARGETS.items():
                found = fitted(project, Path(name) / words, target, seed)
                said = np.concatenate([found[mouse.recording.id] for mouse in mice])
                row[words] = macro_f1(said, truth)
    first = np.concatenate([opinions[mouse.recording.id][0] for mouse in mice])
    row["labels of one rater"] = macro_f1(first[:, None] == np.arange(len(BEHAVIORS)), truth)
    row["cpu_s"] = round(time.process_time() - start_s, 1)
    return row


def summary(rows: list[dict]) -> list[dict]:
    """Means over seeds and paired differences with Student's interval."""
    found = []
    for raters in dict.fromkeys(row["raters"] for row in rows):
        mine = [row for row in rows if row["raters"] == raters]
        for words in (*TARGETS, "labels of one rater"):
            mean = float(np.mean([row[words] for row in mine]))
            found.append({"raters": raters, "what": words, "mean": mean})
        pairs = (("soft", "majority"), ("soft", "one rater"), ("majority", "one rater"))
        for one, other in pairs:
            gain = np.array([row[one] - row[other] for row in mine])
            mean, half = float(gain.mean()), float("nan")
            if len(gain) > 1:
                t = student_quantile(0.975, len(gain) - 1)
                half = t * float(gain.std(ddof=1)) / len(gain) ** 0.5
            entry = {"raters": raters, "what": f"{one} - {other}", "mean": mean}
            found.append({**entry, "low": mean - half, "high": mean + half})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = [
        measure(seed, raters) for raters in ("default", "hard") for seed in range(options.seeds)
    ]
    if options.json:
        print(json.dumps({"machine": platform.platform(), "rows": rows, "summary": summary(rows)}))
        return
    print(
        f"{'raters':10s}{'seed':>5s}" + "".join(f"{words:>22s}" for words in [*TARGETS, "labels"])
    )
    for row in rows:
        scores = [row[words] for words in (*TARGETS, "labels of one rater")]
        print(f"{row['raters']:10s}{row['seed']:5d}" + "".join(f"{s:22.3f}" for s in scores))
    for entry in summary(rows):
        span = f"  {entry['low']:+.3f} to {entry['high']:+.3f}" if "low" in entry else ""
        print(f"{entry['raters']:10s}{entry['what']:24s}{entry['mean']:+.3f}{span}")


if __name__ == "__main__":
    main()
