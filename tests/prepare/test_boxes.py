"""Boxes of a recording: chosen, kept, tracked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.prepare import scenes

from boutwise.errors import PartError, RecipeError
from boutwise.metrics import box_ious
from boutwise.prepare.boxes import Detect, boxes_key, boxes_of
from boutwise.prepare.detectors import Scene, background
from boutwise.store import Store
from boutwise.types import PoseTrack
from boutwise.video import index_video


@pytest.fixture(scope="module")
def walk():
    return scenes.wander(150, seed=11)


@pytest.fixture(scope="module")
def scene(walk, tmp_path_factory):
    path = scenes.film(tmp_path_factory.mktemp("boxes") / "film.mp4", [walk])
    return Scene(path, index_video(path), ("m",))


@pytest.fixture(scope="module")
def tracked(walk):
    along = np.stack([np.cos(walk[:, 2]), np.sin(walk[:, 2])], axis=1)
    points = walk[:, None, :2] + np.array([16.0, 0, -16])[None, :, None] * along[:, None]
    return PoseTrack(points[:, None], None, ("m",), ("nose", "center", "tail_base"), unit="px")


def ious_of(boxes, walk):
    truth = scenes.boxes_of(walk)
    return np.array(
        [box_ious(*both)[0, 0] for both in zip(boxes.corners[:, 0], truth, strict=True)]
    )


def test_an_animal_is_followed_with_looks_at_some_frames(scene, walk):
    said = []
    boxes = boxes_of(scene, Detect(), say=lambda *words: said.append(words))
    assert boxes.source == "background"
    ious = [
        box_ious(a, b)[0, 0]
        for a, b in zip(boxes.corners[:, 0], scenes.boxes_of(walk), strict=True)
    ]
    assert np.median(ious) > 0.7
    assert boxes.present.all()
    assert np.flatnonzero(boxes.detected[:, 0]).tolist() == [*range(0, 150, 3), 149]
    assert [words[:2] for words in said] == [(0, 51), (51, 51)]


def test_boxes_come_from_pose_where_there_is_pose(scene, tracked, walk):
    boxes = boxes_of(replace(scene, pose=tracked), Detect())
    assert boxes.source == "pose"
    ious = [
        box_ious(a, b)[0, 0]
        for a, b in zip(boxes.corners[:, 0], scenes.boxes_of(walk), strict=True)
    ]
    assert np.median(ious) > 0.6


def test_boxes_are_kept_and_found_again(scene, tmp_path, monkeypatch):
    store = Store(tmp_path)
    first = boxes_of(scene, Detect(), store=store)
    monkeypatch.setattr(background, "fit", None)
    second = boxes_of(scene, Detect(), store=store)
    np.testing.assert_array_equal(first.corners, second.corners)
    np.testing.assert_array_equal(first.detected, second.detected)


def test_whatever_changes_boxes_changes_their_key(scene, tracked):
    def key(detect, of=scene):
        chosen = detect.chosen(has_pose=of.pose is not None, fps=30)
        return boxes_key(of, chosen)

    posed = replace(scene, pose=tracked)
    moved = replace(posed, pose=replace(tracked, positions=tracked.positions + 1))
    keys = [
        key(Detect()),
        key(Detect(every=5)),
        key(Detect(), replace(scene, animals=("m", "n"))),
        key(Detect(), posed),
        key(Detect(), moved),
        key(Detect({"pose": {"margin": 0.3}}), posed),
        key(Detect(), replace(scene, index=replace(scene.index, digest="1" * 40))),
    ]
    assert len(set(keys)) == len(keys)
    assert key(Detect("background"), posed) == key(Detect())  # pose is not looked at


def test_auto_is_replaced_with_a_reason():
    chosen = Detect().chosen(has_pose=True, fps=30)
    assert (chosen.name, chosen.every) == ("pose", 1)
    assert set(chosen.reasons) == {"detector", "every"}
    assert Detect().chosen(has_pose=False, fps=250).every == 25
    assert Detect(every=2).chosen(has_pose=False, fps=250).every == 2
    assert set(Detect("pose", every=1).chosen(has_pose=True, fps=30).reasons) == set()


@pytest.mark.parametrize(
    ("detect", "error", "message"),
    [
        (lambda: Detect(every=0), RecipeError, "every"),
        (lambda: Detect(every="often"), RecipeError, "every"),
        (lambda: Detect({"pose": {}, "background": {}}), RecipeError, "2 detectors"),
        (lambda: Detect("backgroud"), PartError, "background"),
        (lambda: Detect({"pose": {"margn": 1}}), RecipeError, "did you mean 'margin'"),
    ],
)
def test_a_detector_that_cannot_be_is_refused(detect, error, message):
    with pytest.raises(error, match=message):
        detect().chosen(has_pose=True, fps=30)
