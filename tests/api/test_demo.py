from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

import pytest

from boutwise import api, machine
from boutwise.api import demo
from boutwise.cli import main
from boutwise.errors import ProjectError

QUICK = (
    "members.0.optim.rounds=8",
    "members.0.windows.statistics=[0.5]",
    "members.0.windows.frame_step=3",
    "split.folds=3",
)


def test_the_whole_path_and_a_second_call_that_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # One core: processes of their own are tested in tests/training, and load everything again.
    monkeypatch.setattr(machine, "usable_cores", lambda: 1)
    said: list[str] = []
    first = demo(
        tmp_path, minutes=0.5, settings=QUICK, say=lambda done, total, words: said.append(words)
    )
    assert first.report.is_file()
    assert first.predicted == ("mouse_7", "mouse_8")
    assert {word.partition(":")[0] for word in said} >= {"simulate mice", "train", "predict"}
    with (first.predictions / "mouse_7.bouts.csv").open(encoding="utf-8", newline="") as file:
        bouts = list(csv.DictReader(file))
    assert bouts
    assert {bout["animal"] for bout in bouts} == {"mouse_7"}
    assert first.scores["facts"]["animals"] == [f"mouse_{n}" for n in range(1, 7)]

    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in tmp_path.rglob("*.csv")}

    before, runs = files(), sorted((first.project / "runs").iterdir())
    mine = first.data / "notes.txt"
    mine.write_text("mine", encoding="utf-8")
    again = demo(tmp_path, minutes=0.5, settings=QUICK)
    assert (again.run, again.report, again.predicted) == (first.run, first.report, first.predicted)
    assert again.scores == first.scores
    monkeypatch.setattr(api, "demo", partial(demo, minutes=0.5, settings=QUICK))
    capsys.readouterr()
    assert main(["demo", str(tmp_path)]) == 0
    said_last = capsys.readouterr().out.strip().splitlines()[-1]
    assert said_last.split() == ["report", str(first.report)]
    assert sorted((first.project / "runs").iterdir()) == runs
    assert files() == before
    assert mine.read_text(encoding="utf-8") == "mine"


def test_a_place_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "project").write_text("not a folder", encoding="utf-8")
    with pytest.raises(ProjectError):
        demo(tmp_path)
    assert (tmp_path / "project").read_text(encoding="utf-8") == "not a folder"
