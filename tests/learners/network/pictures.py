"""Made-up pictures: a blob that stands, creeps to the left or to the right, or twitches."""

from __future__ import annotations

import numpy as np

from boutwise.learners import Dataset, SubjectFrames
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, Subject
from boutwise.types.recipe import NetworkMember

SIZE = 24
GROUP = ("creep_left", "creep_right", "rest")
ETHOGRAM = Ethogram(
    tuple(Behavior(name) for name in (*GROUP, "twitch")),
    (ExclusiveGroup("activity", GROUP, background="rest"),),
)
SPEED = {"creep_left": -1.0, "creep_right": 1.0, "rest": 0.0}


class Array:
    """Pixels around an array; notes which frames were read."""

    def __init__(self, values, present=None):
        self.values = values
        self.present = np.ones(len(values), dtype=bool) if present is None else present
        self.reads = []

    @property
    def shape(self):
        return self.values.shape

    def __len__(self):
        return len(self.values)

    def __getitem__(self, frames):
        start, stop, step = frames.indices(len(self))
        assert step == 1
        self.reads.append((start, stop))
        return self.values[frames]


def blob(x, y, *, size=SIZE, shade=200.0, rng=None):
    """Pictures of a blob, (frames, 1, size, size), uint8."""
    grid = np.arange(size)
    dx = (grid[None, :] - x[:, None] + size / 2) % size - size / 2  # it leaves on one side, comes
    dy = grid[None, :] - y[:, None]
    spot = np.exp(-(dy[:, :, None] ** 2 + dx[:, None, :] ** 2) / (0.16 * size) ** 2)
    values = 40 + shade * spot
    if rng is not None:
        values = values + rng.normal(scale=4, size=values.shape)
    return values.clip(0, 255).astype(np.uint8)[:, None]


def subject_frames(seed, n_frames=600, *, size=SIZE, absent=0.0, group="", channels=1):
    """One animal in bouts of 12 to 30 frames, with twitches of 3 frames; perhaps gaps."""
    rng = np.random.default_rng([9, seed])
    labels = np.zeros((n_frames, 4), dtype=np.int8)
    speed = np.zeros(n_frames)
    frame = 0
    while frame < n_frames:
        name, stop = GROUP[rng.integers(3)], frame + int(rng.integers(12, 30))
        labels[frame:stop, GROUP.index(name)] = 1
        speed[frame:stop] = SPEED[name]
        frame = stop
    height = np.full(n_frames, size / 2)
    for start in rng.integers(5, n_frames - 5, n_frames // 40):
        height[start : start + 3] = size / 2 - np.array([3, 5, 3])
        labels[start : start + 3, 3] = 1
    x = rng.uniform(0, size) + np.cumsum(speed)
    values = blob(x, height, size=size, shade=rng.uniform(100, 210), rng=rng)
    if channels == 3:
        values = np.repeat(values, 3, axis=1)
    present = rng.random(n_frames) >= absent
    values[~present] = rng.integers(0, 255, size=(1,), dtype=np.uint8)
    animal = f"m{seed}"
    return SubjectFrames(
        Subject(f"rec{seed}", animal),
        30.0,
        {"video": Array(values, present)},
        labels,
        np.ones(n_frames, dtype=np.float32),
        group or animal,
    )


def make_pictures(seeds=(0, 1), **options):
    """A dataset of pictures alone."""
    return Dataset(tuple(subject_frames(seed, **options) for seed in seeds), ETHOGRAM, {})


SMALL = {"stages": [8, 16], "entrance": 2, "width": 16}


def make_member(encoder=None, **changes):
    """A small network on pictures without any ``auto``."""
    optim = {"lr": 1e-2, "epochs": 8, "batch": 4, "weight_decay": 0.01, "ema": "none"}
    settings = {
        "learner": "network",
        "streams": {"video": {"encoder": encoder or {"spotter": SMALL}}},
        "temporal": [{"tcn": {"channels": 16, "dilations": [1, 2], "dropout": 0.0}}],
        "heads": {"behavior": {"weights": 0.25}},
        "windows": {"length": 32},
        "optim": optim | changes.pop("optim", {}),
    }
    return NetworkMember.model_validate(settings | changes)
