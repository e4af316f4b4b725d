"""From a trained project on: the commands that need a bundle, and Ctrl-C."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cli.conftest import FPS, QUICK, Boutwise


def test_train_leaves_a_run_with_a_report(boutwise: Boutwise, trained: Path) -> None:
    run = trained / "runs" / "quick"
    for name in ("plan.yaml", "scores.json", "bundle.boutwise", "report.html"):
        assert (run / name).stat().st_size > 0
    (run / "report.html").unlink()
    assert boutwise("report", run, "--json").data["report"].endswith("quick/report.html")
    assert (run / "report.html").is_file()
    taken = boutwise("train", trained, *QUICK, "--out", "quick")
    assert taken.code == 2
    assert "--resume" in taken.err


def test_bundle_info(boutwise: Boutwise, trained: Path) -> None:
    said = boutwise("bundle", "info", trained / "runs" / "quick")
    assert said.code == 0
    assert "mouse_1, mouse_2, mouse_3" in said.out
    data = boutwise("bundle", "info", trained / "runs/quick/bundle.boutwise", "--json").data
    assert data["bundle"]["animals"] == ["mouse_1", "mouse_2", "mouse_3"]


def test_a_leaking_score_is_flagged_wherever_it_is_shown(boutwise: Boutwise, project: Path) -> None:
    said = boutwise("train", project, *QUICK, "--split", "random-frame", "--out", "leaks")
    assert said.code == 0
    assert said.out.startswith("LEAKS: ")
    said = boutwise("bundle", "info", project / "runs" / "leaks")
    assert "LEAKS: " in said.out
    assert "LEAKING" in (project / "runs" / "leaks" / "report.html").read_text(encoding="utf-8")


def test_what_was_kept_apart_is_named(boutwise: Boutwise, project: Path) -> None:
    said = boutwise("train", project, *QUICK, "--holdout", "mouse_2,")
    assert said.code == 0
    assert "kept apart to the end (mouse_2)" in said.out
    assert "LEAKS" not in said.out


def test_plan_shows_the_split_that_train_would_use(boutwise: Boutwise, project: Path) -> None:
    said = boutwise("plan", project, "--split", "random-frame", "--holdout", "mouse_2,", "--json")
    assert said.data["recipe"]["split"]["by"] == "random-frame"
    assert said.data["holdout"] == ["mouse_2"]
    assert said.data["price"]["trainings"] == said.data["price"]["folds"] == 5
    words = boutwise("plan", project, "--split", "random-frame").out
    assert "LEAKS" in words
    assert "price: 5 trainings, 5 short ones of the null control, 1 final" in words


def test_evaluate_refuses_animals_that_it_has_seen(boutwise: Boutwise, trained: Path) -> None:
    said = boutwise("evaluate", trained / "runs/quick", trained, "--json")
    assert said.code == 3
    assert said.data["error"]["kind"] == "BundleError"


def test_predict_a_project_then_keeps_it(boutwise: Boutwise, trained: Path, tmp_path: Path) -> None:
    words = ["predict", trained / "runs/quick", trained, "--only", "unlabelled", "--out", tmp_path]
    assert boutwise(*words, "--json").data["done"] == ["mouse_4"]
    assert boutwise(*words, "--json").data["kept"] == ["mouse_4"]
    written = {path.name for path in tmp_path.iterdir()}
    assert {"mouse_4.bouts.csv", "mouse_4.observed.csv", "mouse_4.frames.parquet"} <= written
    assert "manifest.json" in written


def test_predict_some_of_several_files_is_partial(
    boutwise: Boutwise, trained: Path, study: Path, tmp_path: Path
) -> None:
    bundle = trained / "runs/quick/bundle.boutwise"
    broken = tmp_path / "broken.csv"
    lines = (study / "pose" / "mouse_4.csv").read_text(encoding="utf-8").splitlines()
    broken.write_text("\n".join([*lines[:20], "19,not,a,row"]), encoding="utf-8")
    good = study / "pose" / "mouse_4.csv"
    said = boutwise(
        "predict", bundle, good, broken, "--fps", FPS, "--out", tmp_path / "o", "--json"
    )
    assert said.code == 4
    assert said.data["done"] == ["mouse_4"]
    assert list(said.data["failed"]) == ["broken"]
    alone = boutwise("predict", bundle, broken, "--fps", FPS, "--out", tmp_path / "o2")
    assert alone.code == 3
    slow = boutwise("predict", bundle, good, "--fps", "3", "--out", tmp_path / "o3")
    assert slow.code != 0
    assert "frames per second" in slow.err


def test_shards_divide_the_work(boutwise: Boutwise, trained: Path, tmp_path: Path) -> None:
    bundle, found = trained / "runs/quick", []
    for part in ("1/2", "2/2"):
        words = ["predict", bundle, trained, "--out", tmp_path, "--shard", part, "--json"]
        found += boutwise(*words).data["done"]
    assert sorted(found) == ["mouse_1", "mouse_2", "mouse_3", "mouse_4"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent otherwise on Windows")
def test_ctrl_c_says_how_to_go_on_and_it_does(boutwise: Boutwise, project: Path) -> None:
    words = ["train", str(project), *QUICK, "--out", "stopped"]
    process = subprocess.Popen(
        [sys.executable, "-m", "boutwise", *words],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    run = project / "runs" / "stopped"
    deadline = time.monotonic() + 120
    while not list(run.glob("folds/*/members/*/done.json")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert out == ""
    last = err.strip().splitlines()[-1]
    assert "finished folds are kept" in last
    again = shlex.split(last.partition("go on by: ")[2])
    assert again[0] == "boutwise"
    data = boutwise(*again[1:], "--json").data
    assert data["units_kept"] >= 1
    assert data["exit_code"] == 0
