"""Points on the outline of animals: the right end is the head, shadows are no fur, gaps stay."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from tests.prepare import scenes

from boutwise.errors import DataError, RecipeError
from boutwise.prepare._outline_heading import _most_likely, headings
from boutwise.prepare._outline_points import EDGES, POINTS, TURNED, Postures, points_of
from boutwise.prepare._outline_shape import animal_mask, body_of
from boutwise.prepare.detectors import Scene
from boutwise.prepare.outlines import Outline
from boutwise.prepare.picture_steps import PictureSteps
from boutwise.prepare.pictures import PreparedVideo
from boutwise.store import Store
from boutwise.types import Subject
from boutwise.types.recipe import Part
from boutwise.video import index_video

STEPS = PictureSteps.of(
    [
        Part(part="detect", options={"detector": "background"}),
        Part(part="outline", options={}),
    ]
)


def prepared(path, animals=("m",), store=None, steps=STEPS) -> PreparedVideo:
    index = index_video(path)
    scene = Scene(path, index, animals, recording="r")
    return PreparedVideo(scene, index.clock, fps=index.clock.fps, steps=steps, store=store)


def truth(places, along):
    """Where a point of the drawn body is, (frames, 2)."""
    ahead = np.stack([np.cos(places[:, 2]), np.sin(places[:, 2])], axis=1)
    return places[:, :2] + along * scenes.HALF[0] * ahead


@pytest.fixture(scope="module")
def walk():
    return scenes.wander(240, seed=3)


@pytest.fixture(scope="module")
def film(walk, tmp_path_factory):
    return scenes.film(tmp_path_factory.mktemp("outlines") / "walk.mp4", [walk])


@pytest.mark.parametrize("coat", [{}, {"coat": 200.0, "floor": 70.0}], ids=["dark", "light"])
def test_points_lie_where_the_drawn_animal_is(walk, film, coat, tmp_path):
    path = film if not coat else scenes.film(tmp_path / "light.mp4", [walk], **coat)
    pose = prepared(path).outlines
    assert (pose.keypoints, pose.unit, pose.animals) == (POINTS, "px", ("m",))
    # The tail of these ellipses is as thick as a leg: half of it counts as body.
    for name, along, within in (
        ("nose", 0.94, 3.0),
        ("middle", 0.0, 5.0),
        ("tail_base", -0.94, 10.0),
    ):
        found = pose.positions[:, 0, POINTS.index(name)]
        away = np.linalg.norm(found - truth(walk, along), axis=1)
        assert np.median(away) < within, name
        assert np.mean(away > 2 * within) < 0.05, name
    ahead = np.stack([np.cos(walk[:, 2]), np.sin(walk[:, 2])], axis=1)
    left = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)  # y points down
    flanks = pose.positions[:, 0, [POINTS.index("left_middle"), POINTS.index("right_middle")]]
    aside = ((flanks - walk[:, None, :2]) * left[:, None]).sum(-1)
    np.testing.assert_allclose(np.median(aside, axis=0), [8, -8], atol=1.5)


def test_edges_are_the_farthest_points_in_the_picture(walk, film):
    pose = prepared(film).outlines
    boxes = scenes.boxes_of(walk)
    edges = {name: pose.positions[:, 0, POINTS.index(f"{name}_edge")] for name in ("left", "top")}
    assert np.median(np.abs(edges["left"][:, 0] - boxes[:, 0])) < 2.5
    assert np.median(np.abs(edges["top"][:, 1] - boxes[:, 1])) < 2.5


def test_a_shadow_is_no_part_of_the_animal():
    y, x = np.mgrid[:96, :96]
    body = (x - 48) ** 2 / 30**2 + (y - 40) ** 2 / 12**2 < 1
    shadow = (x - 52) ** 2 / 30**2 + (y - 58) ** 2 / 16**2
    rng = np.random.default_rng(0)
    difference = 0.3 / (1 + np.exp(12 * (shadow - 1)))  # soft at its border
    # A coat as dark as its shadow: grain and a rim tell it from that.
    coat = 0.3 + 0.12 * rng.standard_normal((96, 96)) + 0.5 * (body & ~np.roll(body, 3, axis=0))
    difference = np.where(body, coat, difference).astype(np.float32)
    found = body_of(animal_mask(difference))
    assert found is not None
    assert abs(found.x.size / body.sum() - 1) < 0.15
    assert abs(found.center[1] - 40) < 2.5


def test_nothing_in_the_square_is_no_body():
    assert body_of(animal_mask(np.zeros((96, 96), np.float32))) is None


def test_points_are_the_same_from_both_ends_but_for_their_names():
    y, x = np.mgrid[:96, :96]
    body = body_of((x - 48) ** 2 / 30**2 + (y - 40) ** 2 / 12**2 < 1)
    every = points_of(body)
    there, back = every[: len(POINTS)], every[TURNED]
    pairs = (("nose", "tail_base"), ("middle", "middle"), ("left_middle", "right_middle"))
    for one, other in pairs:
        np.testing.assert_allclose(
            there[POINTS.index(one)], back[POINTS.index(other)], atol=1.0, err_msg=one
        )


def test_the_most_likely_run_of_headings_is_the_best_of_all_runs():
    rng = np.random.default_rng(1)
    for _ in range(20):
        evidence, staying = rng.normal(size=7), rng.normal(size=7) * 2

        def worth(states, evidence=evidence, staying=staying):
            signs = 1 - 2 * np.array(states)
            return (signs * evidence).sum() + (signs[1:] * signs[:-1] * staying[1:]).sum()

        best = max(product((0, 1), repeat=7), key=worth)
        assert tuple(_most_likely(evidence, np.append(0, staying[1:]))) == best


def test_points_turned_are_those_of_the_body_seen_from_its_other_end():
    y, x = np.mgrid[:96, :96]
    pear = ((x - 45) ** 2 / 30**2 + (y - 44) ** 2 / (14 - (x - 45) / 5) ** 2) < 1
    points, back = points_of(body_of(pear)), points_of(body_of(pear[::-1, ::-1]))
    # Turned by half a circle the picture has the same axis, and its head at the other end of it.
    but_edges = slice(0, len(POINTS) - len(EDGES))
    np.testing.assert_allclose((95 - back)[but_edges], points[TURNED][but_edges], atol=0.02)


def test_headings_bridge_frames_without_a_body():
    body = body_of(np.pad(np.ones((20, 50), bool), 30))
    postures = Postures.none(31, 2)
    for frame in (*range(10), *range(11, 30)):
        corner, scale = np.array([5 * frame, 0]), np.array([2.0, 2.0])
        postures.put((frame, 1), body, corner=corner, scale=scale)
    found = headings(postures, 1, 30.0)
    assert np.isnan(found[[10, 30]]).all()
    np.testing.assert_allclose(np.cos(np.delete(found, [10, 30])), 1, atol=1e-6)
    assert np.isnan(headings(postures, 0, 30.0)).all()


def test_points_are_kept_and_told_as_missing_before(film, tmp_path):
    store = Store(tmp_path / "store")
    video = prepared(film, store=store)
    assert video.missing(Subject("r", "m")) == ["boxes", "outlines"]
    first = video.outlines
    again = prepared(film, store=store)
    assert again.missing(Subject("r", "m")) == []
    np.testing.assert_array_equal(again.outlines.positions, first.positions)
    wider = PictureSteps(STEPS.detect, STEPS.crop, Outline(padding=0.4))
    assert prepared(film, store=store, steps=wider).missing(Subject("r", "m")) == ["outlines"]


def test_two_animals_have_each_their_own_outline(tmp_path):
    tracks = [scenes.wander(240, seed=3), scenes.wander(240, seed=8)]
    path = scenes.film(tmp_path / "two.mp4", tracks)
    pose = prepared(path, ("a", "b")).outlines
    middles = pose.positions[:, :, POINTS.index("middle")]
    apart = np.linalg.norm(tracks[0][:, :2] - tracks[1][:, :2], axis=1) > 60
    away = np.stack([np.linalg.norm(middles - t[:, None, :2], axis=2) for t in tracks], axis=1)
    # Which animal is called 'a' is open: each track has one of the two near.
    nearest = np.nanmin(away[apart], axis=2)
    assert np.nanmedian(nearest) < 5


def test_outlines_need_boxes_and_a_still_camera(film, tmp_path):
    with pytest.raises(RecipeError, match="where the animals are"):
        PictureSteps.of([Part(part="outline", options={})])
    with pytest.raises(RecipeError, match="'padding' cannot be 3"):
        Outline(padding=3)
    resting = np.repeat(scenes.wander(60, seed=1)[:1], 60, axis=0)
    still = scenes.film(tmp_path / "still.mp4", [resting])
    with pytest.raises(DataError):
        _ = prepared(still).outlines
