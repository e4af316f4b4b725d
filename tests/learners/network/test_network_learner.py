"""The learner as a whole: fit, score, save, load."""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import BundleError, DataError, LabelError, PartError, RecipeError
from boutwise.learners import Chunk, Dataset, Run
from boutwise.learners.network import Learner, load

from .conftest import ETHOGRAM, make_dataset, make_member, whole

AUGMENT = [
    "noise",
    "feature_dropout",
    "mixup",
    "feature_scale",
    "feature_shift",
    "time_stretch",
    "jitter",
]


def fit(member, train, run, valid=None):
    return Learner(member, ETHOGRAM).fit(train, valid, run)


def scores(fitted, item):
    return next(fitted.scores([whole(item)]))


@pytest.fixture(scope="module")
def fitted(train_module, tmp_path_factory):
    directory = tmp_path_factory.mktemp("fit")
    run = Run(seed=0, threads=1, directory=directory, trainer=train_module)
    return fit(make_member(optim={"epochs": 15}), make_dataset(), run)


def test_learns_what_can_be_learned(fitted):
    item = make_dataset(seed=7).items[0]
    found = scores(fitted, item)
    assert found.shape == item.labels.shape
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    right = found[:, :3].argmax(axis=1) == item.labels[:, :3].argmax(axis=1)
    assert right.mean() > 0.97
    assert ((found[:, 3] > 0) == item.labels[:, 3]).mean() > 0.75
    assert fitted.steps == 15
    assert fitted.margin_frames == 7


@settings(max_examples=25, deadline=None)
@given(cuts=st.lists(st.integers(1, 1199), max_size=5, unique=True))
def test_chunks_score_like_the_whole(fitted, cuts):
    item = make_dataset(seed=8).items[0]
    expected, margin = scores(fitted, item), fitted.margin_frames
    edges = [0, *sorted(cuts), item.n_frames]
    chunks = []
    for start, stop in pairwise(edges):
        low, high = max(0, start - margin), min(item.n_frames, stop + margin)
        stretch = {"pose": item.streams["pose"][low:high]}
        chunks.append(Chunk(item.subject, 20.0, stretch, start - low, high - stop))
    found = np.concatenate(list(fitted.scores(chunks)))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_long_recordings_are_scored_in_pieces(fitted, monkeypatch):
    item = make_dataset(seed=8).items[0]
    expected = scores(fitted, item)
    monkeypatch.setattr("boutwise.learners.network._fitted.PIECE_FRAMES", 100)
    np.testing.assert_allclose(scores(fitted, item), expected, atol=1e-4)


def test_missing_inputs_still_give_finite_scores(fitted):
    item = make_dataset(seed=9).items[0]
    nothing = np.full_like(item.streams["pose"], np.nan)
    found = next(fitted.scores([Chunk(item.subject, 20.0, {"pose": nothing})]))
    assert found.shape == item.labels.shape
    assert np.isfinite(found).all()
    empty = Chunk(item.subject, 20.0, {"pose": nothing[:0]})
    assert next(fitted.scores([empty])).shape == (0, 4)


def test_save_and_load(fitted, tmp_path):
    item = make_dataset(seed=8).items[0]
    fitted.save(tmp_path / "member")
    files = sorted(path.name for path in (tmp_path / "member").iterdir())
    assert files == ["network.json", "network.safetensors"]
    again = load(tmp_path / "member")
    np.testing.assert_array_equal(scores(again, item), scores(fitted, item))
    assert (again.steps, again.margin_frames) == (fitted.steps, fitted.margin_frames)
    assert again.ethogram == fitted.ethogram
    assert again.member == fitted.member


def test_a_broken_file_is_refused(fitted, tmp_path):
    fitted.save(tmp_path)
    settings_ = json.loads((tmp_path / "network.json").read_text(encoding="utf-8"))
    weights = (tmp_path / "network.safetensors").read_bytes()
    (tmp_path / "network.safetensors").write_bytes(weights[: len(weights) // 2])
    with pytest.raises(BundleError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "network.safetensors").write_bytes(weights)
    settings_["member"]["temporal"][0]["options"]["channels"] = 99
    (tmp_path / "network.json").write_text(json.dumps(settings_), encoding="utf-8")
    with pytest.raises(BundleError, match="do not fit"):
        load(tmp_path)
    settings_["format"] = 99
    (tmp_path / "network.json").write_text(json.dumps(settings_), encoding="utf-8")
    with pytest.raises(BundleError, match="format 99"):
        load(tmp_path)
    with pytest.raises(BundleError, match="cannot be read"):
        load(tmp_path / "nothing")


def test_same_seed_same_scores_and_no_trace(dataset, make_run, tmp_path, monkeypatch, capfd):
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    item = make_dataset(seed=8).items[0]
    torch.manual_seed(5)
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    said = []
    member = make_member(optim={"epochs": 2}, augment=AUGMENT)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = [
            scores(
                fit(
                    member,
                    dataset,
                    make_run(f"run{i}", seed=seed, say=lambda *words: said.append(words)),
                ),
                item,
            )
            for i, seed in enumerate((1, 1, 2))
        ]
    np.testing.assert_array_equal(found[0], found[1])
    assert np.abs(found[0] - found[2]).max() > 1e-3
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert [words[:2] for words in said] == [(1, 2), (2, 2)] * 3
    assert not caught
    assert capfd.readouterr() == ("", "")
    assert list(Path.cwd().iterdir()) == []
    assert list((tmp_path / "run0").iterdir()) == []


def test_frames_of_other_folds_are_not_learned_from(dataset, make_run):
    """Labels without weight may be anything: not a bit of the network changes."""
    member = make_member(optim={"epochs": 2})
    rng = np.random.default_rng(0)
    items = []
    for item in dataset.items:
        weights = np.ones(item.n_frames, dtype=np.float32)
        weights[400:800] = 0
        items.append(replace(item, weights=weights))
    hidden = Dataset(tuple(items), ETHOGRAM, dataset.columns)
    shuffled = []
    for item in items:
        labels = item.labels.copy()
        labels[400:800] = labels[400:800][rng.permutation(400)]
        shuffled.append(replace(item, labels=labels))
    other = Dataset(tuple(shuffled), ETHOGRAM, dataset.columns)
    item = make_dataset(seed=8).items[0]
    a, b = (scores(fit(member, d, make_run(str(i))), item) for i, d in enumerate((hidden, other)))
    np.testing.assert_array_equal(a, b)
    c = scores(fit(member, dataset, make_run("c")), item)
    assert np.abs(a - c).max() > 1e-3


def test_several_streams_one_of_them_absent(dataset, make_run):
    items = []
    for i, item in enumerate(dataset.items):
        video = np.random.default_rng(i).normal(size=(item.n_frames, 2)).astype(np.float32)
        video[:100] = np.nan
        pose = item.streams["pose"]
        items.append(replace(item, streams={"pose": pose, "video": video}))
    both = Dataset(tuple(items), ETHOGRAM, {**dataset.columns, "video": ("v", "w")})
    streams = {"pose": {"features": ["egocentric"]}, "video": {"features": ["egocentric"]}}
    fitted = fit(make_member(streams=streams, optim={"epochs": 15}), both, make_run())
    found = scores(fitted, both.items[0])
    right = found[:, :3].argmax(axis=1) == both.items[0].labels[:, :3].argmax(axis=1)
    assert right.mean() > 0.9
    with pytest.raises(DataError, match="no stream 'video'"):
        scores(fitted, dataset.items[0])


def test_what_cannot_be_fitted(dataset, make_run):
    run = make_run()
    labels = dataset.items[0].labels.copy()
    labels[17, :2] = 1
    items = (replace(dataset.items[0], labels=labels), dataset.items[1])
    with pytest.raises(LabelError, match="walk and groom") as caught:
        fit(make_member(), replace(dataset, items=items), run)
    assert caught.value.frame == 17
    with pytest.raises(RecipeError, match=r"optim.lr.*auto"):
        Learner(make_member(optim={"lr": "auto"}), ETHOGRAM)
    with pytest.raises(RecipeError, match="no head 'behavior'"):
        Learner(make_member(heads={}), ETHOGRAM)
    with pytest.raises(RecipeError, match="no option 'chanels'") as caught:
        fit(make_member(temporal=[{"tcn": {"chanels": 8}}]), dataset, run)
    assert "channels" in str(caught.value)
    with pytest.raises(RecipeError, match="still 'auto'"):
        fit(make_member(temporal=[{"tcn": {"channels": "auto"}}]), dataset, run)
    with pytest.raises(PartError, match="tcm"):
        fit(make_member(temporal=["tcm"]), dataset, run)
    with pytest.raises(RecipeError, match="trainer"):
        fit(make_member(), dataset, replace(run, trainer=None))
