"""A sample of a long track is looked at without copying the track, and is the same."""

from __future__ import annotations

import numpy as np
import pytest
from tests.features import walker

from boutwise.features._body import Body, spread_frames
from boutwise.types import Subject

MOST = 50


@pytest.mark.parametrize("body", ["7 points", "9 points 3D"])
@pytest.mark.parametrize("size", [None, 0.37])
def test_a_sample_is_what_the_whole_body_shows_there(body, size):
    pose = walker.track(body, seconds=30)
    pose.positions[::9, :, 1] = np.nan
    clock, who = walker.clock(pose), Subject("r", "m")
    whole, some = Body.of(pose, clock, who), Body.of(pose, clock, who, most=MOST)
    if size is not None:
        whole, some = whole.scaled(size), some.scaled(size)
    frames = spread_frames(pose.n_frames, MOST)
    assert some.frames.size == MOST < pose.n_frames == some.n_frames
    for name in pose.keypoints:
        for shift in (-17, 0, 1, 40):
            expected = whole.at(name, shift)[:, frames]
            np.testing.assert_array_equal(some.at(name, shift), expected)
    np.testing.assert_array_equal(some.axis(3), whole.axis(3)[:, frames])
    np.testing.assert_array_equal(some.span_s(5), whole.span_s(5)[frames])


def test_a_sample_of_a_short_track_is_all_of_it():
    pose = walker.track("7 points", seconds=2)
    body = Body.of(pose, walker.clock(pose), Subject("r", "m"), most=MOST)
    assert body.unit is None
    assert body.frames.size == pose.n_frames == 40
