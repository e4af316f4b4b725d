"""What a plan costs: counted always, in minutes where an earlier run tells."""

from __future__ import annotations

import json

import pytest
from tests.conftest import QUICK, make_project

from boutwise import api
from boutwise.planning.plan import usable_subjects
from boutwise.training.price import price_of


def price(project, *, rounds=8, workers=2):
    settings = [*QUICK, "members.0.augment=[mirror]", f"members.0.optim.rounds={rounds}"]
    plan = api.plan(project, "pose", settings=settings)
    return price_of(project, plan, usable_subjects(project, plan.recipe), workers=workers)


def test_trainings_are_counted_and_minutes_are_not_guessed(tmp_path):
    project = make_project(tmp_path / "project", animals=3, minutes=0.2)
    found = price(project)
    assert (found.folds, found.trainings, found.controls, found.finals) == (3, 3, 3, 1)
    assert found.minutes is None
    assert "was not measured" in found.words()


def test_minutes_are_those_of_an_earlier_run_of_the_same_member_here(trained, monkeypatch):
    project = trained[0]
    done = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (project.runs / "trained").glob("folds/*/members/0/done.json")
    ]
    fit_s = sum(each["fit_s"] for each in done)
    score_s = sum(each["score_s"] for each in done)
    found = price(project, workers=1)
    assert found.measured_in == "trained"
    # Folds and their controls, which are as short as these, and the final fit on all animals.
    final_s = fit_s / len(done) * 4 / 3
    assert found.minutes == pytest.approx((2 * (fit_s + score_s) + final_s) / 60, rel=0.05)
    assert "at the pace of the run 'trained'" in found.words()
    assert price(project, workers=2).minutes < found.minutes
    longer = price(project, rounds=400, workers=1).minutes
    assert 20 < longer / found.minutes < 60
    monkeypatch.setattr("boutwise.training.price.environment", lambda: {"system": "b", "cores": 1})
    assert price(project).minutes is None


def test_another_member_tells_nothing(trained):
    plan = api.plan(trained[0], "pose")
    assert api.price(trained[0], plan).minutes is None
