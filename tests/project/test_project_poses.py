import numpy as np
import pytest

from boutwise.errors import DataError, ProjectError
from boutwise.types import (
    PoseTrack,
)


def write_pose(path, n_frames=100, step=0.0):
    rows = ["scorer,n,n,n,n,n,n", "bodyparts,snout,snout,snout,tail,tail,tail"]
    rows.append("coords,x,y,likelihood,x,y,likelihood")
    rows += [f"{i},{i},{2 * i + step},0.9,{i + 1},{i},1.0" for i in range(n_frames)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_pose_is_mapped_from_the_store_with_roles_and_animals(project, tmp_path):
    path = write_pose(tmp_path / "cage3.csv")
    assert not project.has_pose("day1/cage3")
    project.add_pose("day1/cage3", path, format="dlc_csv")
    project.set_roles({"snout": "nose", "tail": "none", "elsewhere": "neck"})
    track = project.pose("day1/cage3")
    assert isinstance(track.positions.base, np.memmap)
    assert (track.animals, track.keypoints) == (("m1",), ("snout", "tail"))
    assert track.roles == {"snout": "nose"}
    np.testing.assert_allclose(track.positions[:, 0, 0, 1], 2 * np.arange(100))
    np.testing.assert_allclose(track.confidence[0, 0], [0.9, 1.0])
    # The store may be deleted: the source is read again.
    for key in list(project.store.keys()):
        project.store.remove(key)
    np.testing.assert_array_equal(project.pose("day1/cage3").positions, track.positions)


def test_a_pose_whose_source_is_gone_or_changed_is_refused(project, tmp_path):
    path = write_pose(tmp_path / "cage3.csv")
    project.add_pose("day1/cage3", path, format="dlc_csv")
    for key in list(project.store.keys()):
        project.store.remove(key)
    write_pose(path, step=1.0)
    with pytest.raises(ProjectError, match="changed since"):
        project.pose("day1/cage3")
    path.unlink()
    with pytest.raises(ProjectError, match="gone"):
        project.pose("day1/cage3")


def test_a_pose_of_another_length_leaves_nothing_behind(project, tmp_path):
    with pytest.raises(DataError, match="90 rows"):
        project.add_pose("day1/cage3", write_pose(tmp_path / "x.csv", 90), format="dlc_csv")
    assert not project.has_pose("day1/cage3")
    with pytest.raises(ProjectError, match="no pose"):
        project.pose("day1/cage3")


def test_rows_that_are_not_frames_are_put_where_they_belong(project, tmp_path):
    rows = np.arange(0, 100, 2)
    path = write_pose(tmp_path / "x.csv", 50)
    project.add_pose("day1/cage3", path, format="dlc_csv", row_to_frame=rows)
    track = project.pose("day1/cage3")
    assert track.n_frames == 100
    np.testing.assert_allclose(track.positions[rows, 0, 0, 0], np.arange(50))
    assert np.isnan(track.positions[1::2]).all()
    np.testing.assert_array_equal(project.recording("day1/cage3").row_to_frame["x.csv"], rows)
    for wrong in (rows + 90, rows[::-1]):
        with pytest.raises(DataError, match="impossible frames"):
            project.add_pose("day1/cage3", path, format="dlc_csv", row_to_frame=wrong)


def test_two_pose_files_of_one_recording_are_refused_when_used(project, tmp_path):
    project.add_pose("day1/cage3", write_pose(tmp_path / "a.csv"), format="dlc_csv")
    with pytest.raises(ProjectError, match="same recording"):
        project.add_pose("day1/cage3", write_pose(tmp_path / "b.csv", step=1), format="dlc_csv")
    assert project.pose("day1/cage3").positions[1, 0, 0, 1] == 2


def test_a_changed_pose_file_of_the_same_length_is_taken_over(project, tmp_path):
    path = write_pose(tmp_path / "a.csv")
    project.add_pose("day1/cage3", path, format="dlc_csv")
    write_pose(path, step=5)
    project.add_pose("day1/cage3", path, format="dlc_csv")
    assert project.pose("day1/cage3").positions[0, 0, 0, 1] == 5


def test_a_parsed_track_need_not_be_parsed_again(project, tmp_path):
    path = write_pose(tmp_path / "a.csv")
    track = PoseTrack(np.ones((100, 1, 1, 3), np.float32), None, ("x",), ("nose",), unit="mm")
    project.add_pose("day1/cage3", path, format="whatever", track=track)
    found = project.pose("day1/cage3")
    assert (found.unit, found.n_dims, found.confidence) == ("mm", 3, None)
