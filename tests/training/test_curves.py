"""What a fit logs: the same keys everywhere, as CSV, to TensorBoard and to W&B."""

from __future__ import annotations

import csv
import importlib
import sys
import types
from pathlib import Path

import pytest

from boutwise.errors import UsageError
from boutwise.learners import Run
from boutwise.training._lightning import train_module

sys.path.insert(0, str(Path(__file__).parents[1] / "learners"))
samples = importlib.import_module("network.conftest")

KEYS = [
    "epoch",
    "lr",
    "train/loss",
    "train/loss:behavior",
    *(f"train/f1:{name}" for name in samples.ETHOGRAM.names),
    "valid/loss",
    "valid/macro_f1",
    *(f"valid/f1:{name}" for name in samples.ETHOGRAM.names),
    "micro_batch",
]


def fit(tmp_path, name="fit", *, valid=True, say=lambda *words: None, **optim):
    from boutwise.learners.network import Learner

    member = samples.make_member(optim={"epochs": 4, **optim})
    run = Run(
        seed=0,
        threads=1,
        directory=tmp_path / name / "work",
        trainer=train_module,
        say=say,
        curves=tmp_path / name,
    )
    watched = samples.make_dataset(seed=5) if valid else None
    Learner(member, samples.ETHOGRAM).fit(samples.make_dataset(), watched, run)
    return tmp_path / name


def rows_of(folder):
    with (folder / "curves.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_epoch_has_a_row_with_the_same_keys(tmp_path, monkeypatch):
    monkeypatch.setenv("BOUTWISE_LOG", "none")
    watched = rows_of(fit(tmp_path, early_stop=9))
    alone = rows_of(fit(tmp_path, "alone", valid=False))
    for rows in (watched, alone):
        assert [row["epoch"] for row in rows] == ["1", "2", "3", "4"]
        assert list(rows[0]) == KEYS
    losses = [float(row["train/loss"]) for row in watched]
    assert losses[-1] < losses[0]
    assert [row["train/loss:behavior"] for row in watched] == [r["train/loss"] for r in watched]
    assert all(0 < float(row["valid/macro_f1"]) <= 1 for row in watched)
    assert float(watched[-1]["valid/macro_f1"]) > float(watched[0]["valid/macro_f1"])
    assert float(watched[-1]["valid/loss"]) < float(watched[0]["valid/loss"])
    assert {row["valid/loss"] + row["valid/macro_f1"] for row in alone} == {""}
    for name in samples.ETHOGRAM.names:
        assert all(0 <= float(row[f"train/f1:{name}"]) <= 1 for row in alone)
        assert {row[f"valid/f1:{name}"] for row in alone} == {""}
    for row in watched:
        each = [float(row[f"valid/f1:{name}"]) for name in samples.ETHOGRAM.names]
        assert sum(each) / len(each) == pytest.approx(float(row["valid/macro_f1"]), abs=1e-6)
    rates = [float(row["lr"]) for row in watched]
    assert rates[-1] < max(rates) / 100  # the schedule ends where it should
    assert not (tmp_path / "fit" / "tensorboard").exists()


def told(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tensorboard"))
    events.Reload()
    return {
        key: [(event.step, event.value) for event in events.Scalars(key)]
        for key in events.Tags()["scalars"]
    }


class Stop(Exception):
    pass


def test_tensorboard_gets_the_rows_also_of_a_resumed_fit(tmp_path, monkeypatch):
    monkeypatch.delenv("BOUTWISE_LOG", raising=False)

    def stop(done, total, words):
        if done == 3:
            raise Stop

    with pytest.raises(Stop):
        fit(tmp_path, early_stop=9, say=stop)
    folder = fit(tmp_path, early_stop=9)
    monkeypatch.setenv("BOUTWISE_LOG", "none")
    assert rows_of(fit(tmp_path, "straight", early_stop=9)) == rows_of(folder)
    found = told(folder)
    assert set(found) == set(KEYS) - {"epoch", "micro_batch"}
    for key, events in found.items():
        assert [step for step, _ in events] == [1, 2, 3, 4]
        expected = [float(row[key]) for row in rows_of(folder)]
        assert [value for _, value in events] == pytest.approx(expected, rel=1e-5)


def test_wandb_gets_the_rows_when_it_is_asked_for(tmp_path, monkeypatch):
    calls = []

    class WandbRun:
        def log(self, row, step):
            calls.append((step, row))

        def finish(self):
            calls.append("finished")

    def init(**settings):
        calls.append(settings)
        return WandbRun()

    monkeypatch.setitem(sys.modules, "wandb", types.SimpleNamespace(init=init))
    monkeypatch.setenv("BOUTWISE_LOG", "wandb")
    monkeypatch.setenv("WANDB_PROJECT", "mice")
    fit(tmp_path, valid=False, epochs=2)
    assert calls[0]["project"] == "mice"
    assert [call[0] for call in calls[1:3]] == [1, 2]
    assert set(calls[1][1]) == {key for key in KEYS if not key.startswith(("valid", "micro"))}
    assert calls[3] == "finished"


def test_a_log_that_there_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("BOUTWISE_LOG", "tensorbord")
    with pytest.raises(UsageError, match="'tensorbord'") as caught:
        fit(tmp_path)
    assert "did you mean 'tensorboard'" in str(caught.value)
    monkeypatch.setenv("BOUTWISE_LOG", "wandb")
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(UsageError, match="not installed"):
        fit(tmp_path, "second")
