"""``boutwise score`` as a person and as a script meets it."""

from __future__ import annotations

import csv
import json
import subprocess
import sys

import numpy as np
import pytest

from boutwise.cli._scores import tell_comparison
from boutwise.cli._talk import Talk

FRAMES = 600


def write(path, seed, *, shift=0, mice=4):
    """Bouts of four mice; another seed changes some of them."""
    rng, noise = np.random.default_rng(0), np.random.default_rng(seed)
    rows = []
    for mouse in range(mice):
        at = 5
        while at < FRAMES - 60:
            stop = at + int(rng.integers(10, 30))
            name = ("walk", "rear")[int(rng.integers(0, 2))]
            moved = int(noise.integers(0, 5)) if seed else 0
            rows.append((f"r{mouse}", f"m{mouse}", name, at + shift + moved, stop + shift))
            at = stop + int(rng.integers(5, 25))
    with path.open("w", encoding="utf-8", newline="") as file:
        head = ("recording", "animal", "behavior", "start_frame", "stop_frame", "note")
        csv.writer(file).writerows([head, *((*row, "") for row in rows)])
    return path


@pytest.fixture(name="tables")
def tables_fixture(tmp_path):
    return (
        write(tmp_path / "truth.csv", 0),
        write(tmp_path / "good.csv", 1),
        write(tmp_path / "poor.csv", 2, shift=4),
    )


def test_the_tables_fit_into_80_columns(boutwise, tables):
    truth, good, poor = tables
    how = ("--frames", FRAMES, "--fps", 20, "--background", "other")
    for more in ((), ("--against", poor), ("--group", "active=walk,rear")):
        said = boutwise("score", truth, good, *how, *more)
        assert said.code == 0, said.err
        lines = said.out.splitlines()
        tables_only = [line for line in lines if "  " in line]
        assert len(tables_only) > 8
        assert max(map(len, tables_only)) <= 78, tables_only


def test_a_preset_brings_its_own_numbers_first(boutwise, tables):
    truth, good, _ = tables
    how = ("--frames", FRAMES, "--background", "other", "--preset", "ms_tcn", "--iou", ".2,.6")
    said = boutwise("score", truth, good, *how)
    assert said.out.startswith("Bout F1@0.2, one to one, half-open, background left out, pooled: ")
    assert "Edit score" in said.out
    data = boutwise("score", truth, good, *how, "--json").data["scores"]
    assert data["preset"] == "ms_tcn"
    assert [each["name"] for each in data["quoted"]] == [
        "bout_f1@0.2",
        "bout_f1@0.6",
        "edit_score",
        "accuracy",
    ]
    assert data["headline"] == data["quoted"][0]


def test_two_predictions_are_compared(boutwise, tables):
    truth, good, poor = tables
    how = ("--frames", FRAMES, "--background", "other", "--against")
    said = boutwise("score", truth, good, *how, poor)
    assert said.out.startswith("Difference of the macro F1: +")
    assert "the first prediction is better" in said.out
    turned = boutwise("score", truth, poor, *how, good)
    assert "the second prediction is better" in turned.out
    same = boutwise("score", truth, good, *how, good)
    assert "4 animals do not tell which is better" in same.out
    found = boutwise("score", truth, good, *how, poor, "--json").data["comparison"]
    row = found["differences"][0]
    assert row["name"] == "macro_f1"
    assert row["first"] - row["second"] == pytest.approx(row["difference"]["value"])
    assert row["better_in"] == row["by_animal"]["n"] == 4


def test_what_changes_the_meaning_stands_before_the_numbers(capsys):
    talk = Talk("score")
    tell_comparison(
        talk,
        {
            "animals": ["a", "b", "c"],
            "rule": "one to one",
            "leaks": True,
            "by_animal": [],
            "notes": ["There is one.", "LEAKS: the run 'x' was split by random frame."],
            "differences": [
                {
                    "text": "macro F1",
                    "first": 0.9,
                    "second": 0.5,
                    "difference": {
                        "value": 0.4,
                        "interval": {"low": 0.3, "high": 0.5, "rough": True},
                    },
                    "better_in": 3,
                    "by_animal": {"n": 3},
                }
            ],
        },
    )
    first, second, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("LEAKS")
    assert second.endswith("it says nothing about the models, because one of them leaks")
    assert "better is" not in second
    assert rest[-1] == "note: There is one."


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--iou", "2"), "--iou cannot be '2'"),
        (("--iou", "half"), "--iou cannot be 'half'"),
        (("--group", "active"), "--group cannot be 'active'"),
        (("--group", "active=walk,raer"), "did you mean 'rear'"),
        (("--primary", "wlak"), "did you mean 'walk'"),
        (("--preset", "mstcn"), "did you mean 'ms_tcn'"),
        (("--preset", "mabe2025"), "give --labs CSV"),
        (("--preset", "calms21"), "names 'attack', which is not among the behaviors"),
    ],
)
def test_a_wrong_option_says_what_would_be_right(boutwise, tables, more, message):
    truth, good, _ = tables
    said = boutwise("score", truth, good, "--frames", FRAMES, *more)
    assert said.code == 2
    assert message in said.err


def test_two_tables_are_scored_without_project_and_torch(tables):
    truth, good, poor = tables
    code = (
        "import sys; from boutwise.cli import main; "
        f"main(['score', {str(truth)!r}, {str(good)!r}, '--frames', '{FRAMES}', '--json', "
        f"'--against', {str(poor)!r}]); "
        "print([m for m in ('torch', 'lightning', 'sklearn', 'lightgbm', 'sqlite3', "
        "'boutwise.project', 'boutwise.planning') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    answer, loaded = done.stdout.splitlines()
    assert json.loads(answer)["exit_code"] == 0
    assert loaded == "[]"


def test_swapped_agents_are_told_where_there_are_pairs(boutwise, tables, tmp_path):
    head = "recording,agent,target,behavior,start_frame,stop_frame\n"
    rows = [("a", "b", 10, 40), ("b", "a", 60, 70)]
    files = []
    for name, agents in (("truth", (0, 1)), ("said", (0, 0))):  # b's act is given to a
        files.append(tmp_path / f"pairs-{name}.csv")
        lines = [
            f"r{n},{rows[who][0]},{rows[who][1]},bite,{start},{stop}\n"
            for n in range(4)
            for who, (_, _, start, stop) in zip(agents, rows, strict=True)
        ]
        files[-1].write_text(head + "".join(lines), encoding="utf-8")
    said = boutwise("score", *files, "--frames", 100, "--fps", 20)
    assert said.code == 0, said.err
    (row, words) = [line for line in said.out.splitlines() if "share of swapped agents" in line]
    assert "0.250" in row
    assert "acted upon" in words
    data = boutwise("score", *files, "--frames", 100, "--fps", 20, "--json").data
    agents = data["scores"]["agents"]
    assert (agents["frames"], agents["right"], agents["swapped"]) == (160, 120, 40)
    alone = boutwise("score", *tables[:2], "--frames", FRAMES, "--fps", 20, "--json")
    assert alone.data["scores"]["agents"] is None
