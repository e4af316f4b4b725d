"""``export --format clips`` as a person calls it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.filmed import import_films

from .conftest import Boutwise


def test_clips_are_cut_listed_and_kept(boutwise: Boutwise, filmed, tmp_path: Path) -> None:
    shutil.copytree(filmed[0], tmp_path / "films")
    root = tmp_path / "project"
    import_films(root, tmp_path / "films").close()
    words = ["export", root, "--format", "clips", "--out", tmp_path / "out"]
    said = boutwise(*words, "--holdout", "mouse_3", "--json")
    assert said.code == 0
    assert said.data["test"] == ["mouse_3"]
    assert len(said.data["cut"]) == said.data["counts"]["shake"] == 8
    said = boutwise(*words, "--holdout", "mouse_3")
    assert said.code == 0
    assert "0 cut, 8 there before, 0 taken away" in said.out
    assert "kept apart for testing: mouse_3" in said.out
    said = boutwise(*words, "--holdout", "none", "--detector", "none", "--seed", "3")
    assert said.code == 0
    assert "none is kept apart, as asked for" in said.out


def test_what_has_no_meaning_is_refused(boutwise: Boutwise, project: Path, tmp_path: Path) -> None:
    words = ["export", project, "--out", tmp_path / "out", "--format"]
    for option in (("--detector", "auto"), ("--holdout", "2"), ("--seed", "1")):
        said = boutwise(*words, "bouts_csv", *option)
        assert said.code == 2
        assert f"{option[0]} has no meaning for --format bouts_csv" in said.err
    assert boutwise(*words, "clips", "--features", "egocentric").code == 2
    said = boutwise(*words, "clips")
    assert said.code == 3
    assert "has labels and no video" in said.err
    assert not (tmp_path / "out").exists()
