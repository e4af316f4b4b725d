from __future__ import annotations

import csv
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from boutwise.api import score
from boutwise.errors import FormatError, LabelError, UsageError
from boutwise.formats import bouts_csv
from boutwise.formats._prediction import write_frames
from boutwise.metrics import ScoredSubject, ScoreOptions, score_recordings
from boutwise.types import (
    Behavior,
    Bout,
    Bouts,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    Observed,
    Prediction,
    Subject,
)
from boutwise.types.bouts import from_frames

CLOCK = FrameClock.declared(100, fps=25)


def table(rows, observed=()):
    return Bouts.from_rows([Bout(*row) for row in rows], [Observed(*piece) for piece in observed])


TRUTH = [("r", "m", "rear", 10, 20), ("r", "m", "rear", 40, 60), ("r", "m", "groom", 70, 90)]
SEEN = [("r", "m", name, 0, 100) for name in ("rear", "groom")]
PREDICTED = [("r", "m", "rear", 12, 20), ("r", "m", "groom", 40, 60), ("r", "m", "groom", 70, 95)]


def write(path, rows, observed=()):
    bouts_csv.write(path, table(rows, observed), clocks=dict.fromkeys("rs", CLOCK))
    if not observed:
        bouts_csv.observed_path(path).unlink()
    return path


def write_plain(path, rows, head=("behavior", "start_frame", "stop_frame")):
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([head, *rows])
    return path


def expected_f1(behavior):
    truth, said = np.zeros(100, bool), np.zeros(100, bool)
    for flags, rows in ((truth, TRUTH), (said, PREDICTED)):
        for _, _, name, start, stop in rows:
            flags[start:stop] |= name == behavior
    return f1_score(truth, said)


def test_own_tables_tell_what_was_examined(tmp_path):
    truth = write(tmp_path / "t.bouts.csv", TRUTH, SEEN)
    prediction = write(tmp_path / "p.bouts.csv", PREDICTED)
    scores = score(truth, prediction)
    for name in ("rear", "groom"):
        assert scores.behavior(name).f1.value == pytest.approx(expected_f1(name))
    assert scores.bouts.tp == (2, 2, 2)
    assert scores.bouts.fp == (1, 1, 1)
    assert scores.bouts.fn == (1, 1, 1)
    assert scores.facts.scored_frames == 100
    assert scores.facts.scored_s == pytest.approx(4.0)


def test_frames_outside_the_observed_range_are_left_out(tmp_path):
    seen = [("r", "m", name, 30, 100) for name in ("rear", "groom")]
    truth = write(tmp_path / "t.bouts.csv", TRUTH[1:], seen)
    scores = score(truth, write(tmp_path / "p.bouts.csv", PREDICTED))
    assert scores.facts.scored_frames == 70
    assert scores.behavior("rear").predicted_bouts == 0


def test_a_truth_that_does_not_say_what_was_examined_needs_the_frames(tmp_path):
    truth = write(tmp_path / "t.bouts.csv", TRUTH)
    prediction = write(tmp_path / "p.bouts.csv", PREDICTED)
    with pytest.raises(UsageError, match="which frames were examined"):
        score(truth, prediction)
    by_frames = score(truth, prediction, frames=100)
    seen = score(table(TRUTH, SEEN), table(PREDICTED), fps=25)
    assert by_frames.as_dict() == seen.as_dict()


def test_a_strangers_table_in_frames(tmp_path):
    truth = write(tmp_path / "t.bouts.csv", TRUTH, SEEN)
    rows = [(name.title(), start, stop) for _, _, name, start, stop in PREDICTED]
    scores = score(truth, write_plain(tmp_path / "stranger.csv", rows))
    assert scores.behavior("rear").f1.value == pytest.approx(expected_f1("rear"))
    assert any("'Rear' was taken for 'rear'" in note for note in scores.notes)


def test_a_strangers_table_in_seconds(tmp_path):
    rows = [(name, start / 25, stop / 25) for _, _, name, start, stop in PREDICTED]
    head = ("behavior", "start_s", "stop_s")
    prediction = write_plain(tmp_path / "stranger.csv", rows, head)
    truth = write(tmp_path / "t.bouts.csv", TRUTH, SEEN)
    # The rate is that of the seconds in boutwise's own table.
    assert score(truth, prediction).behavior("groom").f1.value == pytest.approx(
        expected_f1("groom")
    )
    with pytest.raises(UsageError, match="no frame rate"):
        score(table(TRUTH, SEEN), prediction)


def test_a_plain_table_is_described_by_a_mapping(tmp_path):
    truth = write(tmp_path / "t.bouts.csv", TRUTH, SEEN)
    rows = [(name, start, stop) for _, _, name, start, stop in PREDICTED]
    plain = write_plain(tmp_path / "p.csv", rows, ("What", "From", "Until"))
    columns = {"behavior": "What", "start": "From", "stop": "Until"}
    mapping = {"format": "intervals", "columns": columns, "unit": "frame"}
    with pytest.raises(FormatError, match="no format claims") as caught:
        score(truth, plain)
    assert "--mapping YAML" in caught.value.todo
    scores = score(truth, plain, mapping=mapping)
    assert scores.behavior("rear").f1.value == pytest.approx(expected_f1("rear"))
    # The other way round the same table is the truth.
    with pytest.raises(FormatError, match="no format claims") as caught:
        score(plain, truth, frames=100)
    assert "--truth-mapping YAML" in caught.value.todo
    turned = score(plain, truth, frames=100, truth_mapping=mapping)
    assert turned.behavior("rear").f1.value == scores.behavior("rear").f1.value
    yaml_file = tmp_path / "m.yaml"
    yaml_file.write_text("format: boris_tabular\n", encoding="utf-8")
    with pytest.raises(UsageError, match="for another format"):
        score(truth, truth, mapping=yaml_file)


def test_a_recording_of_no_frames_is_refused(tmp_path):
    truth = write(tmp_path / "t.bouts.csv", TRUTH, SEEN)
    with pytest.raises(UsageError, match="0 frames"):
        score(truth, truth, frames=0)
    with pytest.raises(FormatError, match="no such file"):
        score(truth, truth, labs=tmp_path / "none.csv")


def test_an_unknown_behavior_is_refused_with_the_nearest_name_and_its_row(tmp_path):
    truth = write(tmp_path / "t.bouts.csv", TRUTH, SEEN)
    prediction = write_plain(tmp_path / "p.csv", [("rear", 1, 4), ("groming", 3, 9)])
    with pytest.raises(LabelError) as caught:
        score(truth, prediction)
    assert "did you mean 'groom'" in str(caught.value)
    assert caught.value.row == 3
    assert caught.value.file == str(prediction)


def test_a_behavior_that_was_examined_and_never_shown_may_be_predicted(tmp_path):
    seen = [*SEEN, ("r", "m", "jump", 0, 100)]
    scores = score(table(TRUTH, seen), table([*PREDICTED, ("r", "m", "jump", 0, 5)]))
    assert scores.behavior("jump").f1.value == 0
    assert scores.behavior("jump").false_bouts_per_hour != scores.behavior("jump").f1.value


def test_without_a_frame_rate_seconds_are_undefined_and_said():
    scores = score(table(TRUTH, SEEN), table(PREDICTED))
    assert np.isnan(scores.facts.scored_s)
    assert scores.as_dict()["onsets"]["false_bouts_per_hour"] is None
    assert scores.as_dict()["bout_statistics"][0]["truth_count"] == 2
    assert any("No frame rate" in note for note in scores.notes)


def test_a_background_is_filled_in_and_its_bouts_do_not_count():
    scores = score(table(TRUTH, SEEN), table(PREDICTED), background="other")
    truth, said = np.full(100, 2), np.full(100, 2)
    for labels, rows in ((truth, TRUTH), (said, PREDICTED)):
        for _, _, name, start, stop in rows:
            labels[start:stop] = ("rear", "groom").index(name)
    assert scores.frames.macro_f1.value == pytest.approx(f1_score(truth, said, average="macro"))
    assert scores.frames.accuracy.value == pytest.approx((truth == said).mean())
    assert scores.bouts.tp == score(table(TRUTH, SEEN), table(PREDICTED)).bouts.tp
    assert scores.confusions[0].truth == ("rear", "groom", "other")


def test_overlapping_behaviors_are_independent_unless_a_background_is_declared():
    both = [*TRUTH, ("r", "m", "groom", 12, 18)]
    scores = score(table(both, SEEN), table(PREDICTED))
    assert scores.facts.exclusive_groups == {}
    with pytest.raises(LabelError, match="exclude each other"):
        score(table(both, SEEN), table(PREDICTED), background="other")


def test_recordings_are_paired_by_name_and_a_missing_one_is_a_miss():
    truth = [*TRUTH, ("s", "n", "rear", 0, 10)]
    seen = [*SEEN, *(("s", "n", name, 0, 50) for name in ("rear", "groom"))]
    scores = score(table(truth, seen), table([*PREDICTED, ("x", "y", "rear", 0, 9)]))
    assert scores.facts.recordings == ("r", "s")
    assert scores.behavior("rear").truth_frames == 40
    assert any("Nothing is predicted for the recording 's'" in note for note in scores.notes)
    assert any("1 predicted recordings" in note for note in scores.notes)
    stranger = table([("rr", "m", "rear", 0, 3), ("q", "m", "rear", 0, 3)])
    with pytest.raises(UsageError, match="no recording is in truth and prediction"):
        score(table(truth, seen), stranger)


def test_directed_behaviors_are_scored_by_pair():
    truth = [("r", "a", "attack", 0, 10, "b"), ("r", "b", "attack", 20, 30, "a")]
    seen = [("r", x, "attack", 0, 50, y) for x, y in (("a", "b"), ("b", "a"))]
    turned = [("r", "b", "attack", 0, 10, "a"), ("r", "b", "attack", 20, 30, "a")]
    scores = score(table(truth, seen), table(turned))
    assert scores.behavior("attack").f1.value == pytest.approx(0.5)
    assert scores.facts.n_subjects == 2


def test_the_shared_case_through_the_front_door(shared):
    with np.load(shared("scoring/case.npz")) as case:
        scores = score(case["g"], case["p"], background="3")
    assert (scores.bouts.tp, scores.bouts.fp, scores.bouts.fn) == (
        (503, 501, 408),
        (573, 575, 668),
        (69, 71, 164),
    )
    assert [round(e.value, 4) for e in scores.bouts.pooled_f1] == [0.6104, 0.6080, 0.4951]
    assert round(scores.frames.macro_f1.value, 4) == 0.8098
    assert round(scores.frames.macro_f1_without_background.value, 4) == 0.8690
    assert round(scores.frames.accuracy.value, 5) == 0.89167


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=60))
def test_arrays_give_the_scores_of_sklearn(pairs):
    truth, said = np.array(pairs).T
    if set(said) - set(truth):
        with pytest.raises(LabelError, match="not in the truth"):
            score(truth, said)
        return
    scores = score(truth, said)
    assert scores.frames.macro_f1.value == pytest.approx(f1_score(truth, said, average="macro"))


def test_unlabelled_frames_of_an_array_are_left_out():
    truth = np.array([0, 0, 1, 1, -1, -1, -2])
    said = np.array([0, 1, 1, 1, 0, 0, 0])
    scores = score(truth, said)
    assert scores.frames.accuracy.value == pytest.approx(3 / 4)
    assert (scores.facts.unlabelled_frames, scores.facts.unscorable_frames) == (2, 1)
    with pytest.raises(UsageError, match="axes"):
        score(np.zeros((3, 2)), said)


def prediction_of(rng, labels, n_classes=3):
    noise = np.repeat(rng.normal(0, 1, (len(labels) // 10, n_classes)), 10, axis=0)
    p = np.exp(noise + 1.5 * np.eye(n_classes)[labels])
    p /= p.sum(axis=1, keepdims=True)
    return p.astype(np.float32), np.eye(n_classes, dtype=bool)[p.argmax(axis=1)]


def test_probabilities_of_a_frames_file_are_scored_too(tmp_path):
    rng = np.random.default_rng(0)
    names = ("na", "rear", "groom")
    ethogram = Ethogram(tuple(map(Behavior, names)), (ExclusiveGroup("g", names, "na"),))
    labels = np.repeat(rng.integers(0, 3, 20), 10)
    p, decided = prediction_of(rng, labels)
    subject = Subject("day1/r", "m")
    clock = FrameClock.declared(200, fps=20)
    seen = np.ones((1, 200), dtype=bool)
    prediction = Prediction(
        "day1/r", (subject,), clock, ethogram, p[None], decided[None], seen, "b"
    )
    path = tmp_path / "day1__r.frames.parquet"
    write_frames([prediction], path)
    truth = from_frames(np.eye(3, dtype=np.int8)[labels], subject, names)
    scores = score(truth, path, background="na")
    item = ScoredSubject(subject, "m", np.eye(3, dtype=np.int8)[labels], decided, 20.0, p)
    direct = score_recordings([item], ethogram)
    assert scores.as_dict()["behaviors"] == [
        {**row, "group": "behavior"} for row in direct.as_dict()["behaviors"]
    ]
    assert scores.as_dict()["calibration"] == direct.as_dict()["calibration"]
    assert scores.facts.scored_s == pytest.approx(10)
    more = table([], [("day1/r", "m", name, 0, 200) for name in (*names, "jump")])
    without = score(Bouts.concatenate([truth, more]), path, background="na")
    assert without.facts.behaviors == ("na", "rear", "groom")
    assert any("left out: jump" in note for note in without.notes)
    assert without.calibration is not None


def test_animals_that_met_are_one_unit_of_the_interval():
    rows, seen = [], []
    for recording, pair in (("r", "ab"), ("s", "cd"), ("t", "ef"), ("u", "gh")):
        for place, animal in enumerate(pair):
            rows.append((recording, animal, "rear", 5 + place, 15))
            seen.append((recording, animal, "rear", 0, 40))
    scores = score(table(rows, seen), table([(*row[:3], row[3] + 1, 15) for row in rows]))
    assert scores.facts.animals == ("a+b", "c+d", "e+f", "g+h")
    assert scores.frames.macro_f1.interval.n_groups == 4
    assert scores.facts.n_subjects == 8


def test_folders_are_scored_file_by_file(tmp_path):
    for side, rows in (("truth", TRUTH), ("prediction", PREDICTED)):
        (tmp_path / side).mkdir()
        for recording in "rs":
            mine = [(recording, *row[1:]) for row in rows]
            seen = [(recording, *piece[1:]) for piece in SEEN]
            write(tmp_path / side / f"{recording}.bouts.csv", mine, seen)
    scores = score(tmp_path / "truth", tmp_path / "prediction")
    assert scores.facts.recordings == ("r", "s")
    assert scores.behavior("rear").f1.value == pytest.approx(expected_f1("rear"))
    assert scores.facts.scored_s == pytest.approx(8.0)
    write(tmp_path / "truth" / "again.bouts.csv", TRUTH, SEEN)
    with pytest.raises(UsageError, match="two files of the truth label the recording 'r'"):
        score(tmp_path / "truth", tmp_path / "prediction")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FormatError, match="no format claims this folder"):
        score(tmp_path / "prediction", tmp_path / "empty")


def test_real_labels_against_themselves_and_a_little_later(shared, tmp_path):
    truth = shared("subtle/labelled/annots")
    one = truth / "adult_6112.csv"
    same = score(one, one, fps=20, background="na")
    assert same.frames.macro_f1.value == 1
    assert same.facts.scored_frames == 12010
    assert same.bouts.fp == same.bouts.fn == (0, 0, 0)
    late = tmp_path / "late"
    late.mkdir()
    for path in truth.glob("*.csv"):
        lines = path.read_text(encoding="utf-8").splitlines()
        text = "\n".join([lines[0], *[lines[1]] * 6, *lines[1:-6]])
        times = [line.split(",", 1)[0] for line in lines]
        moved = [
            f"{t},{line.split(',', 1)[1]}" for t, line in zip(times, text.splitlines(), strict=True)
        ]
        (late / path.name).write_text("\n".join(moved), encoding="utf-8")
    scores = score(truth, late, fps=20, background="na")
    labels = [
        np.array([line.split(",", 1)[1] for line in folder.read_text("utf-8").splitlines()[1:]])
        for name in sorted(p.name for p in truth.glob("*.csv"))
        for folder in (truth / name, late / name)
    ]
    t, p = np.concatenate(labels[::2]), np.concatenate(labels[1::2])
    assert scores.frames.accuracy.value == pytest.approx((t == p).mean())
    assert scores.frames.macro_f1.value == pytest.approx(f1_score(t, p, average="macro"))
    assert scores.facts.scored_frames == 72031
    interval = scores.frames.macro_f1.interval
    assert 0 < interval.low < scores.frames.macro_f1.value < interval.high < 1
    assert interval.n_groups == 6


def test_presets_and_options():
    strict = ScoreOptions(thresholds=(0.9,))
    scores = score(table(TRUTH, SEEN), table(PREDICTED), options=strict)
    assert scores.bouts.thresholds == (0.9,)
    with pytest.raises(UsageError, match="did you mean 'default'"):
        score(table(TRUTH, SEEN), table(PREDICTED), preset="defualt")
    with pytest.raises(UsageError, match="both the preset"):
        score(table(TRUTH, SEEN), table(PREDICTED), preset="other", options=strict)


def test_scoring_loads_no_torch(tmp_path):
    truth = write(tmp_path / "t.bouts.csv", TRUTH, SEEN)
    code = (
        "import sys; from boutwise.api import score; "
        f"score({str(truth)!r}, {str(truth)!r}); "
        "print([m for m in ('torch', 'lightning', 'sklearn', 'lightgbm') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_background_that_is_nearly_a_label_is_a_slip(tmp_path):
    truth = np.array(["groom", "groom", "rear", "rear", "none", "none"])
    with pytest.raises(UsageError, match="no label is called 'reer'") as caught:
        score(truth, truth, background="reer")
    assert "did you mean 'rear'?" in caught.value.todo
    named = score(truth, truth, background="other")
    assert any("No label of the truth is called 'other'" in note for note in named.notes)
    assert not any("No label" in note for note in score(truth, truth, background="none").notes)
