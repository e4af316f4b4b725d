"""A run that learns from pose has the videos of its recordings for what people look at."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests import filmed

from boutwise import api
from boutwise.report.videos import read_films
from boutwise.types import PoseTrack

QUICK = [
    "target.align=none",
    "members.0.windows.statistics=[0.5]",
    "members.0.optim.rounds=4",
    "members.0.augment=[]",
]
NAMES = ("nose", "center", "tail_base")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = filmed.write_films(tmp_path_factory.mktemp("tracked") / "films", n_frames=180)
    found = filmed.import_films(tmp_path_factory.mktemp("tracked") / "p", folder)
    found.set_roles({name: name for name in NAMES})
    for number in (1, 2, 3):
        walk, _ = filmed.shaking(180, seed=number)
        along = np.stack([np.cos(walk[:, 2]), np.sin(walk[:, 2])], axis=1)
        points = walk[:, None, :2] + np.array([16.0, 0, -16])[None, :, None] * along[:, None]
        name = f"mouse_{number}"
        track = PoseTrack(points[:, None], None, (name,), NAMES, unit="px")
        path = folder / f"{name}.txt"  # stands for the file that a tracker wrote
        path.write_text(name, encoding="utf-8")
        found.add_pose(name, path, format="dlc_csv", track=track)
    return found


def train(project):
    plan = api.plan(project, "pose", settings=QUICK)
    return api.train_run(project, plan, workers=1).directory


def test_its_page_has_clips_around_the_pose(project):
    run = train(project)
    films = read_films(run)
    assert sorted(films) == ["mouse_1", "mouse_2", "mouse_3"]
    assert films["mouse_1"].boxes.source == "pose"
    assert not films["mouse_1"].detected
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "How well animals were found" not in page
    assert ("<video " in page) or "No bout is wrong as a whole" in page


def test_a_video_that_is_gone_does_not_stop_what_reads_no_video(project, tmp_path):
    path = project.video_file("mouse_2").path
    path.rename(path.with_suffix(".away"))
    try:
        run = train(project)
        assert sorted(read_films(run)) == ["mouse_1", "mouse_3"]
        bundle = run / "bundle.boutwise"
        result = api.predict_files([bundle], project, tmp_path / "out")
        assert sorted(result.done) == ["mouse_1", "mouse_2", "mouse_3"]
        drawn = api.predict_files([bundle], project, tmp_path / "drawn", overlay=True)
        assert "the video is gone" in drawn.failed["mouse_2"]
        facts = json.loads((tmp_path / "drawn" / "manifest.json").read_text(encoding="utf-8"))
        assert list(facts["failed"]) == ["mouse_2"]
    finally:
        path.with_suffix(".away").rename(path)
