"""How fast mice are simulated, and how far one threshold on one feature comes on them.

    python benchmarks/simulator.py [--seeds N] [--json]
    python benchmarks/simulator.py --models default

The first runs no trained model: the best single threshold is chosen on the very frames that it is
scored on, so its score is an upper bound. The second trains recipe ``pose`` by animal and by random
frame (minutes); its numbers must never be used to change a preset.
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic import PRESETS, VERSION, SimulatedRecording, simulate, write

Floats = NDArray[np.float64]


def features(item: SimulatedRecording) -> dict[str, Floats]:
    """A dozen hand-made features, (frames,), in body lengths and seconds, smoothed over 0.2 s."""
    at = {
        name: item.pose.positions[:, 0, place].astype(np.float64)
        for place, name in enumerate(item.pose.keypoints)
    }
    fps = item.recording.clock.fps
    size = np.median(np.linalg.norm(at["nose"] - at["tail_base"], axis=1))

    def distance(one: str, other: str) -> Floats:
        return np.linalg.norm(at[one] - at[other], axis=1) / size

    def speed(point: Floats) -> Floats:
        return np.linalg.norm(np.gradient(point, axis=0), axis=1) * fps / size

    found = {
        "nose to tail base": distance("nose", "tail_base"),
        "nose to nearer hindpaw": np.minimum(
            distance("nose", "left_hindpaw"), distance("nose", "right_hindpaw")
        ),
        "nose to nearer forepaw": np.minimum(
            distance("nose", "left_forepaw"), distance("nose", "right_forepaw")
        ),
        "speed": speed(at["center"]),
        "speed of the head": speed(at["nose"] - at["neck"]),
        "speed of a hindpaw": np.maximum(
            speed(at["left_hindpaw"] - at["center"]), speed(at["right_hindpaw"] - at["center"])
        ),
        "speed of a forepaw": np.maximum(
            speed(at["left_forepaw"] - at["center"]), speed(at["right_forepaw"] - at["center"])
        ),
    }
    window = np.ones(round(0.2 * fps)) / round(0.2 * fps)
    return {name: np.convolve(values, window, "same") for name, values in found.items()}


def best_threshold(values: Floats, labels: NDArray[np.int64], n_labels: int) -> float:
    """Macro-F1 of the best threshold with the best behavior on either side."""
    best = 0.0
    total = np.bincount(labels, minlength=n_labels)
    for threshold in np.quantile(values, np.linspace(0.02, 0.98, 33)):
        above = np.bincount(labels[values > threshold], minlength=n_labels)
        # F1 of each behavior if everything on that side is called by its name.
        high = 2 * above / (above.sum() + total)
        low = 2 * (total - above) / ((total - above).sum() + total)
        pairs = high[:, None] + low
        np.fill_diagonal(pairs, 0)
        best = max(best, float(pairs.max()) / n_labels)
    return best


def measure(preset: str, seed: int) -> dict[str, float | str | int]:
    """One row of the table: 8 animals of 5 minutes at 30 fps."""
    start_s = time.perf_counter()
    mice = simulate(preset, seed=seed)
    seconds = time.perf_counter() - start_s
    names = mice[0].ethogram.names
    labels = np.concatenate(
        [
            m.bouts.to_frames(m.subject, m.ethogram, m.recording.n_frames).argmax(axis=1)
            for m in mice
        ]
    )
    tables = [features(m) for m in mice]
    scores = {
        name: best_threshold(np.concatenate([t[name] for t in tables]), labels, len(names))
        for name in tables[0]
    }
    best = max(scores, key=lambda name: scores[name])
    return {
        "preset": preset,
        "version": VERSION,
        "seed": seed,
        "simulated_s": round(seconds, 3),
        "threshold_macro_f1": round(scores[best], 3),
        "threshold_on": best,
    }


def train(preset: str, seed: int) -> dict[str, float | str | int]:
    """Recipe ``pose`` on one preset: macro-F1 by animal, and by random frame beside it."""
    import boutwise as bw

    row: dict[str, float | str | int] = {"preset": preset, "version": VERSION, "seed": seed}
    mice = simulate(preset, seed=seed)
    with tempfile.TemporaryDirectory() as name:
        folder = write(mice, Path(name) / "files")
        with bw.Project.create(Path(name) / "project") as project:
            project.set_ethogram(mice[0].ethogram)
            project.set_roles(dict(mice[0].pose.roles))
            for mouse in mice:
                record = mouse.recording
                project.add_animal(mouse.animal)
                project.add_recording(record)
                project.add_pose(record.id, folder / "pose" / f"{record.id}.csv", format="dlc_csv")
                project.add_bouts(mouse.bouts)
            for split in ("animal", "random-frame"):
                plan = bw.plan(project, "pose", settings=[f"split.by={split}"], seed=seed)
                bundle = bw.train(project, plan, out=split)
                score = bundle.manifest["scores"]["frames"]["macro_f1"]["value"]
                row[f"macro_f1_by_{split}"] = round(score, 3)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", metavar="PRESET", choices=sorted(PRESETS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.models:
        rows = [train(options.models, seed) for seed in range(options.seeds)]
        print(json.dumps({"machine": platform.platform(), "rows": rows}))
        return
    rows = [measure(preset, seed) for preset in PRESETS for seed in range(options.seeds)]
    if options.json:
        print(json.dumps({"machine": platform.platform(), "rows": rows}))
        return
    print(f"{'preset':10s}{'seed':>5s}{'simulated':>11s}{'one threshold':>15s}  on")
    for row in rows:
        print(
            f"{row['preset']:10s}{row['seed']:5d}{row['simulated_s']:9.2f} s"
            f"{row['threshold_macro_f1']:15.3f}  {row['threshold_on']}"
        )


if __name__ == "__main__":
    main()
