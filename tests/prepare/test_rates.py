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


def test_a_pause_of_the_camera_is_not_filled():
    times = np.r_[np.arange(100) / 30, 10 + np.arange(100) / 30]
    clock = FrameClock.from_pts(times)
    positions = np.zeros((200, 1, 1, 2))
    positions[100:] = 100
    states = np.zeros((200, 1), np.int8)
    states[95:100] = 1
    working = working_clock(clock, 30)
    moved = resample_pose(track(positions), clock, working).positions[:, 0, 0, 0]
    known = resample_states(states, clock, working)
    # 3.3 s of frames, nothing for 6.7 s, 3.3 s of frames; nothing in between was ever seen.
    there = moved[np.isfinite(moved)]
    assert ((there < 1) | (there > 99)).all()
    assert np.isnan(moved[102:298]).all()
    assert (known[102:298] == -1).all()
    assert 5 <= (known == 1).sum() <= 6
    # A single lost frame is bridged.
    lost = FrameClock.from_pts(np.delete(np.arange(60) / 30, 20))
    whole = resample_pose(track(np.ones((59, 1, 1, 2))), lost, working_clock(lost, 30))
    assert np.isfinite(whole.positions).all()


def test_features_of_other_frame_times_are_not_taken_from_the_store(tmp_path):
    """Two clocks with the same working clock: the same positions mean another movement."""
    from boutwise.prepare import PreparedPose
    from boutwise.store import Store
    from boutwise.synthetic import simulate
    from boutwise.types import Subject
    from boutwise.types.recipe import Part

    mouse = simulate("easy", animals=1, minutes=0.1, seed=2)[0]
    n_frames = mouse.pose.n_frames
    steps = np.ones(n_frames - 1)
    steps[: n_frames // 2] = 2.5
    pauses = [steps, steps[::-1]]
    store, values = Store(tmp_path), []
    for each in pauses:
        clock = FrameClock.from_pts(np.r_[0, np.cumsum(each)] / 30)
        prepared = PreparedPose(mouse.pose, clock, fps=30.0, store=store)
        who = Subject(mouse.recording.id, mouse.pose.animals[0])
        values.append(np.array(prepared.stream(who, [Part(part="egocentric")]).values))
    assert len(values[0]) == len(values[1])
    assert not np.allclose(values[0], values[1], equal_nan=True)
