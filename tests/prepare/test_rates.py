"""Working rates: nothing is invented, and everything comes back to native frames."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.prepare import resample_pose, resample_states, scores_at, working_clock
from boutwise.types import FrameClock, PoseTrack


def track(positions):
    return PoseTrack(positions.astype(np.float32), None, ("m",), ("nose",))


def test_the_same_rate_is_left_alone():
    clock = FrameClock.declared(100, 29.97)
    assert working_clock(clock, 30) is clock


def test_a_varying_clock_becomes_regular():
    times = np.cumsum(np.tile([0.02, 0.08], 50))
    working = working_clock(FrameClock.from_pts(times), 25)
    assert np.allclose(np.diff(working.times_s), 1 / 25)
    assert working.times_s[0] == times[0]
    assert working.times_s[-1] <= times[-1]


@settings(max_examples=40, deadline=None)
@given(fps=st.sampled_from([15, 25, 50, 120]), wanted=st.sampled_from([20, 30, 60]))
def test_a_straight_walk_stays_straight(fps, wanted):
    clock = FrameClock.declared(200, fps)
    positions = np.stack([clock.times_s * 3, 5 - clock.times_s], axis=1)[:, None, None, :]
    working = working_clock(clock, wanted)
    moved = resample_pose(track(positions), clock, working).positions[:, 0, 0]
    assert np.allclose(moved[:, 0], working.times_s * 3, atol=1e-4)
    assert np.allclose(moved[:, 1], 5 - working.times_s, atol=1e-4)
    back = scores_at(moved, working, clock)
    inside = clock.times_s <= working.times_s[-1]
    assert np.allclose(back[inside, 0], clock.times_s[inside] * 3, atol=1e-4)


def test_a_missing_point_is_not_filled():
    clock = FrameClock.declared(10, 10)
    positions = np.ones((10, 1, 1, 2))
    positions[4] = np.nan
    working = working_clock(clock, 20)
    moved = resample_pose(track(positions), clock, working).positions[:, 0, 0, 0]
    # Frame 4 is missing, and so is everything between its neighbors.
    assert np.flatnonzero(np.isnan(moved)).tolist() == [7, 8, 9]


def test_states_go_to_the_nearest_frame():
    clock = FrameClock.declared(40, 40)
    states = (np.arange(40) // 10 % 2).astype(np.int8)[:, None]
    working = working_clock(clock, 20)
    assert np.array_equal(resample_states(states, clock, working), states[::2])
