"""Cleaning takes out what is wrong and leaves the rest alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise import registry
from boutwise.cleaning import clean_pose
from boutwise.errors import UsageError
from boutwise.types import FrameClock, PoseTrack

KEYPOINTS = ("nose", "left", "right", "tail")
PLACES = np.array([[2.0, 0], [1.5, 0.5], [1.5, -0.5], [0, 0]])


def mouse(n_frames: int, *, fps: float = 20.0, size: float = 30.0, seed: int = 0):
    """A mouse that runs on a smooth path, with confidence 1."""
    rng = np.random.default_rng(seed)
    time = np.arange(n_frames) / fps
    path = np.stack([5 * np.sin(time + seed), 5 * np.cos(0.7 * time)], axis=1)
    points = path[:, None] + PLACES + rng.normal(0, 0.02, (n_frames, 4, 2))
    positions = (size * points)[:, None].astype(np.float32)
    confidence = np.ones((n_frames, 1, 4), dtype=np.float32)
    pose = PoseTrack(positions, confidence, ("m",), KEYPOINTS)
    return pose, FrameClock.declared(n_frames, fps)


def test_it_is_found():
    assert "clean_pose" in registry.names("preparation")


@pytest.mark.parametrize("fps", [10, 20, 30, 60, 250])
def test_a_good_track_stays_as_it_is(fps):
    pose, clock = mouse(10 * fps, fps=fps)
    cleaned = clean_pose.clean(pose, clock)
    np.testing.assert_array_equal(cleaned.positions, pose.positions)


@settings(max_examples=30, deadline=None)
@given(
    frames=st.lists(st.integers(5, 190), min_size=1, max_size=6, unique=True),
    keypoint=st.integers(0, 3),
    angle=st.floats(0, 6.28),
    size=st.sampled_from([0.1, 30.0, 500.0]),
)
def test_spikes_are_taken_out_and_bridged(frames, keypoint, angle, size):
    frames = [f for f in frames if all(abs(f - g) > 8 for g in frames if g < f)]
    pose, clock = mouse(200, size=size)
    spoiled = pose.positions.copy()
    jump = 4 * size * np.array([np.cos(angle), np.sin(angle)])
    spoiled[frames, 0, keypoint] += jump.astype(np.float32)
    cleaned = clean_pose.clean(replace(pose, positions=spoiled), clock)
    worst = np.abs(cleaned.positions - pose.positions).max()
    assert worst < 0.2 * size
    untouched = np.ones(200, dtype=bool)
    untouched[frames] = False
    np.testing.assert_array_equal(cleaned.positions[untouched], pose.positions[untouched])


@settings(max_examples=40, deadline=None)
@given(start=st.integers(0, 80), length=st.integers(1, 40), limit=st.sampled_from([0.1, 0.25, 1.0]))
def test_gaps_up_to_the_limit_are_bridged_and_no_longer_ones(start, length, limit):
    pose, clock = mouse(100)
    stop = min(start + length, 100)
    confidence = pose.confidence.copy()
    confidence[start:stop, 0, 1] = 0.1
    cleaned = clean_pose.clean(
        replace(pose, confidence=confidence), clock, longest_gap_s=limit, spike_window_s=0
    ).positions[:, 0, 1]
    is_bridged = start > 0 and stop < 100 and stop - start <= round(limit * 20)
    assert np.isfinite(cleaned[start:stop]).all() == is_bridged
    assert np.isnan(cleaned[start:stop]).all() == (not is_bridged)
    if is_bridged:
        ends = pose.positions[[start - 1, stop], 0, 1].astype(float)
        share = np.arange(1, stop - start + 1)[:, None] / (stop - start + 1)
        line = ends[0] + share * (ends[1] - ends[0])
        np.testing.assert_allclose(cleaned[start:stop], line, rtol=1e-5, atol=1e-3)


@settings(max_examples=30, deadline=None)
@given(
    start=st.integers(0, 300),
    length=st.integers(1, 150),
    gap=st.sampled_from([0.0, 0.25, 1.0]),
    window=st.sampled_from([0.0, 0.25, 1.5]),
    seed=st.integers(0, 20),
)
def test_whole_is_chunked(start, length, gap, window, seed):
    rng = np.random.default_rng(seed)
    pose, clock = mouse(400, seed=seed)
    spoiled = pose.positions.copy()
    spoiled[rng.random((400, 1, 4)) < 0.05] += 100
    lost = rng.random((400, 1, 4)) < 0.02
    for shift in range(1, 12):
        lost[shift:] |= lost[:-shift] & (rng.random((400 - shift, 1, 4)) < 0.1)
    confidence = np.where(lost, 0.2, 0.9)
    pose = replace(pose, positions=spoiled, confidence=confidence)
    options = {"longest_gap_s": gap, "spike_window_s": window}
    whole = clean_pose.clean(pose, clock, **options).positions
    margin = clean_pose.margin_frames(clock, **options)
    stop = min(start + length, 400)
    low, high = max(start - margin, 0), min(stop + margin, 400)
    chunk = clean_pose.clean(pose.frames(low, high), clock, **options).positions
    np.testing.assert_array_equal(chunk[start - low : stop - low], whole[start:stop])


def test_unsure_keypoints_are_missing_with_all_coordinates():
    pose, clock = mouse(50)
    positions = pose.positions.copy()
    positions[20:40, 0, 0, 1] = np.nan
    cleaned = clean_pose.clean(replace(pose, positions=positions), clock).positions
    assert np.isnan(cleaned[20:40, 0, 0]).all()
    unsure = replace(pose, confidence=np.full_like(pose.confidence, 0.5))
    assert np.isnan(clean_pose.clean(unsure, clock).positions).all()
    kept = clean_pose.clean(unsure, clock, least_confidence=0.4).positions
    np.testing.assert_array_equal(kept, pose.positions)


def test_the_input_is_not_changed_and_confidence_is_optional():
    pose, clock = mouse(60)
    positions = pose.positions.copy()
    positions[30, 0, 2] += 1000
    bare = replace(pose, positions=positions, confidence=None)
    kept = positions.copy()
    cleaned = clean_pose.clean(bare, clock)
    np.testing.assert_array_equal(bare.positions, kept)
    assert cleaned.confidence is None
    assert np.abs(cleaned.positions[30, 0, 2] - pose.positions[30, 0, 2]).max() < 5


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("least_confidence", 1.5),
        ("spike_window_s", -1.0),
        ("spike_extents", 0.0),
        ("longest_gap_s", float("nan")),
    ],
)
def test_an_option_out_of_range_is_named(option, value):
    pose, clock = mouse(10)
    with pytest.raises(UsageError, match=option):
        clean_pose.clean(pose, clock, **{option: value})
    with pytest.raises(UsageError, match=option):
        clean_pose.margin_frames(clock, **{option: value})


@pytest.mark.parametrize("n_frames", [0, 1, 2])
def test_tiny_tracks(n_frames):
    pose, clock = mouse(n_frames)
    assert clean_pose.clean(pose, clock).n_frames == n_frames


def test_real_track_loses_little(shared):
    """On SUBTLE's 3D tracks, already filtered by their authors, hardly a point is a spike."""
    file = shared("subtle/labelled/coords") / "adult_6112.csv"
    values = np.loadtxt(file, delimiter=",", dtype=np.float32).reshape(-1, 1, 9, 3)
    pose = PoseTrack(values, None, ("m",), tuple("abcdefghi"))
    cleaned = clean_pose.clean(pose, FrameClock.declared(len(values), 20)).positions
    assert np.isfinite(cleaned).all()
    assert (cleaned != values).any(axis=3).mean() < 0.01
