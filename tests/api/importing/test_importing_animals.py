import pytest
from tests.api.importing._lab_files import LABELS, NETWORK, frame_labels, pose, run, table

from boutwise.api.importing.patterns import by_pattern
from boutwise.api.importing.verbs import plan_import
from boutwise.errors import DataError, UsageError
from boutwise.types import Bout, Bouts, Condition, Severity


def test_undeclared_animals_are_named_after_their_recordings_and_told(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    plan, _ = run(project, lab, fps=20)
    assert project.recording("m1").animals == ("m1",)
    assert any("no animals were declared" in problem.what for problem in plan.problems)


def test_a_table_declares_animals_sessions_and_conditions(project, lab, tmp_path):
    pose(lab / f"a{NETWORK}.csv")
    pose(lab / f"b{NETWORK}.csv", seed=1)
    animals = table(
        tmp_path / "animals.csv",
        "\ufeffrecording;animal;sex;strain;session;treatment;dose;dose_unit;baseline;side",
        "a;m1;f;C57;day1;;;;yes;",
        f"b{NETWORK}.csv;m1;f;C57;day2;CFA;2,5;ul;no;left",
    )
    run(project, lab, fps=20, animals=animals)
    assert {r.id: (r.animals, r.session) for r in project.recordings()} == {
        "a": (("m1",), "day1"),
        "b": (("m1",), "day2"),
    }
    sessions = project.sessions()
    assert sessions["day1"].conditions == {"m1": Condition(baseline=True)}
    assert sessions["day2"].conditions == {"m1": Condition("CFA", 2.5, "ul", side="left")}
    assert project.animals()["m1"].strain == "C57"


def test_animals_declared_later_rename_and_take_their_labels_along(project, lab, tmp_path):
    pose(lab / f"a{NETWORK}.csv")
    frame_labels(lab / "a.csv", LABELS)
    run(project, lab, fps=20)
    project.add_bouts(Bouts.from_rows([Bout("a", "a", "walk", 0, 9, annotator="eva")]))
    _, result = run(project, lab, animals=table(tmp_path / "x.csv", "recording,animal", "a,m1"))
    assert project.recording("a").animals == ("m1",)
    assert set(project.bouts().animal) == {"m1"}
    assert len(project.bouts()) == 4
    assert (result.added, result.deleted) == (0, 0)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (("recording,animl", "a,m1"), "did you mean 'animal'"),
        (("recording,sex", "a,f"), "no column 'animal'"),
        (("recording,animal,dose", "a,m1,much"), "'much' cannot be the dose"),
        (("recording,animal", "a,m1,x"), "3 cells"),
        (("recording,animal", "a,"), "cannot be the animal"),
        (("recording,animal,side", "a,m1,up"), "left, right"),
        (("recording,animal,baseline", "a,m1,maybe"), "yes or no"),
    ],
)
def test_a_broken_table_is_located(project, lab, tmp_path, rows, words):
    pose(lab / f"a{NETWORK}.csv")
    with pytest.raises(DataError, match=r"x\.csv, row [12]") as caught:
        plan_import(project, lab, fps=20, animals=table(tmp_path / "x.csv", *rows))
    assert words in str(caught.value)


def test_rows_about_no_recording_are_told(project, lab, tmp_path):
    pose(lab / f"m10{NETWORK}.csv")
    rows = ("recording,animal", "m1O,x")
    plan = plan_import(project, lab, fps=20, animals=table(tmp_path / "x.csv", *rows))
    (problem,) = [p for p in plan.problems if p.file.endswith("x.csv")]
    assert (problem.row, problem.severity) == (2, Severity.BLOCKING)
    assert "did you mean 'm10'" in problem.todo


def test_a_table_of_the_whole_study_serves_a_part_of_it(project, lab, tmp_path):
    for name in ("cage_1", "cage_2"):
        pose(lab / f"{name}{NETWORK}.csv", seed=int(name[-1]))
    rows = [f"cage_{number},m{number}" for number in (1, 2, 3, 4)]
    animals = table(tmp_path / "x.csv", "recording,animal", *rows)
    plan, _ = run(project, lab, fps=20, animals=animals, strict=True)
    assert {r.id: r.animals for r in project.recordings()} == {"cage_1": ("m1",), "cage_2": ("m2",)}
    (note,) = [note for note in plan.notes if "x.csv" in note]
    assert "2 recordings that are not imported here" in note
    assert "cage_3 (row 4), cage_4 (row 5)" in note
    pose(lab / f"cage_3{NETWORK}.csv", seed=3)
    plan, _ = run(project, lab, fps=20, animals=animals)
    (note,) = [note for note in plan.notes if "x.csv" in note]
    assert "cage_4 (row 5)" in note
    assert "cage_3" not in note


def test_a_misspelt_row_is_not_taken_for_one_of_another_day(project, lab, tmp_path):
    for name in ("cage_1", "cage_2"):
        pose(lab / f"{name}{NETWORK}.csv", seed=int(name[-1]))
    rows = ("recording,animal", "cage_1,m1", "cgae_2,m2", "cage_7,m7")
    plan = plan_import(project, lab, fps=20, animals=table(tmp_path / "x.csv", *rows))
    (problem,) = [p for p in plan.problems if p.file.endswith("x.csv")]
    assert (problem.row, problem.severity) == (3, Severity.BLOCKING)
    assert problem.todo == "did you mean 'cage_2'?"
    assert any("cage_7 (row 4)" in note for note in plan.notes)


def test_trials_of_other_recordings_do_not_stop_an_import(project, lab, tmp_path):
    pose(lab / f"cage_1{NETWORK}.csv")
    head = "recording,trial,first_frame,n_frames"
    both = table(tmp_path / "t.csv", head, "cage_1,1,0,30", "cage_9,1,0,30")
    plan, _ = run(project, lab, fps=20, trials=both)
    assert len(project.recording("cage_1").trials) == 1
    assert any("cage_9 (row 3)" in note for note in plan.notes)
    other = table(tmp_path / "t.csv", head, "cage_9,1,0,30", "cage_8,1,0,30")
    plan = plan_import(project, lab, trials=other)
    wrong = [p for p in plan.problems if p.file.endswith("t.csv")]
    assert {(p.row, p.severity) for p in wrong} == {(n, Severity.BLOCKING) for n in (2, 3)}


def test_patterns_find_animal_and_session_in_the_file_name(project, lab):
    pose(lab / f"day3_mouse12_f{NETWORK}.csv")
    pattern = r"mouse(?P<animal>\d+)_(?P<sex>[mf])"
    run(project, lab, fps=20, animal_pattern=pattern, session_pattern=r"(day\d)")
    (found,) = project.recordings()
    assert (found.animals, found.session) == (("12",), "day3")
    assert project.animals()["12"].sex == "f"
    assert by_pattern(pattern, "no animal") == []
    for wrong in ("(", "mouse"):
        with pytest.raises(UsageError, match="pattern"):
            by_pattern(wrong, "mouse12")


def test_two_animals_are_declared_by_track(project, lab, tmp_path):
    pose(lab / f"pair{NETWORK}.csv", animals=("adult", "young"))
    path = lab / "pair.csv"
    table(
        path,
        "animal,target,behavior,start_frame,stop_frame",
        "adult,young,chase,3,9",
        "young,,rest,10,20",
    )
    rows = ("recording,animal,track", "pair,m2,young", "pair,m1,adult")
    run(project, lab, fps=20, animals=table(tmp_path / "x.csv", *rows))
    assert project.recording("pair").animals == ("m1", "m2")
    assert project.pose("pair").animals == ("m1", "m2")
    assert [(b.animal, b.target) for b in project.bouts().rows()] == [("m1", "m2"), ("m2", "")]
    assert project.ethogram.behavior("chase").scope == "directed"


def test_too_few_declared_animals_are_told(project, lab, tmp_path):
    pose(lab / f"pair{NETWORK}.csv", animals=("adult", "young"))
    rows = ("recording,animal", "pair,m2")
    plan = plan_import(project, lab, fps=20, animals=table(tmp_path / "x.csv", *rows))
    assert any("1 animals are declared, and the pose has 2" in p.what for p in plan.problems)
    assert plan.recordings[0].recording.animals == ("adult", "young")


def test_what_is_said_of_new_files_does_not_touch_the_recordings_that_are_there(project, lab):
    pose(lab / "old" / f"day1_m1{NETWORK}.csv")
    pose(lab / "old" / f"day1_m2{NETWORK}.csv", seed=1)
    run(project, lab / "old", fps=20, animal_pattern=r"(m\d)", trial_length=30)

    def facts():
        return [(r.animals, r.session, r.clock.fps, r.trials) for r in project.recordings()]

    before = facts()
    assert [animals for animals, *_ in before] == [("m1",), ("m2",)]
    pose(lab / "new" / f"day1_m3{NETWORK}.csv", seed=2)
    options = {"animal_pattern": r"(day\d)", "session_pattern": r"(?P<session>day\d)"}
    plan, _ = run(project, lab / "new", fps=25, trial_length=20, **options)
    assert not [problem for problem in plan.problems if problem.severity == "blocking"]
    *old, (animals, session, fps, trials) = facts()
    assert old == before
    assert (animals, session, fps) == (("day1",), "day1", 25)
    assert [trial.n_frames for trial in trials] == [20, 20, 20]


def test_renamed_animals_are_told(project, lab):
    pose(lab / f"day1_m1{NETWORK}.csv")
    run(project, lab, fps=20, animal_pattern=r"(m\d)")
    plan, _ = run(project, lab, fps=20, animal_pattern=r"(day\d)")
    assert "day1_m1: its animals are renamed, from m1 to day1" in plan.notes


def test_another_rate_of_a_recording_is_shown_by_the_dry_run(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    run(project, lab, fps=20)
    plan = plan_import(project, lab, fps=25)
    (problem,) = [problem for problem in plan.problems if problem.severity == "blocking"]
    assert "frame rate of 25" in problem.what
    assert plan.blocking == [problem]
