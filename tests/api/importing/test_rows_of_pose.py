"""Pose with another number of rows than frames: a person says which frame each row is."""

import numpy as np
import pytest
from tests.api.importing._lab_files import (
    LABELS,
    NETWORK,
    frame_labels,
    pose,
    row_of,
    run,
    spans,
    table,
)

from boutwise import formats
from boutwise.api.importing.rows import parse
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.errors import DataError, UsageError

VAME = "vame/cropped_video.csv"


def track(path):
    return formats.read(path).pose.positions


def frames(lab, number, *more):
    head = ",".join(["recording", "animal", "frames", *[name for name, _ in more]])
    cells = ",".join(["m1", "mouse1", str(number), *[cell for _, cell in more]])
    return table(lab / "animals.txt", head, cells)


@pytest.mark.parametrize(
    ("words", "n_rows", "n_frames", "expected"),
    [
        ("first", 4, 3, [0, 1, 2, -1]),
        ("last", 4, 3, [-1, 0, 1, 2]),
        ("last", 3, 5, [2, 3, 4]),
        ("from-2", 3, 5, [2, 3, 4]),
        ("from-2", 3, 4, [2, 3, -1]),
        ("every-3", 3, 8, [0, 3, 6]),
        ("every-2-from-1", 3, None, [1, 3, 5]),
        ("thin-2", 5, 3, [0, -1, 1, -1, 2]),
    ],
)
def test_words_and_what_they_mean(words, n_rows, n_frames, expected):
    assert parse(words).frames(n_rows, n_frames).tolist() == expected


@pytest.mark.parametrize(
    "words", ["frist", "every-0", "from", "every-2-from", "-3", "", f"every-{10**30}"]
)
def test_other_words_are_refused(project, lab, words):
    path = pose(lab / f"m1{NETWORK}.csv")
    with pytest.raises(UsageError, match="cannot be"):
        plan_import(project, path, fps=20, rows=words)


def test_a_declared_number_that_differs_stops_the_import(project, lab):
    path = pose(lab / f"m1{NETWORK}.csv", 61)
    plan = plan_import(project, path, fps=20, animals=frames(lab, 60))
    (problem,) = plan.contradictions
    assert problem.what == "the pose file has 61 rows"
    assert problem.expected == "60, the declared number of frames"
    assert "--rows" in problem.todo
    assert problem.value == 1
    with pytest.raises(DataError):
        apply_import(project, plan)


@pytest.mark.parametrize(("words", "start"), [("first", 0), ("last", 1)])
def test_one_row_too_many_is_left_out_where_it_is_said(project, lab, words, start):
    path = pose(lab / f"m1{NETWORK}.csv", 61)
    plan, _ = run(project, path, fps=20, animals=frames(lab, 60), rows=words)
    assert project.recording("m1").n_frames == 60
    shown = project.pose("m1")
    np.testing.assert_array_equal(shown.positions, track(path)[start : start + 60])
    assert any("60 of 61 rows are frames 0 to 59 of 60" in note for note in plan.notes)
    assert row_of(plan, ".csv").n_rows == 61


def test_the_words_may_stand_beside_the_recording(project, lab):
    path = pose(lab / f"m1{NETWORK}.csv", 61)
    animals = frames(lab, 60, ("rows", "last"))
    run(project, path, fps=20, animals=animals, rows="first")
    np.testing.assert_array_equal(project.pose("m1").positions, track(path)[1:])


def test_pose_of_every_second_frame(project, lab):
    path = pose(lab / f"m1{NETWORK}.csv", 30)
    frame_labels(lab / "m1.csv", LABELS)
    run(project, lab, fps=20, animals=frames(lab, 60), rows="every-2")
    shown = project.pose("m1")
    np.testing.assert_array_equal(shown.positions[::2], track(path))
    assert np.isnan(shown.positions[1::2]).all()
    assert (shown.confidence[1::2] == 0).all()
    assert spans(project) == [("rest", 0, 20), ("walk", 20, 50), ("rest", 50, 60)]


def test_pose_that_begins_later(project, lab):
    path = pose(lab / f"m1{NETWORK}.csv", 30)
    run(project, path, fps=20, rows="from-10")
    shown = project.pose("m1")
    assert shown.n_frames == 40
    assert np.isnan(shown.positions[:10]).all()
    np.testing.assert_array_equal(shown.positions[10:], track(path))


def test_the_last_frames_of_nobody_knows_how_many(project, lab):
    path = pose(lab / f"m1{NETWORK}.csv", 30)
    plan = plan_import(project, path, fps=20, rows="last")
    assert [p.what for p in plan.blocking] == [
        "the rows are the last frames, of nobody knows how many"
    ]


def test_a_map_that_leaves_nothing_is_refused(project, lab):
    path = pose(lab / f"m1{NETWORK}.csv", 30)
    plan = plan_import(project, path, fps=20, rows="from-90", animals=frames(lab, 60))
    assert "no row lies in the 60 frames" in plan.blocking[0].what


def test_a_map_into_years_is_refused(project, lab):
    path = pose(lab / f"m1{NETWORK}.csv", 30)
    plan = plan_import(project, path, fps=20, rows="every-1000000000")
    assert "the last row is frame 29000000000" in plan.blocking[0].what
    with pytest.raises(DataError, match="cannot be the frames"):
        plan_import(project, path, fps=20, animals=frames(lab, 10**12))


def test_another_declared_number_than_the_project_has_stops_the_import(project, lab):
    path = pose(lab / f"m1{NETWORK}.csv", 61)
    run(project, path, fps=20)
    plan = plan_import(project, path, animals=frames(lab, 60, ("rows", "first")))
    assert plan.blocking[0].what == (
        "60 frames are declared, and the project has 61 of this recording"
    )


def test_importing_again_keeps_the_map(project, lab):
    path = pose(lab / f"m1{NETWORK}.csv", 61)
    run(project, path, fps=20, animals=frames(lab, 60), rows="last")
    before = project.pose("m1").positions.copy()
    versions = len(project.database.rows("SELECT * FROM file_versions"))
    run(project, path)
    run(project, path, animals=frames(lab, 60), rows="last")
    assert len(project.database.rows("SELECT * FROM file_versions")) == versions
    np.testing.assert_array_equal(project.pose("m1").positions, before)


def test_a_map_may_be_corrected(project, lab):
    path = pose(lab / f"m1{NETWORK}.csv", 61)
    run(project, path, fps=20, animals=frames(lab, 60), rows="last")
    run(project, path, rows="first")
    np.testing.assert_array_equal(project.pose("m1").positions, track(path)[:60])


def test_pose_for_labels_that_were_there_first(project, lab):
    frame_labels(lab / "labels" / "m1.csv", LABELS)
    run(project, lab / "labels", fps=20, labels_only=True)
    path = pose(lab / "tracks" / f"m1{NETWORK}.csv", 61)
    assert "--rows" in plan_import(project, path).blocking[0].todo
    run(project, path, rows="first")
    assert project.pose("m1").n_frames == project.recording("m1").n_frames == 60


def test_short_pose_for_labels_with_an_open_end(project, lab):
    table(lab / "l.csv", "video,behavior,start_frame,stop_frame", "m1,walk,3,90")
    run(project, lab / "l.csv", fps=20, labels_only=True)
    path = pose(lab / "tracks" / f"m1{NETWORK}.csv", 60)
    run(project, path, rows="first")
    assert (project.recording("m1").n_frames, project.recording("m1").open_end) == (90, True)
    assert np.isnan(project.pose("m1").positions[60:]).all()
    assert spans(project) == [("walk", 3, 90)]


def test_the_real_track_of_750_rows_for_749_frames(project, lab, shared):
    source = shared(VAME)
    animals = table(lab / "animals.txt", "recording,animal,frames", "cropped_video,mouse,749")
    plan = plan_import(project, source, fps=25, animals=animals)
    assert [p.what for p in plan.blocking] == ["the pose file has 750 rows"]
    run(project, source, fps=25, animals=animals, rows="first")
    assert project.recording("cropped_video").n_frames == 749
    np.testing.assert_array_equal(
        project.pose("cropped_video").positions, track(source)[:749].astype(np.float32)
    )
