"""The rule of the MABe challenge: its known cases, and random ones against a slow reference."""

from __future__ import annotations

import csv
import json
from collections import defaultdict

import numpy as np
import pytest

from boutwise.api import score
from boutwise.errors import DataError, FormatError, UsageError
from boutwise.types import Bout, Bouts, Observed

SOLUTION = (
    "video_id", "agent_id", "target_id", "action", "start_frame", "stop_frame", "lab_id",
    "behaviors_labeled",
)  # fmt: skip
ATTACK = '["1,2,attack"]'


def solution(path, rows, labelled=ATTACK):
    """Rows are video, action, start, stop, lab."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(SOLUTION)
        writer.writerows([v, 1, 2, action, a, b, lab, labelled] for v, action, a, b, lab in rows)
    return path


def submission(path, rows):
    """Rows are video, action, start, stop."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(SOLUTION[:6])
        writer.writerows([v, 1, 2, action, a, b] for v, action, a, b in rows)
    return path


TWO = [(123, "attack", 0, 9, 1), (123, "mount", 15, 24, 1)]
CASES = {
    "the same interval": ([(1, "attack", 0, 10, 1)], [(1, "attack", 0, 10)], 1.0),
    "another action, which was not labelled": (
        [(1, "attack", 0, 10, 1)],
        [(1, "mount", 0, 10)],
        0.0,
    ),
    "one of two actions": (TWO, [(123, "attack", 0, 9)], 0.5),
    "one of two actions in one of two labs": (
        [*TWO, (345, "attack", 0, 9, 2), (345, "mount", 15, 24, 2)],
        [(123, "attack", 0, 9)],
        0.25,
    ),
    "two adjacent intervals, one prediction": (
        [(1, "attack", 0, 10, 1), (1, "attack", 10, 20, 1)],
        [(1, "attack", 0, 20)],
        1.0,
    ),
    "two intervals and the gap between them": (
        [(1, "attack", 0, 10, 1), (1, "attack", 30, 40, 1)],
        [(1, "attack", 0, 40)],
        2 / 3,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_known_cases(tmp_path, name):
    truth, said, expected = CASES[name]
    scores = score(
        solution(tmp_path / "solution.csv", truth),
        submission(tmp_path / "submission.csv", said),
        preset="mabe2025",
    )
    assert scores.headline.estimate.value == pytest.approx(expected, abs=1e-12)
    assert scores.preset == "mabe2025"


def slow_score(truth, said, labelled):
    """Frame sets, one lab after the other; rows are dictionaries."""
    by_lab = []
    for lab in sorted({row["lab_id"] for row in truth}):
        true, predicted = defaultdict(set), defaultdict(set)
        for row in truth:
            if row["lab_id"] == lab:
                true[key_of(row)] |= set(range(row["start_frame"], row["stop_frame"]))
        videos = {key[0] for key in true}
        for row in said:
            if row["video_id"] in videos and key_of(row)[1:] in labelled[row["video_id"]]:
                predicted[key_of(row)] |= set(range(row["start_frame"], row["stop_frame"]))
        actions = {key[3] for key in [*true, *predicted]}
        f1 = []
        for action in actions:
            keys = {key for key in [*true, *predicted] if key[3] == action}
            tp = sum(len(true[key] & predicted[key]) for key in keys)
            wrong = sum(len(true[key] ^ predicted[key]) for key in keys)
            f1.append(2 * tp / (2 * tp + wrong))
        by_lab.append(sum(f1) / len(f1))
    return sum(by_lab) / len(by_lab)


def key_of(row):
    return tuple(row[name] for name in SOLUTION[:4])


def random_case(rng):
    """Some videos of some labs; a pair shows one action at a time in the prediction."""
    pairs = [("1", "2"), ("2", "1"), ("1", "self")]
    truth, said, labelled = [], [], {}
    for video in ("v0", "v1", "v2", "v3"):
        keys = [(*pair, a) for pair in pairs for a in ("attack", "mount", "rear")]
        mine = [key for key in keys if rng.random() < 0.5] or keys[:1]
        labelled[video] = set(mine)
        lab = str(rng.integers(0, 2))
        for place, (agent, target, action) in enumerate(mine):
            if place and rng.random() < 0.4:
                continue
            start = int(rng.integers(0, 60))
            row = (video, agent, target, action, start, start + int(rng.integers(1, 30)), lab)
            text = json.dumps([",".join(key) for key in mine])
            truth.append(dict(zip(SOLUTION, (*row, text), strict=True)))
        free = dict.fromkeys(pairs, 0)
        for agent, target, action in keys:
            if rng.random() < 0.6:
                start = free[agent, target] + int(rng.integers(0, 15))
                free[agent, target] = start + int(rng.integers(1, 25))
                row = (video, agent, target, action, start, free[agent, target])
                said.append(dict(zip(SOLUTION[:6], row, strict=True)))
    return truth, said, labelled


@pytest.mark.parametrize("seed", range(12))
def test_random_tables_equal_the_slow_reference(tmp_path, seed):
    truth, said, labelled = random_case(np.random.default_rng(seed))
    for name, rows in (("truth.csv", truth), ("said.csv", said)):
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    scores = score(tmp_path / "truth.csv", tmp_path / "said.csv", preset="mabe2025")
    assert scores.headline.estimate.value == pytest.approx(slow_score(truth, said, labelled))
    assert len(scores.by_lab) == len({row["lab_id"] for row in truth})


def test_overlapping_predictions_of_a_pair_are_an_error(tmp_path):
    both = '["1,2,attack", "1,2,mount"]'
    truth = solution(tmp_path / "t.csv", [(1, "attack", 0, 10, 1)], both)
    said = submission(tmp_path / "p.csv", [(1, "attack", 0, 10), (1, "mount", 9, 12)])
    with pytest.raises(DataError, match="at the same time") as caught:
        score(truth, said, preset="mabe2025")
    assert (caught.value.recording, caught.value.frame) == ("1", 9)
    # What was not labelled is left out, and so cannot overlap.
    alone = solution(tmp_path / "alone.csv", [(1, "attack", 0, 10, 1)])
    scores = score(alone, said, preset="mabe2025")
    assert scores.headline.estimate.value == 1
    assert any("1 predicted bouts of what was not labelled" in note for note in scores.notes)


def test_names_of_mice_are_taken_at_their_word(tmp_path):
    truth = solution(tmp_path / "t.csv", [(1, "attack", 0, 10, 1)])
    said = tmp_path / "p.csv"
    said.write_text(
        ",".join(SOLUTION[:6]) + "\n1,2,1,attack,0,10\n1,1,2,attack,4,5\n", encoding="utf-8"
    )
    # The other mouse attacks: not labelled, so neither right nor wrong.
    value = score(truth, said, preset="mabe2025").headline.estimate.value
    assert value == pytest.approx(2 / 11)


def test_a_true_action_that_was_not_listed_is_missed_whatever_is_predicted(tmp_path):
    truth = solution(tmp_path / "t.csv", TWO)
    said = submission(tmp_path / "p.csv", [(123, "attack", 0, 9), (123, "mount", 15, 24)])
    scores = score(truth, said, preset="mabe2025")
    assert scores.headline.estimate.value == 0.5
    assert any("1 rows of the truth are of actions" in note for note in scores.notes)


def test_other_mice_and_other_videos_are_not_taken_for_these(tmp_path):
    truth = solution(tmp_path / "t.csv", [(1, "attack", 0, 10, 1)])
    said = tmp_path / "p.csv"
    said.write_text(",".join(SOLUTION[:6]) + "\n1,3,4,attack,0,10\n", encoding="utf-8")
    assert score(truth, said, preset="mabe2025").headline.estimate.value == 0
    other = submission(tmp_path / "other.csv", [(2, "attack", 0, 10)])
    with pytest.raises(UsageError, match="no recording is in truth and prediction"):
        score(truth, other, preset="mabe2025")


def test_the_video_is_what_an_interval_counts_as_one(tmp_path):
    rows = [(video, "attack", 0, 10 + video, video % 2) for video in range(1, 7)]
    truth = solution(tmp_path / "t.csv", rows)
    said = submission(
        tmp_path / "p.csv", [(v, a, start + 2, stop) for v, a, start, stop, _ in rows]
    )
    interval = score(truth, said, preset="mabe2025").headline.estimate.interval
    assert interval.n_groups == 6
    assert 0 < interval.low < interval.high < 1


@pytest.mark.parametrize(
    ("line", "row", "message"),
    [
        ("1,1,2,attack,x,10,1,[]", 2, "a bout goes from 'x'"),
        ("1,1,2,attack,10,4,1,[]", 2, "a bout goes from '10'"),
        ("1,1,2,,0,4,1,[]", 2, "'action' is empty"),
        ('1,1,2,attack,0,4,1,"[""attack""]"', 2, "behaviors_labeled cannot be read"),
        ('1,1,2,attack,0,4,1,"[""mouse1,mouse2,attack""]"', 2, "no row is of what"),
    ],
)
def test_a_broken_table_names_its_row(tmp_path, line, row, message):
    path = tmp_path / "t.csv"
    path.write_text(",".join(SOLUTION) + "\n" + line + "\n", encoding="utf-8")
    said = submission(tmp_path / "p.csv", [(1, "attack", 0, 10)])
    with pytest.raises(FormatError, match=message) as caught:
        score(path, said, preset="mabe2025")
    assert caught.value.row == row
    assert caught.value.file == str(path)


def bouts(rows):
    seen = [Observed(r, f"{r}m", "rear", 0, 50) for r in ("a", "b", "c")]
    return Bouts.from_rows([Bout(r, f"{r}m", "rear", *span) for r, span in rows], seen)


def test_labs_come_from_a_csv_or_a_mapping(tmp_path):
    truth = bouts([("a", (0, 10)), ("b", (0, 10)), ("c", (0, 10))])
    said = bouts([("a", (0, 10)), ("b", (0, 5)), ("c", (20, 30))])
    labs = {"a": "x", "b": "y", "c": "y"}
    scores = score(truth, said, preset="mabe2025", labs=labs)
    assert scores.headline.estimate.value == pytest.approx((1 + 2 * 5 / (2 * 5 + 10 + 15)) / 2)
    assert [row.name for row in scores.by_lab] == ["x", "y"]
    table = tmp_path / "labs.csv"
    table.write_text("recording,lab\na,x\nb,y\nc,y\n", encoding="utf-8")
    assert score(truth, said, preset="mabe2025", labs=table).headline == scores.headline
    table.write_text("recording,lab\na,x\nb,y\n", encoding="utf-8")
    with pytest.raises(UsageError, match="the lab of 'c' is not known"):
        score(truth, said, preset="mabe2025", labs=table)
    table.write_text("recording,lab\na,x\na,y\n", encoding="utf-8")
    with pytest.raises(FormatError, match="has two labs") as caught:
        score(truth, said, preset="mabe2025", labs=table)
    assert caught.value.row == 3
    with pytest.raises(UsageError, match="no lab is known"):
        score(truth, said, preset="mabe2025")
