"""What benchmarks compute themselves: who learns from whom, and scores that are only theirs."""

from __future__ import annotations

import importlib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from boutwise.metrics import ScoredSubject
from boutwise.synthetic.pairs.simulation import ETHOGRAM
from boutwise.types import Subject

LABS = ("alder", "birch", "cedar", "elder")


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    return importlib.import_module


def test_models_of_labs_learn_from_equally_many_pairs_and_from_none_that_they_are_tested_on(script):
    design = script("_labs_design")
    for kind in design.MODELS:
        cells = design.cells_of(kind, LABS, 5)
        tested = Counter(name for cell in cells for name in cell.test)
        assert tested == Counter(design.pair_name(lab, k) for lab in LABS for k in range(1, 6))
        for cell in cells:
            labs = Counter(name.split("_")[0] for name in cell.train)
            assert len(set(cell.train)) == sum(labs.values())
            assert sum(labs.values()) == (12 if kind.endswith("more") else 4)
            assert not set(cell.train) & set(cell.test)
            if kind.startswith("all"):
                assert set(labs.values()) == {3 if kind.endswith("more") else 1}
            if kind == "one a lab":
                assert set(labs) == {cell.lab}
            if kind.startswith("unseen"):
                assert set(labs) == set(LABS) - {cell.lab}
                assert max(labs.values()) - min(labs.values()) <= 1


def test_labs_that_cannot_give_equally_many_are_refused(script):
    with pytest.raises(SystemExit, match="5 pairs"):
        script("_labs_design").cells_of("all labs", LABS, 4)


def test_an_act_that_is_said_of_the_wrong_mouse_is_right_when_nobody_asks_who(script):
    attack = ETHOGRAM.names.index("attack")
    truth = np.zeros((10, len(ETHOGRAM.names)), dtype=np.int8)
    truth[:, 0] = 1
    attacked = truth.copy()
    attacked[:4] = 0
    attacked[:4, attack] = 1
    one, two = Subject("r", "a", "b"), Subject("r", "b", "a")
    items = [
        ScoredSubject(one, "a+b", attacked, truth > 0, 30.0),
        ScoredSubject(two, "a+b", truth, attacked > 0, 30.0),
    ]
    f1 = script("pairs").f1_of(script("pairs").undirected(items, ETHOGRAM))
    assert f1["attack"] == 1


def test_wrong_frames_are_counted_and_right_ones_are_not(script, tmp_path, monkeypatch):
    module = script("video_exact")
    monkeypatch.setattr(module, "N_FRAMES", 60)
    monkeypatch.setattr(module, "CUT_S", 20 / 30)
    kinds = {
        "plain.mp4": module.Kind({}),
        "cut.mp4": module.Kind({}, module.cut, first=20),
        "broken_off.avi": module.KINDS["broken_off.avi"],
    }
    monkeypatch.setattr(module, "KINDS", kinds)
    rows = list(module.measure(tmp_path, 9, False))
    assert [row["wrong"] for row in rows] == [0, 0, 0]
    assert [row["reads"] for row in rows] == [row["frames"] + 9 for row in rows]
    assert [row["frames"] for row in rows[:2]] == [60, 40]
    late = lambda path, numbers: module.read(path, np.minimum(numbers + 1, 59))  # noqa: E731
    wrong, _ = module.compare(tmp_path / "plain.mp4", kinds["plain.mp4"], [np.arange(60)], late)
    assert wrong == 59
