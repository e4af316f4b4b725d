"""One crop for training and prediction: where it is and how it is cut."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import DataError, RecipeError, UsageError
from boutwise.prepare.crops import Crop, crop_squares, whole_picture
from boutwise.prepare.cutting import cut
from boutwise.types import Boxes, FrameClock, Subject

CLOCK = FrameClock.declared(60, 30)
MOUSE = Subject("r", "a")
PAIR = Subject("r", "a", "b")


def moving(n_frames=60, *, jitter=0.0, seed=0) -> Boxes:
    """Two animals: a runs to the right and stretches, b sits."""
    rng = np.random.default_rng(seed)
    time = np.arange(n_frames)
    middle = np.stack([50.0 + 3 * time, np.full(n_frames, 80.0)], axis=1)
    half = np.stack([20 + 6 * np.sin(time / 5), np.full(n_frames, 10.0)], axis=1)
    a = np.concatenate([middle - half, middle + half], axis=1)
    a += rng.normal(0, jitter, a.shape)
    b = np.tile([200.0, 100, 230, 140], (n_frames, 1))
    corners = np.stack([a, b], axis=1)
    ones = np.ones((n_frames, 2))
    return Boxes(corners, ones, ones > 0, ("a", "b"), (200, 300))


def without(boxes: Boxes, frames, animal: int) -> Boxes:
    corners, scores, detected = boxes.corners.copy(), boxes.scores.copy(), boxes.detected.copy()
    corners[frames, animal], scores[frames, animal], detected[frames, animal] = np.nan, np.nan, 0
    return Boxes(corners, scores, detected, boxes.animals, boxes.size)


@pytest.mark.parametrize("side", ["steady", "union"])
@pytest.mark.parametrize("span_s", [0.0, 0.5])
def test_squares_hold_the_animal(side, span_s):
    boxes = moving()
    squares = crop_squares(boxes, MOUSE, Crop(side=side, span_s=span_s), CLOCK)
    corners, own = squares.corners, boxes.corners[:, 0]
    assert squares.present.all()
    assert (corners[:, 2] - corners[:, 0] == corners[:, 3] - corners[:, 1]).all()
    assert (corners[:, :2] <= own[:, :2]).all()
    assert (corners[:, 2:] >= own[:, 2:]).all()


def test_a_steady_crop_keeps_its_side_and_a_union_does_not():
    sides = {}
    for side in ("steady", "union"):
        corners = crop_squares(moving(), MOUSE, Crop(side=side), CLOCK).corners
        sides[side] = np.unique(corners[:, 2] - corners[:, 0])
    assert sides["steady"].size == 1
    assert np.ptp(sides["union"]) > 10


def test_animals_of_one_recording_are_seen_at_one_scale():
    boxes = moving()
    small = boxes.corners.copy()
    small[:, 1, 2:] = small[:, 1, :2] + 12
    boxes = Boxes(small, boxes.scores, boxes.detected, boxes.animals, boxes.size)
    squares = [crop_squares(boxes, Subject("r", name), Crop(), CLOCK).corners for name in "ab"]
    assert (squares[0][:, 2] - squares[0][:, 0] == squares[1][:, 2] - squares[1][:, 0]).all()


def test_a_steady_crop_does_not_tremble_and_does_not_lag():
    shaky = crop_squares(moving(jitter=3.0), MOUSE, Crop(), CLOCK).corners[5:-5]
    calm = crop_squares(moving(), MOUSE, Crop(), CLOCK).corners[5:-5]
    trembling = np.diff(shaky[:, 0]) - 3
    assert trembling.std() < 1.5  # the box itself: 3
    middle = (calm[:, 0] + calm[:, 2]) / 2
    assert np.abs(middle - (50 + 3 * np.arange(60)[5:-5])).max() <= 1


def test_the_side_takes_no_notice_of_a_box_gone_wrong():
    boxes = moving()
    wrong = boxes.corners.copy()
    wrong[30, 0] = (0, 0, 300, 200)
    spoiled = Boxes(wrong, boxes.scores, boxes.detected, boxes.animals, boxes.size)
    good, bad = (crop_squares(b, MOUSE, Crop(), CLOCK).corners for b in (boxes, spoiled))
    assert (bad[0, 2] - bad[0, 0]) <= 1.05 * (good[0, 2] - good[0, 0])


def test_the_row_of_the_centre_frame_is_the_union_over_the_window():
    boxes = moving()
    crop = Crop(side="union", span_s=16 / 30, padding=0.1)
    squares = crop_squares(boxes, MOUSE, crop, CLOCK)
    window = boxes.corners[30 - 8 : 30 + 9, 0]
    low, high = window[:, :2].min(axis=0), window[:, 2:].max(axis=0)
    assert squares.corners[30, 2] - squares.corners[30, 0] == np.ceil(1.2 * (high - low).max())
    middle = (squares.corners[30, :2] + squares.corners[30, 2:]) / 2
    assert np.abs(middle - (low + high) / 2).max() <= 1


def test_a_frame_without_a_box_is_not_present_and_cannot_be_cut():
    squares = crop_squares(without(moving(), [7, 8], 0), MOUSE, Crop(), CLOCK)
    assert np.flatnonzero(~squares.present).tolist() == [7, 8]
    assert (squares.corners[[7, 8]] == 0).all()
    with pytest.raises(UsageError, match="no square"):
        cut(np.zeros((20, 20), np.uint8), squares.corners[7], 16)
    nothing = crop_squares(without(moving(), slice(None), 0), MOUSE, Crop(), CLOCK)
    assert not nothing.present.any()


def test_a_pair_is_cut_out_together_and_only_when_both_are_there():
    boxes = without(moving(), [3], 1)
    squares = crop_squares(boxes, PAIR, Crop(side="union", padding=0), CLOCK)
    assert np.flatnonzero(~squares.present).tolist() == [3]
    assert (squares.corners[squares.present, 2] >= 230).all()
    assert (squares.corners[squares.present, 0] <= boxes.corners[squares.present, 0, 0]).all()


def test_boxes_and_clock_belong_together():
    with pytest.raises(UsageError, match="clock of 59"):
        crop_squares(moving(), MOUSE, Crop(), FrameClock.declared(59, 30))
    with pytest.raises(DataError, match="an animal 'c'"):
        crop_squares(moving(), Subject("r", "c"), Crop(), CLOCK)


@pytest.mark.parametrize(
    "options",
    [{"size": 100}, {"size": 8}, {"size": 96.0}, {"color": "grey"}, {"padding": -0.1},
     {"span_s": "auto"}, {"side": "box"}],
)  # fmt: skip
def test_options_out_of_range_are_refused(options):
    with pytest.raises(RecipeError, match=next(iter(options))):
        Crop(**options)


# --- cutting


def slow_cut(picture, square, size):
    """The mean of every output pixel over the area that it covers, pixel by pixel."""
    left, top, right, _ = square
    scale = (right - left) / size
    height, width = picture.shape
    found = np.zeros((size, size))
    for i in range(size):
        for j in range(size):
            total = 0.0
            for y in range(int(i * scale), int(np.ceil((i + 1) * scale - 1e-9))):
                for x in range(int(j * scale), int(np.ceil((j + 1) * scale - 1e-9))):
                    share_y = min((i + 1) * scale, y + 1) - max(i * scale, y)
                    share_x = min((j + 1) * scale, x + 1) - max(j * scale, x)
                    row, column = np.clip(y + top, 0, height - 1), np.clip(x + left, 0, width - 1)
                    total += share_y * share_x * float(picture[row, column])
            found[i, j] = total / scale**2
    return found


@settings(max_examples=25, deadline=None)
@given(
    left=st.integers(-30, 40), top=st.integers(-30, 30), side=st.integers(8, 50),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_shrinking_averages_over_areas_and_the_border_goes_on(left, top, side, seed):
    picture = np.random.default_rng(seed).integers(0, 256, (40, 50)).astype(np.uint8)
    square = (left, top, left + side, top + side)
    found = cut(picture, square, 8)
    assert np.abs(found.astype(float) - slow_cut(picture, square, 8)).max() <= 0.51


def test_color_is_cut_channel_by_channel():
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3)).astype(np.uint8)
    for square in ((10, 5, 47, 42), (-9, 20, 31, 60), (3, 3, 19, 19), (3, 3, 12, 12)):
        found = cut(picture, square, 16)
        assert found.shape == (16, 16, 3)
        for channel in range(3):
            np.testing.assert_array_equal(
                found[..., channel], cut(np.ascontiguousarray(picture[..., channel]), square, 16)
            )


def test_enlarging_interpolates_and_leaves_a_flat_picture_flat():
    ramp = np.tile(np.arange(0, 80, 10, dtype=np.uint8), (8, 1))
    found = cut(ramp, (0, 0, 8, 8), 32).astype(int)
    assert (np.diff(found[0]) >= 0).all()
    assert np.diff(found[0]).max() <= 3
    assert (cut(np.full((9, 9), 77, np.uint8), (-3, 2, 4, 9), 24) == 77).all()


def test_the_size_itself_is_not_touched():
    picture = np.random.default_rng(1).integers(0, 256, (40, 40)).astype(np.uint8)
    np.testing.assert_array_equal(cut(picture, (8, 4, 24, 20), 16), picture[4:20, 8:24])


def test_the_whole_picture_keeps_its_aspect():
    squares = whole_picture((60, 100), 3)
    assert squares.corners.tolist() == [[0, -20, 100, 80]] * 3
    assert squares.present.all()
