"""Boxes around keypoints."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from boutwise.errors import DataError, RecipeError
from boutwise.prepare.detectors import Scene, pose
from boutwise.types import PoseTrack
from boutwise.video import VideoFacts, VideoIndex

NAMES = ("nose", "left_ear", "right_ear", "tail_base", "tail_mid", "tail_tip")
PLACES = np.array([[40, 0], [28, 7], [28, -7], [-40, 0], [-70, 0], [-100, 0]])


def index(n_frames, size=(480, 640)):
    facts = VideoFacts("mp4", "h264", "yuv420p", size[1], size[0], 0, n_frames, 30.0, n_frames, 0)
    numbers = np.arange(n_frames)
    none = np.zeros(0, np.int64)
    return VideoIndex(numbers, Fraction(1, 30), numbers, numbers, none, False, "0" * 40, facts)


def walking(n_frames=200, seed=0):
    """A mouse that walks and turns."""
    rng = np.random.default_rng(seed)
    time = np.arange(n_frames) / 30
    middle = np.array([320, 240]) + 120 * np.sin(time[:, None] * rng.uniform(0.5, 1, 2))
    turn = time + seed
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    x = PLACES[:, 0] * cos - PLACES[:, 1] * sin + middle[:, :1]
    y = PLACES[:, 0] * sin + PLACES[:, 1] * cos + middle[:, 1:]
    positions = np.stack([x, y], axis=2)[:, None]
    return PoseTrack(positions, np.ones(positions.shape[:3]), ("m",), NAMES, unit="px")


def scene(track):
    return Scene(Path("film.mp4"), index(track.n_frames), track.animals, track)


def test_a_box_holds_the_body_with_a_margin_and_not_the_tail():
    track = walking()
    corners, scores = pose.boxes(scene(track), margin=0.2)
    body = track.positions[:, 0, :4]
    np.testing.assert_allclose(corners[:, 0, :2], body.min(axis=1) - 16, atol=0.7)
    np.testing.assert_allclose(corners[:, 0, 2:], body.max(axis=1) + 16, atol=0.7)
    assert (scores == 1).all()


def test_too_few_points_are_no_box_and_unsure_points_are_none():
    track = walking()
    confidence = track.confidence.copy()
    confidence[10, 0, [0, 1, 2]] = 0.1  # one of four body points left
    confidence[20, 0, 1] = 0.1
    corners, scores = pose.boxes(scene(replace(track, confidence=confidence)))
    assert np.flatnonzero(np.isnan(corners[:, 0, 0])).tolist() == [10]
    assert np.isnan(scores[10, 0])
    assert scores[20, 0] == pytest.approx(0.75)


def test_a_point_that_is_on_something_else_is_left_out():
    track = walking()
    positions = track.positions.copy()
    positions[50, 0, 1] += 300
    corners, _ = pose.boxes(scene(replace(track, positions=positions)))
    assert (corners[50, 0, 2:] - corners[50, 0, :2]).max() < 150


def test_points_that_are_all_in_one_place_are_no_animal():
    track = walking()
    positions = track.positions.copy()
    positions[60:63] = 0
    corners, _ = pose.boxes(scene(replace(track, positions=positions)))
    assert np.flatnonzero(np.isnan(corners[:, 0, 0])).tolist() == [60, 61, 62]


def test_boxes_end_at_the_border_of_the_picture():
    track = walking()
    moved = replace(track, positions=track.positions - np.float32([200, 0]))
    corners, _ = pose.boxes(scene(moved))
    there = corners[np.isfinite(corners[:, 0, 0]), 0]
    assert there.min() >= 0
    assert (there[:, 2] > there[:, 0]).all()


def test_animals_keep_their_names():
    one, two = walking(seed=1), walking(seed=2)
    both = PoseTrack(
        np.concatenate([one.positions, two.positions], axis=1), None, ("x", "y"), NAMES, unit="px"
    )
    of_both, _ = pose.boxes(replace(scene(both), animals=("y", "x")))
    alone, _ = pose.boxes(scene(replace(two, confidence=None)))
    np.testing.assert_allclose(of_both[:, 0], alone[:, 0])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: replace(s, pose=None), "there is none"),
        (lambda s: replace(s, index=index(199)), "200 frames and the video 199"),
        (lambda s: replace(s, index=index(200, size=(120, 160))), "outside the picture"),
        (lambda s: replace(s, pose=replace(s.pose, unit="mm")), "in mm"),
        (lambda s: replace(s, animals=("rat",)), "no animal 'rat'"),
    ],
)
def test_pose_that_does_not_fit_the_video_is_refused(change, message):
    with pytest.raises(DataError, match=message):
        pose.boxes(change(scene(walking())))


def test_one_point_has_no_size():
    track = walking()
    one = PoseTrack(track.positions[:, :, :1], None, ("m",), ("nose",), unit="px")
    with pytest.raises(DataError, match="one body point"):
        pose.boxes(scene(one))


def test_options_out_of_range_are_refused():
    with pytest.raises(RecipeError, match="margin"):
        pose.content(margin=-1)
