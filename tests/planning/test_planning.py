"""Recipes, settings, folds, labels of several annotators, and the plan."""

from __future__ import annotations

import re

import numpy as np
import pytest

from boutwise.errors import DataError, LabelError, RecipeError
from boutwise.planning import Plan, load_recipe, make_plan, recipe_names
from boutwise.planning.folds import make_folds, test_mask
from boutwise.planning.targets import LabelledSubject, labelled_subjects
from boutwise.project import Project
from boutwise.types import (
    Animal,
    Behavior,
    Bout,
    Bouts,
    Ethogram,
    FrameClock,
    Observed,
    Recording,
    Subject,
)
from boutwise.types.recipe import Split, Target

test_mask.__test__ = False  # a function of ours whose name looks like a test


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_that_ships_can_be_planned(mice, name):
    plan = make_plan(mice, name)
    assert "'auto'" not in str(plan.recipe.model_dump())
    assert all(reason for reason in plan.reasons.values())


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("members.0.optim.leafs=3", "did you mean 'leaves'"),
        ("splitt.by=animal", "did you mean 'split'"),
        ("members.7.features=[x]", "a number from 0 to 0"),
        ("split.by=cage", "split.by"),
        ("nonsense", "has no '='"),
        ("decode.smooth.seconds=-1", "decode.smooth.seconds"),
        ("name.x=1", "no settings of its own|'name'"),
    ],
)
def test_a_wrong_setting_is_located(setting, message):
    with pytest.raises(RecipeError, match=message):
        load_recipe("pose", [setting])


def test_settings_reach_options_of_parts():
    recipe = load_recipe("pose_tcn", ["members.0.temporal.0.tcn.channels=16"])
    assert recipe.members[0].temporal[0].options["channels"] == 16


def test_a_recipe_file_may_extend_another_once(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("name: mine\nextends: pose\ncombine: mean\n", encoding="utf-8")
    assert load_recipe(mine).combine == "mean"
    twice = tmp_path / "twice.yaml"
    twice.write_text(f"name: twice\nextends: {mine}\n", encoding="utf-8")
    with pytest.raises(RecipeError, match="once"):
        load_recipe(twice)
    with pytest.raises(RecipeError, match="did you mean 'pose'"):
        load_recipe("posse")


def test_a_plan_survives_its_file_and_shows_what_was_edited(mice, tmp_path):
    plan = make_plan(mice, "pose")
    plan.save(tmp_path / "plan.yaml")
    assert Plan.load(tmp_path / "plan.yaml").key() == plan.key()
    text = (tmp_path / "plan.yaml").read_text(encoding="utf-8")
    (tmp_path / "plan.yaml").write_text(re.sub(r"rounds: \d+", "rounds: 7", text), encoding="utf-8")
    assert Plan.load(tmp_path / "plan.yaml").key() != plan.key()


def subject(recording, animal, states, animals=None, target=""):
    clock = FrameClock.declared(len(states), 20)
    record = Recording(recording, clock, tuple(animals or [animal]))
    return LabelledSubject(record, Subject(recording, animal, target), states)


def test_animals_filmed_together_are_never_on_two_sides():
    states = np.zeros((50, 1), np.int8)
    subjects = [
        subject("a", "m1", states, ["m1", "m2"]),
        subject("a", "m2", states, ["m1", "m2"]),
        subject("b", "m2", states, ["m2", "m3"]),
        subject("c", "m4", states),
        subject("d", "m5", states),
    ]
    folds, _, _ = make_folds(subjects, Split(), seed=0)
    tested = [set("+".join(fold.test).split("+")) for fold in folds]
    assert {"m1", "m2", "m3"} in tested
    assert sorted(name for names in tested for name in names) == ["m1", "m2", "m3", "m4", "m5"]


def test_random_frames_are_tested_once_each_and_flagged():
    states = np.zeros((90, 1), np.int8)
    folds, _, reason = make_folds([subject("a", "m1", states)], Split(by="random-frame"), seed=3)
    masks = [test_mask(fold, folds, "", Subject("a", "m1"), (90, 3)) for fold in folds]
    assert (np.sum(masks, axis=0) == 1).all()
    assert "LEAKS" in reason


def test_one_animal_cannot_be_split():
    with pytest.raises(DataError, match="at least two animals"):
        make_folds([subject("a", "m1", np.zeros((9, 1), np.int8))], Split(), seed=0)


@pytest.fixture
def raters(tmp_path):
    project = Project.create(tmp_path / "raters")
    project.set_ethogram(Ethogram((Behavior("rear"), Behavior("groom"))))
    project.add_animal(Animal("m"))
    project.add_recording(Recording("r", FrameClock.declared(100, 10), ("m",)))
    for name, start in (("anna", 10), ("ben", 12), ("carl", 30)):
        project.add_bouts(
            Bouts.from_rows(
                [Bout("r", "m", "rear", start, start + 10, annotator=name)],
                [Observed("r", "m", "rear", 0, 50, annotator=name)],
            )
        )
    return project


def test_several_annotators_are_never_joined_silently(raters):
    recordings = raters.recordings()
    with pytest.raises(LabelError, match="3 annotators"):
        labelled_subjects(raters, Target(), recordings)
    only = labelled_subjects(raters, Target(annotators="ben"), recordings)[0].states[:, 0]
    assert np.flatnonzero(only == 1).tolist() == list(range(12, 22))
    most = labelled_subjects(raters, Target(annotators="majority"), recordings)[0].states
    assert np.flatnonzero(most[:, 0] == 1).tolist() == list(range(12, 20))
    # 'groom' was examined by nobody, and nothing was examined after frame 50.
    assert (most[:, 1] == -1).all()
    assert (most[50:, 0] == -1).all()
    with pytest.raises(LabelError, match="did you mean 'anna'"):
        labelled_subjects(raters, Target(annotators="ana"), recordings)
