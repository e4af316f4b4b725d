"""``export --format features`` as a person calls it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from .conftest import Boutwise


def test_features_leave_with_labels_and_words(
    boutwise: Boutwise, project: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    said = boutwise("export", project, "--format", "features", "--out", out, "--json")
    assert said.code == 0
    names = [Path(file).name for file in said.data["files"]]
    assert names[0].endswith(".egocentric.individual.parquet")
    assert names[-1] == "features.json"
    assert sum(".labels." in name for name in names) == 3  # nobody labelled the fourth
    assert said.data["left_out"] == []
    assert len(pd.read_parquet(out / names[0]).columns) > 50
    words = ["export", project, "--format", "features", "--out", tmp_path / "more"]
    said = boutwise(*words, "--features", "egocentric, pose_graph18")
    assert said.code == 0
    assert "12 files written" in said.out


def test_wrong_words_are_refused(boutwise: Boutwise, project: Path, tmp_path: Path) -> None:
    words = ["export", project, "--out", tmp_path / "out"]
    said = boutwise(*words, "--format", "bouts_csv", "--features", "egocentric")
    assert said.code == 2
    assert "--features has no meaning for --format bouts_csv" in said.err
    said = boutwise(*words, "--format", "features", "--features", "egocentrik")
    assert said.code == 2
    assert "egocentric" in said.err
    assert boutwise(*words, "--format", "features", "--features", ",").code == 2
    assert not (tmp_path / "out").exists()
    said = boutwise(*words, "--format", "featuers")
    assert said.code == 2
    assert "'features'" in said.err
