"""Training with Lightning: resume, stopping, and what happens when it goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from boutwise.errors import BoutwiseError, DataError
from boutwise.learners.network import Learner
from boutwise.types.recipe import Optim

from .conftest import ETHOGRAM, make_dataset, make_member, whole


class Interrupted(Exception):
    pass


def stop_at(epoch):
    def say(done, total, words):
        if done == epoch:
            raise Interrupted

    return say


def fit(member, run, valid=None):
    return Learner(member, ETHOGRAM).fit(make_dataset(), valid, run)


def scores(fitted):
    return next(fitted.scores([whole(make_dataset(seed=8).items[0])]))


@pytest.mark.parametrize("early_stop", ["none", 2])
@pytest.mark.parametrize("ema", ["none", 0.9])
def test_a_resumed_fit_equals_an_uninterrupted_one(make_run, early_stop, ema):
    member = make_member(optim={"epochs": 5, "early_stop": early_stop, "ema": ema, "lr": 0.05})
    valid = make_dataset(seed=8) if early_stop != "none" else None
    straight = fit(member, make_run("straight"), valid)
    for epoch in (3, 4):
        with pytest.raises(Interrupted):
            fit(member, make_run("resumed", say=stop_at(epoch)), valid)
    said = []
    run = make_run("resumed", say=lambda *words: said.append(words[0]))
    assert [path.name for path in run.directory.iterdir()] == ["resume.ckpt"]
    resumed = fit(member, run, valid)
    assert said[0] == 4  # three epochs were done and kept
    assert resumed.steps == straight.steps
    np.testing.assert_allclose(scores(resumed), scores(straight), atol=1e-5)
    assert list(run.directory.iterdir()) == []


def test_a_kill_while_the_checkpoint_is_written_costs_one_epoch(make_run, monkeypatch):
    straight = fit(make_member(), make_run("straight"))
    save, calls = torch.save, []

    def half_written(checkpoint, path, *rest):
        save(checkpoint, path, *rest)
        calls.append(path)
        if len(calls) == 3:
            path.write_bytes(path.read_bytes()[:1000])
            raise Interrupted

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", half_written)
        with pytest.raises(Interrupted):
            fit(make_member(), make_run("killed"))
    said = []
    run = make_run("killed", say=lambda *words: said.append(words[0]))
    resumed = fit(make_member(), run)
    assert said == [3, 4, 5, 6]
    np.testing.assert_allclose(scores(resumed), scores(straight), atol=1e-5)
    assert list(run.directory.iterdir()) == []


class Noise(torch.nn.Module):
    """Fits pure noise: its validation loss is lowest early on."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(20, 1)

    def loss(self, batch, target):
        return ((self.layer(batch.values)[:, 0] - target.values) ** 2).mean()


class Cloud:
    def __init__(self, values, mask=None):
        self.values = values
        self.mask = self.weights = torch.ones(len(values))
        self.places = ("somewhere",)

    def to(self, device):
        return self

    def __len__(self):
        return len(self.values)

    def rows(self, first, last):
        return Cloud(self.values[first:last])


class Clouds:
    def __init__(self, seed):
        rng = torch.Generator().manual_seed(seed)
        self.pair = (
            Cloud(torch.randn(24, 20, generator=rng)),
            Cloud(torch.randn(24, generator=rng)),
        )

    def __len__(self):
        return 1

    def epoch(self, number):
        yield self.pair


def optim(**changes):
    values = {"lr": 0.02, "epochs": 60, "batch": 1, "weight_decay": 0.0, "ema": "none"}
    return Optim.model_validate(values | changes)


def test_early_stopping_goes_back_to_the_best_epoch(make_run, train_module):
    losses = {}
    for epochs in range(1, 26):
        torch.manual_seed(0)
        module = Noise()
        train_module(
            module, Clouds(0), optim=optim(), run=make_run("plain", steps=epochs), valid=Clouds(1)
        )
        losses[epochs] = module.loss(*Clouds(1).pair).item()
    torch.manual_seed(0)
    module = Noise()
    steps = train_module(
        module, Clouds(0), optim=optim(early_stop=4), run=make_run("stopped"), valid=Clouds(1)
    )
    assert steps == min(losses, key=losses.get)
    assert 1 < steps <= 21
    assert module.loss(*Clouds(1).pair).item() == pytest.approx(losses[steps], rel=1e-5)


def test_given_steps_follow_the_same_schedule(make_run, train_module):
    """With the steps of the folds the last fit walks the first part of the same way."""
    seen = {}
    for steps in (None, 4):
        values = []
        torch.manual_seed(0)
        module = Noise()
        say = lambda *words, values=values, module=module: values.append(  # noqa: E731
            module.layer.weight.detach().clone()
        )
        run = make_run(f"steps{steps}", say=say, steps=steps)
        done = train_module(module, Clouds(0), optim=optim(epochs=8), run=run)
        assert done == (steps or 8)
        seen[steps] = values
    for a, b in zip(seen[4], seen[None], strict=False):
        assert torch.equal(a, b)


def test_valid_changes_nothing_without_early_stop(make_run):
    member = make_member(optim={"epochs": 2})
    alone = fit(member, make_run("alone"))
    beside = fit(member, make_run("beside"), make_dataset(seed=5))
    np.testing.assert_array_equal(scores(alone), scores(beside))


def test_a_loss_that_is_not_finite_names_epoch_and_windows(make_run, train_module):
    class Broken(Noise):
        def loss(self, batch, target):
            return super().loss(batch, target) * float("nan")

    with pytest.raises(BoutwiseError, match="nan in epoch 1, batch 1") as caught:
        train_module(Broken(), Clouds(0), optim=optim(), run=make_run())
    assert "somewhere" in str(caught.value)


def test_diverging_names_the_recordings(make_run):
    member = make_member(optim={"lr": 1e30, "epochs": 3})
    with pytest.raises(BoutwiseError, match="epoch") as caught:
        fit(member, make_run())
    assert "rec0-" in str(caught.value)


def test_a_checkpoint_of_other_settings_is_refused(make_run):
    run = make_run(say=stop_at(3))
    with pytest.raises(Interrupted):
        fit(make_member(), run)
    for other in (
        lambda: fit(make_member(), replace(run, seed=9)),
        lambda: fit(make_member(optim={"lr": 1e-3}), run),
        lambda: fit(make_member(temporal=["tcn"]), run),
    ):
        with pytest.raises(DataError, match="other settings"):
            other()
    assert fit(make_member(), make_run()).steps == 6


def test_a_broken_checkpoint_does_not_run_code(make_run, tmp_path):
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "evil",))

    run = make_run()
    run.directory.mkdir()
    checkpoint = run.directory / "resume.ckpt"
    torch.save({"state_dict": {}, "evil": Evil()}, checkpoint)
    with pytest.raises(DataError, match="cannot be read"):
        fit(make_member(optim={"epochs": 1}), run)
    assert not (tmp_path / "evil").exists()
    checkpoint.write_bytes(checkpoint.read_bytes()[:100])
    with pytest.raises(DataError, match="cannot be read"):
        fit(make_member(optim={"epochs": 1}), run)


SCRIPT = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from network.conftest import ETHOGRAM, make_dataset, make_member
from boutwise.learners import Run
from boutwise.learners.network import Learner
from boutwise.training._lightning import train_module

def say(done, total, words):
    if done == 3:
        os.kill(os.getpid(), signal.SIGINT)

run = Run(seed=0, threads=1, directory=Path(sys.argv[2]), say=say, trainer=train_module)
before = signal.getsignal(signal.SIGINT)
try:
    Learner(make_member(), ETHOGRAM).fit(make_dataset(), None, run)
except KeyboardInterrupt:
    assert signal.getsignal(signal.SIGINT) is before
    assert [path.name for path in run.directory.iterdir()] == ["resume.ckpt"]
    print("stopped")
"""


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_ctrl_c_stays_a_keyboard_interrupt(tmp_path):
    root = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, root, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.returncode) == ("stopped\n", 0), done.stderr
