"""A budget: this machine is measured, the choice is frozen, and a run goes on with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conftest import make_project

import boutwise as bw
from boutwise.errors import UsageError
from boutwise.planning import make_plan
from boutwise.planning.plan import usable_subjects
from boutwise.training import train
from boutwise.training.pace import measure_work
from boutwise.training.pool import run_units

SETTINGS = [
    "split.folds=2",
    "members.0.optim.rounds=10",
    "members.0.windows.statistics=[0.55]",
    "members.0.augment=[]",
    "budget_minutes=60",
]


def test_a_budget_is_measured_frozen_and_resumed(tmp_path, monkeypatch):
    project = make_project(tmp_path / "project", animals=3, minutes=0.4)
    told: list[tuple[int, int, str]] = []
    plan = bw.plan(project, "pose", settings=SETTINGS, say=lambda *words: told.append(words))
    assert len(plan.recipe.members) == 5  # much time for little data: fits with other seeds
    assert "of 60 minutes" in plan.reasons["budget_minutes"]
    assert any("measuring" in words for *_, words in told)

    def stop(done, total, words):
        if words.startswith("fold 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bw.train(project, plan, out="timed", workers=1, say=stop)
    # What was chosen when it began stays chosen: nothing is measured again.
    monkeypatch.setattr("boutwise.training.pace.measure_work", pytest.fail)
    again = bw.plan(project, "pose", settings=SETTINGS, resume="timed")
    assert again.key() == plan.key()
    with pytest.raises(UsageError, match="another plan"):
        bw.plan(project, "pose", settings=[*SETTINGS, "split.folds=3"], resume="timed")


@pytest.mark.parametrize("workers", [1, 2])
def test_one_worker_is_measured_alone_and_starts_no_process(tmp_path, monkeypatch, workers):
    project = make_project(tmp_path / "project", animals=2, minutes=0.3)
    plan = make_plan(project, "pose", settings=[*SETTINGS[:-1], "members.0.optim.rounds=4"])
    both = replace(
        plan,
        recipe=plan.recipe.model_copy(
            update={
                "members": [
                    plan.recipe.members[0],
                    plan.recipe.members[0].model_copy(update={"average": ["mirror"]}),
                ]
            }
        ),
    )
    beside: list[int] = []

    def spy(run, units, *, workers, say):
        beside.append(min(workers, len(units)))
        return run_units(run, units, workers=workers, say=say)

    monkeypatch.setattr("boutwise.training.pace.run_units", spy)
    subjects = usable_subjects(project, both.recipe)
    work = measure_work(project, both, subjects, workers=workers, say=lambda *_: None)
    assert beside == ([1, 1] if workers == 1 else [2])
    assert [pace.start_s > 0 for pace in work.paces] == 2 * [workers > 1]


def test_a_plan_that_nobody_fitted_to_its_budget_is_refused(tmp_path):
    project = make_project(tmp_path / "project", animals=2, minutes=0.3)
    with pytest.raises(UsageError, match="has a budget"):
        train(project, make_plan(project, "pose", settings=["budget_minutes=5"]))
