"""Labels that have one answer for every frame are refused before any fold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conftest import make_project

from boutwise.errors import DataError
from boutwise.planning import make_plan
from boutwise.types import Bout, Bouts, Observed


@pytest.fixture
def project(tmp_path):
    """Pose of two mice and no labels."""
    return make_project(tmp_path / "project", animals=2, minutes=0.3, labelled=0)


def label(project, *bouts):
    """Everything was looked for in all frames; ``bouts``: (behavior, start, stop) of each mouse."""
    for mouse in project.recordings():
        who = mouse.animals[0]
        project.add_bouts(
            Bouts.from_rows(
                [Bout(mouse.id, who, name, a, b or mouse.n_frames) for name, a, b in bouts],
                [Observed(mouse.id, who, name, 0, mouse.n_frames) for name in _names(project)],
            )
        )


def _names(project):
    return project.ethogram.names


def alone(project):
    """The same behaviors without an exclusive group."""
    project.set_ethogram(replace(project.ethogram, groups=()))


def test_labels_without_any_bout_cannot_be_planned(project):
    label(project)
    with pytest.raises(DataError, match="not a single bout of 'rest', 'walk'"):
        make_plan(project, "pose")


def test_labels_of_one_class_cannot_be_planned(project):
    label(project, ("rest", 0, None))
    with pytest.raises(DataError, match="one answer for every frame: 'rest'"):
        make_plan(project, "pose")


def test_a_group_of_one_class_cannot_be_planned_beside_others(project):
    (group,) = project.ethogram.groups
    some = replace(group, behaviors=("rest", "walk"))
    project.set_ethogram(replace(project.ethogram, groups=(some,)))
    label(project, ("rest", 0, None), ("rear", 10, 20))
    with pytest.raises(DataError, match=r"group 'behavior' have one answer .*'rest'"):
        make_plan(project, "pose")


def test_one_behavior_and_frames_without_it_are_enough(project):
    label(project, ("rest", 10, 60))
    assert make_plan(project, "pose").folds


def test_behaviors_of_no_group_may_be_missing(project):
    alone(project)
    label(project, ("rear", 10, 60))
    assert make_plan(project, "pose").folds
