"""Words in overlay videos: where they stand, and in which letters."""

from __future__ import annotations

import string

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.prepare import scenes

from boutwise.report.overlay import _shared, free_place, plain_letters, write_overlay
from boutwise.types import Behavior, Boxes, Ethogram, ExclusiveGroup, Prediction, Subject
from boutwise.video import Look, Video, index_video

SIZE = (320.0, 240.0)


@st.composite
def rectangles(draw):
    x, y = draw(st.floats(0, 300)), draw(st.floats(0, 220))
    return (x, y, x + draw(st.floats(5, 20)), y + draw(st.floats(5, 20)))


@given(st.lists(rectangles(), min_size=1, max_size=4), st.floats(10, 120), st.floats(10, 40))
def test_words_stay_inside_and_leave_their_own_box_free(boxes, wide, high):
    place = free_place(boxes[0], (wide, high), SIZE, boxes)
    assert 0 <= place[0] <= place[2] <= SIZE[0] + 1e-6
    assert 0 <= place[1] <= place[3] <= SIZE[1] + 1e-6
    covered = sum(_shared(place, box) for box in boxes)
    above = (boxes[0][0], boxes[0][1] - high, boxes[0][0] + wide, boxes[0][1])
    if above[1] >= 0 and above[2] <= SIZE[0]:  # it is never worse than the usual place
        assert covered <= sum(_shared(above, box) for box in boxes) + 1e-6


@given(st.text())
def test_every_letter_can_be_drawn(text):
    allowed = set(string.printable) | {chr(code) for code in range(128)}
    assert set(plain_letters(text)) <= allowed
    if text.isascii():
        assert plain_letters(text) == text


def test_words_of_animals_that_touch_cover_neither(tmp_path):
    """Two mice side by side at the upper edge, with long names: both stay to be seen."""
    n_frames = 3
    places = [np.tile(place, (n_frames, 1)) for place in ([120.0, 14, 0], [150.0, 30, 0.4])]
    path = scenes.film(tmp_path / "film.mp4", places)
    index = index_video(path)
    corners = np.stack([scenes.boxes_of(each) for each in places], axis=1).astype(np.float32)
    there = np.ones((n_frames, 2), bool)
    names = ("6112", "Mäuschen 8294")
    boxes = Boxes(corners, there.astype(np.float32), there, names, (180, 240), "test")
    acts = ("none", "Schnüffeln")
    behaviors = tuple(Behavior(name, scope="directed") for name in acts)
    ethogram = Ethogram(behaviors, (ExclusiveGroup("act", acts, "none"),))
    subjects = (Subject("r", *names), Subject("r", *names[::-1]))
    decided = np.zeros((2, n_frames, 2), bool)
    decided[..., 1] = True
    prediction = Prediction(
        "r", subjects, index.clock, ethogram, np.full(decided.shape, 0.5, np.float32),
        decided, np.ones((2, n_frames), bool), "x", boxes,
    )  # fmt: skip
    write_overlay(prediction, path, index, tmp_path / "overlay.mp4")
    with (
        Video(path, look=Look(color="gray")) as plain,
        Video(tmp_path / "overlay.mp4", look=Look(color="gray")) as drawn,
    ):
        before, after = plain.read([1]).pixels[0], drawn.read([1]).pixels[0]
    for left, top, right, bottom in corners[1].astype(int):
        inside = (slice(max(top, 0) + 4, bottom - 3), slice(left + 4, right - 3))
        changed = np.abs(before[inside].astype(int) - after[inside]) > 40
        assert changed.mean() < 0.25  # the outline of the other box at most
    assert (np.abs(before.astype(int) - after) > 40).mean() > 0.05
