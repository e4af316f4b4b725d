"""Networks that score the centre frame of a window: how windows are drawn, what is scored."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import LabelError, RecipeError
from boutwise.learners import Chunk, Run, chunks_of, score_subject
from boutwise.learners.network import Learner, load
from boutwise.learners.network._centres import (
    Centres,
    centre_of,
    windows_around,
    windows_of,
)
from boutwise.learners.network._windows import WindowPlan, batch_of

from .conftest import ETHOGRAM, make_dataset, make_member, whole

LENGTH = 12
SMALL = {
    "temporal": [
        {"cnn_lstm": {"channels": [8, 8], "kernels": [5, 3], "pools": [1, 2], "hidden": 12}}
    ],
    "readout": "attention",
    "windows": {"length": LENGTH, "stride": 3, "sampling": "uniform"},
}


def plan(**changes):
    settings_ = {"length": LENGTH, "batch": 4, "around_bouts": False, "seed": 3}
    return WindowPlan(**settings_ | changes)


def fit(member, run, train=None, valid=None):
    return Learner(member, ETHOGRAM).fit(train or make_dataset(), valid, run)


@pytest.fixture(scope="module")
def fitted(train_module, tmp_path_factory):
    run = Run(seed=0, threads=1, directory=tmp_path_factory.mktemp("fit"), trainer=train_module)
    return fit(make_member(**SMALL, optim={"epochs": 8, "lr": 0.02, "batch": 32}), run)


def masked_dataset():
    """A dataset of which some frames are in another fold and some unlabelled."""
    first, second = make_dataset(n_frames=200).items
    weights = np.ones(200, dtype=np.float32)
    weights[:50] = 0
    labels = second.labels.copy()
    labels[120:] = -1
    items = (replace(first, weights=weights), replace(second, labels=labels))
    return replace(make_dataset(), items=items)


@pytest.mark.parametrize("around", [False, True])
@pytest.mark.parametrize("stride", [1, 7, 1000])
def test_centres_are_trained_frames_and_all_have_their_turn(around, stride):
    data = masked_dataset()
    centres = Centres(data, plan(around_bouts=around), stride=stride)
    assert centres.count == -(-270 // stride)
    seen = set()
    for epoch in range(200 if stride == 7 else 5):
        drawn = centres.draw(epoch)
        assert drawn == Centres(data, plan(around_bouts=around), stride=stride).draw(epoch)
        assert len(drawn) == centres.count
        frames = {(index, first + centre_of(LENGTH)) for index, first in drawn}
        assert all(data.items[index].judged[frame] for index, frame in frames)
        seen |= frames
    if stride == 7 or (stride == 1 and not around):
        assert len(seen) == 270
    assert centres.draw(0) != centres.draw(1) or stride == 1000


def test_around_bouts_half_of_the_centres_are_in_bouts_rare_ones_too():
    data = make_dataset(n_items=1, n_frames=6000)
    labels = np.zeros_like(data.items[0].labels)
    labels[:, 2] = 1
    labels[100:110, [0, 2]] = [1, 0]
    data = replace(data, items=(replace(data.items[0], labels=labels),))
    places = [
        first + centre_of(LENGTH)
        for _, first in Centres(data, plan(around_bouts=True), stride=10).draw(0)
    ]
    inside = np.mean([100 <= frame < 110 for frame in places])
    assert 0.45 < inside < 0.55
    evenly = Centres(data, plan(), stride=10).draw(0)
    assert sum(100 <= first + centre_of(LENGTH) < 110 for _, first in evenly) == 1


def test_nothing_to_train_on():
    data = make_dataset(n_items=1)
    empty = replace(data.items[0], weights=np.zeros(1200, dtype=np.float32))
    with pytest.raises(LabelError, match="no labelled frame"):
        Centres(replace(data, items=(empty,)), plan(), stride=1)


@settings(max_examples=40, deadline=None)
@given(frames=st.integers(1, 40), length=st.integers(1, 15), data=st.data())
def test_windows_are_what_slicing_a_padded_recording_gives(frames, length, data):
    first = data.draw(st.integers(0, frames - 1))
    last = data.draw(st.integers(first + 1, frames))
    values = np.random.default_rng(frames).normal(size=(2, frames, 3)).astype(np.float32)
    values[0, frames // 2] = np.nan
    batch = batch_of({"pose": values}, np.ones((2, frames), dtype=bool))
    found = list(windows_of(batch, length, first=first, last=last))
    padded = np.zeros((2, frames + 2 * length, 3), dtype=np.float32)
    padded[:, length:-length] = values
    inside = np.zeros((2, frames + 2 * length), dtype=bool)
    inside[:, length:-length] = True
    starts = [length + t - length // 2 for t in range(first, last)]
    expected = np.stack([padded[b, s : s + length] for b in range(2) for s in starts])
    mask = np.stack([inside[b, s : s + length] for b in range(2) for s in starts])
    np.testing.assert_array_equal(torch.cat([w.streams["pose"] for w in found]), expected)
    np.testing.assert_array_equal(torch.cat([w.mask for w in found]), mask)
    present = mask & ~np.isnan(expected).all(axis=-1)
    np.testing.assert_array_equal(torch.cat([w.present["pose"] for w in found]), present)


def slow_scores(fitted, item):
    """Each frame from a window of its own, made by hand."""
    network, rows = fitted._network, []
    scaled = fitted.scaling.apply(item.streams, "")["pose"]
    for frame in range(item.n_frames):
        window = np.full((1, LENGTH, scaled.shape[1]), np.nan, dtype=np.float32)
        mask = np.zeros((1, LENGTH), dtype=bool)
        for place in range(LENGTH):
            source = frame - LENGTH // 2 + place
            if 0 <= source < item.n_frames:
                window[0, place], mask[0, place] = scaled[source], True
        with torch.no_grad():
            rows.append(network(batch_of({"pose": window}, mask))["behavior"][0, 0].numpy())
    return np.stack(rows)


def shortened(item, n_frames):
    pose = item.streams["pose"][:n_frames]
    return replace(
        item,
        streams={"pose": pose},
        labels=item.labels[:n_frames],
        weights=item.weights[:n_frames],
    )


@pytest.mark.parametrize("n_frames", [1, 5, 11, 12, 80])
def test_every_frame_is_scored_from_its_own_window(fitted, n_frames):
    item = shortened(make_dataset(seed=8).items[0], n_frames)
    found = next(fitted.scores([whole(item)]))
    assert found.shape == (n_frames, 4)
    np.testing.assert_allclose(found, slow_scores(fitted, item), atol=1e-4)


def test_learns_what_can_be_learned(fitted):
    item = make_dataset(seed=7).items[0]
    found = next(fitted.scores([whole(item)]))
    right = found[:, :3].argmax(axis=1) == item.labels[:, :3].argmax(axis=1)
    assert right.mean() > 0.95
    assert fitted.margin_frames == LENGTH // 2


@settings(max_examples=10, deadline=None)
@given(cuts=st.lists(st.integers(1, 599), max_size=4, unique=True))
def test_chunks_score_like_the_whole(fitted, cuts):
    item = shortened(make_dataset(seed=8).items[0], 600)
    margin = fitted.margin_frames
    edges = [0, *sorted(cuts), item.n_frames]
    chunks = []
    for start, stop in pairwise(edges):
        low, high = max(0, start - margin), min(item.n_frames, stop + margin)
        stretch = {"pose": item.streams["pose"][low:high]}
        chunks.append(Chunk(item.subject, 20.0, stretch, start - low, high - stop))
    found = np.concatenate(list(fitted.scores(chunks)))
    np.testing.assert_allclose(found, next(fitted.scores([whole(item)])), atol=1e-4)


@pytest.mark.parametrize("readout", ["mean", "center", "attention"])
def test_a_dense_part_may_be_read_by_window_and_comes_back_from_its_folder(
    readout, make_run, tmp_path
):
    windows = {"length": 16, "stride": 4}
    read = {readout: {"hidden": [8, 6]}}
    member = make_member(readout=read, windows=windows, optim={"epochs": 2, "batch": 32})
    fitted = fit(member, make_run())
    fitted.save(tmp_path / "member")
    again, item = load(tmp_path / "member"), make_dataset(seed=8).items[0]
    assert again.margin_frames == fitted.margin_frames == 8
    np.testing.assert_array_equal(*(next(f.scores([whole(item)])) for f in (fitted, again)))


def test_stopped_early_by_other_animals_and_resumed_alike(make_run):
    member = make_member(**SMALL, optim={"epochs": 4, "early_stop": 2, "ema": 0.9, "batch": 32})
    steps = [fit(member, make_run(str(i)), valid=make_dataset(seed=5)).steps for i in range(2)]
    assert steps[0] == steps[1] <= 4


def test_parts_that_do_not_go_together(make_run):
    with pytest.raises(RecipeError, match=r"cnn_lstm.*frames.*wants one"):
        fit(make_member(temporal=["cnn_lstm"]), make_run())
    with pytest.raises(RecipeError, match="stride"):
        Learner(make_member(windows={"length": 60, "stride": 5}), ETHOGRAM)
    with pytest.raises(RecipeError, match="2 channels, 3 kernels"):
        fit(make_member(**SMALL | {"temporal": [{"cnn_lstm": {"channels": [8, 8]}}]}), make_run())


@pytest.mark.parametrize("stride", [2, 5, 400])
def test_a_stride_scores_some_centres_and_goes_straight_between_them(fitted, stride):
    item = make_dataset(seed=4, n_items=1, n_frames=150).items[0]
    full = score_subject(fitted, item.subject, item.fps, item.streams)
    margin = fitted.margin_frames
    try:
        assert fitted.score_every(1) == 1
        again = score_subject(fitted, item.subject, item.fps, item.streams)
        np.testing.assert_array_equal(again, full)
        assert fitted.score_every(stride) == stride
        assert fitted.margin_frames == margin + stride - 1
        found = score_subject(fitted, item.subject, item.fps, item.streams)
        pieces = chunks_of(
            item.subject,
            item.fps,
            item.streams,
            margin_frames=fitted.margin_frames,
            chunk_frames=37,
        )
        in_pieces = np.concatenate(list(fitted.scores(pieces)))
    finally:
        fitted.score_every(1)
    scored = np.unique([*range(0, 150, stride), 149])
    np.testing.assert_allclose(found[scored], full[scored], atol=1e-5)
    straight = [np.interp(np.arange(150), scored, full[scored, c]) for c in range(full.shape[1])]
    np.testing.assert_allclose(found, np.stack(straight, axis=1), atol=1e-4)
    np.testing.assert_allclose(in_pieces, found, atol=1e-4)


def test_windows_around_frames_are_those_of_every_frame():
    item = make_dataset(n_items=1, n_frames=40).items[0]
    values = {name: np.stack([v, v + 1]) for name, v in item.streams.items()}
    batch = batch_of(values, np.ones((2, 40), dtype=bool))
    (every,) = windows_of(batch, LENGTH, first=0, last=40)
    (some,) = windows_around(batch, LENGTH, [0, 7, 39])
    for name, windows in some.streams.items():
        wanted = every.streams[name].unflatten(0, (2, 40))[:, [0, 7, 39]].flatten(0, 1)
        torch.testing.assert_close(windows, wanted, equal_nan=True)
        there = every.present[name].unflatten(0, (2, 40))[:, [0, 7, 39]].flatten(0, 1)
        assert torch.equal(some.present[name], there)
    mask = every.mask.unflatten(0, (2, 40))[:, [0, 7, 39]].flatten(0, 1)
    assert torch.equal(some.mask, mask)


def test_a_network_that_scores_all_frames_at_once_passes_a_stride_over(make_run):
    member = make_member(optim={"epochs": 1})
    dense = fit(member, make_run())
    item = make_dataset(seed=4, n_items=1, n_frames=150).items[0]
    full = score_subject(dense, item.subject, item.fps, item.streams)
    assert dense.score_every(5) == 1
    np.testing.assert_array_equal(score_subject(dense, item.subject, item.fps, item.streams), full)
