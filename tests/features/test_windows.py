"""Window statistics against slow, obvious ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import UsageError
from boutwise.features import _windows
from boutwise.features._window_steps import LEAST_SHARE, RIPPLE_S, half_window
from boutwise.features._windows import WindowStatistics

FPS = 20.0
LENGTHS = (0.25, 1.05, 2.05)


def signal(n_frames: int, n_columns: int, missing: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = np.cumsum(rng.normal(size=(n_frames, n_columns)), axis=0) + rng.normal(
        0, 50, n_columns
    )
    values[rng.random(values.shape) < missing] = np.nan
    return values.astype(np.float32)


def window(column: np.ndarray, frame: int, half: int) -> np.ndarray:
    """The values of a window; empty where there are too few of them."""
    inside = column[max(frame - half, 0) : frame + half + 1].astype(np.float64)
    seen = inside[np.isfinite(inside)]
    enough = len(seen) >= max(LEAST_SHARE * len(inside), 1)
    return seen if enough else seen[:0]


OBVIOUS = {"mean": np.mean, "sd": np.std, "min": np.min, "max": np.max}


@settings(max_examples=25, deadline=None)
@given(
    n_frames=st.integers(1, 150),
    missing=st.sampled_from([0.0, 0.05, 0.7]),
    seed=st.integers(0, 1000),
)
def test_equals_the_obvious(n_frames, missing, seed):
    base = signal(n_frames, 2, missing, seed)
    plan = WindowStatistics(("a", "b"), FPS, LENGTHS)
    found = plan.compute(base)
    assert found.dtype == np.float32
    assert found.shape == (n_frames, len(plan.names))
    for place, name in enumerate(plan.names):
        statistic, _, rest = name.partition("@")
        if statistic not in OBVIOUS:
            continue
        length, column = rest.split("s ")
        half = half_window(float(length), FPS)
        for frame in range(0, n_frames, 7):
            values = window(base[:, "ab".index(column)], frame, half)
            expected = OBVIOUS[statistic](values) if len(values) else np.nan
            np.testing.assert_allclose(found[frame, place], expected, rtol=1e-4, atol=2e-4)


def test_ripple_and_lags_equal_the_obvious():
    base = signal(200, 1, 0.05, 3)
    plan = WindowStatistics(("a",), FPS, LENGTHS)
    found = dict(zip(plan.names, plan.compute(base).T, strict=True))
    inner, outer = (half_window(length, FPS) for length in RIPPLE_S)
    mean = np.array([np.mean(v) if len(v := window(base[:, 0], t, inner)) else np.nan
                     for t in range(200)])  # fmt: skip
    away = base[:, 0] - mean
    for frame in range(0, 200, 9):
        values = window(away, frame, outer)
        ripple = np.sqrt(np.mean(values**2))
        assert found["ripple@1.05s a"][frame] == pytest.approx(ripple, rel=1e-4)
    np.testing.assert_array_equal(found["before@0.5s a"][10:], base[:-10, 0])
    assert np.isnan(found["before@0.5s a"][:10]).all()
    for frame in (0, 3, 50, 187, 199):
        past = np.nanmean(base[max(frame - 20, 0) : frame + 1, 0].astype(float))
        future = np.nanmean(base[frame : frame + 21, 0].astype(float))
        assert found["past@1s a"][frame] == pytest.approx(past, rel=1e-4, abs=1e-3)
        assert found["future@1s a"][frame] == pytest.approx(future, rel=1e-4, abs=1e-3)


@settings(max_examples=25, deadline=None)
@given(
    start=st.integers(0, 500),
    length=st.integers(1, 300),
    missing=st.sampled_from([0.0, 0.05]),
    step=st.integers(1, 4),
)
def test_whole_is_chunked(start, length, missing, step):
    base = signal(600, 3, missing, start)
    plan = WindowStatistics(("a", "b", "z:a"), FPS, LENGTHS)
    stop, margin = min(start + length, 600), plan.margin_frames
    whole = plan.compute(base, start=start, stop=stop, step=step)
    low, high = max(start - margin, 0), min(stop + margin, 600)
    chunk = plan.compute(base[low:high], start=start - low, stop=stop - low, step=step)
    np.testing.assert_allclose(chunk, whole, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(whole, plan.compute(base)[start:stop:step], rtol=1e-4, atol=1e-4)


def test_long_recordings_are_computed_in_blocks_without_a_seam():
    base = signal(2 * _windows.BLOCK_FRAMES + 77, 2, 0.02, 1)
    plan = WindowStatistics(("a", "b"), FPS, LENGTHS)
    seam = _windows.BLOCK_FRAMES
    whole = plan.compute(base)
    around = plan.compute(base, start=seam - 50, stop=seam + 50)
    np.testing.assert_allclose(whole[seam - 50 : seam + 50], around, rtol=1e-4, atol=2e-4)
    blocks = list(plan.blocks(base, stop=len(base)))
    assert [len(block) for block in blocks] == [seam, seam, 77]


def test_windows_are_seconds():
    """At twice the rate a window has twice the frames, and a slow signal the same statistics."""
    time = np.arange(800) / 40
    fast = np.stack([np.sin(time), np.cos(time / 3)], axis=1).astype(np.float32)
    one = WindowStatistics(("a", "b"), 20.0, LENGTHS).compute(fast[::2])
    other = WindowStatistics(("a", "b"), 40.0, LENGTHS).compute(fast)[::2]
    np.testing.assert_allclose(one[100:-100], other[100:-100], atol=0.03)


def test_of_a_motion_at_several_spans_the_shortest_is_summarized():
    columns = ("speed.nose@1s", "speed.nose@0.1s", "left.nose", "wall.nose")
    plan = WindowStatistics(columns, FPS, LENGTHS)
    assert [columns[place] for place in plan.summarized] == ["speed.nose@0.1s", "wall.nose"]


def test_what_heights_say_better_is_left_out_in_3d_only():
    flat = ("ahead.nose", "distance.nose-left_forepaw", "speed.nose@0.1s", "speed.neck@0.1s")
    solid = (*flat, "height.nose")
    found = [WindowStatistics(columns, FPS, LENGTHS).summarized for columns in (flat, solid)]
    assert found == [(0, 1, 2, 3), (0, 3, 4)]


def test_copies_get_no_statistics_and_none_means_none():
    plan = WindowStatistics(("a", "z:a"), FPS, LENGTHS)
    assert not [name for name in plan.names if name.endswith(" z:a")]
    bare = WindowStatistics(("a", "z:a"), FPS, ())
    base = signal(20, 2, 0.1, 0)
    assert (bare.names, bare.margin_frames) == (("a", "z:a"), 0)
    np.testing.assert_array_equal(bare.compute(base), base)


def test_only_some_columns_are_the_same_columns():
    base = signal(300, 3, 0.05, 5)
    plan = WindowStatistics(("a", "b", "c"), FPS, LENGTHS)
    wanted = ("sd@1.05s c", "b", "max@0.25s a") if "max@0.25s a" in plan.names else ("b",)
    wanted = tuple(name for name in plan.names if name in wanted)[::-1]
    some = WindowStatistics(("a", "b", "c"), FPS, LENGTHS, only=wanted).compute(base)
    places = [plan.names.index(name) for name in wanted]
    np.testing.assert_allclose(some, plan.compute(base)[:, places], rtol=1e-6)


def test_bad_windows_are_refused():
    with pytest.raises(UsageError, match="cannot be"):
        WindowStatistics(("a",), FPS, (0.5, -1.0))
    with pytest.raises(UsageError, match="two feature sets have the column 'a'"):
        WindowStatistics(("a", "b", "a"), FPS, LENGTHS)
    with pytest.raises(UsageError, match="no column 'sd@9s a'"):
        WindowStatistics(("a",), FPS, LENGTHS, only=("sd@9s a",))


def test_a_window_of_little_is_missing():
    base = np.full((100, 1), np.nan, dtype=np.float32)
    base[50] = 3.0
    plan = WindowStatistics(("a",), FPS, (0.25, 2.05))
    found = dict(zip(plan.names, plan.compute(base).T, strict=True))
    assert np.isnan(found["mean@2.05s a"]).all()
    assert np.isnan(found["mean@0.25s a"]).all()  # one of five frames is less than a quarter
    base[49] = 5.0
    found = dict(zip(plan.names, plan.compute(base).T, strict=True))
    assert found["mean@0.25s a"][50] == pytest.approx(4.0)
