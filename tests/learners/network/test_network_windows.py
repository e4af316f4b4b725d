"""Which windows an epoch sees, and how inputs are standardized."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import DataError, LabelError, RecipeError
from boutwise.learners import Dataset, SubjectFrames, View
from boutwise.learners.network._scaling import LIMIT, Scaling
from boutwise.learners.network._weights import class_weights
from boutwise.learners.network._windows import Batches, WindowPlan, Windows
from boutwise.types import Subject

from .conftest import COLUMNS, ETHOGRAM, make_dataset


def plan(**changes):
    settings_ = {"length": 50, "batch": 4, "around_bouts": False, "seed": 3}
    return WindowPlan(**(settings_ | changes))


def with_items(dataset, **changes):
    return replace(dataset, items=tuple(replace(item, **changes) for item in dataset.items))


def seen(windows, dataset, length):
    counts = [np.zeros(item.n_frames, dtype=int) for item in dataset.items]
    for index, start in windows:
        counts[index][start : start + length] += 1
    return counts


@settings(max_examples=25, deadline=None)
@given(epoch=st.integers(0, 500), length=st.integers(8, 300), around=st.booleans())
def test_windows_are_seeded_and_as_many_as_cover_the_frames_once(epoch, length, around):
    dataset = make_dataset(n_frames=600)
    windows = Windows(dataset, plan(length=length, around_bouts=around))
    drawn = windows.draw(epoch)
    assert len(drawn) == windows.count == 2 * -(-600 // length)
    assert drawn == Windows(dataset, plan(length=length, around_bouts=around)).draw(epoch)
    assert drawn != windows.draw(epoch + 1) or length >= 300
    for _, start in drawn:
        assert 0 <= start <= 600 - length


def test_uniform_windows_see_every_frame_about_equally_often():
    dataset = make_dataset(n_frames=1000)
    windows = Windows(dataset, plan())
    total = sum(np.stack(seen(windows.draw(epoch), dataset, 50)) for epoch in range(200))
    inner = total[:, 50:-50]
    assert inner.min() > 0.8 * 200
    assert inner.max() < 1.2 * 200


def test_windows_around_bouts_see_a_rare_behavior_more_often():
    dataset = make_dataset(n_items=1, n_frames=3000)
    labels = dataset.items[0].labels.copy()
    labels[:, :3] = (0, 0, 1)
    labels[1000:1010, :3] = (1, 0, 0)
    labels[:, 3] = 0
    dataset = with_items(dataset, labels=labels)
    shares = {}
    for around in (False, True):
        windows = Windows(dataset, plan(around_bouts=around))
        found = [seen(windows.draw(epoch), dataset, 50)[0][1005] for epoch in range(30)]
        shares[around] = np.mean(found)
    assert shares[False] < 2
    assert shares[True] > 10


def test_windows_without_a_trained_frame_are_left_out():
    dataset = make_dataset(n_frames=1000)
    weights = np.zeros(1000, dtype=np.float32)
    weights[300:500] = 1
    labels = dataset.items[0].labels.copy()
    labels[:250] = -1
    dataset = with_items(dataset, weights=weights, labels=labels)
    windows = Windows(dataset, plan(around_bouts=True))
    assert windows.count == 2 * 4
    for index, start in windows.draw(0):
        assert dataset.items[index].judged[start : start + 50].any()


def test_nothing_to_train_on_is_an_error():
    dataset = make_dataset()
    nothing = np.full_like(dataset.items[0].labels, -1)
    with pytest.raises(LabelError, match="no labelled frame"):
        Windows(with_items(dataset, labels=nothing), plan())


def batches_of(dataset, **changes):
    scaling = Scaling.fit(dataset, ["pose"], mask_all=False)
    return Batches(dataset, scaling, plan(**changes))


def test_batches_hold_what_the_dataset_holds():
    dataset = make_dataset()
    batches = batches_of(dataset)
    found = list(batches.epoch(0))
    assert len(found) == len(batches)
    batch, target = found[0]
    assert batch.streams["pose"].shape == (4, 50, 6)
    assert batch.mask.all()
    subject, _, start = target.places[0].partition(" from frame ")
    item = next(item for item in dataset.items if str(item.subject) == subject)
    first = int(start)
    np.testing.assert_array_equal(target.labels[0], item.labels[first : first + 50])
    expected = batches.scaling.apply({"pose": item.streams["pose"][first : first + 50]}, "x")
    np.testing.assert_array_equal(batch.streams["pose"][0], expected["pose"])


@pytest.mark.parametrize("around", [False, True])
def test_subjects_of_very_different_lengths(around):
    """Each is seen in proportion to its frames and bouts, and no window leaves its subject."""
    sizes = (30, 600, 12_000)
    items = [
        make_dataset(seed=n, n_items=1, n_frames=size).items[0] for n, size in enumerate(sizes)
    ]
    dataset = replace(make_dataset(), items=tuple(items))
    windows = Windows(dataset, plan(around_bouts=around))
    assert windows.count == 1 + 12 + 240
    seen_of = np.zeros(3)
    for epoch in range(20):
        for index, start in windows.draw(epoch):
            assert 0 <= start <= max(0, sizes[index] - 50)
            seen_of[index] += 1
    share = seen_of / seen_of.sum()
    np.testing.assert_allclose(share, np.array([1, 12, 240]) / 253, rtol=0.25, atol=0.004)


def with_views(dataset, pace=1.0, count=2):
    """Views that show each frame as its number times 1000 x the number of the view."""
    items = []
    for item in dataset.items:
        frames = np.arange(0, item.n_frames, pace).astype(np.int64)
        frames = frames[frames < item.n_frames]
        views = tuple(
            View({"pose": np.repeat(frames[:, None] + 1e4 * k, 6, 1).astype(np.float32)}, frames)
            for k in range(1, count + 1)
        )
        items.append(replace(item, views=views))
    return replace(dataset, items=tuple(items))


def drawn(dataset, *, views, epoch=0, **changes):
    """View, first and last frame shown, and target of every window of an epoch."""
    plain = Scaling.from_arrays(
        {"center.pose": np.zeros(6), "scale.pose": np.full(6, 1e4), "masked.pose": np.zeros(6)},
        dataset.columns,
    )
    batches = Batches(dataset, plain, plan(**changes), views=views)
    for batch, target in batches.epoch(epoch):
        for row in range(len(target.labels)):
            shown = batch.streams["pose"][row, :, 0].numpy() * 1e4
            yield shown, target.labels[row].numpy(), target.places[row]


@pytest.mark.parametrize("pace", [1.0, 0.8, 1.25])
def test_views_show_the_same_places_with_their_labels(pace):
    dataset = with_views(make_dataset(n_frames=1000), pace)
    found = list(drawn(dataset, views=True))
    looks = [place.partition(", view ")[2] for _, _, place in found]
    assert {"", "1", "2"} == set(looks)
    plain = list(drawn(dataset, views=False))
    assert len(found) == len(plain) == Windows(dataset, plan()).count
    for (shown, labels, place), look, (_, _, where) in zip(found, looks, plain, strict=True):
        if not look:
            assert place == where
            continue
        subject, _, start = where.partition(" from frame ")
        item = next(item for item in dataset.items if str(item.subject) == subject)
        frames = np.round(shown).astype(int) - 10_000 * int(look)
        np.testing.assert_array_equal(labels, item.labels[frames])
        # The middle of the window shows the same moment, but near the ends of the recording.
        moved = frames[25] - (int(start) + 25)
        assert abs(moved) <= 1 or min(frames[0], 999 - frames[-1]) <= 2
    assert [place for *_, place in drawn(dataset, views=True)] == [place for *_, place in found]
    assert [p for *_, p in drawn(dataset, views=True, epoch=1)] != [p for *_, p in found]


def test_a_validation_set_never_sees_views():
    dataset = with_views(make_dataset(n_frames=300))
    for shown, _, place in drawn(dataset, views=False):
        assert "view" not in place
        assert shown.max() < 1e4
    valid = Batches(dataset, Scaling.fit(dataset, ["pose"], mask_all=False), plan())
    assert all("view" not in place for _, t in valid.epoch(0) for place in t.places)


def test_a_column_that_is_missing_in_views_only_gets_a_mask():
    dataset = with_views(make_dataset(n_frames=300))
    dataset.items[0].views[0].streams["pose"][5, 4] = np.nan
    scaling = Scaling.fit(dataset, ["pose"], mask_all=False)
    assert scaling.streams["pose"].masked.tolist() == [False, False, True, False, True, False]
    alone = Scaling.fit(with_items(dataset, views=()), ["pose"], mask_all=False)
    np.testing.assert_array_equal(scaling.streams["pose"].center, alone.streams["pose"].center)


def test_a_recording_shorter_than_a_window_is_padded():
    batch, target = next(batches_of(make_dataset(n_frames=30)).epoch(0))
    assert batch.mask[:, :30].all()
    assert not batch.mask[:, 30:].any()
    assert not batch.present["pose"][:, 30:].any()
    assert (target.weights[:, 30:] == 0).all()
    assert (target.labels[:, 30:] == -1).all()


@settings(max_examples=25, deadline=None)
@given(factor=st.floats(0.01, 1000), shift=st.floats(-100, 100), seed=st.integers(0, 50))
def test_standardized_values_do_not_depend_on_the_unit(factor, shift, seed):
    dataset = make_dataset(seed)
    values = dataset.items[0].streams["pose"]
    other = (values * factor + shift).astype(np.float32)
    scaled = [
        Scaling.fit(with_items(dataset, streams={"pose": v}), ["pose"], mask_all=False).apply(
            {"pose": v}, "x"
        )["pose"]
        for v in (values, other)
    ]
    tolerance = 1e-3 * max(1.0, abs(shift) / factor)
    np.testing.assert_allclose(scaled[0], scaled[1], atol=tolerance, rtol=tolerance)


def one_item(values):
    n_frames = len(values)
    labels = np.zeros((n_frames, 4), dtype=np.int8)
    weights = np.ones(n_frames, dtype=np.float32)
    item = SubjectFrames(Subject("r", "m"), 20.0, {"pose": values}, labels, weights, "m")
    return Dataset((item,), ETHOGRAM, {"pose": COLUMNS})


def test_odd_columns():
    rng = np.random.default_rng(0)
    values = rng.normal(5, 2, size=(4000, 6)).astype(np.float32)
    values[::100, 0] = 1e6  # tracking jumps
    values[:, 1] = 3  # constant
    values[:, 2] = np.nan  # never seen
    values[:, 3] = 0  # nearly always 0: no interquartile range
    values[::50, 3] = 1
    values[:40, 4] = np.nan
    dataset = one_item(values)
    scaling = Scaling.fit(dataset, ["pose"], mask_all=False)
    stream = scaling.streams["pose"]
    np.testing.assert_allclose(stream.center[[0, 1, 3, 4, 5]], [5, 3, 0, 5, 5], atol=0.2)
    np.testing.assert_allclose(stream.scale[[0, 1, 4, 5]], [2, 1, 2, 2], atol=0.2)
    assert stream.masked.tolist() == [False, False, False, False, True, False]
    assert stream.width == 7
    scaled = stream.apply(values)
    assert np.nanmax(scaled) == LIMIT
    assert np.isnan(scaled[:40, 4]).all()
    assert np.isnan(stream.apply(np.zeros((1, 6), dtype=np.float32))[0, 2])
    assert Scaling.fit(dataset, ["pose"], mask_all=True).streams["pose"].masked.all()


def test_statistics_come_from_trained_frames_only():
    values = np.zeros((200, 6), dtype=np.float32)
    values[:100] = np.random.default_rng(0).normal(size=(100, 6))
    values[100:] = 1e6
    dataset = one_item(values)
    weights = np.ones(200, dtype=np.float32)
    weights[100:] = 0
    scaling = Scaling.fit(with_items(dataset, weights=weights), ["pose"], mask_all=False)
    half = Scaling.fit(one_item(values[:100]), ["pose"], mask_all=False)
    np.testing.assert_array_equal(scaling.streams["pose"].center, half.streams["pose"].center)
    np.testing.assert_array_equal(scaling.streams["pose"].scale, half.streams["pose"].scale)


def test_scaling_refuses_what_it_does_not_know():
    dataset = make_dataset()
    scaling = Scaling.fit(dataset, ["pose"], mask_all=False)
    values = dataset.items[0].streams["pose"]
    with pytest.raises(DataError, match="no stream 'video'"):
        Scaling.fit(dataset, ["video"], mask_all=False)
    with pytest.raises(DataError, match="no stream 'pose'"):
        scaling.apply({}, "r: m")
    with pytest.raises(DataError, match="shape"):
        scaling.apply({"pose": values[:, :3]}, "r: m")
    broken = values.copy()
    broken[7, 3] = np.inf
    with pytest.raises(DataError, match=r"'d'.*infinite"):
        scaling.apply({"pose": broken}, "r: m")
    with pytest.raises(DataError, match=r"'d'.*infinite"):
        Scaling.fit(with_items(dataset, streams={"pose": broken}), ["pose"], mask_all=False)


def test_class_weights():
    dataset = make_dataset(n_frames=1000)
    labels = np.zeros((1000, 4), dtype=np.int8)
    labels[:, :3] = (0, 0, 1)
    labels[:100, :3] = (1, 0, 0)
    labels[:10, :3] = (0, 1, 0)
    labels[:200, 3] = 1
    dataset = with_items(dataset, labels=labels)
    weights = class_weights(dataset, 0.25)
    walk, groom, other = weights[:3, 1]
    assert groom / other == pytest.approx((900 / 10) ** 0.25, rel=1e-5)
    counts = np.array([90, 10, 900])
    assert (counts * [walk, groom, other]).sum() / 1000 == pytest.approx(1, rel=1e-5)
    assert weights[3, 1] / weights[3, 0] == pytest.approx((800 / 200) ** 0.25, rel=1e-5)
    assert (class_weights(dataset, "none") == 1).all()
    given_ = class_weights(dataset, {"groom": 4.0})
    assert given_[1].tolist() == [1, 4]
    assert given_.sum() == 4 * 2 + 3
    with pytest.raises(RecipeError, match="grom"):
        class_weights(dataset, {"grom": 4.0})


def test_class_weights_may_be_multiplied():
    dataset = make_dataset(n_frames=1000)
    for setting in (0.25, "none", {"walk": 5.0}):
        plain = class_weights(dataset, setting)
        found = class_weights(dataset, setting, {"groom": 3.0, "squeak": 0.5})
        factors = np.ones((4, 2))
        factors[1, 1], factors[3, 1] = 3, 0.5
        np.testing.assert_allclose(found, plain * factors, rtol=1e-6)
    with pytest.raises(RecipeError, match="grom"):
        class_weights(dataset, 0.25, {"grom": 4.0})


def test_class_weights_count_trained_frames_only():
    dataset = make_dataset(n_items=1, n_frames=1000)
    weights = np.ones(1000, dtype=np.float32)
    weights[400:] = 0
    changed = dataset.items[0].labels.copy()
    changed[400:] = (1, 0, 0, 1)
    before = class_weights(with_items(dataset, weights=weights), 0.25)
    after = class_weights(with_items(dataset, weights=weights, labels=changed), 0.25)
    np.testing.assert_array_equal(before, after)
    assert not np.allclose(class_weights(with_items(dataset, labels=changed), 0.25), after)
