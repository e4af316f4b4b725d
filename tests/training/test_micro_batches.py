"""When memory does not suffice the same step is computed in parts, and that is said."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from boutwise.errors import BoutwiseError
from boutwise.learners import Run
from boutwise.training._judging import Sums, judged, losses_of, means_of, shares_of, totals_of
from boutwise.training._lightning import train_module
from boutwise.training._memory import MicroBatches, is_out_of_memory

sys.path.insert(0, str(Path(__file__).parents[1] / "learners"))
samples = importlib.import_module("network.conftest")

TCN = {"temporal": [{"tcn": {"channels": 8, "dilations": [1, 2], "dropout": 0.0}}]}


class Narrow:
    """Makes a network raise what a full memory raises, above so many windows at once."""

    def __init__(self, most, error):
        self.most, self.error, self.sizes = most, error, []

    def __call__(self, module, args):
        windows = len(args[0])
        if module.training:
            self.sizes.append(windows)
        if windows > self.most:
            raise self.error


def trained(tmp_path, name, *, narrow=None, say=None, epochs=3, **changes):
    """A network fitted with or without room for a whole batch, its run, and its curves."""
    from boutwise.learners.network import Learner

    member = samples.make_member(**TCN | changes, optim={"epochs": epochs, "batch": 8})
    data = samples.make_dataset()
    data.items[0].labels[100:700, 3] = -1  # unevenly labelled: parts of a batch weigh differently
    data.items[1].labels[:500, :3] = -1
    curves = tmp_path / f"{name}-curves"

    def train(module, batches, **settings):
        if narrow is not None:
            module.register_forward_pre_hook(narrow)
        return train_module(module, batches, **settings)

    words = {} if say is None else {"say": say}
    run = Run(seed=0, threads=1, directory=tmp_path / name, trainer=train, curves=curves, **words)
    fitted = Learner(member, samples.ETHOGRAM).fit(data, samples.make_dataset(seed=5), run)
    return fitted, (curves / "curves.csv").read_text(encoding="utf-8")


ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    MemoryError(),
]


@pytest.mark.parametrize("error", ERRORS, ids=["cuda", "cpu", "python"])
def test_a_step_in_parts_is_the_step_of_the_whole(tmp_path, error):
    whole, curves = trained(tmp_path, "whole")
    said, narrow = [], Narrow(3, error)
    parts, divided = trained(tmp_path, "parts", narrow=narrow, say=lambda *w: said.append(w))
    for name, value in whole._network.state_dict().items():
        torch.testing.assert_close(
            parts._network.state_dict()[name], value, rtol=1e-3, atol=2e-4, msg=name
        )
    told = [words for _, _, words in said if "memory" in words]
    head, rest = "memory does not suffice for", "before each step"
    assert told == [
        f"{head} 8 windows at once: from now on 4, and 2 times {rest}",
        f"{head} 4 windows at once: from now on 2, and 4 times {rest}",
    ]
    assert narrow.sizes[:4] == [8, 4, 2, 2]
    assert max(narrow.sizes[3:]) == 2
    # The schedule walks with the steps of the optimizer, not with the parts.
    rows = [line.split(",") for line in curves.splitlines()]
    others = [line.split(",") for line in divided.splitlines()]
    assert rows[0] == others[0]
    lr, loss, micro = (rows[0].index(key) for key in ("lr", "train/loss", "micro_batch"))
    assert [row[lr] for row in rows] == [row[lr] for row in others]
    for row, other in zip(rows[1:], others[1:], strict=True):
        assert float(row[loss]) == pytest.approx(float(other[loss]), rel=1e-3)
        assert (row[micro], other[micro]) == ("", "2")


def test_the_random_numbers_of_a_failed_attempt_are_drawn_again(tmp_path):
    """The parts of the first step draw what they would have drawn without the attempt."""
    dropout = {"temporal": [{"tcn": {"channels": 8, "dilations": [1], "dropout": 0.5}}]}
    drawn = []

    class Watch(Narrow):
        def __call__(self, module, args):
            if module.training:
                with torch.random.fork_rng():
                    drawn.append(torch.rand(8))
            super().__call__(module, args)

    watch = Watch(4, ERRORS[0])
    trained(tmp_path, "late", narrow=watch, epochs=1, **dropout)
    assert watch.sizes[:3] == [8, 4, 4]
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[1], drawn[2])


def test_a_single_window_that_does_not_fit_is_an_error(tmp_path):
    with pytest.raises(
        BoutwiseError, match="memory does not suffice for a single window"
    ) as caught:
        trained(tmp_path, "none", narrow=Narrow(0, ERRORS[0]))
    assert "windows.length" in str(caught.value)


def test_another_error_is_not_taken_for_memory(tmp_path):
    with pytest.raises(RuntimeError, match="shapes"):
        trained(tmp_path, "none", narrow=Narrow(3, RuntimeError("shapes do not fit")))
    assert not is_out_of_memory(ValueError("out of memory"))


class Stop(Exception):
    pass


def test_a_resumed_fit_in_parts_equals_an_uninterrupted_one(tmp_path):
    settings = {"epochs": 4}
    straight, curves = trained(tmp_path, "straight", narrow=Narrow(3, ERRORS[0]), **settings)

    def stop(done, total, words):
        if done == 3 and "epoch" in words:
            raise Stop

    with pytest.raises(Stop):
        trained(tmp_path, "resumed", narrow=Narrow(3, ERRORS[0]), say=stop, **settings)
    said = []
    resumed, again = trained(
        tmp_path, "resumed", narrow=Narrow(3, ERRORS[0]), say=lambda *w: said.append(w), **settings
    )
    assert [w for _, _, w in said if "memory" in w] == []  # it remembers what memory bears
    assert again == curves
    item = samples.make_dataset(seed=8).items[0]
    np.testing.assert_allclose(
        *(next(f.scores([samples.whole(item)])) for f in (straight, resumed)), atol=1e-5
    )


def network_and_batch():
    from boutwise.learners.network._network import build
    from boutwise.learners.network._scaling import Scaling
    from boutwise.learners.network._windows import Batches, WindowPlan

    data = samples.make_dataset()
    data.items[0].labels[100:700, 3] = -1
    scaling = Scaling.fit(data, ["pose"], mask_all=False)
    plan = WindowPlan(64, 40, around_bouts=False, seed=0)
    batch = next(iter(Batches(data, scaling, plan).epoch(0)))
    weights = {"behavior": torch.rand(4, 2) + 0.5}
    torch.manual_seed(0)
    network = build(samples.make_member(**TCN), samples.ETHOGRAM, scaling, weights).eval()
    return network, *batch


def test_parts_of_a_loss_sum_up_to_it():
    network, batch, target = network_and_batch()
    whole, parts = totals_of(network, batch, target), []
    for first, last in MicroBatches(7).parts(len(batch)):
        here = (batch.rows(first, last), target.rows(first, last))
        shares = shares_of(totals_of(network, *here), whole)
        parts.append(losses_of(means_of(network, *here), shares)["behavior"])
    assert torch.stack(parts).sum().item() == pytest.approx(network.loss(batch, target).item())


def test_a_validation_in_parts_is_that_of_one_batch_and_macro_f1_is_the_slow_one():
    network, batch, target = network_and_batch()
    sums = Sums()
    for first, last in MicroBatches(7).parts(len(batch)):
        here = (batch.rows(first, last), target.rows(first, last))
        means, counts = judged(network, *here)
        sums.add(means, totals_of(network, *here), counts)
    assert sums.loss == pytest.approx(network.loss(batch, target).item(), rel=1e-5)
    scores = network(batch)["behavior"].detach().numpy()
    labels, mask = target.labels.numpy(), batch.mask.numpy()
    each = []
    for column in range(4):
        if column < 3:
            judged_frames = (labels[..., :3] == 1).any(-1) & mask
            said = scores[..., :3].argmax(-1) == column
        else:
            judged_frames = (labels[..., 3] >= 0) & mask
            said = scores[..., 3] > 0
        yes = labels[..., column] == 1
        hits = (said & yes & judged_frames).sum()
        wrong = ((said != yes) & judged_frames).sum()
        each.append(2 * hits / (2 * hits + wrong))
    assert sums.macro_f1 == pytest.approx(np.mean(each), rel=1e-5)
    assert Sums().macro_f1 is None
    assert Sums().loss == float("inf")
