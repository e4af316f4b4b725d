"""A small network learns to find what is drawn, and becomes the weights of a detector."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.prepare import scenes

from boutwise.errors import DataError, RecipeError
from boutwise.metrics import box_ious
from boutwise.prepare.boxes import Detect
from boutwise.prepare.detectors import Scene, rtdetr
from boutwise.prepare.detectors._rtdetr_training import detector_precision
from boutwise.video import Video, index_video

pytest.importorskip("transformers")

SIDE = 112
QUICK = rtdetr.DetectorTraining(size=64, steps=100, batch=6, lr=2e-3)


def drawn(n_pictures, seed):
    """Pictures of one animal each, and its box."""
    rng = np.random.default_rng(seed)
    middles = rng.uniform(22, SIDE - 22, (n_pictures, 2))
    # Boxes of one shape are soon learned.
    places = np.column_stack([middles, np.full(n_pictures, 0.8)])
    gray = scenes.pictures([places], floor=160.0, coat=50.0)
    boxes = [box[None] for box in scenes.boxes_of(places)]
    return [np.repeat(each[:SIDE, :SIDE, None], 3, axis=2) for each in gray], boxes


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rtdetr")
    pictures, boxes = drawn(48, 0)
    losses = rtdetr.train_detector(pictures, boxes, folder, settings=QUICK)
    return folder, losses


def test_it_learns_to_find_what_it_has_not_seen(weights, tmp_path):
    folder, losses = weights
    held_out = drawn(24, 1)
    rtdetr.train_detector(*drawn(4, 0), tmp_path, settings=replace(QUICK, steps=1))
    before = detector_precision(str(tmp_path), *held_out)
    after = detector_precision(str(folder), *held_out)
    assert before < 0.05
    assert after > before + 0.25
    assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[5:15])


def test_saved_weights_are_a_detector(weights, tmp_path):
    folder, _ = weights
    walk = np.tile([56.0, 56.0, 0.5], (12, 1))
    path = scenes.film(tmp_path / "film.mp4", [walk], floor=160.0, coat=50.0)
    scene = Scene(path, index_video(path), ("m",))
    detector = rtdetr.fit(scene, weights=str(folder), score=0.0)
    with Video(path, scene.index, look=detector.look) as video:
        picture = next(video.pictures([0]))
    assert picture.shape == (48, 64, 3)  # the aspect of the film in the square of the network
    found = detector.find(picture)
    assert 1 <= len(found.corners) <= 3
    assert (np.diff(found.scores) <= 0).all()
    assert (found.corners >= 0).all()
    assert (found.corners <= [scenes.WIDTH, scenes.HEIGHT] * 2).all()
    assert len(rtdetr.fit(scene, weights=str(folder), score=1.0).find(picture).corners) == 0


def test_boxes_come_back_at_the_size_of_the_video(weights, monkeypatch, tmp_path):
    folder, _ = weights
    path = scenes.film(tmp_path / "film.mp4", [scenes.wander(3)])
    scene = Scene(path, index_video(path), ("m",))
    detector = rtdetr.fit(scene, weights=str(folder))
    # The square is 64 x 64 with 8 rows of border above and below 48 x 64 of picture.
    told = [(np.array([[16.0, 20, 32, 32]], np.float32), np.array([0.9], np.float32))]
    monkeypatch.setattr(rtdetr, "as_boxes", lambda *_: told)
    found = detector.find(np.zeros((48, 64, 3), np.uint8))
    np.testing.assert_allclose(found.corners, [[60, 45, 120, 90]])


def test_training_goes_on_from_weights(weights, tmp_path):
    folder, losses = weights
    on = replace(QUICK, steps=3, lr=1e-5, weights=str(folder))
    more = rtdetr.train_detector(*drawn(16, 2), tmp_path, settings=on)
    assert np.mean(more) < 0.8 * np.mean(losses[:10])


def test_other_weights_are_other_content(weights, tmp_path):
    folder, _ = weights
    rtdetr.train_detector(*drawn(2, 0), tmp_path, settings=replace(QUICK, steps=1))
    assert rtdetr.content(weights=str(folder)) == rtdetr.content(weights=str(folder))
    assert rtdetr.content(weights=str(folder)) != rtdetr.content(weights=str(tmp_path))


def test_weights_that_are_none_are_refused(weights, tmp_path):
    folder, _ = weights
    with pytest.raises(DataError, match=r"config\.json"):
        rtdetr.content(weights=str(tmp_path))
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    text = json.dumps({**config, "model_type": "detr"})
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match="'detr'"):
        rtdetr.fit(None, weights=str(tmp_path))
    (tmp_path / "model.safetensors").unlink()
    (tmp_path / "pytorch_model.bin").write_bytes(b"")  # a pickle is never loaded
    with pytest.raises(DataError, match=r"model\.safetensors"):
        rtdetr.content(weights=str(tmp_path))


def test_a_model_of_the_hub_is_taken_by_its_name_and_a_missing_one_is_said(weights, monkeypatch):
    folder, _ = weights
    from transformers.utils import hub

    def cached(name, file, **_):
        if name != "lab/mice":
            raise OSError("no such model")
        return str(folder / file)

    monkeypatch.setattr(hub, "cached_file", cached)
    assert rtdetr.content(weights="lab/mice") == rtdetr.content(weights=str(folder))
    with pytest.raises(DataError, match="no weights 'lab/rats'"):
        rtdetr.content(weights="lab/rats")


@pytest.mark.parametrize("name", ["nowhere", "{folder}/weigts", "a/b/c"])
def test_a_misspelt_path_does_not_ask_the_network(name, tmp_path, monkeypatch):
    from transformers.utils import hub

    monkeypatch.setattr(hub, "cached_file", lambda *_, **__: pytest.fail("asked the network"))
    with pytest.raises(DataError, match="no weights"):
        rtdetr.content(weights=name.format(folder=tmp_path))


def test_options_and_pictures_that_cannot_be_are_refused(weights, tmp_path):
    with pytest.raises(RecipeError, match="score"):
        rtdetr.content(weights=str(weights[0]), score=2)
    with pytest.raises(RecipeError, match="needs the option 'weights'"):
        Detect("rtdetr").chosen(has_pose=False, fps=30)
    with pytest.raises(RecipeError, match="size"):
        rtdetr.DetectorTraining(size=100)
    picture, box = np.zeros((20, 20, 3), np.uint8), np.array([[2.0, 2, 9, 9]])
    for pictures, boxes, message in (
        ([picture], [], "1 pictures"),
        ([picture], [box[:0]], "no box"),
        ([picture], [box[:, ::-1]], "without an area"),
        ([picture[..., 0]], [box], "no color"),
    ):
        with pytest.raises(DataError, match=message):
            rtdetr.train_detector(pictures, boxes, tmp_path)


def test_of_several_labels_one_must_be_named():
    labels = {0: "person", 1: "mouse"}
    number = rtdetr.label_number
    assert number({5: "animal"}, None) == 5
    assert number(labels, "mouse") == 1
    with pytest.raises(RecipeError, match="none was named"):
        number(labels, None)
    with pytest.raises(RecipeError, match="did you mean 'mouse'"):
        number(labels, "mose")


def test_a_box_that_a_surer_one_covers_is_left_out():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 30, 10]], np.float32)
    kept = rtdetr.without_doubles(boxes, np.array([0.5, 0.9, 0.7], np.float32))
    assert kept.tolist() == [1, 2]
    assert box_ious(boxes[kept], boxes[kept])[0, 1] == 0
