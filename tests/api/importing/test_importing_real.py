import numpy as np
import pytest
from tests.api.importing._lab_files import run, spans

from boutwise.api.importing.verbs import plan_import


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


def test_boris_labels_without_modifiers_can_be_of_the_other_of_two_mice(project, shared, tmp_path):
    mapping = tmp_path / "boris.yaml"
    mapping.write_text("format: boris_tabular\ntargets: other\n", encoding="utf-8")
    folder = shared("ethome")
    run(project, *folder.glob("*_el_filtered.csv"), fps=30)
    run(project, *folder.glob("boris/e3v*_reencode.csv"), mapping=mapping)
    bouts = list(project.bouts().rows())
    assert len(bouts) == 10
    assert {(bout.animal, bout.target) for bout in bouts} == {("adult", "juvenile")}
    assert project.ethogram.behavior("interact").scope == "directed"
