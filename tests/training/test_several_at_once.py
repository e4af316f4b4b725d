"""Independent behaviors, each examined in other frames, through a whole training of a network."""

from __future__ import annotations

import csv
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from boutwise.bundle import Bundle
from boutwise.planning import make_plan
from boutwise.project import Project
from boutwise.synthetic import simulate, write
from boutwise.training import train
from boutwise.types import Behavior, Bouts, Ethogram, FrameState, Observed, Subject

NAMES = ("walk", "rear")
SETTINGS = [
    "members.0.temporal.0.tcn={channels: 16, dilations: [1, 2, 4, 8], dropout: 0.1}",
    "members.0.windows.length=64",
    "members.0.optim={lr: 0.01, epochs: 16, batch: 8, weight_decay: 0.01, ema: 0.9, early_stop: 6}",
    "decode.smooth.seconds=0",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Walking was examined in the first half of each recording, rearing in the last three quarters.

    So in the first quarter nobody knows of rearing, in the second half nobody of walking.
    """
    root = tmp_path_factory.mktemp("several")
    mice = simulate("easy", animals=4, minutes=0.75, seed=5)
    write(mice, root / "files")
    project = Project.create(root / "project")
    project.set_ethogram(Ethogram(tuple(Behavior(name) for name in NAMES)))
    project.set_roles(dict(mice[0].pose.roles))
    for mouse in mice:
        record = mouse.recording
        project.add_animal(mouse.animal)
        project.add_recording(record)
        path = root / "files" / "pose" / f"{record.id}.csv"
        project.add_pose(record.id, path, format="dlc_csv")
        half, quarter = record.n_frames // 2, record.n_frames // 4
        ranges = {"walk": (0, half), "rear": (quarter, record.n_frames)}
        seen = [
            Observed(record.id, record.animals[0], name, *ranges[name], annotator="ann")
            for name in NAMES
        ]
        rows = [row for row in mouse.bouts.rows() if row.behavior in NAMES]
        kept = []
        for row in rows:
            first, last = ranges[row.behavior]
            start, stop = max(row.start, first), min(row.stop, last)
            if start < stop:
                kept.append(replace(row, start=start, stop=stop, annotator="ann"))
        project.add_bouts(Bouts.from_rows(kept, seen))
    result = train(project, make_plan(project, "pose_tcn", settings=SETTINGS), out="r", workers=1)
    return project, mice, result


def truth_of(mouse):
    subject = Subject(mouse.recording.id, mouse.recording.animals[0])
    ethogram = Ethogram(tuple(Behavior(name) for name in NAMES))
    chosen = [row for row in mouse.bouts.rows() if row.behavior in NAMES]
    frames = Bouts.from_rows(chosen, []).to_frames(subject, ethogram, mouse.recording.n_frames)
    return frames == FrameState.YES


def test_each_behavior_is_learned_where_it_was_examined_and_told_everywhere(run):
    project, mice, _ = run
    folder = project.root / "runs" / "r"
    hits = {name: [] for name in NAMES}
    for mouse in mice:
        table = pd.read_parquet(folder / "oof" / f"{mouse.recording.id}.frames.parquet")
        truth, n_frames = truth_of(mouse), mouse.recording.n_frames
        assert len(table) == n_frames
        chances = table[[f"p:{name}" for name in NAMES]].to_numpy()
        assert np.isfinite(chances).all()
        unseen = {"walk": slice(n_frames // 2, None), "rear": slice(0, n_frames // 4)}
        for column, name in enumerate(NAMES):
            said = chances[unseen[name], column] > 0.5
            hits[name].append((said, truth[unseen[name], column]))
    for name, pairs in hits.items():
        said, true = (np.concatenate(side) for side in zip(*pairs, strict=True))
        f1 = 2 * (said & true).sum() / (said.sum() + true.sum())
        assert f1 > 0.7, name  # taken for 'no', these frames would be said to be 'no'


def test_scores_count_the_examined_frames_of_each(run):
    project, mice, _ = run
    folder = project.root / "runs" / "r"
    scores = json.loads((folder / "scores.json").read_text(encoding="utf-8"))
    assert scores["facts"]["behaviors"] == list(NAMES)
    examined, shown = dict.fromkeys(NAMES, 0), dict.fromkeys(NAMES, 0)
    for mouse in mice:
        truth, n_frames = truth_of(mouse), mouse.recording.n_frames
        ranges = {"walk": slice(0, n_frames // 2), "rear": slice(n_frames // 4, None)}
        for column, name in enumerate(NAMES):
            examined[name] += len(truth[ranges[name]])
            shown[name] += int(truth[ranges[name], column].sum())
    for entry, name in zip(scores["behaviors"], NAMES, strict=True):
        assert entry["truth_frames"] == shown[name]
        assert entry["scored_frames"] == examined[name]


def test_its_curves_are_kept_with_the_run(run):
    project, _, result = run
    folder = project.root / "runs" / "r"
    found = sorted(folder.glob("folds/*/members/0/curves.csv"))
    assert len(found) == 4
    for path in [*found, folder / "final/members/0/curves.csv"]:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert float(rows[-1]["train/loss"]) < float(rows[0]["train/loss"])
        watched = path in found
        assert all((row["valid/macro_f1"] != "") == watched for row in rows)
        assert (path.parent / "tensorboard").is_dir()
    bundle = Bundle.open(result.bundle)
    inside = sorted((bundle.directory / "members" / "0").iterdir())
    assert [path.name for path in inside] == ["network.json", "network.safetensors"]
