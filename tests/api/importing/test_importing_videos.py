"""Videos become recordings, or go to the pose and labels that they are of."""

from dataclasses import replace

import numpy as np
import pytest
from tests.api.importing._lab_files import (
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
from tests.video import burnt

from boutwise.api.importing import sources
from boutwise.api.importing.drafts import drafts
from boutwise.api.importing.metadata import Metadata
from boutwise.api.importing.reading import ImportOptions, read_all
from boutwise.api.importing.types import ImportPlan
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.api.importing.video_clock import tell_other_times
from boutwise.api.importing.video_files import read_videos
from boutwise.api.importing.videos import join_videos
from boutwise.errors import DataError, ProjectError
from boutwise.types import Severity

TIMES = np.cumsum(np.random.default_rng(3).integers(20, 60, 60)).tolist()


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A plain video of 60 frames at 30 a second, and one of uneven times."""
    folder = tmp_path_factory.mktemp("made")
    burnt.write(folder / "plain.mp4")
    burnt.write(folder / "uneven.mp4", milliseconds=TIMES)
    return folder


@pytest.fixture
def put(made, lab):
    """Put a copy of a made video somewhere in the lab's folder."""

    def copy(place, kind="plain.mp4"):
        path = lab / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((made / kind).read_bytes())
        return path

    return copy


def blocking(plan):
    return [p for p in plan.problems if p.severity is Severity.BLOCKING]


# --- video alone


def test_a_video_becomes_a_recording_with_the_times_of_its_frames(project, put):
    path = put("videos/day 1/m1.mp4", "uneven.mp4")
    plan, result = run(project, path.parents[1], animal_pattern=r"(m\d)")
    row = row_of(plan, "m1.mp4")
    assert (row.kind, row.matched, row.recording, row.n_rows) == ("video", True, "day_1/m1", 60)
    for words in ("60 frames", "(uneven)", "160 x 128 pixels", "h264", "uneven times: intervals"):
        assert words in row.why
    assert result.recordings == ("day_1/m1",)
    recording = project.recording("day_1/m1")
    assert recording.animals == ("m1",)
    assert recording.clock.kind == "pts"
    assert recording.clock.times_s == pytest.approx((np.array(TIMES) - TIMES[0]) / 1000, abs=6e-4)
    assert recording.video == path.as_posix()
    assert project.video_index("day_1/m1").n_frames == 60
    assert not project.has_pose("day_1/m1")


def test_an_animal_that_nobody_names_is_called_like_its_recording(project, put):
    plan, _ = run(project, put("m1.mp4"))
    assert project.recording("m1").animals == ("m1",)
    assert any("no animals were declared" in problem.what for problem in plan.problems)


def test_importing_again_changes_nothing(project, put):
    path = put("m1.mp4")
    run(project, path)
    files = len(project.files())
    plan, result = run(project, path)
    assert row_of(plan, "m1.mp4").news == "unchanged"
    assert (result.recordings, plan.recordings) == ((), [])
    assert len(project.files()) == files == 1


def test_equal_names_in_several_folders_are_several_recordings(project, put, lab):
    put("a/m1.mp4")
    put("b/m1.mp4", "uneven.mp4")
    run(project, lab)
    assert [r.id for r in project.recordings()] == ["a/m1", "b/m1"]
    first = burnt.write(put("c/m1.mp4"), 45)
    later = burnt.write(put("d/m1.mp4"), 50)
    assert row_of(run(project, first)[0], "m1.mp4").recording == "m1"
    assert row_of(run(project, later)[0], "m1.mp4").recording == "d/m1"


def test_two_videos_of_one_name_are_not_chosen_from(project, put):
    sources = [put("x/m1.mp4").parent, put("y/m1.mp4", "uneven.mp4").parent]
    plan = plan_import(project, sources)
    assert not plan.matched
    assert "2 different videos claim the recording 'm1'" in blocking(plan)[0].what
    assert "import the folder above them" in blocking(plan)[0].todo


def test_a_copy_of_a_video_is_left_out(project, put):
    plan, _ = run(project, [put("x/m1.mp4"), put("y/m1.mp4")])
    assert sorted(row.matched for row in plan.rows) == [False, True]
    plan, _ = run(project, put("elsewhere/other.mp4"))
    assert "the same video as" in row_of(plan, "other.mp4").why
    assert len(project.recordings()) == 1


def test_what_is_no_video_is_told_with_its_place(project, put, lab):
    put("m1.mp4")
    (lab / "notes.mp4").write_text("no video", encoding="utf-8")
    (lab / f"m1{NETWORK}_labeled.mp4").write_bytes(b"")
    plan, _ = run(project, lab)
    assert not row_of(plan, "notes.mp4").matched
    assert "drew its points" in row_of(plan, "_labeled.mp4").why
    (problem,) = blocking(plan)
    assert problem.file.endswith("notes.mp4")
    assert "cannot be opened as a video" in problem.what


def test_what_the_probe_finds_is_told_of_the_recording(project, lab):
    path = burnt.write(lab / "m1.avi", codec="mpeg4")
    burnt.shorten(path, lab / "cut.avi", share=0.6)
    path.unlink()
    plan, _ = run(project, lab)
    (told,) = [p for p in plan.problems if "cut off" in p.what]
    assert (told.recording, told.severity) == ("cut", Severity.WARNING)
    assert told.what in row_of(plan, "cut.avi").why
    assert project.recording("cut").n_frames < 60


# --- moved, changed, gone


def test_a_moved_video_is_found_again(project, put, lab):
    old = put("old/m1.mp4")
    run(project, old)
    new = lab / "new" / "renamed.mp4"
    new.parent.mkdir()
    old.rename(new)
    with pytest.raises(ProjectError, match="gone") as told:
        project.video_index("m1")
    assert "boutwise import" in told.value.todo
    plan, result = run(project, new)
    assert (row_of(plan, "renamed.mp4").news, result.recordings) == ("moved", ())
    assert project.recording("m1").video == new.as_posix()
    assert project.video_index("m1").n_frames == 60


def test_another_file_in_the_place_of_a_video_is_refused(project, put):
    run(project, put("m1.mp4"))
    path = put("m1.mp4", "uneven.mp4")
    with pytest.raises(ProjectError, match="changed"):
        project.video_index("m1")
    plan = plan_import(project, path)
    (problem,) = plan.contradictions
    assert "the times of the video are up to" in problem.what
    with pytest.raises(DataError):
        apply_import(project, plan)


def test_a_video_that_was_encoded_anew_takes_the_place_of_the_old(project, put):
    path = put("m1.mp4")
    run(project, path)
    burnt.write(path, options={"preset": "ultrafast"})
    plan, result = run(project, path)
    assert (row_of(plan, "m1.mp4").news, result.recordings) == ("changed", ())
    assert project.video_index("m1").n_frames == 60


def test_animals_of_videos_can_be_named_later(project, put):
    path = put("m1_day1.mp4")
    run(project, path)
    run(project, path, animal_pattern=r"(m\d)_")
    assert project.recording("m1_day1").animals == ("m1",)


# --- video and pose


def test_a_video_and_its_pose_are_one_recording(project, put, lab):
    put("videos/m1.mp4", "uneven.mp4")
    pose(lab / "tracks" / f"m1{NETWORK}.csv")
    plan, _ = run(project, [lab / "videos", lab / "tracks"], fps=round(60_000 / TIMES[-1], 1))
    assert [row.recording for row in plan.rows] == ["m1", "m1"]
    recording = project.recording("m1")
    assert recording.clock.kind == "pts"
    assert project.pose("m1").n_frames == 60
    assert recording.video.endswith("videos/m1.mp4")


def test_rows_that_are_not_as_many_as_frames_stop_the_import(project, put, lab):
    put("m1.mp4")
    path = pose(lab / f"m1{NETWORK}.csv", 61)
    plan = plan_import(project, lab)
    (problem,) = plan.contradictions
    assert (problem.what, problem.file) == ("the pose file has 61 rows", str(path))
    assert problem.expected == "60, the frames of the video"
    assert "--rows" in problem.todo
    run(project, lab, rows="last")
    recording = project.recording("m1")
    assert (recording.n_frames, recording.clock.kind) == (60, "pts")
    np.testing.assert_array_equal(recording.row_to_frame[path.name], np.arange(61) - 1)


def test_a_declared_number_of_frames_must_be_that_of_the_video(project, put, lab):
    put("m1.mp4")
    animals = table(lab / "animals.txt", "recording,animal,frames", "m1,mouse,59")
    plan = plan_import(project, lab / "m1.mp4", animals=animals)
    (problem,) = plan.contradictions
    assert problem.what == "59 frames are declared, and the video shows 60"


def test_a_video_comes_later_to_pose_and_labels(project, put, lab):
    pose(lab / f"m1{NETWORK}.csv")
    frame_labels(lab / "m1.csv", ["a"] * 30 + ["b"] * 30)
    run(project, lab, fps=30)
    assert project.recording("m1").clock.kind == "declared"
    before = spans(project, "m1")
    plan, result = run(project, put("elsewhere/m1.mp4"))
    assert (row_of(plan, "m1.mp4").why.split(";")[0], result.recordings) == ("same name", ())
    recording = project.recording("m1")
    assert (recording.clock.kind, recording.n_frames) == ("pts", 60)
    assert spans(project, "m1") == before
    assert project.pose("m1").n_frames == 60


def test_a_later_video_of_other_times_or_length_stops_the_import(project, put, lab):
    pose(lab / f"m1{NETWORK}.csv")
    run(project, lab, fps=25)
    plan = plan_import(project, put("videos/m1.mp4"))
    (problem,) = plan.contradictions
    assert problem.recording == "m1"
    assert "25 frames/s in the project, 30 in the video" in problem.what
    assert problem.value == pytest.approx(59 * (1 / 25 - 1 / 30) * 25)
    assert "into a new project" in problem.todo
    assert "--fps 25" in problem.todo
    short = burnt.write(lab / "videos" / "m1.mp4", 50)
    (problem,) = plan_import(project, short).contradictions
    assert (problem.what, problem.value) == ("the video has 50 frames", -10)


def test_a_rate_that_drifts_by_less_than_half_a_frame_is_the_same(project, put, lab):
    pose(lab / f"m1{NETWORK}.csv")
    run(project, lab, fps=29.9)
    plan, _ = run(project, put("videos/m1.mp4"))
    assert project.recording("m1").clock.fps == pytest.approx(30)
    assert not blocking(plan)


def test_a_slow_motion_video_keeps_the_rate_that_somebody_declares(project, put, lab):
    pose(lab / f"m1{NETWORK}.csv")
    run(project, lab, fps=120)
    run(project, put("videos/m1.mp4"), fps=120)
    clock = project.recording("m1").clock
    assert (clock.kind, clock.fps) == ("declared", 120)
    assert project.recording("m1").video
    run(project, put("videos/m1.mp4"))
    assert project.recording("m1").clock.fps == 120


def test_a_rate_that_differs_from_the_video_is_used_and_told(project, put):
    plan, _ = run(project, put("m1.mp4"), fps=100)
    (problem,) = blocking(plan)
    assert problem.what == "a frame rate of 30 is stated"
    assert problem.expected == "100, which is used"
    assert project.recording("m1").clock.kind == "declared"


def test_pose_comes_later_to_a_video(project, put, lab):
    run(project, put("videos/m1.mp4", "uneven.mp4"), animal_pattern=r"(m\d)")
    path = pose(lab / "tracks" / f"m1{NETWORK}.csv")
    plan, result = run(project, path)
    assert not blocking(plan)
    assert result.recordings == ()
    assert project.recording("m1").clock.kind == "pts"
    assert project.pose("m1").animals == ("m1",)


def test_later_pose_of_another_length_needs_a_word(project, put, lab):
    run(project, put("videos/m1.mp4"))
    longer = pose(lab / "tracks" / f"m1{NETWORK}.csv", 61)
    (problem,) = plan_import(project, longer).contradictions
    assert problem.expected == "60, the frames of its video"
    run(project, longer, rows="first")
    assert project.recording("m1").row_to_frame[longer.name].tolist() == [*range(60), -1]
    assert project.pose("m1").n_frames == 60


def test_later_pose_of_more_animals_is_refused_with_a_way_out(project, put, lab):
    run(project, put("videos/m1.mp4"))
    path = pose(lab / "tracks" / f"m1{NETWORK}.csv", animals=("a", "b"))
    (problem,) = plan_import(project, path).contradictions
    assert problem.expected == "those of its video: m1"
    assert "into a new one" in problem.todo


def test_two_mice_of_a_video_come_from_the_table(project, put, lab):
    put("videos/m1.mp4")
    animals = table(lab / "animals.txt", "recording,animal", "m1,ann", "m1,bob")
    run(project, lab / "videos", animals=animals)
    assert project.recording("m1").animals == ("ann", "bob")
    path = table(lab / "m1.csv", "behavior,animal,start_frame,stop_frame", "rear,bob,3,9")
    run(project, path)
    (bout,) = project.bouts("m1").rows()
    assert bout.animal == "bob"


def test_a_name_that_only_begins_alike_needs_nearly_as_many_frames(project, put, lab):
    pose(lab / "tracks" / f"m1{NETWORK}.csv", 60)
    pose(lab / "tracks" / f"m2{NETWORK}.csv", 90)
    put("videos/m1_top.mp4")
    put("videos/m2_top.mp4", "uneven.mp4")
    plan, _ = run(project, [lab / "tracks", lab / "videos"], fps=30)
    assert row_of(plan, "m1_top.mp4").recording == "m1"
    assert any("is taken for the video of 'm1'" in problem.what for problem in plan.problems)
    assert row_of(plan, "m2_top.mp4").recording == "m2_top"


def test_a_table_names_the_video_where_nothing_is_called_alike(project, put, lab):
    put("films/GX0100.mp4")
    pose(lab / "tracks" / f"m1{NETWORK}.csv")
    animals = table(lab / "animals.csv", "recording,animal,video", "m1,ann,films/GX0100.MP4")
    plan, _ = run(project, [lab / "films", lab / "tracks"], animals=animals)
    assert row_of(plan, "GX0100.mp4").recording == "m1"
    assert row_of(plan, "GX0100.mp4").why.startswith("the table names it")
    assert [r.id for r in project.recordings()] == ["m1"]
    assert project.recording("m1").video.endswith("GX0100.mp4")


def test_a_video_that_a_table_names_and_nobody_gave_is_told(project, lab):
    pose(lab / "tracks" / f"m1{NETWORK}.csv")
    animals = table(lab / "animals.csv", "recording,animal,video", "m1,ann,GX0100.mp4")
    plan = plan_import(project, lab / "tracks", animals=animals, fps=30)
    assert any("'GX0100.mp4', which is not among the files" in p.what for p in plan.problems)
    twice = table(lab / "a.csv", "recording,animal,video", "m1,ann,x.mp4", "m1,bob,y.mp4")
    with pytest.raises(DataError, match=r"'y\.mp4' cannot be the video") as told:
        plan_import(project, lab / "tracks", animals=twice, fps=30)
    assert told.value.row == 3


# --- video and labels


def test_labels_in_seconds_go_to_the_times_of_the_video(project, put, lab):
    put("videos/m1.mp4", "uneven.mp4")
    seconds = (np.array(TIMES) - TIMES[0]) / 1000
    path = lab / "labels" / "m1.csv"
    path.parent.mkdir()
    path.write_text(
        f"behavior,start_s,stop_s\nrear,{seconds[10]:.3f},{seconds[20]:.3f}\n", encoding="utf-8"
    )
    plan, _ = run(project, [lab / "videos", lab / "labels"])
    assert spans(project, "m1") == [("rear", 10, 20)]
    assert row_of(plan, "m1.csv").matched
    even = np.round(seconds[[10, 20]] * project.recording("m1").clock.fps)
    assert even.tolist() != [10, 20]  # a steady rate would have been wrong


def test_labels_come_later_to_a_video_and_videos_to_labels(project, put, lab):
    run(project, put("videos/m1.mp4"))
    run(project, intervals(lab / "labels" / "m1.csv", [("rear", 3, 9)]))
    (bout,) = project.bouts("m1").rows()
    assert (bout.recording, bout.animal, bout.start) == ("m1", "m1", 3)
    path = intervals(lab / "labels" / "m2.csv", [("rear", 3, 9)])
    run(project, path, labels_only=True, fps=30)
    assert project.recording("m2").open_end
    run(project, burnt.write(put("videos/m2.mp4"), 45))
    recording = project.recording("m2")
    assert (recording.n_frames, recording.open_end, recording.clock.kind) == (45, False, "pts")


def test_a_video_that_ends_before_its_labels_is_refused(project, put, lab):
    run(project, intervals(lab / "labels" / "m1.csv", [("rear", 3, 99)]), labels_only=True, fps=30)
    (problem,) = plan_import(project, put("videos/m1.mp4")).contradictions
    assert problem.expected == "at least 99: the recording up to the last of its labels"


def test_one_table_of_intervals_speaks_of_a_folder_of_videos(project, put, lab):
    put("videos/m1.mp4")
    put("videos/m2.mp4", "uneven.mp4")
    seconds = (np.array(TIMES) - TIMES[0]) / 1000
    table(
        lab / "labels.csv",
        "video,behavior,start_s,stop_s,rater",
        "videos/m1.mp4,twitch,1.0,1.16,anna",
        f"m2.mp4,groom,{seconds[5]:.3f},{seconds[40]:.3f},anna",
        "m2.mp4,twitch,1.9,99,anna",
    )
    plan, _ = run(project, lab, animal_pattern=r"(m\d)")
    names = [recording.id for recording in project.recordings()]
    assert names == ["videos/m1", "videos/m2"]
    assert spans(project, "videos/m1") == [("twitch", 30, 35)]
    assert spans(project, "videos/m2")[0] == ("groom", 5, 40)
    (told,) = blocking(plan)
    assert (told.recording, told.row) == ("videos/m2", 4)
    assert {bout.annotator for bout in project.bouts().rows()} == {"anna"}


def test_timestamps_of_pose_must_be_those_of_the_video(project, put, lab):
    put("m1.mp4", "uneven.mp4")
    pose(lab / f"m1{NETWORK}.csv")
    seconds = (np.array(TIMES) - TIMES[0]) / 1000
    told = []
    for times in (seconds, seconds * 1.2):
        plan = ImportPlan()
        found = sources.find([lab], None)
        files = read_all(project, found, ImportOptions(), plan)
        found_drafts = drafts(project, files, plan)
        join_videos(project, read_videos(project, found, plan), found_drafts, Metadata(), plan)
        (draft,) = found_drafts.values()
        contents = replace(draft.file.contents, times_s=times)
        tell_other_times(replace(draft, file=replace(draft.file, contents=contents)), plan)
        told.append([p.what for p in blocking(plan)])
    assert told[0] == []
    assert "the timestamps of the pose are up to" in told[1][0]


def test_labels_by_trial_go_to_the_trials_of_a_video(project, put, lab):
    put("videos/m1.mp4")
    for number in (1, 2, 3):
        trial_labels(lab / "labels" / f"prediction_m1.mp4_{number}.csv", [0] * 15 + [number] * 5)
    plan, _ = run(project, [lab / "videos", lab / "labels"], trial_length=20)
    assert not blocking(plan)
    recording = project.recording("m1")
    assert [trial.first_frame for trial in recording.trials] == [0, 20, 40]
    found = sorted((bout.start, bout.stop) for bout in project.bouts("m1").rows())
    assert {(15, 20), (35, 40), (55, 60)} <= set(found)
