"""Trajectories of single points, and what is measured of a whole trial."""

import numpy as np
import pytest
from tests.withdrawals import FPS, SHAKE_HZ, withdrawal

from boutwise.features import _withdrawal, trajectory
from boutwise.types import FrameClock, PoseTrack, Subject

ME = Subject("r", "m")


def pose_of(track, dims=2):
    """The file's y points up, that of a pose points down."""
    turned = track * np.array([1, -1], dtype=np.float32)
    if dims == 3:
        turned = np.stack([track[:, 0], np.zeros(len(track)), track[:, 1]], axis=1)
    return PoseTrack(turned[:, None, None].astype(np.float32), None, ("m",), ("paw",))


def measured(track, fps=FPS, dims=2):
    pose = pose_of(track, dims)
    table = trajectory.of_trial(pose, FrameClock.declared(len(track), fps), ME)
    assert len(table.units) == len(table.columns)
    return dict(zip(table.columns, table.values[0, 0].tolist(), strict=True))


def needle(seed=0, kind="heavy", gain=1.0):
    return withdrawal(kind, np.random.default_rng(seed), gain=gain)


def test_columns_of_a_frame_are_what_they_are_called():
    time = np.arange(200) / FPS
    track = np.stack([3 * time, 40 * time], axis=1).astype(np.float32) + 7
    clock = FrameClock.declared(200, FPS)
    table = trajectory.compute(pose_of(track), clock, ME)
    found = dict(zip(table.columns, table.values[0].T, strict=True))
    np.testing.assert_allclose(found["height.paw"], 40 * time, atol=1e-3)
    np.testing.assert_allclose(found["aside.paw"], 3 * time, atol=1e-3)
    np.testing.assert_allclose(found["up.paw@0.02s"][10:-10], 40, rtol=1e-3)
    np.testing.assert_allclose(found["speed.paw@0.08s"][30:-30], np.hypot(3, 40), rtol=1e-3)
    assert np.abs(found["swing.paw@0.02s"][10:-10]).max() < 1e-3, "a straight way is no swing"


def test_the_start_is_the_first_frame_in_which_the_point_is_seen():
    track = np.full((50, 2), np.nan, dtype=np.float32)
    track[10:] = [5, 2]
    table = trajectory.compute(pose_of(track), FrameClock.declared(50, FPS), ME)
    found = dict(zip(table.columns, table.values[0].T, strict=True))
    assert np.isnan(found["distance.paw"][:10]).all()
    assert (found["distance.paw"][10:] == 0).all()


def test_a_trial_has_the_height_and_the_peak_that_were_planted():
    track = needle()
    found = measured(track)
    assert found["distance.max.paw"] == pytest.approx(np.hypot(*(track - track[0]).T).max(), 1e-3)
    assert found["time.first_peak.paw"] < 0.06, "a needle makes the paw jump"
    assert measured(withdrawal("brush", np.random.default_rng(0)))["time.first_peak.paw"] > 0.1


def test_shaking_is_found_at_its_frequency_and_where_there_is_none_it_is_not():
    shaken, calm = measured(needle()), measured(withdrawal("cotton", np.random.default_rng(0)))
    low, high = next(
        p
        for p in zip(_withdrawal.BANDS_HZ, _withdrawal.BANDS_HZ[1:], strict=False)
        if p[0] <= SHAKE_HZ < p[1]
    )
    band = f"power.{low}-{high}Hz.share.paw"
    assert shaken[band] > calm[band] + 2
    # About 25 Hz for a quarter of a second: six waves, a turn up and a turn down each.
    assert 8 <= shaken["turns.height.0.1.paw"] <= 18
    assert calm["turns.height.0.1.paw"] <= 1
    assert shaken["shaking.0.03.paw"] > calm["shaking.0.03.paw"] + 0.1


def test_a_mirror_and_another_origin_change_nothing():
    track = needle()
    one = measured(track)
    for other in (track * [-1, 1], np.array([300, -80]) + track):
        two = measured(other.astype(np.float32))
        assert list(one) == list(two)
        np.testing.assert_allclose(list(one.values()), list(two.values()), rtol=5e-2, atol=2e-2)


def test_in_another_unit_only_lengths_change():
    one, two = measured(needle()), measured(needle() * np.float32(25.0))
    clock = FrameClock.declared(3, FPS)
    table = trajectory.of_trial(pose_of(needle()), clock, ME)
    units = dict(zip(table.columns, table.units, strict=True))
    for name, unit in units.items():
        if unit in ("s", "1", "Hz", "rad"):
            assert two[name] == pytest.approx(one[name], rel=2e-2, abs=2e-2), name
        if unit == "length":
            assert two[name] == pytest.approx(25 * one[name], rel=2e-2, abs=0.2), name


def test_height_is_up_in_two_and_three_dimensions():
    track = needle()
    flat, deep = measured(track), measured(track, dims=3)
    assert deep["height.max.paw"] == pytest.approx(flat["height.max.paw"], rel=1e-3)
    assert deep["aside.max.paw"] == pytest.approx(flat["aside.max.paw"], rel=2e-2)


def test_a_gap_is_bridged_and_a_point_never_seen_is_missing():
    track = needle()
    holes = track.copy()
    holes[20:23] = np.nan
    assert measured(holes)["height.max.paw"] == pytest.approx(measured(track)["height.max.paw"])
    nothing = measured(np.full_like(track, np.nan))
    assert list(nothing) == list(measured(track))
    assert np.isnan(list(nothing.values())).all()


@pytest.mark.parametrize("n_frames", [1, 3, 8, 9, 40])
def test_short_and_still_trials_are_measured_or_missing(n_frames):
    found = measured(np.zeros((n_frames, 2), dtype=np.float32))
    values = np.array(list(found.values()))
    assert (
        np.isnan(values).all() if n_frames < _withdrawal.LEAST_FRAMES else np.isfinite(values).all()
    )
