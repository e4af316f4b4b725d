"""Labels without pose on the command line: what works with them, and what says that it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Boutwise, make_project

from boutwise.project import Project


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "labels.csv"
    rows = ["a.mp4,Ann,walk,0,90", "a.mp4,Ben,walk,3,90", "b.mp4,Ann,rest,30,99"]
    head = "video,rater,behavior,start_frame,stop_frame"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def raters(boutwise: Boutwise, table: Path, tmp_path: Path) -> Path:
    """A project of two recordings without pose."""
    root = tmp_path / "raters"
    assert boutwise("init", root).code == 0
    assert boutwise("import", root, table, "--labels-only", "--fps", "30").code == 0
    return root


def test_without_the_option_nothing_is_imported_and_it_is_named(boutwise, table, tmp_path):
    boutwise("init", tmp_path / "p")
    said = boutwise("import", tmp_path / "p", table, "--fps", "30")
    assert said.code == 3
    assert "--labels-only" in said.out + said.err


def test_a_dry_run_shows_the_recordings_and_changes_nothing(boutwise, table, tmp_path):
    boutwise("init", tmp_path / "p")
    words = ["import", tmp_path / "p", table, "--fps", "30", "--labels-only", "--dry-run"]
    data = boutwise(*words, "--json").data
    assert data["recordings"] == ["a", "b"]
    assert data["stops"] is False
    assert "the length is taken from the last label" in boutwise(*words).out
    with Project.open(tmp_path / "p") as opened:
        assert opened.recordings() == []


def test_what_needs_no_pose_works(boutwise, raters, tmp_path):
    assert boutwise("check", raters).code in (0, 3)
    assert boutwise("export", raters, "--format", "bouts_csv", "--out", tmp_path / "out").code == 0
    files = (tmp_path / "out").rglob("*.bouts.csv")
    names = [path.relative_to(tmp_path / "out").as_posix() for path in files]
    assert sorted(names) == ["Ann/a.bouts.csv", "Ann/b.bouts.csv", "Ben/a.bouts.csv"]
    assert boutwise("agreement", raters).code == 0


@pytest.mark.parametrize("command", ["plan", "prepare", "train"])
def test_what_needs_pose_says_so(boutwise, raters, command):
    said = boutwise(command, raters)
    assert said.code == 3
    assert "no recording has both pose and labels" in said.err


def test_a_prediction_says_so_too(boutwise, raters, trained, tmp_path):
    bundle = trained / "runs" / "quick" / "bundle.boutwise"
    said = boutwise("predict", bundle, raters, "--out", tmp_path / "predicted")
    assert said.code == 3
    assert "no recording has pose" in said.err
    assert "import pose files first" in said.err
    assert boutwise("evaluate", bundle, raters).code == 3


def test_a_prediction_names_the_recordings_that_it_leaves_out(
    boutwise, trained, study, table, tmp_path
):
    root = make_project(study, tmp_path / "both")
    boutwise("import", root, table, "--labels-only", "--fps", "30")
    bundle = trained / "runs" / "quick" / "bundle.boutwise"
    words = ["predict", bundle, root, "--only", "unlabelled", "--out", tmp_path / "predicted"]
    assert boutwise(*words, "--json").data["without_pose"] == []
    words[4] = "labelled"
    said = boutwise(*words)
    assert said.code == 0
    assert "left out: 2 recordings without pose: a, b" in said.err


def test_recordings_without_pose_do_not_disturb_a_training_plan(boutwise, project, table):
    before = boutwise("plan", project, "--json").data
    assert boutwise("import", project, table, "--labels-only", "--fps", "30").code in (0, 4)
    after = boutwise("plan", project, "--json").data
    assert after.keys() == before.keys()
    assert boutwise("check", project).code in (0, 3)


def test_rows_that_cannot_be_are_a_wrong_call(boutwise, table, tmp_path):
    boutwise("init", tmp_path / "p")
    said = boutwise("import", tmp_path / "p", table, "--rows", "frist")
    assert said.code == 2
    assert "every-K-from-N" in said.err
