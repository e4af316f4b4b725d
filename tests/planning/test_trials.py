"""Whole trials as the target: ratings become states, merges belong to the target."""

import numpy as np
import pytest
from tests.withdrawals import STIMULI, trial_project

from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.errors import DataError, LabelError, RecipeError
from boutwise.planning import make_plan
from boutwise.planning.plan import usable_subjects
from boutwise.planning.recipes import load_recipe
from boutwise.planning.trials import ethogram_of, subjects_of
from boutwise.project import Project
from boutwise.types import Rating, Ratings
from boutwise.types.recipe import Target

PAIN = "{heavy: needle, light: needle}"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """For tests that only read it."""
    return trial_project(tmp_path_factory.mktemp("trials") / "p", mice=6)


def target(**rated):
    return Target(ratings={"scale": "stimulus", **rated})


def test_values_are_one_exclusive_group_and_a_row_is_a_trial(project):
    ethogram = ethogram_of(project, target())
    assert ethogram.names == tuple(sorted(STIMULI))
    assert ethogram.groups[0].name == "stimulus"
    found = subjects_of(project, target(), project.recordings())
    assert [item.states.shape for item in found] == [(4, 4)] * 6
    assert all((item.states.sum(axis=1) == 1).all() for item in found)
    place = ethogram.names.index("brush")
    assert found[0].states[:, place].tolist() == [1, 0, 0, 0]
    assert [trial.number for trial in found[0].trials] == [1, 2, 3, 4]


def test_merges_count_together_and_leave_the_ratings_alone(project):
    before = project.ratings()
    merged = target(merges={"heavy": "needle", "light": "needle"})
    assert ethogram_of(project, merged).names == ("brush", "cotton", "needle")
    states = subjects_of(project, merged, project.recordings())[0].states
    assert states[:, 2].tolist() == [0, 0, 1, 1]
    assert project.ratings() == before


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("target.ratings.scale=stimulu", "no trial is rated on the scale 'stimulu'"),
        ("target.ratings.merges={haevy: needle}", "name 'haevy', which no trial was rated"),
        ("target.ratings.scal=stimulus", "unknown key 'target.ratings.scal'"),
        ("members.0.windows.statistics=[0.5]", "windows.statistics' has no meaning"),
        ("members.0.augment=[mirror]", "have no views and no mirror images"),
        ("decode.smooth.seconds=0.3", "decode.smooth.seconds' has no meaning"),
        ("decode.minimum_duration=0.3", "minimum_duration' has no meaning"),
        ("decode.decider=viterbi", "decider' has no meaning"),
        ("split.by=random-frame", "random-frame' has no meaning"),
        ("target.align=movement", "target.align' has no meaning"),
        ("members.0.windows.score_step=3", "score_step' has no meaning"),
        ("target.annotators=majority", "majority' is not heeded"),
    ],
)
def test_what_cannot_be_heeded_is_refused(project, setting, words):
    with pytest.raises(RecipeError, match=words):
        make_plan(project, "trials", settings=[setting])


def test_one_answer_for_all_trials_is_refused(project):
    merges = "{heavy: x, light: x, brush: x, cotton: x}"
    with pytest.raises(DataError, match="one answer"):
        make_plan(project, "trials", settings=[f"target.ratings.merges={merges}"])


def test_a_network_is_refused(project, tmp_path):
    recipe = tmp_path / "net.yaml"
    recipe.write_text(
        "name: net\ntarget: {ratings: stimulus}\n"
        "members: [{learner: network, streams: {pose: {features: [trajectory]}}}]\n",
        encoding="utf-8",
    )
    with pytest.raises(RecipeError, match="network' has no meaning"):
        make_plan(project, recipe)


def test_the_plan_says_why_trials_are_compared(project, tmp_path):
    plan = make_plan(project, "trials", settings=[f"target.ratings.merges={PAIN}"])
    assert plan.recipe.target.ratings.relative is True
    assert "6 of 6 animals" in plan.reasons["target.ratings.relative"]
    assert plan.recipe.members[0].windows.statistics == "none"
    assert plan.recipe.decode.smooth.seconds == 0
    plan.save(tmp_path / "plan.yaml")
    assert type(plan).load(tmp_path / "plan.yaml").key() == plan.key()
    asked = make_plan(project, "trials", settings=["target.ratings.relative=false"])
    assert asked.recipe.target.ratings.relative is False
    assert len(usable_subjects(project, load_recipe("trials"))) == 6


def test_trials_of_one_value_an_animal_are_not_compared(tmp_path):
    project = trial_project(tmp_path / "p", mice=6)
    rows = project.ratings()
    kept = {f"B6_{n}": STIMULI[n % 4] for n in range(1, 7)}
    merges = dict.fromkeys(STIMULI[:2], "same") | dict.fromkeys(STIMULI[2:], "other")
    assert len(rows) == 24
    for recording, kind in kept.items():
        value = merges[kind]
        ratings = [
            Rating(recording, r.animal, "drug", value, r.start, r.stop)
            for r in rows
            if r.recording == recording
        ]
        project.add_ratings(Ratings(tuple(ratings)))
    plan = make_plan(project, "trials", settings=["target.ratings.scale=drug"])
    assert plan.recipe.target.ratings.relative is False
    assert "0 of 6 animals" in plan.reasons["target.ratings.relative"]


def added(tmp_path, **changes):
    project = trial_project(tmp_path / "p", mice=3)
    row = project.ratings().rows[0]
    told = {"value": "heavy", "start": row.start, "stop": row.stop, "annotator": "anna", **changes}
    project.add_ratings(Ratings((Rating(row.recording, row.animal, "stimulus", **told),)))
    return project


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "trial 1 has two values"),
        ({"start": 3, "stop": 20}, "the frames 3 to 20"),
        ({"value": 2.0}, "has numbers, such as 2"),
    ],
)
def test_ratings_that_do_not_fit_are_refused(tmp_path, changes, words):
    project = added(tmp_path, **changes)
    with pytest.raises(LabelError, match=words):
        subjects_of(project, target(), project.recordings())


def test_one_annotator_is_chosen_by_name(tmp_path):
    project = added(tmp_path)
    chosen = Target(annotators="anna", ratings={"scale": "stimulus"})
    found = subjects_of(project, chosen, project.recordings())
    assert len(found) == 1
    assert (found[0].states >= 0).any(axis=1).tolist() == [True, False, False, False]


def test_a_rating_of_the_whole_recording_speaks_of_each_trial(tmp_path):
    project = trial_project(tmp_path / "p", mice=2)
    for recording, value in zip(project.recordings(), ("saline", "drug"), strict=True):
        row = Rating(recording.id, recording.animals[0], "treatment", value)
        project.add_ratings(Ratings((row,)))
    whole = Target(ratings={"scale": "treatment"})
    found = subjects_of(project, whole, project.recordings())
    assert ethogram_of(project, whole).names == ("drug", "saline")
    np.testing.assert_array_equal(found[0].states, [[0, 1]] * 4)


def test_one_mouse_without_a_mixture_does_not_forbid_the_comparison(shared, tmp_path):
    project = Project.create(tmp_path / "p")
    file = shared("paws/jones2020_tracks.npz")
    apply_import(project, plan_import(project, file, fps=2000))
    merges = "{HP: pinprick, LP: pinprick, CS: innocuous, DB: innocuous}"
    plan = make_plan(project, "trials", settings=[f"target.ratings.merges={merges}"])
    assert "57 of 58 animals" in plan.reasons["target.ratings.relative"]
    assert plan.recipe.target.ratings.relative is True
