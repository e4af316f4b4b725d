"""A small made-up dataset in which the inputs tell the behaviors, and members to fit on it."""

from __future__ import annotations

import numpy as np
import pytest

from boutwise.learners import Chunk, Dataset, Run, SubjectFrames
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, Subject
from boutwise.types.recipe import NetworkMember

ETHOGRAM = Ethogram(
    tuple(Behavior(name) for name in ("walk", "groom", "other", "squeak")),
    (ExclusiveGroup("activity", ("walk", "groom", "other"), background="other"),),
)
COLUMNS = ("a", "b", "c", "d", "e", "f")


def make_dataset(seed=0, n_items=2, n_frames=1200):
    """Three exclusive behaviors in bouts of 15 frames, an independent one, some values missing."""
    rng = np.random.default_rng(seed)
    items = []
    for i in range(n_items):
        state = np.repeat(rng.integers(0, 3, n_frames // 15 + 1), 15)[:n_frames]
        labels = np.zeros((n_frames, 4), dtype=np.int8)
        labels[np.arange(n_frames), state] = 1
        values = rng.normal(scale=0.5, size=(n_frames, 6)).astype(np.float32)
        values[:, :3] += 2 * labels[:, :3]
        labels[:, 3] = values[:, 4] > 0.5
        values[20:60, 2] = np.nan
        subject = Subject(f"rec{seed}-{i}", f"m{seed}-{i}")
        weights = np.ones(n_frames, dtype=np.float32)
        items.append(SubjectFrames(subject, 20.0, {"pose": values}, labels, weights, f"m{i}"))
    return Dataset(tuple(items), ETHOGRAM, {"pose": COLUMNS})


def make_member(**changes):
    """A small network member without any ``auto``."""
    optim = {"lr": 5e-3, "epochs": 6, "batch": 8, "weight_decay": 0.02, "ema": 0.9}
    settings = {
        "learner": "network",
        "streams": {"pose": {"features": ["egocentric"]}},
        "temporal": [{"tcn": {"channels": 12, "dilations": [1, 2, 4], "dropout": 0.1}}],
        "heads": {"behavior": {"weights": 0.25}},
        "windows": {"length": 64},
        "optim": optim | changes.pop("optim", {}),
    }
    return NetworkMember.model_validate(settings | changes)


def whole(item):
    """A whole recording as one chunk."""
    return Chunk(item.subject, item.fps, item.streams)


@pytest.fixture
def dataset():
    return make_dataset()


@pytest.fixture(scope="session")
def train_module():
    from boutwise.training._lightning import train_module

    return train_module


@pytest.fixture
def make_run(tmp_path, train_module):
    def make(name="fit", *, seed=0, say=None, steps=None):
        words = {} if say is None else {"say": say}
        return Run(
            seed=seed,
            threads=1,
            directory=tmp_path / name,
            steps=steps,
            trainer=train_module,
            **words,
        )

    return make
