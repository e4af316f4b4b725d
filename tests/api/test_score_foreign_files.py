"""Scores of files that other programs' formats were written to: nothing is lost on the way."""

from __future__ import annotations

import pytest

from boutwise.api import convert, score
from boutwise.errors import FormatError, LabelError
from boutwise.formats import boris_project, bouts_csv, deepethogram
from boutwise.types import Bout, Bouts, FrameClock, Observed

CLOCK = FrameClock.declared(100, fps=25)
SPANS = [("rear", 10, 20), ("walk", 40, 60), ("rear", 70, 90)]


def labels(recording, spans=SPANS, names=("rear", "walk")):
    rows = [Bout(recording, "m", *span) for span in spans]
    return Bouts.from_rows(rows, [Observed(recording, "m", name, 0, 100) for name in names])


@pytest.fixture
def truth(tmp_path):
    path = tmp_path / "a.bouts.csv"
    bouts_csv.write(path, labels("a"), clocks={"a": CLOCK})
    return path


def deep(path, bouts):
    deepethogram.write(path, bouts, clocks={"a": CLOCK})
    return path


# --- the background that DeepEthogram computes


def test_labels_that_went_through_deepethogram_and_back_score_one(tmp_path, truth):
    back = tmp_path / "back" / "a.bouts.csv"
    back.parent.mkdir()
    convert(truth, tmp_path / "a_labels.csv")
    convert(tmp_path / "a_labels.csv", back, fps=25)
    for said in (back, tmp_path / "a_labels.csv"):
        scores = score(truth, said)
        assert scores.behavior("rear").f1.value == scores.behavior("walk").f1.value == 1
        assert "'background' was left out" in " ".join(scores.notes)


def test_a_wrong_prediction_is_not_made_right_by_it(tmp_path, truth):
    said = deep(tmp_path / "a_labels.csv", labels("a", [("rear", 10, 15), ("walk", 40, 60)]))
    scores = score(truth, said)
    assert scores.behavior("walk").f1.value == 1
    assert scores.behavior("rear").f1.value == pytest.approx(2 * 5 / (30 + 5))


def test_a_background_over_another_behavior_is_a_behavior(truth):
    said = labels("a", [*SPANS, ("background", 0, 11)], ("rear", "walk", "background"))
    with pytest.raises(LabelError, match="'background' is predicted, but is not in the truth"):
        score(truth, said)
    touching = labels("a", [*SPANS, ("Background", 0, 10)], ("rear", "walk", "Background"))
    assert score(truth, touching).behavior("rear").f1.value == 1


def test_other_unknown_behaviors_are_still_an_error(truth):
    with pytest.raises(LabelError, match="'none'"):
        score(truth, labels("a", [*SPANS, ("none", 0, 10)]))


def test_a_truth_that_has_a_background_keeps_it(tmp_path):
    spans = [*SPANS, ("background", 0, 10)]
    names = ("rear", "walk", "background")
    scores = score(labels("a", spans, names), labels("a", spans, names))
    assert scores.behavior("background").f1.value == 1
    assert "left out" not in " ".join(scores.notes)
    # One that calls it otherwise cannot take a second one.
    with pytest.raises(LabelError, match="'background' is predicted"):
        score(labels("a", [*SPANS, ("other", 0, 10)]), labels("a", spans), background="other")


# --- folders of one format


def test_a_folder_of_any_label_format_is_read_file_by_file(tmp_path):
    truth, said = tmp_path / "truth", tmp_path / "said"
    truth.mkdir()
    said.mkdir()
    for name, stop in (("a", 90), ("b", 80)):
        bouts = labels(name, [*SPANS[:2], ("rear", 70, stop)])
        bouts_csv.write(truth / f"{name}.bouts.csv", labels(name), clocks={name: CLOCK})
        boris_project.write(said / f"{name}.boris", bouts, clocks={name: CLOCK})
    (said / "notes.md").write_text("coded by Ann\n", encoding="utf-8")
    (said / ".hidden.boris").write_text("{}", encoding="utf-8")
    scores = score(truth, said)
    assert scores.behavior("walk").f1.value == 1
    assert scores.behavior("rear").f1.value == pytest.approx(2 * 50 / (60 + 50))
    assert score(said, said, frames=100).behavior("rear").f1.value == 1


def test_a_folder_of_nothing_that_is_known_is_refused(tmp_path):
    (tmp_path / "notes.md").write_text("no labels\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"no format claims this folder; it holds notes\.md"):
        score(tmp_path, tmp_path)


def test_a_mapping_reads_a_folder_of_workable_tables(tmp_path):
    for name in "ab":
        text = "what\tfrom\tto\nrear\t0\t2\n"
        (tmp_path / f"{name}.tsv").write_text(text, encoding="utf-8")
    columns = {"behavior": "what", "start": "from", "stop": "to"}
    mapping = {"format": "intervals", "columns": columns, "unit": "second"}
    scores = score(tmp_path, tmp_path, frames=100, fps=25, mapping=mapping, truth_mapping=mapping)
    assert scores.behavior("rear").f1.value == 1
