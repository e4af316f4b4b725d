"""Shares of votes: with full agreement nothing changes; without it, the share is learned."""

from __future__ import annotations

from dataclasses import replace

import lightgbm
import numpy as np
import pytest

from boutwise.errors import LabelError
from boutwise.features._windows import WindowStatistics
from boutwise.learners import trees
from boutwise.learners._trees_rows import Rows, tasks_of
from boutwise.learners.network import Learner

from .network.conftest import ETHOGRAM as NETWORK_ETHOGRAM
from .network.conftest import make_dataset, make_member, make_run, train_module, whole
from .test_trees import ETHOGRAM, dataset, member, run, scores, subject

__all__ = ["make_run", "train_module"]  # fixtures


def agreed(item):
    """The item with the shares that full agreement on its labels gives."""
    return replace(item, shares=np.where(item.labels >= 0, item.labels, np.nan).astype(np.float32))


def texts(fitted):
    return [model.booster.model_to_string() for model in fitted.models]


def test_trees_of_votes_that_agree_are_those_of_the_labels():
    items = [subject("a", seed=1), subject("b", seed=2)]
    items[0].labels[100:200] = -1
    items[1].labels[300:400, 3] = -2
    learner = trees.Learner(member(), ETHOGRAM)
    plain = learner.fit(dataset(*items), None, run())
    soft = learner.fit(dataset(*map(agreed, items)), None, run())
    assert texts(soft) == texts(plain)


def test_a_network_of_votes_that_agree_is_that_of_the_labels(make_run):
    data = make_dataset()
    data.items[0].labels[100:200] = -1
    member = make_member(augment=["time_stretch"], optim={"epochs": 2})
    soft = replace(data, items=tuple(map(agreed, data.items)))
    found = [
        next(Learner(member, NETWORK_ETHOGRAM).fit(d, None, make_run(str(n))).scores([whole(item)]))
        for n, d in enumerate((data, soft))
        for item in d.items[:1]
    ]
    np.testing.assert_array_equal(*found)


def split_votes(item, *, share):
    """Two of three behaviors of the group shared by votes, the independent one as well."""
    shares = np.zeros(item.labels.shape, dtype=np.float32)
    shares[:, 0], shares[:, 1] = share, 1 - share
    shares[:, 3] = share
    # Nobody could decide by majority: the labels say nothing.
    return replace(item, labels=np.full_like(item.labels, -1), shares=shares)


@pytest.mark.parametrize("share", [0.5, 2 / 3])
def test_trees_learn_the_share(share):
    items = [split_votes(subject(name, seed=n), share=share) for n, name in enumerate("ab")]
    learner = trees.Learner(member(weight_power=0.0), ETHOGRAM)
    raw = scores(learner.fit(dataset(*items), None, run()), subject("c", seed=3)).astype(float)
    p = np.exp(raw[:, :3]) / np.exp(raw[:, :3]).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(p.mean(axis=0)[:2], [share, 1 - share], atol=0.02)
    np.testing.assert_allclose((1 / (1 + np.exp(-raw[:, 3]))).mean(), share, atol=0.02)


def test_a_network_learns_the_share(make_run):
    data = make_dataset()
    data = replace(data, items=tuple(split_votes(item, share=2 / 3) for item in data.items))
    heads = {"behavior": {"loss": {"cross_entropy": {"smoothing": 0.0}}, "weights": "none"}}
    member = make_member(heads=heads, optim={"epochs": 12})
    fitted = Learner(member, NETWORK_ETHOGRAM).fit(data, None, make_run())
    raw = next(fitted.scores([whole(data.items[0])])).astype(float)
    p = np.exp(raw[:, :3]) / np.exp(raw[:, :3]).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(p.mean(axis=0), [2 / 3, 1 / 3, 0], atol=0.05)
    np.testing.assert_allclose((1 / (1 + np.exp(-raw[:, 3]))).mean(), 2 / 3, atol=0.05)


def test_a_divided_row_is_as_two_rows_of_its_own():
    """LightGBM takes the same row twice by its number as it takes two equal rows."""
    rng = np.random.default_rng(0)
    item = subject("a", seed=1)
    shares = agreed(item).shares
    divided = rng.random(len(shares)) < 0.2
    shares[divided, :3] = (1 / 3, 0, 2 / 3)
    data = dataset(replace(item, shares=shares))
    learner = trees.Learner(member(bagging_fraction=1.0, feature_fraction=1.0), ETHOGRAM)
    text = texts(learner.fit(data, None, run()))[0]
    windows = WindowStatistics(data.columns["features"], item.fps, learner.lengths_s)
    rows = Rows.of(data, windows, learner.frame_step)
    votes = rows.votes(tasks_of(ETHOGRAM)[0], [0, 1, 2])
    assert len(votes.rows) == len(shares) + divided.sum()
    parameters = learner._parameters(run())
    binned = lightgbm.Dataset(rows.values, params=parameters).construct()
    twice = lightgbm.Dataset(
        rows.values[votes.rows],
        votes.classes,
        weight=rows.class_weights(votes, float(learner.optim.weight_power)),
        reference=binned,
    )
    kind = {"objective": "multiclass", "num_class": 3}
    booster = lightgbm.train(parameters | kind, twice, num_boost_round=30)
    np.testing.assert_array_equal(
        booster.predict(rows.values),
        lightgbm.Booster(model_str=text).predict(rows.values),
    )


def test_shares_that_exceed_one_are_refused(make_run):
    item = agreed(subject("a", seed=1))
    item.shares[7, :3] = (0.7, 0.7, 0)
    with pytest.raises(LabelError, match="rest and run are labeled at once"):
        trees.Learner(member(), ETHOGRAM).fit(dataset(item), None, run())
    data = make_dataset(n_items=1)
    item = agreed(data.items[0])
    item.shares[7, :3] = (0.7, 0.7, 0)
    with pytest.raises(LabelError, match="walk and groom are labelled at once"):
        Learner(make_member(), NETWORK_ETHOGRAM).fit(replace(data, items=(item,)), None, make_run())
