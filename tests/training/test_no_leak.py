"""The experiment behind every score: change the tested animal's labels, and nothing may move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import QUICK, make_project

from boutwise.planning import make_plan
from boutwise.training import train
from boutwise.training.units import Unit

NETWORK = ["members.0.optim.epochs=2", "members.0.optim.early_stop=1", "members.0.optim.batch=4"]


@pytest.mark.parametrize(("recipe", "settings"), [("pose", QUICK), ("pose_tcn", NETWORK)])
def test_labels_of_the_tested_animal_change_nothing_of_its_own_scores(tmp_path, recipe, settings):
    """Weights, scaling, stopping: all that a member is fitted with comes from other animals."""
    projects = [make_project(tmp_path / name, animals=4, minutes=0.2) for name in ("a", "b")]
    plan = make_plan(projects[0], recipe, settings=settings)
    names = projects[1].ethogram.names
    for number, bout in projects[1].numbered_bouts().items():
        if bout.animal == "mouse_2":
            turned = names[(names.index(bout.behavior) + 1) % len(names)]
            projects[1].revise_bout(number, replace(bout, behavior=turned), annotator="human")
    runs = [train(project, plan, workers=1).directory for project in projects]
    for fold in plan.folds:
        raw = [
            np.load(next((Unit("folds", fold.name, 0).directory(run) / "raw").glob("*.npy")))
            for run in runs
        ]
        assert np.array_equal(*raw) == (fold.test == ("mouse_2",))
