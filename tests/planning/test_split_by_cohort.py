"""Folds of whole cohorts: how good is it on the next batch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.conftest import QUICK, make_project

from boutwise import api
from boutwise.errors import DataError
from boutwise.planning import LabelledSubject, make_plan
from boutwise.planning.folds import group_of, make_folds
from boutwise.types import FrameClock, Recording, Subject
from boutwise.types.recipe import Split


def subject(animal, cohort, *others):
    record = Recording(f"r-{animal}", FrameClock.declared(10, 10), (animal, *others))
    states = np.zeros((10, 1), dtype=np.int8)
    return LabelledSubject(record, Subject(record.id, animal), states, cohort=cohort)


def test_all_animals_of_a_cohort_are_on_one_side():
    subjects = [subject(f"m{k}", cohort) for k, cohort in enumerate("aabbcc")]
    groups = group_of(subjects, "cohort")
    assert [groups[item.subject] for item in subjects] == list("aabbcc")
    folds, held, reason = make_folds(subjects, Split(by="cohort"), seed=0)
    assert sorted(fold.test for fold in folds) == [("a",), ("b",), ("c",)]
    assert held == ()
    assert reason == "3 cohorts: one is left out at a time"


def test_animals_filmed_together_join_their_cohorts():
    subjects = [
        subject("m1", "a"),
        subject("m2", "b"),
        subject("m3", "c", "m1"),
        subject("m4", "c"),
        subject("m5", "d"),
    ]
    groups = group_of(subjects, "cohort")
    assert [groups[item.subject] for item in subjects] == ["a+c", "b", "a+c", "a+c", "d"]
    # The same in any order: m4 comes before anybody knows that a and c belong together.
    turned = group_of(subjects[::-1], "cohort")
    assert turned == groups


def test_an_animal_without_a_cohort_is_named():
    with pytest.raises(DataError, match="the animal 'm2' has none"):
        group_of([subject("m1", "a"), subject("m2", "")], "cohort")


def test_a_run_by_cohort_trains_without_the_tested_one(tmp_path):
    project = make_project(tmp_path / "project", animals=4, minutes=0.2)
    for place, animal in enumerate(list(project.animals().values())):
        project.add_animal(replace(animal, cohort="may" if place < 2 else "june"))
    plan = make_plan(project, "pose", settings=[*QUICK, "split.by=cohort"])
    assert [fold.test for fold in plan.folds] == [("june",), ("may",)]
    result = api.train_run(project, plan, workers=1)
    assert result.scores["run"]["split"] == "cohort"
    assert len(result.scores["by_animal"]) == 4  # the animal stays the unit of intervals
    page = (result.directory / "report.html").read_text(encoding="utf-8")
    assert "On cohorts of which the model had seen no animal" in page
    assert "split unknown" not in page


def test_animals_filmed_together_are_told_as_such():
    recordings = [
        Recording(f"r{k}", FrameClock.declared(10, 30), (f"a{k}", f"b{k}")) for k in range(3)
    ]
    pairs = [
        LabelledSubject(recording, subject, np.zeros((10, 1), dtype=np.int8))
        for recording in recordings
        for subject in recording.subjects(pairs=True)
    ]
    _, _, reason = make_folds(pairs, Split(by="animal"), 0)
    assert reason == "3 groups of animals filmed together: one is left out at a time"
