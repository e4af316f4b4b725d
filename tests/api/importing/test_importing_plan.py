import numpy as np
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
)

from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.errors import DataError
from boutwise.project import Project
from boutwise.types import Bout, Bouts, Subject

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
    assert problem.what == "'wlak' is not in the ethogram; its labels are left out (2)"
    assert problem.todo.startswith("did you mean 'walk'?")
    assert "add it to boutwise.yaml" in problem.todo
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
