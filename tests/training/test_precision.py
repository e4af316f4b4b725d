"""Sixteen bits where a machine has them, and layers that learn at a share of the rate."""

from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError

from boutwise.learners import Run
from boutwise.training import _lightning, _precision
from boutwise.training._lightning import train_module
from boutwise.training._task import Task
from boutwise.types.recipe import Optim

SETTINGS = {"lr": 0.02, "epochs": 3, "batch": 1, "weight_decay": 0.0, "ema": "none"}


class Values:
    def __init__(self, values):
        self.values = values
        self.mask = self.weights = torch.ones(len(values))

    def to(self, device):
        return self

    def __len__(self):
        return len(self.values)


class Pairs:
    def __init__(self):
        rng = torch.Generator().manual_seed(0)
        self.pair = (Values(torch.randn(24, 8, generator=rng)), Values(torch.zeros(24)))

    def __len__(self):
        return 1

    def epoch(self, number):
        yield self.pair


class Line(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer, self.other = torch.nn.Linear(8, 1), torch.nn.Linear(8, 1)
        self.seen = []

    def loss(self, batch, target):
        found = self.layer(batch.values) + self.other(batch.values)
        self.seen.append(found.dtype)
        return (found.float()[:, 0] - target.values).square().mean()


def optim(**changes):
    return Optim.model_validate(SETTINGS | changes)


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("precision", ["32", "bf16"])
def test_bf16_is_used_where_it_is_there(precision, there, tmp_path, monkeypatch):
    for module in (_precision, _lightning):
        monkeypatch.setattr(module, "has_bf16", lambda device: there)
    said = []
    run = Run(0, 1, tmp_path, say=lambda *words: said.append(words[2]))
    module = Line()
    train_module(module, Pairs(), optim=optim(precision=precision), run=run)
    wanted = torch.bfloat16 if precision == "bf16" and there else torch.float32
    assert set(module.seen) == {wanted}
    assert module.layer.weight.dtype == torch.float32
    assert any("no instructions for bf16" in words for words in said) == (
        precision == "bf16" and not there
    )


def test_what_a_precision_may_be():
    assert optim().precision == "32"
    assert optim(precision=32).precision == "32"
    for wrong in ("16", True, "fp8"):
        with pytest.raises(ValidationError):
            optim(precision=wrong)
    assert _precision.has_bf16(torch.device("meta")) is False
    assert isinstance(_precision.has_bf16(torch.device("cpu")), bool)


class Slow(Line):
    def rates(self):
        return {"other.weight": 0.1, "other.bias": 0.1}


def test_layers_may_learn_at_a_share_of_the_rate(tmp_path):
    task = Task(Slow(), optim=optim(), seed=0, steps=10)
    found = task.configure_optimizers()
    groups = found["optimizer"].param_groups
    assert [len(group["params"]) for group in groups] == [2, 2]
    first, second = (group["lr"] for group in groups)
    assert second == pytest.approx(first / 10)
    torch.manual_seed(0)
    module = Slow()
    before = {name: value.detach().clone() for name, value in module.named_parameters()}
    train_module(module, Pairs(), optim=optim(), run=Run(0, 1, tmp_path))
    moved = {n: float((v.detach() - before[n]).abs().mean()) for n, v in module.named_parameters()}
    assert moved["other.weight"] < 0.3 * moved["layer.weight"]
    plain = Task(Line(), optim=optim(), seed=0, steps=10).configure_optimizers()
    assert len(plain["optimizer"].param_groups) == 1
