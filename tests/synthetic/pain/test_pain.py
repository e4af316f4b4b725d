"""Simulated pain tests: acts that are seen where their labels say, and files that are read back."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from boutwise.errors import UsageError
from boutwise.formats import dlc_csv, trial_labels
from boutwise.synthetic.pain import (
    PAIN_VERSION,
    acts,
    counts,
    film,
    postures,
    simulate_pain,
    write_pain,
)
from boutwise.synthetic.pain.acts import BEHAVIORS, PAIN
from boutwise.synthetic.rendering import write_film
from boutwise.video import index_video


@pytest.fixture(scope="module")
def tests():
    return simulate_pain(animals=6, test_animals=2, videos=2, seed=0)


def bouts_of(tests, *behaviors):
    return [(test, row) for test in tests for row in test.truth.rows() if row.behavior in behaviors]


def test_pain_acts_take_5_to_10_frames_and_every_class_occurs(tests):
    lengths = [row.stop - row.start for _test, row in bouts_of(tests, *PAIN)]
    assert min(lengths) >= 5
    assert max(lengths) <= 10
    found = counts(tests)
    assert all(found[name] >= 8 for name in BEHAVIORS)
    share = sum(lengths) / (1080 * len(tests))
    assert 0.03 < share < 0.15
    withdrawn = sum(row.stop - row.start for _t, row in bouts_of(tests, "paw_withdraw"))
    assert withdrawn / (1080 * len(tests)) < 0.05


def test_labels_are_the_truth_but_for_a_frame(tests):
    off = []
    for test in tests:
        true, said = list(test.truth.rows()), list(test.bouts.rows())
        assert [row.behavior for row in true] == [row.behavior for row in said]
        off += [abs(a.start - b.start) for a, b in zip(true, said, strict=True)]
    assert max(off) == 1
    assert 0.3 < np.mean(off) < 0.6


def test_animals_differ_and_stay_themselves(tests):
    def size(test):
        points = test.pose.positions[:, 0]
        return float(np.median(np.linalg.norm(points[:, 0] - points[:, 5], axis=1)))

    sizes = np.array([size(test) for test in tests]).reshape(6, 2)
    assert np.abs(np.diff(sizes, axis=1)).max() < 0.5 * np.ptp(sizes.mean(axis=1))
    assert np.ptp(sizes.mean(axis=1)) > 8
    again = simulate_pain(animals=3, test_animals=0, videos=1, seed=0)
    np.testing.assert_array_equal(again[1].pose.positions, tests[2].pose.positions)
    assert {test.family for test in tests[-4:]} == {"test"}


def hindpaw_heights(test):
    places = [test.pose.keypoints.index(name) for name in ("left_hindpaw", "right_hindpaw")]
    return test.pose.positions[:, 0, places, 2].max(axis=1)


def test_a_withdrawn_paw_is_up_inside_its_bout_and_down_around_it(tests):
    inside, before = [], []
    for test, row in bouts_of(tests, "paw_withdraw"):
        heights = hindpaw_heights(test)
        after_pain = any(
            other.stop > row.start - 4 and other.start < row.start and other.behavior in PAIN
            for other in test.truth.rows()
        )
        if row.start >= 4 and not after_pain:
            inside.append(heights[row.start : row.stop].max())
            before.append(heights[row.start - 3 : row.start].max())
    assert len(inside) > 20
    assert np.median(inside) > 6
    assert np.mean(np.array(inside) > np.array(before)) > 0.9


def test_a_shaken_paw_oscillates_at_about_ten_hertz(tests):
    rates = []
    for test, row in bouts_of(tests, "paw_shake"):
        hips = test.pose.positions[:, 0, test.pose.keypoints.index("tail_base")]
        for name in ("left_hindpaw", "right_hindpaw"):
            paw = test.pose.positions[:, 0, test.pose.keypoints.index(name)] - hips
            part = paw[row.start + 1 : row.stop]
            if np.ptp(part, axis=0).max() < 5 or len(part) < 6:
                continue
            speed = np.diff(np.linalg.norm(part[:, :2], axis=1))
            turns = np.count_nonzero(np.diff(np.sign(speed)))
            rates.append(30 * turns / 2 / (len(speed) - 1))
    assert 6 < np.median(rates) < 13


def test_the_head_goes_to_the_paw_that_is_licked(tests):
    def nearest(test):
        at = {name: test.pose.positions[:, 0, k] for k, name in enumerate(test.pose.keypoints)}
        ways = [at["nose"] - at[f"{side}_hindpaw"] for side in ("left", "right")]
        return np.linalg.norm(ways, axis=2).min(axis=0)

    licking = [nearest(t)[r.start + 4 : r.stop].min() for t, r in bouts_of(tests, "paw_lick")]
    resting = [np.median(nearest(t)[r.start : r.stop]) for t, r in bouts_of(tests, "rest")]
    assert np.median(licking) < 0.5 * np.median(resting)


def test_the_picture_moves_where_the_labels_say(tests):
    """Motion in the picture is larger inside shakes, licks and flinches than in the rest before."""
    inside, before = [], []
    for test in tests[:6:2]:
        drawn = film(test, size=(128, 128))
        for row in test.truth.rows():
            if row.behavior not in ("paw_shake", "paw_lick", "flinch") or row.start < 8:
                continue
            pictures = [
                drawn.picture(k).astype(float) for k in range(row.start - 7, min(row.stop, 1080))
            ]
            energy = np.abs(np.diff(pictures, axis=0))
            box = drawn.boxes.corners[row.start, 0].astype(int)
            energy = energy[:, box[1] : box[3], box[0] : box[2]].mean(axis=(1, 2))
            inside.append(energy[7:].max())
            before.append(np.median(energy[:5]))
    assert len(inside) >= 10
    assert np.median(np.array(inside) / np.array(before)) > 1.3


def test_files_are_read_back_as_they_were_written(tests, tmp_path):
    test = tests[0]
    write_pain([test], tmp_path, size=(64, 64))
    video = tmp_path / "videos" / "mouse_1_day_1.mp4"
    index = index_video(video)
    assert index.n_frames == 1080
    np.testing.assert_allclose(index.clock.times_s, test.recording.clock.times_s, atol=1e-6)
    pose = dlc_csv.read(tmp_path / "pose" / "mouse_1_day_1DLC_simulated.csv")
    assert pose.recording == "mouse_1_day_1"
    true = film(test, size=(64, 64)).pose.positions
    away = np.linalg.norm(pose.pose.positions - true, axis=3)
    assert 0 < np.median(away) < 1
    states = np.full(1080, "", dtype=object)
    for trial in (1, 2, 3):
        contents = trial_labels.read(
            tmp_path / "labels" / f"prediction_mouse_1_day_1.mp4_{trial}.csv"
        )
        (track,) = contents.labels
        assert (track.recording, track.trial, track.n_rows) == ("mouse_1_day_1", trial, 360)
        for row in track.rows:
            states[360 * (trial - 1) + int(row.start) : 360 * (trial - 1) + int(row.stop)] = (
                row.behavior
            )
    for row in test.bouts.rows():
        assert set(states[row.start : row.stop]) == {row.behavior}


def test_what_cannot_be_is_refused(tests, tmp_path):
    with pytest.raises(UsageError, match="cannot be"):
        simulate_pain(animals=2, test_animals=3)
    with pytest.raises(UsageError, match="even"):
        write_film(film(tests[0], size=(63, 64)), tmp_path / "odd.mp4")
    assert not list(tmp_path.iterdir())


def test_version_1_is_frozen(tests):
    assert PAIN_VERSION == 1
    tables = (acts.QUANTILES_S, acts.NEXT, acts.STIMULUS_FRAMES, acts.ANSWERED)
    looks = (
        postures._LIKE,
        postures._ADDED,
        postures._ACTIVE,
        postures._JERK,
        postures.JERK_MM,
    )
    digests = [hashlib.sha256(repr(t).encode()).hexdigest()[:16] for t in (tables, looks)]
    assert digests == ["bd05c2881be739fa", "8a1f5570b64e4d83"]
    assert list(counts(tests).values()) == [135, 57, 34, 14, 31, 13, 47, 86]
    lengths = [
        float(np.linalg.norm(np.ptp(test.pose.positions[:, 0, 0], axis=0))) for test in tests[:3]
    ]
    assert lengths == pytest.approx([224.825, 147.951, 203.564], rel=1e-3)
