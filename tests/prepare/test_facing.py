"""Which way an animal faces, and pictures that are turned to face one way."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from boutwise.errors import DataError
from boutwise.prepare.cutting import cut
from boutwise.prepare.facing import trunk_facing
from boutwise.types import FrameClock, PoseTrack, Subject

MOUSE = Subject("r", "a")
POINTS = ("nose", "neck", "tail_base")


def walking(angles, *, confidence=None, names=POINTS) -> PoseTrack:
    """A mouse whose trunk points to ``angles`` (frames,), and whose nose always points right."""
    angles = np.asarray(angles, dtype=float)
    ahead = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    tail = np.full((len(angles), 2), 100.0)
    neck = tail + 40 * ahead
    nose = neck + np.array([20, 0])
    positions = np.stack([nose, neck, tail], axis=1)[:, None].astype(np.float32)
    return PoseTrack(
        positions, confidence, ("a",), names, {n: n for n in names if n in POINTS}, unit="px"
    )


def clock(n_frames):
    return FrameClock.declared(n_frames, 30)


def between(angles, expected):
    """Smallest turn from one to the other."""
    return np.abs((np.asarray(angles) - expected + np.pi) % (2 * np.pi) - np.pi)


def test_the_trunk_tells_and_not_the_nose():
    angles = np.linspace(-6, 6, 90)
    found = trunk_facing(walking(angles), MOUSE, clock(90))
    assert between(found, angles)[4:-4].max() < 0.01
    assert between(found, angles).max() < 0.3


def test_trembling_keypoints_do_not_shake_the_picture():
    rng = np.random.default_rng(0)
    pose = walking(np.zeros(200))
    shaken = pose.positions + rng.normal(0, 2, pose.positions.shape).astype(np.float32)
    trembling = PoseTrack(shaken, None, ("a",), POINTS, pose.roles, unit="px")
    steps = np.abs(np.diff(trunk_facing(trembling, MOUSE, clock(200))))
    alone = np.arctan2(*(shaken[:, 0, 1] - shaken[:, 0, 2]).T[::-1])
    assert steps.mean() < np.abs(np.diff(alone)).mean() / 4


def test_a_short_gap_is_turned_through_and_a_long_one_is_not_guessed():
    angles = np.linspace(2.8, 3.6, 100)  # across the place where angles jump by a turn
    pose = walking(angles)
    pose.positions[20:30, :, 1] = np.nan
    pose.positions[50:70, :, 2] = np.nan
    pose.positions[:3] = np.nan
    found = trunk_facing(pose, MOUSE, clock(100))
    assert between(found[3:50], angles[3:50]).max() < 0.05
    assert np.isnan(found[:3]).all()
    assert np.isnan(found[50:70]).all()
    assert np.isfinite(found[70:]).all()


def test_what_the_tracker_guessed_tells_nothing():
    sure = np.ones((40, 1, 3), dtype=np.float32)
    sure[10:30, :, 1] = 0.2
    found = trunk_facing(walking(np.zeros(40), confidence=sure), MOUSE, clock(40))
    assert np.isnan(found[10:30]).all()
    assert np.isfinite(found[:10]).all()


def test_a_confidence_that_is_no_number_masks_nothing_and_the_limit_can_be_lowered():
    unsure = np.full((40, 1, 3), np.nan, dtype=np.float32)
    assert np.isfinite(
        trunk_facing(walking(np.zeros(40), confidence=unsure), MOUSE, clock(40))
    ).all()
    low = np.full((40, 1, 3), 0.5, dtype=np.float32)
    pose = walking(np.zeros(40), confidence=low)
    assert np.isfinite(trunk_facing(pose, MOUSE, clock(40), least_confidence=0.3)).all()
    with pytest.raises(DataError, match="no frame shows both ends"):
        trunk_facing(pose, MOUSE, clock(40))


def test_points_that_mark_no_trunk_are_refused():
    with pytest.raises(DataError, match="front of the trunk"):
        trunk_facing(walking(np.zeros(9), names=("a1", "a2", "a3")), MOUSE, clock(9))


# --- cutting


def blob(angle, size=200):
    """A smooth head and body around the middle of a picture, the head towards ``angle``."""
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    picture = np.full((size, size), 30.0)
    for reach, width, shade in ((0, 16, 200), (30, 8, 120)):
        x, y = reach * np.cos(angle), reach * np.sin(angle)
        picture += shade * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * width**2))
    return np.clip(picture, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("angle", [-np.pi / 2, 0.0, 1.0, 2.5, -2.0])
@pytest.mark.parametrize("size", [24, 32, 96, 128])
def test_whatever_it_faces_the_same_is_cut(angle, size):
    square = (52, 52, 148, 148)
    upright = cut(blob(-np.pi / 2), square, size).astype(int)
    found = cut(blob(angle), square, size, facing=angle).astype(int)
    assert np.abs(found - upright).max() <= 3
    assert np.abs(cut(blob(angle), square, size).astype(int) - upright).max() > 40 or angle < -1.5


def test_facing_up_is_the_picture_itself():
    picture = gaussian_filter(np.random.default_rng(0).uniform(0, 255, (90, 90)), 2)
    picture = picture.astype(np.uint8)
    square = (11, 20, 75, 84)
    for size, most in ((64, 1), (32, 2), (16, 4)):
        turned = cut(picture, square, size, facing=-np.pi / 2).astype(int)
        assert np.abs(turned - cut(picture, square, size)).max() <= most


def test_a_quarter_turn_is_exact_and_colors_turn_together():
    picture = np.random.default_rng(1).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    found = cut(picture, (4, 8, 28, 32), 24, facing=0.0)  # right becomes up
    part = picture[8:32, 4:28]
    assert np.abs(found.astype(int) - np.rot90(part).astype(int)).max() <= 1


def slow_turned(picture, square, size, facing):
    """One interpolated point for each output pixel; outside the picture its border goes on."""
    left, top, right, bottom = square
    step = (right - left) / size
    up = np.array([np.cos(facing), np.sin(facing)])
    aside = np.array([-up[1], up[0]])
    found = np.zeros((size, size))
    for row in range(size):
        for column in range(size):
            away = (column - (size - 1) / 2) * step * aside - (row - (size - 1) / 2) * step * up
            x, y = np.array([left + right, top + bottom]) / 2 - 0.5 + away
            for corner_y in (int(np.floor(y)), int(np.floor(y)) + 1):
                for corner_x in (int(np.floor(x)), int(np.floor(x)) + 1):
                    share = (1 - abs(y - corner_y)) * (1 - abs(x - corner_x))
                    inside = np.clip([corner_y, corner_x], 0, np.array(picture.shape) - 1)
                    found[row, column] += share * float(picture[tuple(inside)])
    return found


@pytest.mark.parametrize("square", [(-30, -30, 10, 10), (20, 8, 50, 38), (5, 6, 21, 22)])
def test_the_border_goes_on_outside_the_picture(square):
    picture = np.random.default_rng(2).integers(0, 256, (40, 44)).astype(np.uint8)
    size = square[2] - square[0]
    for facing in (0.3, 2.0, -2.5):
        found = cut(picture, square, size, facing=facing)
        assert np.abs(found - slow_turned(picture, square, size, facing)).max() <= 1
