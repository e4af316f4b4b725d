import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import DataError, UsageError
from boutwise.project.splits import (
    by_class,
    folds_by,
    frame_folds,
    holdout,
    leaks,
    linked,
)
from boutwise.types import FrameClock, Recording


def mice(n):
    return [f"m{i:02d}" for i in range(n)]


@pytest.mark.parametrize("n", range(2, 11))
def test_up_to_ten_animals_each_is_left_out(n):
    assert folds_by(mice(n) * 3, "auto", 4) == [(name,) for name in mice(n)]


@given(st.integers(11, 40), st.integers(0, 10), st.integers(1, 5), st.sampled_from(["auto", 3, 7]))
@settings(max_examples=40, deadline=None)
def test_grouped_folds_test_each_group_once_and_evenly(n, seed, columns, n_folds):
    weights = np.random.default_rng(seed).integers(0, 100, (n, columns)).astype(float)
    folds = folds_by(mice(n), n_folds, seed, weights=weights)
    tested = [name for fold in folds for name in fold]
    assert sorted(tested) == mice(n)
    assert len(folds) == (5 if n_folds == "auto" else n_folds)
    sizes = [len(fold) for fold in folds]
    assert max(sizes) - min(sizes) <= 1
    assert folds == folds_by(mice(n), n_folds, seed, weights=weights)


def test_folds_are_balanced_by_frames_and_classes():
    rng = np.random.default_rng(0)
    names = mice(25)
    weights = np.column_stack([rng.integers(500, 2000, 25), rng.exponential(50, (25, 3))])
    share = weights / weights.sum(axis=0)

    def spread(folds):
        loads = [share[[names.index(name) for name in fold]].sum(axis=0) for fold in folds]
        return np.abs(np.array(loads) - 0.2).max()

    ours = spread(folds_by(names, 5, 1, weights=weights))
    drawn = []
    for _ in range(200):
        order = rng.permutation(names)
        drawn.append(spread([tuple(order[i::5]) for i in range(5)]))
    assert ours < min(drawn)
    assert ours < 0.05


def test_the_seed_decides_among_equals():
    assert len({str(folds_by(mice(20), 5, seed)) for seed in range(5)}) > 1


def test_too_few_animals_say_what_to_do():
    with pytest.raises(DataError, match="label another animal") as caught:
        folds_by(["m1", "m1"])
    assert "--animals" in str(caught.value)
    with pytest.raises(DataError, match="at most 3 folds"):
        folds_by(mice(3), 5)
    with pytest.raises(UsageError, match="1 folds"):
        folds_by(mice(3), 1)
    with pytest.raises(UsageError, match="weights"):
        folds_by(mice(12), weights=[-1.0] * 12)


def test_holdout_by_name_and_by_count():
    assert holdout(mice(5), "none") == ()
    assert holdout(mice(5), ["m03", "m01"]) == ("m01", "m03")
    held = holdout(mice(9), 3, 5)
    assert len(held) == 3
    assert held == holdout(mice(9), 3, 5)
    with pytest.raises(UsageError, match="did you mean 'm03'"):
        holdout(mice(5), ["m3"])
    for wrong in (4, ["m00", "m01", "m02", "m03"], -1):
        with pytest.raises(DataError, match="cannot be held out"):
            holdout(mice(5), wrong)


def test_held_out_groups_have_their_share():
    rng = np.random.default_rng(3)
    weights = rng.exponential(10, (30, 2))
    held = holdout(mice(30), 6, 0, weights=weights)
    share = weights[[mice(30).index(name) for name in held]].sum(axis=0) / weights.sum(axis=0)
    np.testing.assert_allclose(share, 0.2, atol=0.03)


@given(st.integers(0, 500), st.integers(2, 6), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_random_windows_stay_whole_and_are_spread_evenly(n_frames, n_folds, seed):
    folds = frame_folds(n_frames, n_folds, seed, recording="a", together=7)
    assert folds.shape == (n_frames,)
    heads = folds[::7]
    np.testing.assert_array_equal(folds, np.repeat(heads, 7)[:n_frames])
    counts = np.bincount(heads, minlength=n_folds)
    assert counts.max() - counts.min() <= 1


@given(st.integers(0, 500), st.integers(2, 6), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_random_frames_are_spread_evenly_and_leak(n_frames, n_folds, seed):
    folds = frame_folds(n_frames, n_folds, seed, recording="a")
    counts = np.bincount(folds, minlength=n_folds)
    assert counts.sum() == n_frames
    assert counts.max() - counts.min() <= 1
    np.testing.assert_array_equal(folds, frame_folds(n_frames, n_folds, seed, recording="a"))
    if n_frames > 50:
        assert (folds != frame_folds(n_frames, n_folds, seed, recording="b")).any()
    assert leaks("random-frame")
    assert leaks("random-window")
    assert not leaks("recording")


def test_animals_that_were_recorded_together_stay_together():
    clock = FrameClock.declared(5, fps=20)
    names = [("m1", "m2"), ("m2", "m3"), ("m4",), ("m5", "m6")]
    groups = linked(Recording(f"r{i}", clock, animals) for i, animals in enumerate(names))
    assert groups == {
        "m1": "m1+m2+m3",
        "m2": "m1+m2+m3",
        "m3": "m1+m2+m3",
        "m4": "m4",
        "m5": "m5+m6",
        "m6": "m5+m6",
    }


def test_weights_have_frames_and_classes():
    weights = by_class(["b", "a"], {"a": 10, "b": 20}, {"walk": {"a": 3}, "rest": {"b": 4}})
    assert weights.tolist() == [[20, 4, 0], [10, 0, 3]]
