from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.prepare import scenes
from tests.video import burnt

from boutwise.errors import BundleError, DataError, RecipeError
from boutwise.prepare import Material, PreparedRecording
from boutwise.prepare.cutting import cut
from boutwise.prepare.detectors import Scene
from boutwise.prepare.picture_steps import (
    PictureSteps,
    bundle_steps,
    describe_pictures,
    pictures_need,
)
from boutwise.prepare.pictures import PreparedVideo
from boutwise.store import Store
from boutwise.types import FrameClock, PoseTrack, Subject
from boutwise.types.recipe import Part, parse_recipe
from boutwise.video import Look, Video, index_video

DETECT = Part(part="detect", options={"detector": "background", "every": 3})
MOUSE = Subject("cage", "mouse")


def crop(**options):
    return Part(part="crop", options={"size": 32, **options})


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "cage.mp4"
    scenes.film(path, [scenes.wander(120, seed=3)])
    return Scene(path, index_video(path), ("mouse",), recording="cage")


def prepared(scene, *steps, store=None, fps=scenes.FPS):
    return PreparedVideo(
        scene, scene.index.clock, fps=fps, steps=PictureSteps.of(steps), store=store
    )


@pytest.mark.parametrize("options", [{}, {"color": "rgb"}, {"size": 136}])
def test_kept_pictures_are_those_that_are_cut_to_the_last_bit(scene, tmp_path, options):
    store = Store(tmp_path)
    cutting, nothing = prepared(scene, DETECT, crop(**options)).pictures(MOUSE)
    kept, key = prepared(scene, DETECT, crop(**options), store=store).pictures(MOUSE)
    assert (nothing, store.file(key).suffix) == ("", ".mp4" if "size" in options else ".npy")
    assert cutting.shape == kept.shape
    np.testing.assert_array_equal(cutting[0:120], kept[0:120])
    np.testing.assert_array_equal(cutting.present, kept.present)
    # Stretches in any order, overlapping as chunks do.
    for start, stop in ((90, 120), (5, 25), (20, 40), (38, 41), (0, 3)):
        np.testing.assert_array_equal(kept[start:stop], cutting[start:stop])


def test_the_animal_is_in_the_middle_of_its_pictures(scene):
    pixels, _ = prepared(scene, DETECT, crop()).pictures(MOUSE)
    pictures = pixels[0 : len(pixels)][pixels.present, 0].astype(float)
    middle, border = pictures[:, 12:20, 12:20].mean(), pictures[:, 0, :].mean()
    assert pixels.present.mean() > 0.95
    assert middle < 0.6 * border  # a dark mouse on a light floor


def test_without_a_detector_the_whole_picture_is_taken(scene):
    pixels, _ = prepared(scene, crop()).pictures(MOUSE)
    with Video(scene.path, scene.index, look=Look(color="gray")) as video:
        whole = video.read([7]).pixels[0]
    np.testing.assert_array_equal(pixels[7:8][0, 0], cut(whole, (0, -30, 240, 210), 32))
    assert pixels.present.all()


def test_at_another_rate_the_nearest_frames_are_shown(scene):
    half = prepared(scene, crop(), fps=scenes.FPS / 2).pictures(MOUSE)[0]
    whole = prepared(scene, crop()).pictures(MOUSE)[0]
    assert len(half) == 60
    np.testing.assert_array_equal(half[0:60], whole[0:120][::2])


def test_a_second_call_computes_nothing(scene, tmp_path, monkeypatch):
    store = Store(tmp_path)
    first, key = prepared(scene, DETECT, crop(), store=store).pictures(MOUSE)
    before = first[0:120].copy()
    monkeypatch.setattr("boutwise.prepare.pixels.cut", None)
    again, same = prepared(scene, DETECT, crop(), store=store).pictures(MOUSE)
    assert same == key
    np.testing.assert_array_equal(again[0:120], before)
    with pytest.raises(TypeError):
        prepared(scene, DETECT, crop(size=40), store=store).pictures(MOUSE)


def test_a_broken_off_cut_leaves_nothing(scene, tmp_path, monkeypatch):
    store = Store(tmp_path)
    count = iter(range(1000))

    def stop(*args, **options):
        if next(count) == 50:
            raise KeyboardInterrupt
        return cut(*args, **options)

    monkeypatch.setattr("boutwise.prepare.pixels.cut", stop)
    with pytest.raises(KeyboardInterrupt):
        prepared(scene, crop(), store=store).pictures(MOUSE)
    assert not [path for path in tmp_path.rglob("*") if path.suffix in (".npy", ".part")]
    monkeypatch.undo()
    whole, _ = prepared(scene, crop(), store=store).pictures(MOUSE)
    assert len(whole[0:120]) == 120


def test_a_frame_that_cannot_be_decoded_is_no_longer_present(tmp_path):
    whole = scenes.film(tmp_path / "whole.mp4", [scenes.wander(60, seed=3)])
    path = burnt.spoil(whole, tmp_path / "cage.mp4", packet=29)
    index = index_video(path)
    scene = Scene(path, index, ("mouse",), recording="cage")
    cutting = prepared(scene, crop()).pictures(MOUSE)[0]
    kept = prepared(scene, crop(), store=Store(tmp_path / "store")).pictures(MOUSE)[0]
    cutting[0:60]
    assert 0 < (~kept.present).sum() < 60
    np.testing.assert_array_equal(cutting.present, kept.present)


def test_a_video_of_another_length_is_refused(scene):
    with pytest.raises(DataError, match="120 frames"):
        PreparedVideo(
            scene,
            FrameClock.declared(119, scenes.FPS),
            fps=scenes.FPS,
            steps=PictureSteps.of([crop()]),
        )


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (crop(pading=0.2), "no option 'pading'"),
        (crop(size=33), "'size' cannot be 33"),
        (Part(part="detect", options={"evry": 2}), "no option 'evry'"),
    ],
)
def test_faults_in_the_steps_are_named(part, words):
    with pytest.raises(RecipeError, match=words):
        PictureSteps.of([part])


def test_a_bundle_says_how_its_pictures_are_made_and_refuses_others():
    recipe = parse_recipe(
        {
            "name": "x",
            "prepare": [DETECT.model_dump(), crop().model_dump()],
            "members": [{"learner": "network", "streams": {"video": {"encoder": "spotter"}}}],
        }
    )
    assert recipe.reads == ("video",)
    need = pictures_need(recipe)
    assert describe_pictures(need).startswith("a square around the animal, found by 'background'")
    assert bundle_steps(need) == (DETECT, crop())
    older = {**need, "versions": {**need["versions"], "background": 0}}
    with pytest.raises(BundleError, match="version 0 of 'background'"):
        bundle_steps(older)


def with_pose(scene) -> Scene:
    """The same film with the pose that its animal was drawn with."""
    places = scenes.wander(120, seed=3)
    ahead = np.stack([np.cos(places[:, 2]), np.sin(places[:, 2])], axis=1)
    middle = places[:, :2]
    points = np.stack([middle + 18 * ahead, middle + 8 * ahead, middle - 18 * ahead], axis=1)
    names = ("nose", "neck", "tail_base")
    pose = PoseTrack(
        points[:, None].astype(np.float32),
        None,
        ("mouse",),
        names,
        {name: name for name in names},
        unit="px",
    )
    return replace(scene, pose=pose)


def lengthwise(pixels) -> np.ndarray:
    """How much longer than wide what is dark lies in each picture, (frames,)."""
    pictures = pixels[0 : len(pixels)][pixels.present, 0].astype(float)
    dark = np.clip(np.median(pictures) - 30 - pictures, 0, 60)
    rows, columns = np.mgrid[: dark.shape[1], : dark.shape[2]]
    total = dark.sum(axis=(1, 2))

    def spread(places):
        mean = (dark * places).sum(axis=(1, 2)) / total
        return (dark * (places - mean[:, None, None]) ** 2).sum(axis=(1, 2)) / total

    return spread(rows) / spread(columns)


@pytest.mark.parametrize("told_by", ["pose", "background"])
def test_whatever_it_faces_an_animal_is_turned_to_face_up(scene, told_by):
    film = with_pose(scene) if told_by == "pose" else scene
    detect = Part(part="detect", options={"detector": told_by, "every": 3})
    as_seen, _ = prepared(film, detect, crop(size=64)).pictures(MOUSE)
    turned, _ = prepared(film, detect, crop(size=64, facing="heading")).pictures(MOUSE)
    assert turned.present.mean() > 0.9
    assert (turned.present <= as_seen.present).all()
    assert np.mean(lengthwise(as_seen) < 1.5) > 0.15  # it walks to all sides
    assert (lengthwise(turned) > 1.5).all()
    tail = turned[0 : len(turned)][turned.present, 0, :, 30:34].astype(float).mean(axis=2)
    assert np.mean(tail[:, :4].mean(axis=1) - tail[:, -4:].mean(axis=1) > 20) > 0.95


def test_turned_pictures_are_kept_apart_and_bit_for_bit(scene, tmp_path):
    store = Store(tmp_path)
    steps = (DETECT, crop(facing="heading"))
    assert prepared(scene, *steps, store=store).missing(MOUSE) == ["boxes", "pictures"]
    _, plain = prepared(scene, DETECT, crop(), store=store).pictures(MOUSE)
    assert prepared(scene, *steps, store=store).missing(MOUSE) == ["outlines", "pictures"]
    cutting, _ = prepared(scene, *steps).pictures(MOUSE)
    kept, key = prepared(scene, *steps, store=store).pictures(MOUSE)
    assert key != plain
    np.testing.assert_array_equal(cutting[0:120], kept[0:120])
    assert prepared(scene, *steps, store=store).missing(MOUSE) == []
    assert prepared(scene, DETECT, crop(), store=store).missing(MOUSE) == []


def test_nothing_is_turned_that_was_not_found(scene):
    with pytest.raises(RecipeError, match="what it does not find"):
        prepared(scene, crop(facing="heading"))
    need = {"steps": [DETECT.model_dump(), crop(facing="heading").model_dump()]}
    assert "turned so that it faces up, 32 x 32 gray" in describe_pictures(need)


def test_frames_in_which_nothing_tells_where_it_faces_are_counted(scene):
    film = with_pose(scene)
    film.pose.positions[30:70, :, 1] = np.nan  # the neck, for more than half a second
    detect = Part(part="detect", options={"detector": {"pose": {"least_share": 0.3}}, "every": 1})
    turned = prepared(film, detect, crop(facing="heading"))
    pixels, _ = turned.pictures(MOUSE)
    assert turned.unturned(MOUSE) == 40
    assert not pixels.present[30:70].any()
    assert prepared(film, detect, crop()).unturned(MOUSE) == 0


@pytest.mark.parametrize("instead", ["pose", "background"])
@pytest.mark.parametrize("first", ["pose", "background"])
def test_another_detector_may_tell_where_animals_face(first, instead):
    steps = [Part(part="detect", options={"detector": first, "every": 1}), crop(facing="heading")]
    recipe = parse_recipe(
        {
            "name": "x",
            "prepare": [step.model_dump() for step in steps],
            "members": [
                {
                    "learner": "network",
                    "streams": {"video": {"encoder": "spotter"}},
                    "heads": {"behavior": {"loss": "cross_entropy"}},
                }
            ],
        }
    )
    need = pictures_need(recipe)
    assert ("outline" in need["versions"]) == (first == "background")
    other = Part(part="detect", options={"detector": instead, "every": 1})
    assert bundle_steps(need, instead=other)[0] == other
    need["versions"]["facing"] += 1
    with pytest.raises(BundleError, match="facing"):
        bundle_steps(need, instead=other)


@pytest.mark.parametrize("last", [crop(), Part(part="outline")])
def test_who_is_in_no_frame_is_named_and_the_others_are_not_refused(scene, last):
    walk = scenes.wander(120, seed=3)[:, None, None, :2]
    places = walk + np.array([[-12.0, 0], [0, 3], [12, 0]])
    both = np.concatenate([places, np.full_like(places, np.nan)], axis=1)
    pose = PoseTrack(both, None, ("mouse", "ghost"), ("nose", "center", "tail_base"), unit="px")
    scene = replace(scene, animals=pose.animals, pose=pose)
    clock = scene.index.clock
    material = Material("cage", clock, scene.animals, pose, scene)
    steps = [Part(part="detect", options={"detector": "pose"}), last]
    recording = PreparedRecording(material, fps=clock.fps, prepare=steps)
    features = [] if last.part == "crop" else [Part(part="egocentric")]
    assert len(recording.rows(MOUSE, features)) == 120
    for read in (recording.rows, recording.stream):
        with pytest.raises(DataError, match="ghost is found in no frame") as refusal:
            read(Subject("cage", "ghost"), features)
        assert refusal.value.recording == "cage"
