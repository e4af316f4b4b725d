"""Labels without pose: they make recordings of their own, and pose that comes later must fit."""

import pytest
from tests.api.importing._lab_files import (
    LABELS,
    NETWORK,
    frame_labels,
    intervals,
    pose,
    row_of,
    run,
    spans,
    table,
    trial_labels,
)

from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.errors import DataError
from boutwise.project import Project


def raters(path, *rows, head="video,rater,behavior,start_frame,stop_frame"):
    path.parent.mkdir(parents=True, exist_ok=True)
    return table(path, head, *rows)


def warned(plan):
    return {problem.what.split(":")[0] for problem in plan.problems}


# --- what becomes of the files


def test_without_the_flag_nothing_is_imported_and_the_flag_is_named(project, lab):
    path = intervals(lab / "m1.csv", [("walk", 3, 9)])
    plan, result = run(project, path, fps=20)
    assert project.recordings() == []
    assert result.added == 0
    assert "--labels-only" in row_of(plan, "m1.csv").why
    assert any("--labels-only" in problem.todo for problem in plan.problems)


def test_a_table_of_several_raters_and_videos(project, lab):
    path = raters(
        lab / "all.csv", "a.mp4,Ann,walk,3,9", "a.mp4,Ben,walk,4,12", "b.mp4,Ann,rest,0,7"
    )
    plan, result = run(project, path, fps=20, labels_only=True)
    assert result.recordings == ("a", "b")
    assert [(r.n_frames, r.open_end, r.clock.fps) for r in project.recordings()] == [
        (12, True, 20),
        (7, True, 20),
    ]
    assert project.annotators("a") == ["Ann", "Ben"]
    assert [(b.start, b.stop) for b in project.bouts("a", annotator="Ben").rows()] == [(4, 12)]
    assert {o.stop for o in project.bouts("a").observed} == {12}
    assert "the length is taken from the last label" in warned(plan)
    assert not project.has_pose("a")


def test_importing_again_adds_nothing_with_or_without_the_flag(project, lab):
    path = raters(lab / "all.csv", "a.mp4,Ann,walk,3,9", "a.mp4,Ben,walk,4,12")
    run(project, path, fps=20, labels_only=True)
    names = ("bouts", "observed", "files", "file_versions", "recordings", "animals")
    before = [len(project.database.rows(f"SELECT * FROM {name}")) for name in names]
    for flag in (True, False):
        _, result = run(project, path, fps=20, labels_only=flag)
        assert (result.recordings, result.added, result.unchanged) == ((), 0, 2)
        assert [len(project.database.rows(f"SELECT * FROM {name}")) for name in names] == before


def test_the_same_name_in_numbered_folders_is_two_recordings(project, lab):
    for mouse in ("mouse1", "mouse2"):
        intervals(lab / mouse / "top.csv", [("walk", 3, 9)])
    for _ in range(2):
        run(project, lab, fps=20, labels_only=True)
        assert [r.id for r in project.recordings()] == ["mouse1/top", "mouse2/top"]
        assert len(project.bouts()) == 2


def test_numbered_folders_of_raters_are_one_recording(project, lab):
    for rater in ("rater1", "rater2"):
        intervals(lab / rater / "top.csv", [("walk", 3, 9)])
    told = {"labels_only": True, "annotator_pattern": r"(?P<annotator>rater\d)/", "fps": 20}
    for _ in range(2):
        run(project, lab, **told)
        (found,) = project.recordings()
        assert (found.id, project.annotators()) == ("top", ["rater1", "rater2"])
    intervals(lab / "rater3" / "top.csv", [("walk", 3, 30)])
    run(project, lab / "rater3", **told)
    (found,) = project.recordings()
    assert (found.n_frames, len(project.bouts())) == (30, 3)


def test_one_file_a_rater_with_the_rater_in_its_name(project, lab):
    for rater in ("FA", "OS"):
        intervals(lab / f"OFT_5_{rater}.csv", [("walk", 3, 9)])
    pattern = r"(?P<recording>OFT_\d+)_(?P<annotator>\w+)\.csv"
    run(project, lab, fps=20, labels_only=True, annotator_pattern=pattern)
    assert [r.id for r in project.recordings()] == ["OFT_5"]
    assert project.annotators("OFT_5") == ["FA", "OS"]


def test_two_files_of_one_recording_without_raters_are_not_mixed(project, lab):
    intervals(lab / "first" / "top.csv", [("walk", 3, 9)])
    intervals(lab / "second" / "top.csv", [("walk", 4, 9)])
    plan, _ = run(project, lab, fps=20, labels_only=True)
    assert len(project.bouts()) == 1
    assert any("name the annotators" in problem.todo for problem in plan.problems)


# --- how long they are


def test_rows_of_frames_are_counted_and_the_longest_file_wins(project, lab):
    frame_labels(lab / "m1.csv", LABELS)
    intervals(lab / "bouts" / "m1.csv", [("groom", 3, 70)])
    run(project, lab / "m1.csv", fps=20, labels_only=True)
    assert [(r.n_frames, r.open_end) for r in project.recordings()] == [(60, False)]
    plan, _ = run(project, lab / "bouts", fps=20, labels_only=True)
    assert project.recording("m1").n_frames == 60
    assert any("past the end" in problem.what for problem in plan.problems)


def test_a_second_longer_file_makes_an_open_recording_longer(project, lab):
    intervals(lab / "m1.csv", [("walk", 3, 9)])
    run(project, lab, fps=20, labels_only=True)
    raters(lab / "more.csv", "m1.mp4,Ben,walk,4,80")
    run(project, lab / "more.csv", fps=20)
    assert project.recording("m1").n_frames == 80
    assert [o.stop for o in project.bouts("m1", annotator="").observed] == [9]


def test_seconds_need_a_frame_rate(project, lab):
    path = raters(lab / "s.csv", "a,Ann,walk,0.5,2.26", head="video,rater,behavior,start_s,stop_s")
    with pytest.raises(DataError, match="frames a second"):
        plan_import(project, path, labels_only=True)
    run(project, path, labels_only=True, fps=25)
    assert project.recording("a").n_frames == 56  # 56.5 lies halfway: the earlier boundary
    assert spans(project) == [("walk", 12, 56)]


def test_one_recording_without_a_rate_does_not_stop_the_others(project, lab):
    table(lab / "m2.csv", "behavior,start_s,stop_s", "walk,0.5,1.5")
    head = "recording,animal,target,behavior,start_frame,stop_frame,start_s,stop_s"
    rows = (f"{head},mean_probability,source", "m3,a,,walk,0,20,0.0,1.0,,Ann")
    table(lab / "m3.bouts.csv", *rows)
    plan, result = run(project, lab, labels_only=True)
    assert result.recordings == ("m3",)
    row = row_of(plan, "m2.csv")
    assert (row.matched, row.why) == (False, "nothing says how many frames a second has")
    assert any("--fps" in problem.todo for problem in plan.problems)
    with pytest.raises(DataError, match="frames a second"):
        plan_import(project, lab, labels_only=True, strict=True)


def test_frames_may_be_declared(project, lab):
    intervals(lab / "m1.csv", [("walk", 3, 9)])
    animals = table(lab / "animals.txt", "recording,animal,frames", "m1,mouse7,500")
    plan, _ = run(project, lab / "m1.csv", fps=20, labels_only=True, animals=animals)
    found = project.recording("m1")
    assert (found.n_frames, found.open_end, found.animals) == (500, False, ("mouse7",))
    assert "the length is taken from the last label" not in warned(plan)


def test_trials_need_their_places(project, lab):
    trial_labels(lab / "prediction_v.mp4_2.csv", [0, 1, 1, 0])
    plan, _ = run(project, lab, fps=20, labels_only=True)
    assert project.recordings() == []
    assert not row_of(plan, "v.mp4_2.csv").matched
    run(project, lab, fps=20, labels_only=True, trial_length=4)
    assert project.recording("v").n_frames == 8
    assert min(project.bouts().start) == 4


# --- whose they are


def test_animals_that_the_labels_name(project, lab):
    head = "video,subject,behavior,start_frame,stop_frame"
    path = raters(lab / "all.csv", "a,m7,walk,3,9", "a,m8,walk,5,9", head=head)
    plan, _ = run(project, path, fps=20, labels_only=True)
    assert project.recording("a").animals == ("m7", "m8")
    assert any("named as in the label file: m7, m8" in p.what for p in plan.problems)


def test_declared_animals_by_the_names_in_the_labels(project, lab):
    head = "video,subject,behavior,start_frame,stop_frame"
    path = raters(lab / "all.csv", "a,R,walk,3,9", "a,G,walk,5,9", head=head)
    rows = ("recording,animal,track", "a,c1_G,G", "a,c1_R,R", "a,c1_B,B")
    animals = table(lab / "animals.txt", *rows)
    for _ in range(2):
        run(project, path, fps=20, labels_only=True, animals=animals)
        assert project.recording("a").animals == ("c1_G", "c1_R", "c1_B")
        assert [(b.animal, b.start) for b in project.bouts().rows()] == [("c1_R", 3), ("c1_G", 5)]


def test_declared_animals_that_do_not_fit_stop_the_import(project, lab):
    head = "video,subject,behavior,start_frame,stop_frame"
    path = raters(lab / "all.csv", "a,R,walk,3,9", "a,G,walk,5,9", head=head)
    animals = table(lab / "animals.txt", "recording,animal", "a,m1", "a,m2")
    plan = plan_import(project, path, fps=20, labels_only=True, animals=animals)
    with pytest.raises(DataError, match="the labels name R, G"):
        apply_import(project, plan)


def test_one_declared_animal_needs_no_name_in_the_labels(project, lab):
    path = intervals(lab / "m1_day2.csv", [("walk", 3, 9)])
    run(project, path, fps=20, labels_only=True, animal_pattern=r"(?P<animal>m\d)")
    assert project.recording("m1_day2").animals == ("m1",)


# --- pose that comes later


def labelled(project, lab, stop=40, **options):
    path = intervals(lab / "labels" / "m1.csv", [("walk", 3, stop)])
    run(project, path, fps=20, labels_only=True, **options)


def test_pose_gives_an_open_recording_its_true_length(project, lab):
    labelled(project, lab)
    before = spans(project)
    pose(lab / "tracks" / f"m1{NETWORK}.csv", 60)
    _, result = run(project, lab / "tracks")
    (found,) = project.recordings()
    assert (result.recordings, found.id, found.n_frames, found.open_end) == ((), "m1", 60, False)
    assert spans(project) == before
    assert project.pose("m1").positions.shape[0] == 60
    _, again = run(project, lab)
    assert (again.recordings, again.added, project.recording("m1").n_frames) == ((), 0, 60)


def test_pose_that_ends_before_the_labels_stops_the_import(project, lab):
    labelled(project, lab)
    pose(lab / "tracks" / f"m1{NETWORK}.csv", 30)
    plan = plan_import(project, lab / "tracks", fps=20)
    (problem,) = plan.contradictions
    assert problem.what == "the pose file has 30 frames"
    assert problem.expected == "at least 40, the frames of its labels"
    assert problem.file.endswith(".csv")
    with pytest.raises(DataError):
        apply_import(project, plan)
    assert spans(project) == [("walk", 3, 40)]


def test_pose_of_another_length_than_the_counted_one_stops_the_import(project, lab):
    frame_labels(lab / "labels" / "m1.csv", LABELS)
    run(project, lab / "labels", fps=20, labels_only=True)
    pose(lab / "tracks" / f"m1{NETWORK}.csv", 61)
    plan = plan_import(project, lab / "tracks")
    assert [problem.expected for problem in plan.blocking] == ["60, the frames of its labels"]


def test_pose_of_another_rate_stops_the_import(project, lab):
    labelled(project, lab)
    pose(lab / "tracks" / f"m1{NETWORK}.csv", 60)
    plan = plan_import(project, lab / "tracks", fps=25)
    assert ["frame rate of 25" in p.what for p in plan.blocking] == [True]


def test_two_animals_come_in_the_order_of_the_pose(project, lab):
    head = "video,subject,behavior,start_frame,stop_frame"
    raters(lab / "labels" / "all.csv", "v,b,walk,3,9", "v,a,walk,5,9", head=head)
    run(project, lab / "labels", fps=20, labels_only=True)
    assert project.recording("v").animals == ("b", "a")
    pose(lab / "tracks" / f"v{NETWORK}.csv", 60, animals=("a", "b"))
    run(project, lab / "tracks")
    assert project.recording("v").animals == project.pose("v").animals == ("a", "b")
    assert [(b.animal, b.start) for b in project.bouts().rows()] == [("b", 3), ("a", 5)]
    assert project.database.rows("SELECT COUNT(*) AS n FROM bouts")[0]["n"] == 2


def test_pose_of_other_animals_stops_the_import(project, lab):
    head = "video,subject,behavior,start_frame,stop_frame"
    raters(lab / "labels" / "all.csv", "v,b,walk,3,9", "v,a,walk,5,9", head=head)
    run(project, lab / "labels", fps=20, labels_only=True)
    pose(lab / "tracks" / f"v{NETWORK}.csv", 60, animals=("ind1", "ind2"))
    plan = plan_import(project, lab / "tracks")
    assert "ind1, ind2" in plan.blocking[0].what
    rows = ("recording,animal,track", "v,a,ind2", "v,b,ind1")
    animals = table(lab / "animals.txt", *rows)
    run(project, lab / "tracks", animals=animals)
    assert project.recording("v").animals == ("b", "a")
    assert [(b.animal, b.start) for b in project.bouts().rows()] == [("b", 3), ("a", 5)]


def test_pose_and_labels_at_once_are_as_before(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    intervals(lab / "m1.csv", [("walk", 3, 9)])
    intervals(lab / "m9.csv", [("walk", 3, 9)])
    run(project, lab, fps=20, labels_only=True)
    assert [(r.id, r.n_frames, project.has_pose(r.id)) for r in project.recordings()] == [
        ("m1", 60, True),
        ("m9", 9, False),
    ]


def test_a_project_of_the_first_schema_opens(tmp_path):
    from boutwise.project.database import Database, migrations

    Project.create(tmp_path / "p").close()
    (tmp_path / "p" / "project.db").unlink()
    Database(tmp_path / "p", migrations()[:1]).close()
    with Project.open(tmp_path / "p") as opened:
        assert opened.recordings() == []
    assert len(list((tmp_path / "p" / "backups").glob("project_before_002_*"))) == 1


def test_a_file_that_is_read_in_another_way_takes_no_labels_away(project, lab):
    head = "video,id,behavior,start_frame,stop_frame"
    path = raters(lab / "all.csv", "a.mp4,one,walk,3,9", "b.mp4,two,walk,4,12", head=head)
    mapping = {"format": "intervals", "columns": {"recording": "id"}}
    run(project, path, fps=20, labels_only=True, mapping=mapping)
    assert [r.id for r in project.recordings()] == ["one", "two"]
    plan = plan_import(project, path, fps=20, labels_only=True)
    assert "2 recordings came from this file" in plan.blocking[0].what
    assert "mapping" in plan.blocking[0].todo
    with pytest.raises(DataError):
        apply_import(project, plan)
    assert len(project.bouts()) == 2


def test_a_recording_that_was_taken_out_of_a_file_is_told_of(project, lab):
    path = raters(lab / "all.csv", "a.mp4,Ann,walk,3,9", "b.mp4,Ann,walk,4,12")
    run(project, path, fps=20, labels_only=True)
    raters(path, "a.mp4,Ann,walk,3,9")
    plan, result = run(project, path, fps=20)
    assert result.deleted == 1
    assert any("1 recordings came from this file" in p.what for p in plan.problems)


def test_a_pattern_that_does_not_fit_is_told_of(project, lab):
    intervals(lab / "OFT_5_FA.csv", [("walk", 3, 9)])
    intervals(lab / "other.csv", [("walk", 3, 9)])
    pattern = r"OFT_\d+_(?P<annotator>\w+)\.csv"
    plan, _ = run(project, lab, fps=20, labels_only=True, annotator_pattern=pattern)
    assert [p.what for p in plan.problems if "pattern" in p.what] == [
        "the annotator pattern does not fit 'other.csv'"
    ]


def test_a_real_observation_states_its_length(project, shared):
    source = shared("boris/test_export_events_tabular.csv")
    plan, _ = run(project, source, labels_only=True, annotator_pattern="_(?P<annotator>events)_")
    (found,) = project.recordings()
    assert (found.id, found.n_frames, found.open_end) == ("video_test_25fps_360s", 8999, False)
    assert found.animals == ("subject1", "subject2")
    assert project.annotators() == ["events"]
    assert "the length is taken from the last label" not in warned(plan)


def test_a_slip_makes_no_recording_of_years(project, lab):
    head = "video,rater,behavior,start_s,stop_s"
    path = raters(lab / "s.csv", "a,Ann,walk,0,2.5", "b,Ann,walk,0,2500000000", head=head)
    plan, result = run(project, path, fps=25, labels_only=True)
    assert result.recordings == ("a",)
    (problem,) = [p for p in plan.problems if "ends at frame" in p.what]
    assert (problem.recording, problem.row) == ("b", 3)
    with pytest.raises(DataError, match="ends at frame"):
        plan_import(project, path, fps=25, labels_only=True, strict=True)
