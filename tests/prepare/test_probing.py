"""Whether animals can be found: asked of a few pictures, and once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.prepare import scenes

from boutwise.errors import FormatError
from boutwise.prepare.boxes import Detect, boxes_of
from boutwise.prepare.crops import Crop
from boutwise.prepare.detectors import Scene, background
from boutwise.prepare.outlines import Outline
from boutwise.prepare.picture_steps import PictureSteps
from boutwise.prepare.probing import refusal_of
from boutwise.store import Store
from boutwise.types import PoseTrack
from boutwise.video import index_video

STEPS = PictureSteps(Detect(detector="background"), Crop())


def filmed(folder, places, name):
    path = scenes.film(folder / f"{name}.mp4", [places])
    return Scene(path, index_video(path), ("m",), recording=name)


@pytest.fixture(scope="module")
def walking(tmp_path_factory):
    return filmed(tmp_path_factory.mktemp("walking"), scenes.wander(120, seed=4), "walking")


@pytest.fixture(scope="module")
def resting(tmp_path_factory):
    places = scenes.wander(120, seed=4)
    places[:, :2] = 90
    return filmed(tmp_path_factory.mktemp("resting"), places, "resting")


def test_only_the_animal_that_stays_is_refused_and_with_the_words_of_the_detector(walking, resting):
    assert refusal_of(walking, STEPS) is None
    refusal = refusal_of(resting, STEPS)
    with pytest.raises(type(refusal)) as later:
        boxes_of(resting, STEPS.detect)
    assert str(refusal) == str(later.value)
    assert (refusal.recording, refusal.file) == ("resting", str(resting.path))


def test_nothing_is_asked_where_nothing_is_detected(resting):
    assert refusal_of(resting, PictureSteps(None, Crop())) is None


def test_pictures_are_read_once_and_the_answer_holds_where_the_video_moved(
    resting, walking, tmp_path, monkeypatch
):
    store = Store(tmp_path / "store")
    for scene in (walking, resting):
        refusal_of(scene, STEPS, store=store)
    monkeypatch.setattr(background, "learn", lambda *_, **__: pytest.fail("read again"))
    assert refusal_of(walking, STEPS, store=store) is None
    moved = replace(resting, path=tmp_path / "moved.mp4")
    assert "moved.mp4" in str(refusal_of(moved, STEPS, store=store))


@pytest.mark.parametrize("harm", ["gone", "unreadable pictures"])
def test_a_file_that_cannot_be_read_now_is_asked_again(walking, tmp_path, harm):
    store, there = Store(tmp_path / "store"), walking.path.read_bytes()
    scene = replace(walking, path=tmp_path / "walking.mp4")
    if harm != "gone":
        first, last = sorted([there.index(b"mdat"), there.index(b"moov")])
        scene.path.write_bytes(
            there[: first + 500] + bytes(last - first - 600) + there[last - 100 :]
        )
    refusal = refusal_of(scene, STEPS, store=store)
    assert isinstance(refusal, FormatError)
    assert str(scene.path) in str(refusal)
    scene.path.write_bytes(there)
    assert refusal_of(scene, STEPS, store=store) is None


def test_nothing_is_read_where_boxes_are_kept(walking, tmp_path, monkeypatch):
    store = Store(tmp_path / "store")
    boxes_of(walking, STEPS.detect, store=store)
    monkeypatch.setattr(background, "learn", lambda *_, **__: pytest.fail("read"))
    assert refusal_of(walking, STEPS, store=store) is None


def test_pose_that_is_of_another_picture_is_refused(walking):
    points = np.full((120, 1, 3, 2), 900.0) + np.arange(6).reshape(1, 1, 3, 2) * 9
    pose = PoseTrack(points, None, ("m",), ("nose", "center", "tail_base"), unit="px")
    steps = PictureSteps(Detect(detector="pose"), Crop())
    assert "pose" in str(refusal_of(replace(walking, pose=pose), steps))
    assert "need pose" in str(refusal_of(walking, steps))


def test_outlines_need_a_cage_whatever_finds_the_animal(tmp_path):
    """Boxes from pose say where a mouse is that no picture tells from the floor."""
    walk = scenes.wander(60, seed=4)
    path = scenes.film(tmp_path / "gray.mp4", [walk], floor=170.0, coat=170.0, fur=0.0)
    pose = PoseTrack(
        walk[:, None, None, :2] + np.array([[-12.0, 0], [0, 3], [12, 0]]),
        None,
        ("m",),
        ("nose", "center", "tail_base"),
        unit="px",
    )
    scene = Scene(path, index_video(path), ("m",), pose)
    steps = PictureSteps(Detect(detector="pose"), Crop())
    assert refusal_of(scene, steps) is None
    refusal = refusal_of(scene, replace(steps, outline=Outline()))
    assert "nothing that moves stands out" in str(refusal)
    assert "spotter" in str(refusal.todo)


def test_an_animal_cannot_be_turned_whose_trunk_nothing_marks(walking, tmp_path):
    steps = PictureSteps(Detect(detector="pose"), Crop(facing="heading"))
    places = scenes.wander(120, seed=4)
    around = np.array([[8.0, 3.0], [-8.0, 3.0], [0.0, -3.0]])
    points = (places[:, None, :2] + around)[:, None].astype(np.float32)

    def with_points(names):
        pose = PoseTrack(points, None, ("m",), names, {n: n for n in names if n == "tail_base"})
        return replace(walking, pose=replace(pose, unit="px"))

    refusal = refusal_of(with_points(("one", "two", "tail_base")), steps)
    assert "front of the trunk" in refusal.what
    assert "crop: {facing: none}" in refusal.todo
    as_seen = replace(steps, crop=Crop())
    assert refusal_of(with_points(("one", "two", "tail_base")), as_seen) is None


def test_an_animal_that_stays_cannot_be_turned_by_an_outline(walking, resting):
    steps = PictureSteps(Detect(detector="background"), Crop(facing="heading"))
    assert refusal_of(walking, steps) is None
    assert refusal_of(resting, steps) is not None
