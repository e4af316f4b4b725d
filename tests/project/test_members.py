"""One file with the pose of several recordings: each has its member, and none takes another's."""

import numpy as np
import pytest

from boutwise.errors import DataError, ProjectError
from boutwise.project import Project
from boutwise.types import FrameClock, Recording


def write(path, lengths=(4, 3), shift=0.0):
    xy = np.arange(2 * sum(lengths), dtype=np.float32).reshape(-1, 2) + np.float32(shift)
    words = np.array(["m1", "m2"])
    with path.open("wb") as file:
        np.savez(
            file, xy=xy, length=np.array(lengths), id=words, strain=np.array(["A", "A"]),
            stimulus=words,
        )  # fmt: skip
    return path


@pytest.fixture
def filled(tmp_path):
    path = write(tmp_path / "all.npz")
    with Project.create(tmp_path / "p") as project:
        for name, length in (("A_m1", 4), ("A_m2", 3)):
            project.add_recording(Recording(name, FrameClock.declared(length, 100), (name,)))
            add(project, name, path)
        yield project, path


def add(project, name, path, member=""):
    project.add_pose(name, path, format="paws", options={"member": member or name})


def test_each_recording_has_its_member(filled):
    project, _ = filled
    assert [project.pose(name).n_frames for name in ("A_m1", "A_m2")] == [4, 3]
    assert project.pose("A_m2").positions[0, 0, 0].tolist() == [8, -9]
    entries = {file.recording: file.options for file in project.files()}
    assert entries == {"A_m1": {"member": "A_m1"}, "A_m2": {"member": "A_m2"}}
    assert len({file.id for file in project.files()}) == 1


def test_registering_again_is_nothing_new(filled):
    project, path = filled
    before = len(project.database.rows("SELECT * FROM file_versions"))
    for name in ("A_m1", "A_m2"):
        add(project, name, path)
    assert len(project.database.rows("SELECT * FROM file_versions")) == before


def test_a_member_belongs_to_one_recording(filled):
    project, path = filled
    project.add_recording(Recording("other", FrameClock.declared(4, 100), ("m",)))
    with pytest.raises(ProjectError, match="pose of the recording 'A_m1'"):
        add(project, "other", path, "A_m1")


def test_a_changed_file_serves_both_when_one_is_registered(filled):
    project, path = filled
    write(path, shift=100)
    add(project, "A_m1", path)
    assert project.pose("A_m1").positions[0, 0, 0].tolist() == [100, -101]
    assert project.pose("A_m2").positions[0, 0, 0].tolist() == [108, -109]


def test_a_member_of_another_length_is_refused(filled):
    project, path = filled
    write(path, lengths=(5, 3))
    with pytest.raises(DataError, match="the pose has 5 rows"):
        add(project, "A_m1", path)
    assert project.pose("A_m2").n_frames == 3


def test_a_moved_file_is_found_again(filled):
    project, path = filled
    moved = path.rename(path.with_name("moved.npz"))
    for name in ("A_m1", "A_m2"):
        add(project, name, moved)
    assert {file.path.name for file in project.files()} == {"moved.npz"}
    assert len({file.id for file in project.files()}) == 1
