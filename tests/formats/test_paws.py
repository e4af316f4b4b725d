"""PAWS: trials of a mouse one after the other, each with its stimulus."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from _samples import write_paws

from boutwise import formats
from boutwise.api._converting import convert
from boutwise.api._tasks import file_tasks
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.errors import DataError, FormatError
from boutwise.project import Project

REAL = "paws/jones2020_tracks.npz"


@pytest.fixture
def path(tmp_path):
    write_paws(tmp_path / "t.npz")
    return tmp_path / "t.npz"


def test_one_recording_a_mouse_with_its_trials(path):
    assert formats.members(path) == ["AKR_1", "B6_1"]
    first, second = formats.read_all(path, fps=2000)
    assert (first.recording, first.fps) == ("AKR_1", 2000)
    assert first.pose.positions[:, 0, 0].tolist() == [[0, 0], [1, -2], [2, -4], [5, -10], [6, -12]]
    assert [(t.number, t.first_frame, t.n_frames) for t in first.trials] == [(1, 0, 3), (2, 3, 2)]
    rated = [(r.value, r.start, r.stop, r.scale) for r in first.ratings]
    assert rated == [("CS", 0, 3, "stimulus"), ("HP", 3, 5, "stimulus")]
    assert (first.animals[0].id, first.animals[0].strain) == ("AKR_1", "AKR")
    assert second.pose.n_frames == 2


def test_a_file_of_several_mice_needs_a_name(path):
    with pytest.raises(FormatError, match="holds 2 recordings"):
        formats.read(path)
    with pytest.raises(FormatError, match="no mouse 'AKR_2'") as caught:
        formats.read(path, member="AKR_2")
    assert caught.value.todo == "did you mean 'AKR_1'?"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"length": np.array([3, 2, 9])}, "14 frames together"),
        ({"length": np.array([3.0, 2, 2])}, "no lengths"),
        ({"id": np.array(["1", "1"])}, "'id' has the shape"),
        ({"xy": np.zeros((7, 3), np.float32)}, "'xy' has the shape"),
        ({"stimulus": np.array(["CS", None, "HP"], dtype=object)}, "foreign code"),
    ],
)
def test_contradictions_are_refused(tmp_path, changes, words):
    write_paws(tmp_path / "bad.npz", **changes)
    with pytest.raises(FormatError, match=words):
        formats.members(tmp_path / "bad.npz")


def test_a_cut_off_file_is_refused_by_the_import(path, tmp_path):
    path.write_bytes(path.read_bytes()[:-200])
    with Project.create(tmp_path / "p") as project:
        plan = plan_import(project, path, fps=2000)
        assert [row.matched for row in plan.rows] == [False]


def load(project, source, **options):
    plan = plan_import(project, source, **options)
    return plan, apply_import(project, plan)


def test_import_of_the_real_file(shared, tmp_path):
    with Project.create(tmp_path / "p") as project:
        _, result = load(project, shared(REAL), fps=2000)
        assert len(result.recordings) == len(project.recordings()) == 58
        trials = [trial for recording in project.recordings() for trial in recording.trials]
        assert len(trials) == 229
        assert sum(trial.n_frames for trial in trials) == 257_691
        assert (min(t.n_frames for t in trials), max(t.n_frames for t in trials)) == (369, 4384)
        ratings = project.ratings()
        assert Counter(r.value for r in ratings) == {"CS": 58, "DB": 58, "HP": 56, "LP": 57}
        strains = Counter(animal.strain for animal in project.animals().values())
        assert (len(strains), strains["AKR"], strains["SJL"]) == (8, 8, 6)
        first = project.recording("129_921")
        of_first = [(r.value, r.start, r.stop) for r in project.ratings("129_921")]
        assert of_first == [("CS", 0, 1414), ("DB", 1414, 2139), ("LP", 2139, 3254)]
        assert first.animals == ("129_921",)
        pose = project.pose("129_921")
        assert pose.positions.shape == (3254, 1, 1, 2)
        np.testing.assert_allclose(pose.positions[0, 0, 0], [-0.00753206, -1.9524127], rtol=1e-5)


def test_importing_again_adds_nothing_and_a_changed_file_only_what_is_new(path, tmp_path):
    tables = ("recordings", "ratings", "files", "file_versions", "animals", "trials")

    def counts(project):
        return [len(project.database.rows(f"SELECT * FROM {name}")) for name in tables]

    with Project.create(tmp_path / "p") as project:
        load(project, path, fps=2000)
        before = counts(project)
        assert before[:2] == [2, 3]
        plan, result = load(project, path, fps=2000)
        assert (result.recordings, counts(project)) == ((), before)
        assert {row.news for row in plan.rows} == {"unchanged"}
        assert {file.part.member for file in project.files() if file.kind == "pose"} == {
            "AKR_1",
            "B6_1",
        }
        write_paws(path, stimulus=np.array(["CS", "LP", "DB"]))
        load(project, path, fps=2000)
        assert [r.value for r in project.ratings("AKR_1")] == ["CS", "DB"]
        moved = path.rename(tmp_path / "moved.npz")
        load(project, moved, fps=2000)
        assert len(project.recordings()) == 2
        assert {file.path.name for file in project.files()} == {"moved.npz"}


def test_the_pose_is_read_again_from_its_file(path, tmp_path):
    with Project.create(tmp_path / "p") as project:
        load(project, path, fps=2000)
        before = project.pose("B6_1").positions.copy()
        for file in (project.root / "store").rglob("*"):
            if file.is_file():
                file.unlink()
        np.testing.assert_array_equal(project.pose("B6_1").positions, before)
        assert project.pose("AKR_1").n_frames == 5


def test_no_rate_no_import(path, tmp_path):
    with (
        Project.create(tmp_path / "p") as project,
        pytest.raises(DataError, match="frames a second"),
    ):
        plan_import(project, path)


def test_prediction_takes_each_mouse_by_its_name_in_a_project(path, tmp_path):
    tasks = file_tasks([path.parent], {}, 2000.0)
    assert [task.recording for task in tasks] == ["AKR_1", "B6_1"]
    with Project.create(tmp_path / "p") as project:
        planned = plan_import(project, path, fps=2000)
        assert [each.recording.id for each in planned.recordings] == ["AKR_1", "B6_1"]
    assert [task.load().pose.n_frames for task in tasks] == [5, 2]


def test_conversion_says_that_there_are_no_labels(path, tmp_path):
    with pytest.raises(DataError, match="no labels"):
        convert(path, tmp_path / "o.csv")
