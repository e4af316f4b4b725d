"""A pose file belongs to one recording."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.conftest import make_project

from boutwise.errors import ProjectError


def test_a_second_recording_cannot_take_the_pose_of_the_first(tmp_path):
    project = make_project(tmp_path / "p", animals=1, minutes=0.1)
    first = project.recordings()[0]
    path = project.files()[0].path
    before = project.pose(first.id).positions.copy()
    project.add_recording(replace(first, id="second"))
    with pytest.raises(ProjectError, match=f"pose of the recording '{first.id}'"):
        project.add_pose("second", path, format="dlc_csv")
    assert (project.pose(first.id).positions == before).all()
    assert not project.has_pose("second")
    project.add_pose(first.id, path, format="dlc_csv")  # the same again is nothing new
