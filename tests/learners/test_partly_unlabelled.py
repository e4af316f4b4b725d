"""A lab that never looked for one behavior of an exclusive group: both learners."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from boutwise.learners import Chunk, trees
from boutwise.learners.network import Learner
from boutwise.types import FrameState

from .network.conftest import ETHOGRAM, make_dataset, make_member, make_run, train_module
from .test_trees import member, run

__all__ = ["make_run", "train_module"]  # fixtures

GROOM = ETHOGRAM.names.index("groom")


def two_labs():
    """The second lab never says anything of 'groom'; what it shows then is not 'yes' of others."""
    data = make_dataset()
    whole, partly = data.items
    labels = partly.labels.copy()
    labels[:, GROOM] = FrameState.UNLABELLED
    items = (whole, replace(partly, labels=labels))
    items = tuple(
        replace(i, streams={"pose": i.streams["pose"], "features": i.streams["pose"]})
        for i in items
    )
    columns = {"pose": data.columns["pose"], "features": data.columns["pose"]}
    return replace(data, items=items, columns=columns)


def without_the_open_frames(data):
    """Frames of the second lab in which nobody said which behavior it was, left out."""
    whole, partly = data.items
    labels = partly.labels.copy()
    open_ = ~(labels[:, :3] == FrameState.YES).any(axis=1)
    assert 100 < open_.sum() < len(labels) / 2
    labels[open_, :3] = FrameState.UNLABELLED
    return replace(data, items=(whole, replace(partly, labels=labels)))


def fitted(kind, data, make_run, name):
    if kind == "trees":
        return trees.Learner(member(), ETHOGRAM).fit(data, None, run())
    learner = Learner(make_member(optim={"epochs": 12}), ETHOGRAM)
    return learner.fit(data, None, make_run(name))


@pytest.mark.parametrize("kind", ["trees", "network"])
def test_its_frames_teach_what_was_seen_and_nothing_else(kind, make_run):
    data = two_labs()
    item = make_dataset(seed=9).items[0]
    streams = {"pose": item.streams["pose"], "features": item.streams["pose"]}
    chunk = Chunk(item.subject, item.fps, streams)
    found = next(fitted(kind, data, make_run, "a").scores([chunk]))
    same = next(fitted(kind, without_the_open_frames(data), make_run, "b").scores([chunk]))
    np.testing.assert_array_equal(found, same)
    right = found[:, :3].argmax(axis=1) == item.labels[:, :3].argmax(axis=1)
    assert right.mean() > 0.85
    shown = item.labels[:, GROOM] == FrameState.YES
    assert right[shown].mean() > 0.7
