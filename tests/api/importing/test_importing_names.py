import shutil

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
)

from boutwise.api.importing.sources import find, slug
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.errors import DataError


def test_equal_names_in_nested_folders_stay_apart(project, lab):
    for number in (1, 2):
        pose(lab / f"mouse{number}" / f"video{NETWORK}.csv", 60 + number, seed=number)
    frame_labels(lab / "mouse1" / "video.csv", ["rest"] * 61)
    frame_labels(lab / "mouse2" / "video.csv", ["walk"] * 62)
    run(project, lab, fps=20)
    assert [r.id for r in project.recordings()] == ["mouse1/video", "mouse2/video"]
    assert spans(project, "mouse1/video") == [("rest", 0, 61)]
    assert spans(project, "mouse2/video") == [("walk", 0, 62)]


def test_a_label_file_never_takes_the_recording_of_the_folder_beside(project, lab):
    pose(lab / "mouse1" / f"video{NETWORK}.csv")
    frame_labels(lab / "mouse2" / "video.csv", LABELS)
    plan, _ = run(project, lab, fps=20)
    row = row_of(plan, "mouse2/video.csv")
    assert not row.matched
    assert "another folder" in row.why
    assert len(project.bouts()) == 0


def test_parallel_folders_belong_together(project, lab):
    for day in ("monday", "friday"):
        pose(lab / "tracks" / day / f"m1{NETWORK}.csv", seed=len(day))
        pose(lab / "tracks" / day / f"m2{NETWORK}.csv", seed=9 + ord(day[0]))
        frame_labels(lab / "humans" / day / "m1.csv", [day] * 60)
    run(project, lab, fps=20)
    assert spans(project, "tracks/monday/m1") == [("monday", 0, 60)]
    assert spans(project, "tracks/friday/m1") == [("friday", 0, 60)]


def test_equal_names_in_one_search_are_told_apart_by_size_or_not_at_all(project, lab):
    pose(lab / "a" / f"v{NETWORK}.csv", 60, seed=1)
    pose(lab / "b" / f"v{NETWORK}.csv", 70, seed=2)
    frame_labels(lab / "labels" / "v.csv", ["rest"] * 70)
    intervals(lab / "more" / "v.csv", [("walk", 3, 9)])
    plan, _ = run(project, lab, fps=20)
    assert row_of(plan, "labels/v.csv").recording == "b/v"
    assert "same number of frames" in row_of(plan, "labels/v.csv").why
    assert row_of(plan, "more/v.csv").why == "it fits a/v and b/v"


def test_the_same_name_from_another_source_is_another_recording(project, lab):
    pose(lab / "day1" / f"m1{NETWORK}.csv", seed=1)
    pose(lab / "day2" / f"m1{NETWORK}.csv", seed=2)
    run(project, lab / "day1", fps=20)
    run(project, lab / "day2", fps=20)
    assert [r.id for r in project.recordings()] == ["day2/m1", "m1"]


def test_a_longer_name_is_taken_with_a_warning_and_refused_when_strict(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    pose(lab / f"m1_day2{NETWORK}.csv", seed=3)
    frame_labels(lab / "m1_day2_reencoded.csv", LABELS)
    plan = plan_import(project, lab, fps=20)
    assert row_of(plan, "reencoded.csv").recording == "m1_day2"
    assert any("is taken for 'm1_day2'" in problem.what for problem in plan.problems)
    assert plan.blocking == []
    with pytest.raises(DataError, match="is taken for"):
        apply_import(project, plan_import(project, lab, fps=20, strict=True))


def test_two_files_of_one_pose_are_one_recording(project, lab):
    first = pose(lab / f"m1{NETWORK}.csv")
    shutil.copyfile(first, lab / f"m1{NETWORK}_filtered.csv")
    plan, _ = run(project, lab, fps=20)
    assert [r.id for r in project.recordings()] == ["m1"]
    assert [row.matched for row in plan.rows] == [True, False]
    assert "the same pose as" in plan.unmatched[0].why


def test_two_poses_of_one_recording_are_not_chosen_between(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    pose(lab / f"m1{NETWORK}_filtered.csv", seed=5)
    pose(lab / f"m2{NETWORK}.csv", seed=6)
    plan, result = run(project, lab, fps=20)
    assert result.recordings == ("m2",)
    assert len(plan.unmatched) == 2
    with pytest.raises(DataError, match="different pose files"):
        apply_import(project, plan_import(project, lab, fps=20, strict=True))


def test_a_folder_that_moved_heals(project, lab, tmp_path):
    pose(lab / f"m1{NETWORK}.csv")
    frame_labels(lab / "m1.csv", LABELS)
    run(project, lab, fps=20)
    moved = tmp_path / "archive"
    lab.rename(moved)
    for key in list(project.store.keys()):
        project.store.remove(key)
    _, result = run(project, moved)
    assert (result.recordings, result.added) == ((), 0)
    assert project.pose("m1").n_frames == 60
    assert {file.path.parent.name for file in project.files()} == {"archive"}


def test_sources_are_files_folders_and_patterns(lab):
    pose(lab / "a" / f"m1{NETWORK}.csv")
    pose(lab / "b" / f"m2{NETWORK}.csv")
    (lab / ".hidden.csv").write_text("x", encoding="utf-8")
    everything = find([lab], None)
    assert [file.folder for file in everything] == ["a", "b"]
    assert find([str(lab / "*" / "*.csv")], None) == everything
    assert find([lab, lab / "a"], None) == everything
    assert [f.path.name for f in find([lab / "b" / f"m2{NETWORK}.csv"], None)] == [
        f"m2{NETWORK}.csv"
    ]
    for wrong in ("nothing", "*.nothing"):
        with pytest.raises(DataError, match=r"no such file|no file fits"):
            find([lab / wrong], None)
    assert slug("day 1/a:b?c") == "day_1/a_b_c"
