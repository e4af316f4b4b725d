"""One batch through train, save, load and score before the long run."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from boutwise.errors import BoutwiseError
from boutwise.learners.network import Learner, load
from boutwise.learners.network._fitted import FittedNetwork
from boutwise.learners.network._network import Network

from .conftest import ETHOGRAM, make_dataset, make_member, whole


def fit(run, **changes):
    return Learner(make_member(**changes), ETHOGRAM).fit(make_dataset(), None, run)


def test_it_comes_first_and_changes_nothing(make_run, monkeypatch):
    seen = []
    save = FittedNetwork.save

    def watched(self, directory):
        seen.append(directory)
        save(self, directory)

    monkeypatch.setattr(FittedNetwork, "save", watched)
    options = {"optim": {"epochs": 2}}
    with_it = fit(make_run("a"), **options)
    assert len(seen) == 1
    assert not seen[0].exists()
    monkeypatch.setattr("boutwise.learners.network._learner.rehearse", lambda *words: None)
    without = fit(make_run("b"), **options)
    assert len(seen) == 1
    item = make_dataset(seed=8).items[0]
    a, b = (next(f.scores([whole(item)])) for f in (with_it, without))
    np.testing.assert_array_equal(a, b)


def broken(self, *rest):
    raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


@pytest.mark.parametrize(
    ("owner", "name", "stage"),
    [
        (Network, "loss", "trained"),
        (FittedNetwork, "save", "saved"),
        (FittedNetwork, "_score", "used for scoring"),
    ],
)
def test_what_does_not_work_is_said_before_the_run(owner, name, stage, make_run, monkeypatch):
    trained = []
    monkeypatch.setattr(owner, name, broken)
    run = make_run(say=lambda *words: trained.append(words))
    with pytest.raises(BoutwiseError, match=f"cannot be {stage}: mat1 and mat2") as caught:
        fit(run)
    assert "one batch" in str(caught.value)
    assert trained == []


def test_a_network_that_scores_otherwise_once_it_is_loaded(make_run, monkeypatch):
    def forgetful(directory):
        fitted = load(directory)
        with torch.no_grad():
            for parameter in fitted._network.parameters():
                parameter.add_(0.1)
        return fitted

    monkeypatch.setattr("boutwise.learners.network._loading.load", forgetful)
    with pytest.raises(BoutwiseError, match="other scores once it was saved"):
        fit(make_run())


def test_a_batch_that_is_too_large_is_left_to_the_trainer(make_run, monkeypatch):
    real = Network.loss
    calls = []

    def full(self, batch, target):
        calls.append(len(batch))
        raise torch.OutOfMemoryError("out of memory")

    monkeypatch.setattr(Network, "loss", full)
    fitted = fit(make_run(), optim={"epochs": 1})
    assert calls == [2]
    assert fitted.steps == 1
    assert real is not full
