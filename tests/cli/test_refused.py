"""Recordings in which no animal can be found: told early and together, and left out by name."""

from __future__ import annotations

import shutil

import pytest
from tests import filmed
from tests.cli.conftest import one_core
from tests.prepare import scenes

from boutwise.bundle import Bundle
from boutwise.cli import main

QUICK = (
    *("--recipe", "video"),
    *("--set", "target.align=none"),
    *("--set", "prepare.0.detect.every=6"),
    *("--set", "members.0.windows.statistics=[0.5]"),
    *("--set", "members.0.optim.rounds=5"),
)
LEFT_OUT = ("--set", 'leave_out=["rests_1", "rests_2"]')


def rests(folder, name, seed):
    """A mouse that shakes on the spot, and its table."""
    places, bouts = filmed.shaking(150, seed=seed)
    places[:, :2] = 90
    scenes.film(folder / f"{name}.mp4", [places])
    rows = [f"shake,{a / scenes.FPS:.4f},{b / scenes.FPS:.4f}" for a, b in bouts]
    text = "\n".join(["behavior,start_s,stop_s", *rows])
    (folder / f"{name}.csv").write_text(text + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = filmed.write_films(
        tmp_path_factory.mktemp("refused") / "films", animals=2, n_frames=150
    )
    rests(folder, "rests_1", 8)
    rests(folder, "rests_2", 9)
    root = tmp_path_factory.mktemp("refused") / "p"
    filmed.import_films(root, folder)
    return folder, root


@pytest.fixture(scope="module")
def trained(study):
    with pytest.MonkeyPatch.context() as patch:
        one_core(patch)
        assert main(["train", str(study[1]), *QUICK, *LEFT_OUT, "--out", "run"]) == 0


def test_plan_tells_all_of_them_and_how_to_go_on(boutwise, study):
    said = boutwise("plan", study[1], *QUICK, "--json")
    assert said.code == 3
    assert sorted(said.data["refused"]) == ["rests_1", "rests_2"]
    assert "background" in said.data["refused"]["rests_1"]["what"]
    assert "2 of 4 recordings cannot be learned from: rests_1, rests_2: " in said.err
    assert '--set "leave_out=[rests_1, rests_2]"' in said.err
    assert "setting" in boutwise("plan", study[1], *QUICK).out  # the plan is shown all the same


def test_train_stops_before_anything_is_computed(boutwise, study):
    said = boutwise("train", study[1], *QUICK, "--out", "stopped")
    assert said.code == 3
    assert "rests_1, rests_2" in said.err
    assert not (study[1] / "runs" / "stopped").exists()


def test_prepare_does_the_others(boutwise, study):
    said = boutwise("prepare", study[1], *QUICK, "--json")
    assert said.code == 4
    assert sorted(said.data["failed"]) == ["rests_1", "rests_2"]
    again = boutwise("prepare", study[1], *QUICK, "--dry-run", "--json")
    rows = {row["subject"]["recording"]: row for row in again.data["rows"]}
    assert not any(row["missing"] for row in rows.values())
    assert [name for name, row in rows.items() if row["refused"]] == ["rests_1", "rests_2"]


def test_what_is_left_out_is_said_in_plan_bundle_and_report(boutwise, study, trained):
    assert boutwise("plan", study[1], *QUICK, *LEFT_OUT).code == 0
    run = study[1] / "runs" / "run"
    bundle = Bundle.open(run / "bundle.boutwise")
    assert bundle.manifest["recordings"] == ["mouse_1", "mouse_2"]
    assert bundle.manifest["left_out"] == ["rests_1", "rests_2"]
    assert "rests_1, rests_2" in (bundle.directory / "card.md").read_text(encoding="utf-8")
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "2 recordings by name: rests_1, rests_2" in page
    assert "rests_1, rests_2" in boutwise("bundle", "info", run).out


@pytest.mark.parametrize(
    ("name", "words"), [("rests_3", "did you mean"), ("mouse_1/x", "no such recording")]
)
def test_an_unknown_name_is_refused(boutwise, study, name, words):
    said = boutwise("plan", study[1], *QUICK, "--set", f"leave_out=[{name}]")
    assert said.code == 2
    assert words in said.err


def test_one_refused_video_does_not_lose_the_others(boutwise, study, trained, tmp_path):
    films = tmp_path / "films"
    films.mkdir()
    for name in ("mouse_1", "rests_1", "rests_2"):
        shutil.copy(study[0] / f"{name}.mp4", films)
    said = boutwise("predict", study[1] / "runs" / "run", films, "--out", tmp_path / "out")
    assert said.code == 4
    assert (tmp_path / "out" / "mouse_1.bouts.csv").is_file()
    assert not list((tmp_path / "out").glob("rests*"))
    assert said.err.count("failed: rests_") == 2
    assert said.err.count("what to do") == 1


def test_evaluate_tells_all_of_them_before_it_predicts(boutwise, study, trained):
    run = study[1] / "runs" / "run"
    said = boutwise("evaluate", run, study[1], "--only", "id=rests*")
    assert said.code == 3
    assert "2 of 2 recordings cannot be predicted: rests_1, rests_2" in said.err
    assert "--only '!id=rests_1|rests_2'" in said.err
