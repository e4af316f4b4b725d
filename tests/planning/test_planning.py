"""Recipes, settings, folds, labels of several annotators, and the plan."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from tests.withdrawals import trial_project

from boutwise.errors import DataError, LabelError, RecipeError
from boutwise.features import egocentric
from boutwise.planning import Plan, load_recipe, make_plan, recipe_names
from boutwise.planning.folds import Dealing, make_folds, test_mask
from boutwise.planning.recipes import trains_detector
from boutwise.planning.refusing import refuse_unheeded
from boutwise.planning.targets import LabelledSubject, labelled_subjects
from boutwise.project import Project
from boutwise.types import (
    Animal,
    Behavior,
    Bout,
    Bouts,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    Observed,
    Recording,
    Subject,
    Trial,
)
from boutwise.types.recipe import Split, Target

test_mask.__test__ = False  # a function of ours whose name looks like a test


OF_PAIRS = {"cnn_lstm": ["members.0.streams.pose.features=[egocentric]"]}
"""Recipes for pairs, and what makes them fit for one animal."""


@pytest.fixture(scope="module")
def rated_mice(tmp_path_factory):
    """Mice with rated trials in place of behaviors."""
    return trial_project(tmp_path_factory.mktemp("rated") / "p", mice=6)


@pytest.mark.parametrize("name", [n for n in recipe_names() if not trains_detector(n)])
def test_every_recipe_that_ships_can_be_planned(mice, rated_mice, filmed, name):
    recipe = load_recipe(name)
    project = filmed[1] if "video" in recipe.reads else mice
    project = rated_mice if recipe.target.ratings else project
    plan = make_plan(project, name, settings=OF_PAIRS.get(name, []))
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


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("members.0.augment=[mirror, mirror]", "'mirror' is there twice"),
        ("members.0.features=[egocentric, egocentric]", "'egocentric' is there twice"),
        ("budget_minutes=1e9", "525600"),
    ],
)
def test_slips_of_the_pen_are_named(setting, words):
    with pytest.raises(RecipeError, match=words):
        load_recipe("pose", [setting])


def test_each_behavior_may_be_smoothed_over_a_length_of_its_own(mice):
    plan = make_plan(mice, "pose", settings=["decode.smooth.separate=true"])
    lengths = plan.recipe.decode.smooth.seconds
    assert set(lengths) == set(plan.fingerprint.classes)
    for name, facts in plan.fingerprint.classes.items():
        expected = min(3.0, facts.length_s[2] / 2) if facts.length_s else max(lengths.values())
        assert lengths[name] == pytest.approx(expected, abs=1e-3)
    assert "each behavior" in plan.reasons["decode.smooth.seconds"]
    every = dict.fromkeys(lengths, 0.7)
    own = make_plan(mice, "pose", settings=[f"decode.smooth.seconds={json.dumps(every)}"])
    assert own.recipe.decode.smooth.seconds == every


def test_lengths_that_would_do_nothing_are_refused():
    group = ExclusiveGroup("acts", ("rest", "walk", "rear"), "rest")
    ethogram = Ethogram((*map(Behavior, ("rest", "walk", "rear", "sniff")),), (group,))
    for lengths, missing in (("{walk: 3}", "rest, rear"), ("{rest: 1, walk: 3}", "rear")):
        recipe = load_recipe("pose", [f"decode.smooth.seconds={lengths}"])
        with pytest.raises(RecipeError, match=f"no length for {missing} of the group 'acts'"):
            refuse_unheeded(recipe, ethogram)
    for lengths in ("{sniff: 3}", "{rest: 1, walk: 3, rear: 0}"):
        refuse_unheeded(load_recipe("pose", [f"decode.smooth.seconds={lengths}"]), ethogram)
    both = ["decode.smooth.separate=true", "decode.smooth.seconds=0.3"]
    with pytest.raises(RecipeError, match="finds lengths"):
        refuse_unheeded(load_recipe("pose", both), ethogram)


def test_motion_energy_needs_outlines():
    ethogram = Ethogram((Behavior("b"),))
    features = "members.0.features=[egocentric, motion_energy]"
    refuse_unheeded(load_recipe("video", [features]), ethogram)
    with pytest.raises(RecipeError, match="measured with outlines"):
        refuse_unheeded(load_recipe("pose", [features]), ethogram)


@pytest.mark.parametrize("path", ["decode.smooth.seconds", "decode.minimum_duration"])
def test_a_length_for_a_behavior_that_is_none_is_refused(mice, path):
    with pytest.raises(RecipeError, match=f"'{path}' has a length for yawn"):
        make_plan(mice, "pose", settings=[path + "={yawn: 0.3}"])


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
    masks = [test_mask(fold, folds, "", Subject("a", "m1"), Dealing(90, 3)) for fold in folds]
    assert (np.sum(masks, axis=0) == 1).all()
    assert "LEAKS" in reason


def test_random_windows_hold_all_animals_of_a_recording_and_are_tested_once_each():
    states = np.zeros((95, 1), np.int8)
    folds, _, reason = make_folds([subject("a", "m1", states)], Split(by="random-window"), seed=3)

    def masks(subject):
        return [test_mask(fold, folds, "", subject, Dealing(95, 3, window=10)) for fold in folds]

    mine = np.array(masks(Subject("a", "m1", "m2")))
    assert (mine.sum(axis=0) == 1).all()
    tested = mine.argmax(axis=0)
    for start in range(0, 95, 10):
        assert len(set(tested[start : start + 10].tolist())) == 1
    np.testing.assert_array_equal(mine, masks(Subject("a", "m2", "m1")))
    assert (mine != masks(Subject("b", "m1", "m2"))).any()
    assert "windows of 2 s" in reason
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


def test_three_annotators_with_three_opinions_leave_the_frame_open(raters):
    names = ("rear", "groom", "rest")
    raters.set_ethogram(
        Ethogram(tuple(Behavior(name) for name in names), (ExclusiveGroup("body", names),))
    )
    raters.add_recording(Recording("s", FrameClock.declared(30, 10), ("m",)))
    for annotator, said in (("anna", "rear"), ("ben", "groom"), ("carl", "rest")):
        rows = [Bout("s", "m", said, 0, 10, annotator=annotator)]
        # In frames 10 to 20 only carl sees something, in 20 to 30 two say the same.
        rows += [Bout("s", "m", said, 10, 20, annotator="carl")] if annotator == "carl" else []
        rows += [Bout("s", "m", "rear", 20, 30, annotator=annotator)] if said != "rest" else []
        raters.add_bouts(
            Bouts.from_rows(
                rows, [Observed("s", "m", n, 0, 30, annotator=annotator) for n in names]
            )
        )
    states = labelled_subjects(raters, Target(annotators="majority"), [raters.recording("s")])
    assert (states[0].states[:10] == -1).all()
    assert (states[0].states[10:20] == 0).all()
    assert (states[0].states[20:] == [1, 0, 0]).all()


def test_a_label_that_no_subject_takes_up_is_refused(raters):
    raters.add_animal(Animal("n"))
    raters.add_recording(Recording("two", FrameClock.declared(30, 10), ("m", "n")))
    raters.add_bouts(
        Bouts.from_rows(
            [Bout("two", "m", "rear", 3, 9, target="n")], [Observed("two", "m", "rear", 0, 30)]
        )
    )
    with pytest.raises(LabelError, match="directed at n"):
        labelled_subjects(raters, Target(), [raters.recording("two")])


def test_the_plan_knows_nothing_of_held_out_animals(tmp_path):
    """The same plan must come out whatever the held-out animal did."""
    from tests.conftest import make_project

    project = make_project(tmp_path / "project", animals=4, minutes=0.3)
    settings = ["split.holdout=[mouse_4]"]
    before = make_plan(project, "pose", settings=settings)
    assert before.fingerprint.recordings == 3
    assert before.fingerprint.unlabelled == 0
    for number, bout in project.numbered_bouts().items():
        if bout.animal == "mouse_4" and bout.stop - bout.start > 4:
            project.delete_bout(number, annotator=bout.annotator)
    assert make_plan(project, "pose", settings=settings).key() == before.key()


def test_steps_are_counted_at_the_working_rate(tmp_path):
    from tests.conftest import make_project

    from boutwise.planning.rules import resolve

    project = make_project(tmp_path / "project", animals=2, minutes=0.3)
    facts = replace(make_plan(project, "pose").fingerprint, rates=(30.0, 120.0), frames=100_000)
    resolved, _ = resolve(load_recipe("pose"), facts, 30.0)
    # Ten scores a second, and ten rows: five frames and their mirror images.
    assert resolved.members[0].windows.score_step == 3
    assert resolved.members[0].windows.frame_step == 6


@pytest.mark.parametrize(
    ("scope", "only", "words"),
    [
        ("directed", "individual", "'egocentric' sees one animal, and 'b' is directed at another"),
        ("individual", "directed", "'egocentric' sees an animal and another, and 'b' is of one"),
    ],
)
def test_a_feature_set_of_the_other_scope_is_refused(tmp_path, monkeypatch, scope, only, words):
    project = Project.create(tmp_path / "project")
    project.set_ethogram(Ethogram((Behavior("b", scope=scope),)))
    with pytest.raises(DataError, match="no recording has both pose and labels"):
        make_plan(project, "pose")  # the set fits both scopes
    monkeypatch.setattr(egocentric, "SCOPES", (only,))
    with pytest.raises(RecipeError, match=words):
        make_plan(project, "pose")


@pytest.mark.parametrize("recipe", ["pose", "pose_best", "pose_tcn", "video", "spotter"])
@pytest.mark.parametrize("scope", ["individual", "directed"])
def test_recipes_for_everything_learn_behaviors_of_both_scopes(recipe, scope):
    refuse_unheeded(load_recipe(recipe), Ethogram((Behavior("b", scope=scope),)))


def test_labelled_recordings_without_pose_are_named(tmp_path):
    from tests.conftest import make_project

    project = make_project(tmp_path / "project", animals=2, minutes=0.3)
    project.add_animal(Animal("z"))
    project.add_recording(Recording("blind", FrameClock.declared(30, 30), ("z",)))
    name = project.ethogram.names[0]
    project.add_bouts(Bouts.from_rows([], [Observed("blind", "z", name, 0, 30)]))
    plan = make_plan(project, "pose")
    assert "blind" in plan.reasons["left out"]
    assert plan.fingerprint.unlabelled == 0


def test_labels_in_an_invalid_trial_are_not_learned_from(raters):
    trials = (Trial(1, 0, 40), Trial(2, 40, 40, valid=False))
    raters.add_recording(Recording("t", FrameClock.declared(90, 10), ("m",), trials=trials))
    raters.add_bouts(
        Bouts.from_rows([Bout("t", "m", "rear", 30, 85)], [Observed("t", "m", "rear", 0, 90)])
    )
    states = labelled_subjects(raters, Target(), [raters.recording("t")])[0].states[:, 0]
    assert np.flatnonzero(states == 1).tolist() == [*range(30, 40), *range(80, 85)]
    assert (states[40:80] == -1).all()


def test_one_track_under_two_names_is_refused(tmp_path):
    from tests.conftest import make_project

    project = make_project(tmp_path / "project", animals=2, minutes=0.3)
    first = project.recordings()[0]
    project.add_animal(Animal("twin"))
    project.add_recording(replace(first, id="copy", animals=("twin",)))
    (tmp_path / "copy.csv").write_text("the same track in another file", encoding="utf-8")
    track = replace(project.pose(first.id), animals=("x",))
    project.add_pose("copy", tmp_path / "copy.csv", format="dlc_csv", track=track)
    name = project.ethogram.names[0]
    project.add_bouts(Bouts.from_rows([], [Observed("copy", "twin", name, 0, 99)]))
    with pytest.raises(DataError, match="same to the last digit"):
        make_plan(project, "pose")
    assert make_plan(project, "pose", settings=["split.by=random-frame"]).leaks
    by_window = make_plan(project, "pose", settings=["split.by=random-window"])
    assert by_window.leaks
    assert by_window.dealing(900).window == round(2 * by_window.fps)


def test_early_stopping_that_nobody_can_watch_is_refused(mice):
    stops = ["members.0.optim.early_stop=3"]
    make_plan(mice, "pose_tcn", settings=stops)
    with pytest.raises(RecipeError, match="a fold learns from 2 of the 4 groups") as caught:
        make_plan(mice, "pose_tcn", settings=[*stops, "split.folds=2"])
    assert "'members.0.optim.early_stop'" in caught.value.what
    assert "--set members.0.optim.early_stop=none" in (caught.value.todo or "")


def test_cages_and_not_mice_are_watched(tmp_path):
    from tests.conftest import make_pairs

    project = make_pairs(tmp_path / "p", pairs=3, minutes=0.2)
    with pytest.raises(RecipeError, match="a fold learns from 2 of the 3 groups"):
        make_plan(project, "cnn_lstm")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("decode.decider={hysteresis: {margn: 0.2}}", "did you mean 'margin'"),
        ("decode.decider={most_likely: {thresholds: {rear: 0.2}}}", "no option 'thresholds'"),
        ("prepare=[{clean_pose: {longest_gap: 1}}]", "did you mean 'longest_gap_s'"),
        ("members.0.features=[{egocentric: {size: 1}}]", "no option 'size'"),
    ],
)
def test_an_option_that_a_part_does_not_have_is_refused_before_the_first_fold(
    mice, setting, message
):
    with pytest.raises(RecipeError, match=message):
        make_plan(mice, "pose", settings=[setting])
    make_plan(mice, "pose", settings=["decode.decider={viterbi: {mean_bout_s: 0.5}}"])


def test_who_shows_another_behavior_of_the_group_shows_none_that_is_asked_for(raters):
    """Whichever of a group are learned: 'no' where a left out one is 'yes'."""
    names = ("rear", "groom", "rest")
    raters.set_ethogram(
        Ethogram(tuple(Behavior(name) for name in names), (ExclusiveGroup("body", names),))
    )
    raters.add_recording(Recording("g", FrameClock.declared(30, 10), ("m",)))
    rows = [Bout("g", "m", "groom", 0, 10), Bout("g", "m", "rest", 10, 20)]
    observed = [Observed("g", "m", name, 0, 20) for name in ("groom", "rest")]
    raters.add_bouts(Bouts.from_rows(rows, observed))
    found = labelled_subjects(raters, Target(behaviors=["rear", "groom"]), [raters.recording("g")])
    assert found[0].states[:10].tolist() == [[0, 1]] * 10
    assert found[0].states[10:20].tolist() == [[0, 0]] * 10
    assert (found[0].states[20:] == -1).all()


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("prepare.0.outline.padding=0.2", "'outline' is 'prepare.1.outline'"),
        ("prepare.1.padding=0.2", "did you mean 'prepare.1.outline.padding'"),
        ("prepare.0.crop.size=32", "'prepare.0' is 'detect', not 'crop'"),
    ],
)
def test_a_setting_of_a_part_that_stands_elsewhere_says_where(setting, words):
    with pytest.raises(RecipeError, match=re.escape(words)):
        load_recipe("video", [setting])
    fine = load_recipe("video", ["prepare.1.outline.padding=0.2"])
    assert fine.prepare[1].options == {"padding": 0.2}
