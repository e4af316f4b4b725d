"""The null control over several seeds: it fires where frames leak and is silent by animal."""

from __future__ import annotations

import numpy as np
import pytest
from tests.conftest import make_project

from boutwise.planning import make_plan
from boutwise.planning.plan import usable_subjects
from boutwise.training.assess import null_control
from boutwise.training.control import judge
from boutwise.training.pool import run_units
from boutwise.training.snapshot_files import load_snapshot, save_snapshot
from boutwise.training.taking import take_snapshot
from boutwise.training.units import Unit

SETTINGS = [
    "members.0.optim.rounds=25",
    "members.0.windows.statistics=[0.25, 1.05, 3.05]",
    "members.0.augment=[]",
    "split.folds=2",
]


def _silent(done, total, words):
    pass


def controlled(project, run, *settings):
    """The units of the control alone, and what they say."""
    plan = make_plan(project, "pose", settings=[*SETTINGS, *settings])
    run.mkdir()
    plan.save(run / "plan.yaml")
    subjects = usable_subjects(project, plan.recipe)
    save_snapshot(take_snapshot(project, plan, subjects, _silent), run / "data")
    units = [Unit("control", fold.name, 0) for fold in plan.folds]
    run_units(run, units, workers=1, say=_silent)
    return null_control(run, plan, load_snapshot(run / "data"))


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_it_fires_by_random_frame_and_is_silent_by_animal(tmp_path, seed):
    project = make_project(tmp_path / "project", animals=4, minutes=0.4, seed=seed)
    by_animal = controlled(project, tmp_path / "animal")
    by_frame = controlled(project, tmp_path / "frame", "split.by=random-frame")
    assert not by_animal["leaks"]
    assert by_frame["leaks"]
    assert by_frame["excess"] > by_animal["excess"] + 0.05
    assert by_frame["low"] > 0


def test_what_a_shift_leaves_each_subject_is_no_leak(tmp_path):
    """A resident often attacks, an intruder never: to tell the two apart needs no leaking frame."""
    project = make_project(tmp_path / "project", animals=2, minutes=0.2)
    plan = make_plan(project, "pose", settings=SETTINGS)
    subjects = usable_subjects(project, plan.recipe)
    snapshot = take_snapshot(project, plan, subjects, _silent)
    names = snapshot.ethogram.names
    raw, states, units = [], [], []
    draw = np.random.default_rng(0)
    for group in ("1", "2", "3", "4"):
        for first in (0.1, 1.0):
            truth, said = (draw.random(4000) > first for _ in range(2))
            for places, lists in ((truth, states), (said, raw)):
                shown = np.zeros((4000, len(names)), dtype=np.int8)
                shown[np.arange(4000), places.astype(int)] = 1
                lists.append(shown)
            units.append(group)
    found = judge([np.float32(each) * 9 for each in raw], states, units, snapshot)
    assert found["macro_f1"] > 0.8
    assert abs(found["excess"]) < 0.02
    assert not found["leaks"]


def test_answers_that_never_vary_tell_nothing_of_a_leak(tmp_path):
    project = make_project(tmp_path / "project", animals=3, minutes=0.2)
    plan = make_plan(project, "pose", settings=SETTINGS)
    snapshot = take_snapshot(project, plan, usable_subjects(project, plan.recipe), _silent)
    entries = snapshot.entries
    states = [snapshot.states[entry.subject] for entry in entries]
    units = [entry.unit for entry in entries]
    dead = [np.zeros(each.shape, dtype=np.float32) for each in states]
    for each in dead:
        each[:, 0] = 9
    found = judge(dead, states, units, snapshot)
    assert found["excess"] == pytest.approx(0, abs=1e-9)
    assert not found["leaks"]
    assert "cannot tell" in found["text"]
    assert "no leak" not in found["text"]
    dead[0][::2] = np.roll(dead[0][::2], 1, axis=1)
    assert "cannot tell" not in judge(dead, states, units, snapshot)["text"]


def test_above_chance_in_one_of_three_animals_is_not_called_at_chance(tmp_path):
    project = make_project(tmp_path / "project", animals=3, minutes=0.2)
    plan = make_plan(project, "pose", settings=SETTINGS)
    snapshot = take_snapshot(project, plan, usable_subjects(project, plan.recipe), _silent)
    states = [snapshot.states[entry.subject] for entry in snapshot.entries]
    draw = np.random.default_rng(0)
    raw = [draw.permutation(each).astype(np.float32) * 9 for each in states]
    raw[0] = states[0].astype(np.float32) * 9
    found = judge(raw, states, [entry.unit for entry in snapshot.entries], snapshot)
    assert found["excess"] > 0.1
    assert found["low"] < 0
    assert not found["leaks"]
    assert "cannot be told" in found["text"]
    assert "no leak" not in found["text"]
