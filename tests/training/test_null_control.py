"""The null control over several seeds: it fires where frames leak and is silent by animal."""

from __future__ import annotations

import pytest
from tests.conftest import make_project

from boutwise.planning import make_plan
from boutwise.planning.plan import usable_subjects
from boutwise.training.assess import null_control
from boutwise.training.pool import run_units
from boutwise.training.taking import take_snapshot
from boutwise.training.snapshot_files import load_snapshot, save_snapshot
from boutwise.training.units import Unit

SETTINGS = [
    "members.0.optim.rounds=25",
    "members.0.windows.statistics=[0.25, 1.05, 3.05]",
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
