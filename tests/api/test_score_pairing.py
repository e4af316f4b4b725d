from __future__ import annotations

import numpy as np
import pytest

from boutwise.api import score
from boutwise.errors import UsageError
from boutwise.formats._prediction import write_frames
from boutwise.types import (
    Behavior,
    Bout,
    Bouts,
    Ethogram,
    FrameClock,
    Observed,
    Prediction,
    Subject,
)

SPANS = [("rear", 10, 20), ("rear", 40, 60), ("groom", 70, 90)]


def labels(recording, animals):
    rows = [Bout(recording, animal, *span) for animal in animals for span in SPANS]
    seen = [
        Observed(recording, animal, name, 0, 100)
        for animal in animals
        for name in ("rear", "groom")
    ]
    return Bouts.from_rows(rows, seen)


def test_the_only_recordings_and_animals_are_the_same_whatever_they_are_called():
    scores = score(labels("mouse_1", ["mouse_1"]), labels("2024_m15", ["m15"]))
    assert scores.behavior("rear").f1.value == scores.behavior("groom").f1.value == 1
    notes = " ".join(scores.notes)
    assert "recording '2024_m15' was taken for 'mouse_1'" in notes
    assert "animal 'm15' was taken for 'mouse_1'" in notes


def test_probabilities_go_with_the_animal(tmp_path):
    names = ("rear", "groom")
    decided = np.zeros((1, 100, 2), dtype=bool)
    for name, start, stop in SPANS:
        decided[0, start:stop, names.index(name)] = True
    prediction = Prediction(
        "2024_m15",
        (Subject("2024_m15", "m15"),),
        FrameClock.declared(100, fps=25),
        Ethogram(tuple(map(Behavior, names))),
        np.where(decided, 0.9, 0.1).astype(np.float32),
        decided,
        np.ones((1, 100), dtype=bool),
        "b",
    )
    path = tmp_path / "2024_m15.frames.parquet"
    write_frames([prediction], path)
    scores = score(labels("mouse_1", ["mouse_1"]), path)
    assert not any("no probability" in note for note in scores.notes)
    assert scores.behavior("rear").f1.value == 1
    assert scores.calibration is not None


def test_other_animals_are_no_miss_but_an_error():
    truth, other = labels("r", ["a", "b"]), labels("r", ["x", "y"])
    with pytest.raises(UsageError, match="other animals than the truth: x, y"):
        score(truth, other)


def test_an_animal_that_is_on_one_side_only_is_said():
    scores = score(labels("r", ["a", "b"]), labels("r", ["b", "c"]))
    assert scores.behavior("rear").f1.value == pytest.approx(2 / 3)
    notes = " ".join(scores.notes)
    assert "Nothing is predicted for a in 'r'" in notes
    assert "c in 'r' are not in the truth" in notes


def test_a_prediction_without_targets_is_no_miss_but_an_error():
    rows = [Bout("r", "a", "attack", 10, 20, target="b")]
    seen = [Observed("r", "a", "attack", 0, 100, target="b")]
    truth = Bouts.from_rows(rows, seen)
    nobody = Bouts.from_rows(
        [Bout("r", "a", "attack", 10, 20)], [Observed("r", "a", "attack", 0, 100)]
    )
    with pytest.raises(UsageError, match="names no target, and the truth says whom: attack"):
        score(truth, nobody)
    assert score(truth, truth).behavior("attack").f1.value == 1


def test_a_prediction_that_ends_early_is_said():
    early = Bouts.from_rows(
        [Bout("r", "a", "rear", 10, 20)],
        [Observed("r", "a", name, 0, 30) for name in ("rear", "groom")],
    )
    scores = score(labels("r", ["a"]), early)
    assert any("the last 70 of 100 frames of 'r'" in note for note in scores.notes)
    whole = score(labels("r", ["a"]), labels("r", ["a"]))
    assert not any("Nothing was predicted" in note for note in whole.notes)
