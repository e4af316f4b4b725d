"""Contract tests of all pose augmentations, and what each of them does to a pose."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from boutwise import registry
from boutwise.errors import UsageError
from boutwise.prepare import (
    PreparedPose,
    changed_pose,
    frames_of_view,
    resample_states,
    view_generator,
)
from boutwise.synthetic import simulate
from boutwise.types import FrameClock, PoseTrack, Subject
from boutwise.types.recipe import Part

PARTS = registry.names("pose augmentation")
EVERY = pytest.mark.parametrize("name", PARTS)
STRONG = {
    "keypoint_dropout": {"share": 0.3},
    "animal_dropout": {"share": 0.3},
    "tempo": {"spread": 0.5},
}


@pytest.fixture(scope="module")
def mouse():
    return simulate("easy", animals=1, minutes=0.75, seed=3)[0]


@pytest.fixture(scope="module")
def pose(mouse):
    """Two animals, the second one beside the first, with values missing."""
    one = mouse.pose.positions
    both = np.concatenate([one, one + 30], axis=1)
    both[100:150, 0, 1] = np.nan
    both[200:260, 1] = np.nan
    names = ("one", "other")
    return PoseTrack(both, None, names, mouse.pose.keypoints, dict(mouse.pose.roles))


def change(name, pose, clock, seed=0, **options):
    return registry.load("pose augmentation", name).change(
        pose, clock, np.random.default_rng(seed), **options
    )


def test_no_name_means_two_parts():
    assert not set(PARTS) & set(registry.names("augmentation"))
    assert set(PARTS) >= {"rotation", "scale", "keypoint_noise", "keypoint_dropout", "tempo"}


@EVERY
def test_contract(name, pose, mouse):
    module = registry.load("pose augmentation", name)
    clock = mouse.recording.clock
    assert module.DESCRIPTION
    assert module.INERT in ("", "translation", "rotation", "scale", "time_stretch")
    options = list(inspect.signature(module.change).parameters.values())[3:]
    assert options
    assert all(p.kind is p.KEYWORD_ONLY and p.default is not p.empty for p in options)
    before = pose.positions.copy()
    found = [change(name, pose, clock, seed, **STRONG.get(name, {})) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(pose.positions, before)
    for new, times in found:
        assert new.positions.shape == before.shape
        assert new.positions.dtype == np.float32
        assert times.n_frames == clock.n_frames
        assert np.isnan(new.positions[np.isnan(before)]).all()
        assert (new.animals, new.keypoints, new.roles) == (pose.animals, pose.keypoints, pose.roles)
    values = [np.r_[new.positions.ravel(), times.times_s] for new, times in found]
    np.testing.assert_array_equal(values[0], values[1])
    assert not np.array_equal(values[0], values[2], equal_nan=True)


@EVERY
def test_nothing_to_look_at_is_no_fault(name, pose):
    gone = PoseTrack(np.full((10, 1, 2, 2), np.nan), None, ("a",), ("nose", "back"))
    new, _ = change(name, gone, FrameClock.declared(10, 20))
    assert np.isnan(new.positions).all()
    empty = PoseTrack(np.empty((0, 1, 2, 2)), None, ("a",), ("nose", "back"))
    assert change(name, empty, FrameClock.declared(0, 20))[0].n_frames == 0


@EVERY
def test_options_out_of_range_are_named(name, pose, mouse):
    module = registry.load("pose augmentation", name)
    for option in list(inspect.signature(module.change).parameters)[3:]:
        for value in (-1, float("nan"), "much"):
            with pytest.raises(UsageError, match=option):
                change(name, pose, mouse.recording.clock, **{option: value})


def egocentric(pose, clock):
    table = registry.load("feature set", "egocentric").compute(pose, clock, Subject("r", "one"))
    return table.values[0]


@EVERY
def test_inert_means_that_invariant_features_stay(name, pose, mouse):
    module, clock = registry.load("pose augmentation", name), mouse.recording.clock
    new, times = change(name, pose, clock, seed=4, **STRONG.get(name, {}))
    if module.INERT:
        assert module.INERT in registry.load("feature set", "egocentric").INVARIANCES
        a, b = egocentric(pose, clock), egocentric(new, times)
        np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
        close = np.isclose(a, b, rtol=1e-2, atol=1e-2, equal_nan=True)
        assert close.mean() > 0.999
    else:
        a, b = egocentric(pose, clock), egocentric(new, times)
        assert not np.isclose(a, b, rtol=1e-2, atol=1e-2, equal_nan=True).all()


def test_rotation_keeps_all_distances(pose, mouse):
    new, _ = change("rotation", pose, mouse.recording.clock)
    for track in (pose, new):
        apart = track.positions[:, 0, 0] - track.positions[:, 1, 2]
        track_length = np.linalg.norm(apart, axis=-1)
        if track is pose:
            expected = track_length
    np.testing.assert_allclose(track_length, expected, atol=1e-2, rtol=1e-4)
    assert np.nanmax(np.abs(new.positions - pose.positions)) > 10


def test_noise_has_the_asked_size_and_lasts(pose, mouse):
    clock = mouse.recording.clock
    nose, tail = pose.by_role("nose"), pose.by_role("tail_base")
    body = np.nanmedian(
        np.linalg.norm(pose.positions[:, 0, nose] - pose.positions[:, 0, tail], axis=1)
    )
    together = {}
    for smooth_s in (0.0, 0.2):
        new, _ = change("keypoint_noise", pose, clock, sd=0.05, smooth_s=smooth_s)
        off = (new.positions - pose.positions)[:, 0, nose, 0] / body
        assert np.std(off) == pytest.approx(0.05, rel=0.15)
        together[smooth_s] = np.corrcoef(off[:-1], off[1:])[0, 1]
    assert abs(together[0.0]) < 0.15
    assert together[0.2] > 0.8


@pytest.mark.parametrize(("name", "least"), [("keypoint_dropout", 0.07), ("animal_dropout", 0.03)])
def test_dropout_takes_runs_of_frames(mouse, name, least):
    rng = np.random.default_rng(0)
    pose = PoseTrack(rng.normal(size=(20_000, 2, 3, 2)), None, ("a", "b"), ("x", "y", "z"))
    new, _ = change(name, pose, FrameClock.declared(20_000, 20), share=0.1, seconds=1.0)
    gone = np.isnan(new.positions).all(axis=-1)
    assert least < gone.mean() < 0.13
    starts = (np.diff(gone[:, 0, 0].astype(int)) == 1).sum()
    assert 8 < gone[:, 0, 0].sum() / starts < 45  # 20 frames are a second
    whole = gone.all(axis=2) | ~gone.any(axis=2)
    assert whole.all() == (name == "animal_dropout")
    assert (gone[:, 0, 0] != gone[:, 1, 0]).any()


def test_what_is_measured_of_an_animal_goes_with_it():
    rng = np.random.default_rng(0)
    signals = {"motion_energy.front@0.05s": rng.random((2000, 2)).astype(np.float32)}
    positions = rng.normal(size=(2000, 2, 3, 2))
    pose = PoseTrack(positions, None, ("a", "b"), ("x", "y", "z"), signals=signals)
    new, _ = change("animal_dropout", pose, FrameClock.declared(2000, 20), share=0.3)
    (left,) = new.signals.values()
    np.testing.assert_array_equal(np.isnan(left), np.isnan(new.positions).all(axis=(2, 3)))
    assert 0.05 < np.isnan(left).mean() < 0.6
    assert np.isfinite(pose.signals["motion_energy.front@0.05s"]).all()


def test_tempo_changes_speeds_and_labels_follow(mouse):
    """A slower view has more frames, lower speeds, and every bout where it belongs."""
    pose, clock = mouse.pose, mouse.recording.clock
    subject = Subject(mouse.recording.id, pose.animals[0])
    parts = [Part(part="tempo", options={"spread": 0.6})]
    labels = mouse.bouts.to_frames(subject, mouse.ethogram, clock.n_frames)
    fps = clock.fps
    original = PreparedPose(pose, clock, fps=fps)
    seen = set()
    for number in range(6):
        rng = view_generator(3, "r", number)
        other, times = changed_pose(pose, clock, parts, rng)
        pace = times.fps / clock.fps
        view = PreparedPose(other, times, fps=fps)
        frames = frames_of_view(original, clock, view, times)
        assert view.clock.n_frames == pytest.approx(clock.n_frames / pace, abs=3)
        assert (np.diff(frames) >= 0).all()
        np.testing.assert_array_equal(labels[frames], resample_states(labels, times, view.clock))
        place = pose.by_role("nose")
        moved = [
            np.nanmedian(np.linalg.norm(np.diff(p.pose.positions[:, 0, place], axis=0), axis=1))
            for p in (original, view)
        ]
        assert moved[1] / moved[0] == pytest.approx(pace, rel=0.25)
        seen.add(pace > 1)
    assert seen == {True, False}


def test_views_of_two_recordings_and_seeds_differ():
    drawn = {
        key: view_generator(*key).random()
        for key in ((0, "a", 0), (0, "b", 0), (1, "a", 0), (0, "a", 1))
    }
    assert len(set(drawn.values())) == 4
    assert view_generator(0, "a", 0).random() == drawn[0, "a", 0]
