"""Trials as rows: cut apart, measured alone, compared with the animal's other trials."""

import numpy as np
import pytest
from tests.withdrawals import FPS, withdrawal

from boutwise.errors import DataError
from boutwise.prepare.trials import RELATIVE, PreparedTrials, trials_of
from boutwise.store import Store
from boutwise.types import FrameClock, PoseTrack, Subject, Trial
from boutwise.types.recipe import Part

ME = Subject("r", "m")
PATHS = (Part(part="trajectory"),)


def recording(*tracks):
    """Tracks one after the other, with the trials that they are."""
    positions = np.concatenate(tracks) * np.array([1, -1], dtype=np.float32)
    pose = PoseTrack(positions[:, None, None], None, ("m",), ("paw",))
    ends = np.cumsum([len(track) for track in tracks]).tolist()
    pairs = list(zip(ends, tracks, strict=True))
    trials = tuple(Trial(n + 1, end - len(t), len(t)) for n, (end, t) in enumerate(pairs))
    return pose, FrameClock.declared(len(positions), FPS), trials


def tracks(n=3):
    rng = np.random.default_rng(4)
    return [withdrawal(kind, rng) for kind in ("heavy", "brush", "light", "cotton")[:n]]


def rows(*some, **options):
    pose, clock, trials = recording(*some)
    return PreparedTrials(pose, clock, trials, FPS, **options).stream(ME, PATHS)


def test_a_row_is_the_same_whatever_trials_stand_beside_it():
    one, two, three = tracks()
    alone = rows(two).values
    beside = rows(one, two, three).values
    far = rows(one + 500, two, three + 900).values
    np.testing.assert_allclose(beside[1], alone[0])
    np.testing.assert_allclose(far[1], alone[0])


def test_relative_columns_are_differences_from_the_mean_of_the_trials():
    some = tracks()
    plain, both = rows(*some), rows(*some, relative=True)
    half = len(plain.columns)
    assert both.columns[:half] == plain.columns
    assert both.columns[half:] == tuple(f"{RELATIVE}{name}" for name in plain.columns)
    np.testing.assert_array_equal(both.values[:, :half], plain.values)
    mean = plain.values.mean(axis=0)
    np.testing.assert_allclose(both.values[:, half:], plain.values - mean, rtol=1e-4, atol=1e-3)


def test_one_trial_cannot_be_compared():
    with pytest.raises(DataError, match="one trial only"):
        rows(tracks()[0], relative=True)


def test_a_feature_set_without_measurements_of_trials_is_summed_up():
    rng = np.random.default_rng(0)
    positions = rng.normal(0, 1, (90, 1, 2, 2))
    positions[..., 1, 0] += 60
    roles = {"nose": "nose", "tail": "tail_base"}
    pose = PoseTrack(positions.astype(np.float32), None, ("m",), ("nose", "tail"), roles)
    trials = (Trial(1, 0, 40), Trial(2, 40, 50))
    prepared = PreparedTrials(pose, FrameClock.declared(90, 30), trials, 30.0)
    stream = prepared.stream(ME, (Part(part="egocentric"),))
    assert stream.values.shape == (2, len(stream.columns))
    names = {name.partition(":")[0] for name in stream.columns}
    assert {"mean", "sd", "q0.5"} <= names
    place = stream.columns.index("q0.5:distance.nose-tail_base")
    assert stream.values[0, place] == pytest.approx(1, abs=0.05), "in bodies of its own trial"


def test_rows_are_kept_in_the_store_and_found_again(tmp_path):
    store = Store(tmp_path)
    some = tracks()
    first = rows(*some, store=store)
    again = rows(*some, store=store)
    assert first.keys == again.keys
    np.testing.assert_array_equal(first.values, again.values)
    assert rows(*some, relative=True, store=store).keys != first.keys
    pose, clock, trials = recording(*some)
    other = PreparedTrials(pose, clock, trials[:2], FPS, store=store)
    assert other.stream(ME, PATHS).keys != first.keys


def test_without_trials_the_recording_is_one():
    assert trials_of((), 70) == (Trial(1, 0, 70),)
