"""Poses and features of long recordings come by stretches, and are those of the whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boutwise import registry
from boutwise.cleaning import clean_pose
from boutwise.prepare import FeatureRows, PreparedPose, at_once, resample_pose, rows
from boutwise.store import Store
from boutwise.synthetic import simulate_pairs
from boutwise.types import FrameClock, is_pixels
from boutwise.types.recipe import Part

PARTS = [Part(part="egocentric"), Part(part="social48")]
CLEAN = [Part(part="clean_pose")]


@pytest.fixture(scope="module")
def pair():
    found = simulate_pairs("default", pairs=1, minutes=0.3, seed=3)[0]
    lost = np.random.default_rng(0).random(found.pose.positions.shape[:3]) < 0.1
    positions = np.where(lost[..., None], np.nan, found.pose.positions)
    return replace(found, pose=replace(found.pose, positions=positions, confidence=None))


@pytest.fixture
def short(monkeypatch):
    """Stretches of which a few seconds have several."""
    monkeypatch.setattr(rows, "STRETCH_FRAMES", 97)


def prepared(pair, fps: float = 30.0, store: Store | None = None) -> PreparedPose:
    return PreparedPose(pair.pose, pair.recording.clock, fps=fps, prepare=CLEAN, store=store)


@pytest.mark.parametrize("fps", [30.0, 21.0])
def test_a_pose_is_resampled_and_cleaned_by_stretches(pair, short, fps):
    found = prepared(pair, fps)
    whole = resample_pose(pair.pose, pair.recording.clock, found.clock)
    whole = clean_pose.clean(whole, found.clock)
    np.testing.assert_array_equal(found.pose.positions, whole.positions)
    assert found.clock.n_frames > 3 * rows.STRETCH_FRAMES


def test_rows_are_read_as_they_are_computed_at_once(pair, short):
    mine = prepared(pair)
    for subject in pair.subjects:
        expected = []
        for part in PARTS:
            table = registry.load("feature set", part.part).compute(mine.pose, mine.clock, subject)
            expected.append(table.of(subject))
        expected = np.concatenate(expected, axis=1)
        stream, read = mine.stream(subject, PARTS), mine.rows(subject, PARTS)
        np.testing.assert_array_equal(stream.values, expected)
        assert read.columns == stream.columns
        assert (len(read), read.shape) == (len(expected), expected.shape)
        assert not read.present.any(), "nothing was read"
        for start in range(0, len(read), 61):
            np.testing.assert_array_equal(
                read[start : start + 80], expected[start : start + 80], strict=True
            )
        np.testing.assert_array_equal(read.present, np.isfinite(expected).any(axis=1))
        np.testing.assert_array_equal(at_once(mine.rows(subject, PARTS)), expected)


def test_the_store_is_filled_by_stretches(pair, short, tmp_path, monkeypatch):
    longest = []
    for part in PARTS:
        module = registry.load("feature set", part.part)

        def told(pose, *given, _compute=module.compute, **more):
            longest.append(pose.n_frames)
            return _compute(pose, *given, **more)

        monkeypatch.setattr(module, "compute", told)
    store = Store(tmp_path)
    kept = [prepared(pair, store=store).stream(who, PARTS) for who in pair.subjects]
    for subject, stream in zip(pair.subjects, kept, strict=True):
        alone = prepared(pair).stream(subject, PARTS)
        assert stream.pieces == alone.pieces
        np.testing.assert_array_equal(stream.values, alone.values)
        read = prepared(pair, store=store).rows(subject, PARTS)
        np.testing.assert_array_equal(read[50:150], alone.values[50:150])
    assert max(longest) < 97 + 2 * 30
    assert len(list(store.keys())) == len(PARTS) * 2


def test_columns_are_given_by_name(pair):
    read = prepared(pair).rows(pair.subjects[0], PARTS[1:])
    first, last = read.columns[0], read.columns[-1]
    some = read.of_columns((last, "nobody has it", first))
    values = some[3:9]
    np.testing.assert_array_equal(values[:, [2, 0]], read[3:9][:, [0, -1]])
    assert np.isnan(values[:, 1]).all()
    assert some.shape == (len(read), 3)
    assert not is_pixels(some)


def test_rows_of_what_is_there_already(pair):
    stream = prepared(pair).stream(pair.subjects[0], PARTS)
    read = FeatureRows.of(stream)
    np.testing.assert_array_equal(read[5:7], stream.values[5:7])
    assert read.columns == stream.columns


def test_a_recording_of_few_frames(pair):
    clock = FrameClock.declared(1, 30.0)
    one = PreparedPose(pair.pose.frames(3, 4), clock, fps=30.0, prepare=CLEAN)
    assert one.pose.n_frames == 1
    none = PreparedPose(pair.pose.frames(0, 0), FrameClock.declared(0, 30.0), fps=30, prepare=CLEAN)
    assert none.pose.n_frames == 0
