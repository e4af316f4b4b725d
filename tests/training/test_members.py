"""Trees and a network through the same contract, alone and together in one bundle."""

from __future__ import annotations

import shutil

import numpy as np
import yaml

from boutwise import api
from boutwise.bundle import Bundle
from boutwise.planning import make_plan
from boutwise.training import train

NETWORK = {
    "learner": "network",
    "streams": {"pose": {"features": ["egocentric"]}},
    "temporal": [{"tcn": {"channels": 8, "dilations": [1, 2, 4]}}],
    "windows": {"length": 64},
    "augment": ["mirror"],
    "optim": {"epochs": 3},
    "average": ["mirror"],
}
TREES = {
    "learner": "trees",
    "features": ["egocentric"],
    "windows": {"statistics": [0.55]},
    "augment": ["mirror"],
    "optim": {"rounds": 8},
    "average": ["mirror"],
}


def test_trees_and_a_network_share_everything_behind_their_raw_scores(mice, tmp_path):
    file = tmp_path / "both.yaml"
    recipe = {"name": "both", "split": {"folds": 2}, "members": [TREES, NETWORK]}
    file.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    result = train(mice, make_plan(mice, file), workers=1)
    # Two folds of two members, their null control, and two final fits.
    assert result.units_run == 4 + 2 + 2
    value = result.scores["frames"]["macro_f1"]["value"]
    chance = next(b for b in result.scores["baselines"] if b["name"] == "chance")
    assert value > chance["macro_f1"]
    bundle = Bundle.open(result.bundle)
    names = {p.name for p in (bundle.directory / "members").rglob("*") if p.is_file()}
    assert any(name.endswith(".safetensors") for name in names)
    assert any(name.endswith(".txt") for name in names)
    assert not any(name.endswith((".pkl", ".pt", ".ckpt", ".bin")) for name in names)
    record = mice.recordings()[0]
    prediction = api.predict(bundle, mice.pose(record.id), fps=record.clock.fps)
    assert prediction.probabilities.shape == (1, record.n_frames, 7)
    assert np.allclose(prediction.probabilities.sum(axis=2), 1, atol=1e-4)
    shutil.rmtree(result.directory)
