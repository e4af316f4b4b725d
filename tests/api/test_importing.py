import shutil

import numpy as np
import pytest

from boutwise.api._import_metadata import by_pattern
from boutwise.api._import_sources import find, slug
from boutwise.api._importing import apply_import, plan_import
from boutwise.errors import DataError, UsageError
from boutwise.project import Project
from boutwise.types import Bout, Bouts, Condition, Severity, Subject, Trial

NETWORK = "DLC_resnet50_pawsMay7shuffle1_500000"


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "project") as project:
        yield project


@pytest.fixture
def lab(tmp_path):
    folder = tmp_path / "lab"
    folder.mkdir()
    return folder


def pose(path, n_frames=60, *, seed=0, animals=("",)):
    """A DLC CSV of two points."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    columns = [c for a in animals for p in ("snout", "dot") for c in _three(a, p)]
    rows = ["scorer" + ",net" * len(columns)]
    if animals != ("",):
        rows.append("individuals," + ",".join(a for a, _, _ in columns))
    rows.append("bodyparts," + ",".join(p for _, p, _ in columns))
    rows.append("coords," + ",".join(c for _, _, c in columns))
    for frame in range(n_frames):
        values = rng.uniform(0, 1, len(columns)).round(3)
        rows.append(f"{frame}," + ",".join(map(str, values)))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def _three(animal, point):
    return [(animal, point, coord) for coord in ("x", "y", "likelihood")]


def frame_labels(path, labels):
    """A table with a label for each frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{frame},{label}" for frame, label in enumerate(labels)]
    path.write_text("\n".join(["frame,label", *rows]) + "\n", encoding="utf-8")
    return path


def trial_labels(path, codes):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{frame},{code}" for frame, code in enumerate(codes)]
    path.write_text("\n".join(["Frame,Action", *rows]) + "\n", encoding="utf-8")
    return path


def intervals(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join(["behavior,start_frame,stop_frame", *lines]) + "\n", encoding="utf-8")
    return path


def table(path, *rows):
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def run(project, sources, **options):
    plan = plan_import(project, sources, **options)
    return plan, apply_import(project, plan)


def row_of(plan, name):
    (row,) = [row for row in plan.rows if row.file.endswith(name)]
    return row


def spans(project, recording=None):
    return [(b.behavior, b.start, b.stop) for b in project.bouts(recording).rows()]


LABELS = ["rest"] * 20 + ["walk"] * 30 + ["rest"] * 10

# --- the plan


def test_a_dry_run_lists_every_file_and_changes_nothing(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    frame_labels(lab / "m1.csv", LABELS)
    frame_labels(lab / "m7.csv", LABELS)
    (lab / "m1.mp4").write_bytes(b"x")
    (lab / "notes.docx").write_bytes(b"\x00\x01")
    before = (project.root / "boutwise.yaml").read_bytes()
    plan = plan_import(project, lab, fps=20)
    assert project.recordings() == []
    assert project.files() == []
    assert (project.root / "boutwise.yaml").read_bytes() == before
    assert {row.file.rsplit("/", 1)[-1]: row.matched for row in plan.rows} == {
        f"m1{NETWORK}.csv": True,
        "m1.csv": True,
        "m7.csv": False,
        "m1.mp4": False,
        "notes.docx": False,
    }
    assert "no recording is called 'm7'; known: m1" in row_of(plan, "m7.csv").why
    assert "video" in row_of(plan, "m1.mp4").why
    assert row_of(plan, "notes.docx").why == "no format claims it"
    assert row_of(plan, "m1.csv").recording == "m1"
    assert plan.as_dict()["stops"] is False


def test_an_import_brings_pose_labels_ethogram_and_roles(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    frame_labels(lab / "m1.csv", LABELS)
    plan, result = run(project, lab, fps=20)
    assert result.recordings == ("m1",)
    assert result.added == 3
    assert spans(project) == [("rest", 0, 20), ("walk", 20, 50), ("rest", 50, 60)]
    assert project.ethogram.names == ("rest", "walk")
    (group,) = project.ethogram.groups
    assert (group.behaviors, group.background) == (("rest", "walk"), "")
    assert project.config.keypoints == {"snout": "nose", "dot": "none"}
    assert project.pose("m1").roles == {"snout": "nose"}
    assert any("ethogram of 2 behaviors" in note for note in plan.notes)
    states = project.bouts("m1").to_frames(Subject("m1", "m1"), project.ethogram, 60)
    assert states.sum(axis=1).tolist() == [1] * 60


def test_importing_again_adds_nothing(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    frame_labels(lab / "m1.csv", LABELS)
    run(project, lab, fps=20)
    tables = ("bouts", "observed", "files", "file_versions", "recordings", "animals")

    def counts():
        return [len(project.database.rows(f"SELECT * FROM {name}")) for name in tables]

    before, config = counts(), (project.root / "boutwise.yaml").read_bytes()
    plan, result = run(project, lab, fps=20)
    assert (result.recordings, result.added, result.unchanged) == ((), 0, 3)
    assert counts() == before
    assert (project.root / "boutwise.yaml").read_bytes() == config
    assert {row.news for row in plan.rows} == {"unchanged"}
    # Named differently, they are still the same files.
    _, result = run(project, [lab / "m1.csv", lab / f"m1{NETWORK}.csv"])
    assert (result.recordings, result.added) == ((), 0)


def test_a_changed_label_file_makes_revisions_and_people_keep_theirs(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    frame_labels(lab / "m1.csv", LABELS)
    run(project, lab, fps=20)
    (mine,) = project.add_bouts(Bouts.from_rows([Bout("m1", "m1", "walk", 0, 9, annotator="eva")]))
    frame_labels(lab / "m1.csv", ["rest"] * 20 + ["walk"] * 40)
    plan, result = run(project, lab)
    assert row_of(plan, "m1.csv").news == "changed"
    assert (result.added, result.deleted, result.unchanged) == (1, 2, 1)
    assert spans(project) == [("rest", 0, 20), ("walk", 0, 9), ("walk", 20, 60)]
    assert [h.author for h in project.bout_history(mine)] == ["eva"]


def test_a_changed_pose_file_stays_with_its_recording(project, lab):
    path = pose(lab / "day1" / f"m1{NETWORK}.csv")
    run(project, lab, fps=20)
    pose(path, seed=7)
    plan, result = run(project, lab / "day1", fps=20)
    assert plan.rows[0].news == "changed"
    assert result.recordings == ()
    assert [r.id for r in project.recordings()] == ["day1/m1"]
    assert project.pose("day1/m1").n_frames == 60
    pose(path, 61, seed=8)
    with pytest.raises(DataError, match="now has 61 frames"):
        run(project, lab / "day1")


def test_a_recording_whose_pose_is_gone_holds_up_no_other(project, lab):
    gone = pose(lab / f"m1{NETWORK}.csv")
    run(project, lab, fps=20)
    gone.unlink()
    for key in list(project.store.keys()):
        project.store.remove(key)
    pose(lab / f"m2{NETWORK}.csv", seed=2)
    plan, result = run(project, lab, fps=20)
    assert result.recordings == ("m2",)
    assert any("can take no labels now" in problem.what for problem in plan.problems)


def test_an_import_that_was_cut_off_is_completed(project, lab, monkeypatch):
    for number in (1, 2, 3):
        pose(lab / f"m{number}{NETWORK}.csv", seed=number)
        frame_labels(lab / f"m{number}.csv", LABELS)
    taken = Project.add_label_file
    calls = []

    def once(self, path, **more):
        if calls:
            raise KeyboardInterrupt
        calls.append(path)
        return taken(self, path, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Project, "add_label_file", once)
        with pytest.raises(KeyboardInterrupt):
            run(project, lab, fps=20)
    assert len(project.recordings("labelled")) == 1
    _, result = run(project, lab, fps=20)
    assert (result.recordings, result.added, result.unchanged) == ((), 6, 3)
    assert len(project.recordings("labelled")) == 3


def test_labels_that_come_later_find_their_recording(project, lab):
    pose(lab / "pose" / f"m1{NETWORK}.csv")
    run(project, lab, fps=20)
    frame_labels(lab / "labels" / "m1.csv", LABELS)
    plan, result = run(project, lab / "labels")
    assert result.added == 3
    assert row_of(plan, "m1.csv").recording == "m1" or row_of(plan, "m1.csv").recording == "pose/m1"


# --- names


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


# --- animals and sessions


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


# --- behaviors


def test_overlapping_behaviors_are_proposed_without_a_group(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    intervals(lab / "m1.csv", [("walk", 0, 20), ("sniff", 10, 15), ("rest", 30, 40)])
    plan, _ = run(project, lab, fps=20)
    assert project.ethogram.groups == ()
    assert any("seen at once" in note for note in plan.notes)


def test_behaviors_with_gaps_between_them_are_proposed_without_a_group(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    intervals(lab / "m1.csv", [("walk", 0, 20), ("rest", 30, 40)])
    plan, _ = run(project, lab, fps=20)
    assert project.ethogram.groups == ()
    assert any("frames without any" in note for note in plan.notes)
    states = project.bouts("m1").to_frames(Subject("m1", "m1"), project.ethogram, 60)
    assert (states == 1).sum() == 30
    assert (states == 0).sum() == 90


def test_an_unknown_behavior_is_left_out_and_told_or_stops(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    frame_labels(lab / "m1.csv", LABELS)
    run(project, lab, fps=20)
    intervals(lab / "more" / "m1.csv", [("wlak", 0, 20), ("wlak", 30, 40), ("rest", 50, 55)])
    config = project.config
    more = config.defaults.model_copy(update={"annotator": "eva"})
    project.set_config(config.model_copy(update={"defaults": more}))
    _, result = run(project, lab / "more")
    (problem,) = [p for p in result.problems if "wlak" in p.what]
    assert problem.what == "'wlak' is not in the ethogram; its 2 labels are left out"
    assert problem.todo == "did you mean 'walk'?"
    assert [b.behavior for b in project.bouts(annotator="eva").rows()] == ["rest"]
    with pytest.raises(DataError, match="wlak"):
        apply_import(project, plan_import(project, lab / "more", strict=True))
    # Once it is declared, importing again brings it.
    ethogram = project.config.ethogram.model_copy(update={"merges": {"wlak": "walk"}})
    project.set_config(project.config.model_copy(update={"ethogram": ethogram}))
    assert run(project, lab / "more")[1].added == 2


def test_labels_against_the_exclusive_group_are_told(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    frame_labels(lab / "m1.csv", LABELS)
    run(project, lab, fps=20)
    (lab / "m1.csv").unlink()
    intervals(lab / "m1.csv", [("walk", 0, 20), ("rest", 10, 30)])
    plan = plan_import(project, lab)
    assert any("rest and walk overlap, but exclude" in p.what for p in plan.problems)


def test_two_files_of_the_same_labels_are_not_both_taken(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    frame_labels(lab / "m1.csv", LABELS)
    frame_labels(lab / "old" / "m1.csv", LABELS)
    plan, _ = run(project, lab, fps=20)
    labels = [row for row in plan.rows if row.kind == "labels"]
    assert sorted(row.matched for row in labels) == [False, True]
    assert len(project.bouts()) == 3
    # The same when the second comes later.
    frame_labels(lab / "new" / "m1.csv", LABELS)
    plan, result = run(project, lab / "new")
    assert (result.added, plan.rows[0].matched) == (0, False)
    assert "same behaviors" in plan.rows[0].why


def test_a_broken_file_does_not_hold_up_the_others(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    bad = pose(lab / f"m2{NETWORK}.csv")
    lines = bad.read_text(encoding="utf-8").splitlines()
    lines[10] = "7,0.1,oops,0.3,0.4,0.5,0.6"
    table(bad, *lines)
    plan, result = run(project, lab, fps=20)
    assert result.recordings == ("m1",)
    assert result.unmatched[0].file == str(bad)
    assert any(p.file == str(bad) and p.row == 11 for p in plan.problems)
    with pytest.raises(DataError, match="row 11"):
        apply_import(project, plan_import(project, lab, fps=20, strict=True))


def test_a_plain_table_needs_a_mapping(project, lab):
    rng = np.random.default_rng(0)
    np.savetxt(lab / "m1.csv", rng.normal(size=(40, 4)), delimiter=",")
    mapping = {"keypoints": {"snout": [0, 1], "base": [2, 3]}, "fps": 50, "header": False}
    _, result = run(project, lab, mapping=mapping)
    assert result.recordings == ("m1",)
    assert project.recording("m1").clock.fps == 50
    assert project.pose("m1").keypoints == ("snout", "base")
    for key in list(project.store.keys()):
        project.store.remove(key)
    assert project.pose("m1").n_frames == 40
    assert run(project, lab, mapping=mapping)[1].recordings == ()


# --- real data


def test_subtle(project, shared):
    run(project, shared("subtle/labelled"), format="subtle")
    plan, _ = run(project, shared("subtle/unlabelled"))
    names = [r.id for r in project.recordings("labelled")]
    assert names == [
        "adult_6112", "adult_6115", "adult_6116", "young_7100", "young_8294", "young_8301",
    ]  # fmt: skip
    assert len(project.recordings("unlabelled")) == 8
    assert [r.id for r in project.recordings("animal=8294")] == ["adult_8294", "young_8294"]
    assert len(project.animals()) == 9
    counts = np.zeros(5, dtype=int)
    for name in names:
        recording = project.recording(name)
        assert recording.clock.fps == 20
        states = project.bouts(name).to_frames(
            recording.subjects()[0], project.ethogram, recording.n_frames
        )
        assert (states.sum(axis=1) == 1).all()
        counts += (states == 1).sum(axis=0)
        assert project.pose(name).positions.shape == (recording.n_frames, 1, 9, 3)
    assert counts.sum() == 72_031
    assert project.ethogram.backgrounds == ("na",)
    assert project.recording("adult_6115").n_frames == 12_010
    assert {file.n_rows for file in project.files() if file.recording == "adult_6115"} == {
        None,
        12_010,
    }
    assert plan.blocking == []


def test_subtle_by_its_parent_folder(project, shared):
    plan = plan_import(project, shared("subtle"))
    names = [planned.recording.id for planned in plan.recordings]
    assert "labelled/young_8294" in names
    assert "unlabelled/adult_8294" in names
    assert {len(planned.parts) for planned in plan.labels} == {1}
    assert all(part.recording.startswith("labelled/") for p in plan.labels for part in p.parts)


def test_pain_trials_of_a_real_recording(project, shared):
    run(project, shared("prj_mouse_pain"), fps=30, trial_length=360)
    (found,) = project.recordings()
    assert [trial.first_frame for trial in found.trials] == [0, 360, 720]
    assert spans(project) == [("rest", 0, 360), ("rest", 360, 720), ("rest", 720, 1080)]
    labels = [file for file in project.files() if file.kind == "labels"]
    assert len({file.digest for file in labels}) == 1
    assert [(file.trial, file.n_rows) for file in labels] == [(1, 360), (2, 360), (3, 360)]


def test_two_real_mice_with_boris_labels(project, shared):
    run(project, shared("ethome"))
    (found,) = project.recordings()
    assert (found.animals, found.clock.fps, found.n_frames) == (("adult", "juvenile"), 30, 5700)
    track = project.pose(found.id)
    assert track.positions.shape == (5700, 2, 7, 2)
    bouts = list(project.bouts().rows())
    assert len(bouts) == 10
    # 29.850 s to 34.725 s at 30 frames a second: 895.5 and 1041.75.
    assert (bouts[0].start, bouts[0].stop, bouts[0].animal) == (895, 1042, "adult")
    assert sum(bout.stop - bout.start for bout in bouts) == pytest.approx(22.1 * 30, abs=5)
