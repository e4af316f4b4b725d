"""Recordings with more animals than any of training: predicted, and told."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from boutwise import api
from boutwise.bundle import Bundle
from boutwise.bundle.fitting import crowd
from boutwise.cli import main
from boutwise.formats import dlc_csv


@pytest.fixture(scope="module")
def tracks(social, tmp_path_factory):
    """One recording of two mice, and the same with a third one beside them."""
    folder = tmp_path_factory.mktemp("tracks")
    pose = social[0].pose(social[0].recordings()[0].id)
    third = pose.positions[:, :1] + np.float32(90)
    crowded = replace(
        pose,
        positions=np.concatenate([pose.positions, third], axis=1),
        confidence=None,
        animals=(*pose.animals, "third"),
    )
    dlc_csv.write_pose(folder / "two.csv", replace(pose, confidence=None))
    dlc_csv.write_pose(folder / "three.csv", crowded)
    return folder


def test_a_third_mouse_is_told_and_changes_nothing_of_the_pair(social, tracks, tmp_path, capsys):
    bundle = Bundle.open(social[2].bundle)
    assert bundle.manifest["most_animals"] == 2
    words = ["predict", str(social[2].bundle), str(tracks), "--fps", "30", "--out", str(tmp_path)]
    for time in ("first", "kept"):  # what was done before is told of as well
        assert main([*words, "--json"]) == 0, time
        said = capsys.readouterr()
        assert json.loads(said.out)["crowded"] == {"three": [3, 2]}
        assert "three has 3 animals, and no recording of training had more than 2" in said.err
        assert "two has" not in said.err
    rows = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))["recordings"]
    told = {row["recording"]: row.get("more_animals") for row in rows}
    assert told == {"two": None, "three": {"here": 3, "in_training": 2}}
    two, three = (pd.read_parquet(tmp_path / f"{n}.frames.parquet") for n in ("two", "three"))
    assert len(three) == 3 * len(two)
    pair = three[(three["animal"] != "third") & (three["target"] != "third")]
    columns = [name for name in two.columns if name.startswith("p:")]
    assert np.array_equal(pair[columns].to_numpy(), two[columns].to_numpy())


def test_animals_alone_were_never_seen_in_company(trained, social):
    alone = Bundle.open(trained[2].bundle)
    pose = social[0].pose(social[0].recordings()[0].id)
    assert crowd(alone, pose.animals) == 1
    assert crowd(Bundle.open(social[2].bundle), pose.animals) is None


def test_bundles_that_do_not_know_say_nothing(social, tracks, tmp_path):
    bundle = Bundle.open(social[2].bundle)
    older = {key: value for key, value in bundle.manifest.items() if key != "most_animals"}
    pose = dlc_csv.read(tracks / "three.csv").pose
    assert crowd(replace(bundle, manifest=older), pose.animals) is None
    result = api.predict_files([replace(bundle, manifest=older)], [tracks], tmp_path, fps=30)
    assert set(result.done) == {"two", "three"}
    assert result.crowded == {}
