"""Two bundles averaged, as they are and calibrated anew, on simulated mice that neither has seen.

``python benchmarks/ensembles.py`` prints a table, ``--json`` one object ``{"machine": ..., "rows":
[...]}``. For each seed six mice are learned by ``pose`` and by ``pose_tcn`` with small settings,
and twelve others are predicted. The difference of the log losses of an average that is calibrated
anew and one that is taken as it is has an interval over mice (bootstrap of pairs).
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _rows import tell

from boutwise import api
from boutwise.api._ensembles import averaging_of
from boutwise.bundle import Bundle
from boutwise.decision.combination import log_loss
from boutwise.decision.links import to_raw
from boutwise.inference import Predictor
from boutwise.prepare import Material
from boutwise.project import Project
from boutwise.synthetic import simulate, write

TREES = ["members.0.optim.rounds=40", "members.0.windows.frame_step=2", "members.0.augment=[]"]
NETWORK = ["members.0.optim.epochs=6", "members.0.augment=[]"]


def project_of(root: Path, *, animals: int, minutes: float, seed: int) -> Project:
    mice = simulate("easy", animals=animals, minutes=minutes, seed=seed)
    write(mice, root.parent / f"{root.name}-files")
    project = Project.create(root)
    project.set_ethogram(mice[0].ethogram)
    project.set_roles(dict(mice[0].pose.roles))
    for mouse in mice:
        project.add_animal(mouse.animal)
        project.add_recording(mouse.recording)
        path = root.parent / f"{root.name}-files" / "pose" / f"{mouse.recording.id}.csv"
        project.add_pose(mouse.recording.id, path, format="dlc_csv")
        project.add_bouts(mouse.bouts)
    return project


def losses_of(root: Path, seed: int) -> list[dict[str, float]]:
    """Log loss and accuracy of each new mouse, by every way of predicting it."""
    known = project_of(root / "known", animals=6, minutes=1.5, seed=100 + seed)
    new = project_of(root / "new", animals=12, minutes=1.5, seed=900 + seed)
    one = api.train_run(known, api.plan(known, "pose", settings=TREES, seed=seed), workers=1)
    other = api.plan(known, "pose_tcn", settings=NETWORK, seed=seed + 50)
    two = api.train_run(known, other, workers=1)
    bundles = (Bundle.open(one.bundle), Bundle.open(two.bundle))
    ways = {
        "pose": Predictor(bundles[:1]),
        "pose_tcn": Predictor(bundles[1:]),
        "mean": Predictor(bundles),
        "anew": Predictor(bundles, refit=averaging_of(bundles).refit),
    }
    rows = []
    for record in new.recordings():
        material = Material.of_pose(record.id, new.pose(record.id), record.clock)
        states = new.bouts(record.id).to_frames(record.subjects()[0], new.ethogram, record.n_frames)
        row: dict[str, float] = {}
        for name, predictor in ways.items():
            said = predictor.predict(material)
            raw = to_raw(said.probabilities[0], said.ethogram)
            row[f"log_loss:{name}"] = log_loss(raw, states == 1)
            row[f"accuracy:{name}"] = float(said.decided[0][states == 1].mean())
        rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    mice: list[dict[str, float]] = []
    for seed in range(options.seeds):
        with tempfile.TemporaryDirectory() as folder:
            mice += losses_of(Path(folder), seed)
    rows: list[dict[str, Any]] = [
        {"measure": name, "mean": float(np.mean([mouse[name] for mouse in mice]))}
        for name in mice[0]
    ]
    away = np.array([mouse["log_loss:anew"] - mouse["log_loss:mean"] for mouse in mice])
    drawn = np.random.default_rng(0).integers(0, len(away), (4000, len(away)))
    low, high = np.percentile(away[drawn].mean(axis=1), [2.5, 97.5])
    rows.append(
        {
            "measure": "log_loss:anew less mean",
            "mean": float(away.mean()),
            "low": float(low),
            "high": float(high),
            "mice": len(away),
        }
    )
    lines = ["| measure | mean | 95 % |", "|---|---|---|"]
    for row in rows:
        span = f"{row['low']:.3f} to {row['high']:.3f}" if "low" in row else ""
        lines.append(f"| {row['measure']} | {row['mean']:.3f} | {span} |")
    title = f"{len(mice)} new mice, {options.seeds} seeds"
    tell(rows, as_json=options.json, title=title, table="\n".join(lines))


if __name__ == "__main__":
    main()
