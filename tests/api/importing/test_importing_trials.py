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
    trial_labels,
)

from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.errors import DataError, UsageError
from boutwise.types import Trial

# --- clock


def test_no_frame_rate_anywhere_asks_for_one(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    with pytest.raises(DataError, match="--fps"):
        plan_import(project, lab)
    config = project.config
    defaults = config.defaults.model_copy(update={"fps": 25})
    project.set_config(config.model_copy(update={"defaults": defaults}))
    run(project, lab)
    clock = project.recording("m1").clock
    assert (clock.fps, clock.kind) == (25, "declared")


def test_another_rate_than_the_project_has_stops(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    run(project, lab, fps=20)
    with pytest.raises(DataError, match="frame rate of 30"):
        run(project, lab, fps=30)
    for wrong in (0, -3):
        with pytest.raises(UsageError, match="frame rate"):
            plan_import(project, lab, fps=wrong)


def test_a_rate_that_contradicts_the_file_is_told(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    table(
        lab / "m1.csv",
        "Time,Media file path,Total length,FPS,Subject,Behavior,Behavioral category,Comment,Status",
        "0.5,m1.avi,2.0,30.0,m1,walk,,,START",
        "1.0,m1.avi,2.0,30.0,m1,walk,,,STOP",
    )
    plan = plan_import(project, lab)
    assert plan.recordings[0].recording.clock.fps == 30
    plan = plan_import(project, lab, fps=25)
    assert plan.recordings[0].recording.clock.fps == 25
    (problem,) = [p for p in plan.problems if "frame rate of 30 is stated" in p.what]
    assert problem.expected == "25, which is used"


# --- trials and offsets


@pytest.fixture
def pain(lab):
    """Three trials of 360 frames; the second file lacks the first 15, the third is whole."""
    pose(lab / f"cfa{NETWORK}.csv", 1080)
    trial_labels(lab / "prediction_cfa.mp4_1.csv", [0] * 350 + [1] * 10)
    trial_labels(lab / "prediction_cfa.mp4_2.csv", [2] * 5 + [0] * 340)
    trial_labels(lab / "prediction_cfa.mp4_3.csv", [0] * 360)
    return lab


def test_a_short_file_is_moved_only_when_asked(project, pain):
    plan = plan_import(project, pain, fps=30, trial_length=360)
    row = row_of(plan, "_2.csv")
    assert (row.offset_frames, row.proposed_offset_frames, row.n_rows) == (0, 15, 345)
    assert any("--label-offset auto (offset 15)" in problem.todo for problem in plan.problems)
    assert [row_of(plan, f"_{n}.csv").proposed_offset_frames for n in (1, 3)] == [None, None]
    apply_import(project, plan)
    assert ("paw_lick", 360, 365) in spans(project)


@pytest.mark.parametrize(("offset", "start"), [("auto", 375), (10, 370)])
def test_an_offset_moves_short_files_and_never_full_ones(project, pain, offset, start):
    run(project, pain, fps=30, trial_length=360, label_offset=offset)
    assert spans(project) == [
        ("rest", 0, 350),
        ("paw_withdraw", 350, 360),
        ("paw_lick", start, start + 5),
        ("rest", start + 5, start + 345),
        ("rest", 720, 1080),
    ]
    assert [trial.first_frame for trial in project.recording("cfa").trials] == [0, 360, 720]
    frames = {file.trial: file.part.first_frame for file in project.files() if file.trial}
    assert frames == {1: 0, 2: start, 3: 720}
    seen = {(o.start, o.stop) for o in project.bouts().observed}
    assert seen == {(0, 360), (start, start + 345), (720, 1080)}


@pytest.mark.parametrize("options", [{"label_offset": 16}, {}])
def test_a_contradiction_stops_the_import(project, pain, options):
    if not options:
        trial_labels(pain / "prediction_cfa.mp4_3.csv", [0] * 361)
    plan = plan_import(project, pain, fps=30, trial_length=360, **options)
    with pytest.raises(DataError, match="rows of labels"):
        apply_import(project, plan)
    assert project.recordings() == []


def test_a_file_that_counts_itself_is_not_moved(project, pain):
    rows = [f"{frame},0" for frame in range(15, 360)]
    table(pain / "prediction_cfa.mp4_2.csv", "Frame,Action", *rows)
    plan, _ = run(project, pain, fps=30, trial_length=360, label_offset="auto")
    assert row_of(plan, "_2.csv").offset_frames == 0
    assert ("rest", 375, 720) in spans(project)


def test_trials_come_from_a_table_and_invalid_ones_have_no_labels(project, pain, tmp_path):
    trials = table(
        tmp_path / "trials.csv",
        "recording;trial;first_frame;n_frames;valid",
        "cfa;1;0;360;yes",
        "cfa;2;360;360;no",
        "cfa;3;720;360;1",
    )
    plan, _ = run(project, pain, fps=30, trials=trials)
    assert project.recording("cfa").trials[1] == Trial(2, 360, 360, valid=False)
    assert {start for _, start, _ in spans(project)} == {0, 350, 720}
    assert any("invalid" in problem.what for problem in plan.problems)
    assert project.pose("cfa").n_frames == 1080


def test_labels_of_trials_without_trials_say_which_grid_fits(project, pain):
    plan = plan_import(project, pain, fps=30)
    row = row_of(plan, "_3.csv")
    assert not row.matched
    todo = next(p.todo for p in plan.problems if p.file.endswith("_3.csv"))
    assert todo == "1080 frames are 3 x 360: give --trial-length 360, or --trials"


def test_a_grid_that_leaves_frames_over_is_told(project, pain):
    plan = plan_import(project, pain, fps=30, trial_length=500)
    assert any("2 trials of 500 and 80 frames" in problem.what for problem in plan.problems)


def test_labels_longer_than_the_pose_are_cut_when_lenient_and_stop_when_strict(project, lab):
    pose(lab / f"m1{NETWORK}.csv", 59)
    frame_labels(lab / "m1.csv", LABELS)
    with pytest.raises(DataError, match="60 rows of labels"):
        apply_import(project, plan_import(project, lab, fps=20, strict=True))
    assert project.recordings() == []
    _, result = run(project, lab, fps=20)
    assert spans(project)[-1] == ("rest", 50, 59)
    assert any("60 rows of labels" in problem.what for problem in result.problems)


def test_labels_shorter_than_the_pose_are_told(project, lab):
    pose(lab / f"m1{NETWORK}.csv", 62)
    frame_labels(lab / "m1.csv", LABELS)
    plan, _ = run(project, lab, fps=20)
    assert row_of(plan, "m1.csv").proposed_offset_frames == 2
    assert any("60 rows of labels for the 62 frames" in problem.what for problem in plan.problems)
    assert max(o.stop for o in project.bouts().observed) == 60
