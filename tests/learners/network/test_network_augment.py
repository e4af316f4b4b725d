"""Contract tests of all augmentations of batches, and what each of them does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from boutwise import registry
from boutwise.errors import RecipeError
from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.types import Behavior, Ethogram, FrameState, Mirror

from .conftest import ETHOGRAM
from .test_network_parts import WIDTH, full, random_batch

MIRROR = Mirror((1, 0, 2, 3, 4), (1.0, 1.0, -1.0, 1.0, 1.0))
FACTS = Facts(ETHOGRAM, 20.0, ("pose",), {"pose": MIRROR})


def augment_of(name, facts=FACTS, **options):
    return registry.load("augmentation", name).Augment(facts, **options)


def after(name, batch, target, seed=0, facts=FACTS, **options):
    return augment_of(name, facts, **options)(batch, target, torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", registry.names("augmentation"))
def test_augmentation_keeps_shapes_and_follows_its_generator(name):
    augment = augment_of(name)
    batch, target = random_batch()
    before = batch.streams["pose"].clone()
    results = [augment(batch, target, torch.Generator().manual_seed(s)) for s in (1, 1, 2)]
    torch.testing.assert_close(batch.streams["pose"], before, equal_nan=True)
    for new, aimed in results:
        assert new.streams["pose"].shape == batch.streams["pose"].shape
        assert aimed.labels.shape == target.labels.shape
        assert (new.mask & ~batch.mask).sum() == 0 or name == "time_stretch"
        assert set(aimed.labels.unique().tolist()) <= {0, 1, int(FrameState.UNLABELLED)}
    same = [result[0].streams["pose"].nan_to_num() for result in results]
    assert torch.equal(same[0], same[1])
    assert not torch.equal(same[0], same[2])


def test_noise_is_small_and_keeps_what_is_missing():
    batch, target = random_batch()
    new, _ = after("noise", batch, target, sd=0.1)
    moved = new.streams["pose"] - batch.streams["pose"]
    assert torch.equal(moved.isnan(), batch.streams["pose"].isnan())
    assert 0.08 < float(moved[~moved.isnan()].std()) < 0.12


def test_feature_dropout_hides_whole_columns():
    batch, target = random_batch(windows=200)
    new, _ = after("feature_dropout", batch, target, share=0.3)
    hidden = new.streams["pose"].isnan().all(dim=1)
    assert 0.25 < float(hidden.float().mean()) < 0.35
    kept = ~hidden[:, None].expand_as(new.streams["pose"])
    torch.testing.assert_close(
        new.streams["pose"][kept], batch.streams["pose"][kept], equal_nan=True
    )


def test_time_stretch_moves_inputs_and_labels_together():
    windows, frames = 50, 64
    labels = torch.zeros(windows, frames, 4, dtype=torch.int8)
    labels[:, 28:36, 0] = 1
    values = labels[..., :1].float().repeat(1, 1, WIDTH)
    mask = full(windows, frames)
    batch = Batch({"pose": values}, mask, {"pose": mask})
    target = Target(labels, torch.ones(windows, frames))
    new, aimed = after("time_stretch", batch, target, spread=0.5)
    inside = new.mask
    assert torch.equal(new.streams["pose"][..., 0][inside], aimed.labels[..., 0][inside].float())
    assert (aimed.weights[~inside] == 0).all()
    lengths = (aimed.labels[..., 0] == 1).sum(dim=1)
    assert int(lengths.min()) < 7
    assert int(lengths.max()) > 9


def test_mirror_turns_whole_windows_and_twice_is_nothing():
    batch, target = random_batch(windows=200)
    new, aimed = after("mirror", batch, target, share=0.4)
    image = torch.from_numpy(MIRROR.apply(batch.streams["pose"].numpy()))
    pairs = zip(new.streams["pose"], image, batch.streams["pose"], strict=True)
    same, old = np.array(
        [[torch.equal(a.nan_to_num(), b.nan_to_num()) for b in both] for a, *both in pairs]
    ).T
    assert (same != old).all()
    assert 0.3 < np.mean(same) < 0.5
    assert torch.equal(aimed.labels, target.labels)
    again, _ = after("mirror", *after("mirror", batch, target, share=1.0), share=1.0)
    torch.testing.assert_close(again.streams["pose"], batch.streams["pose"], equal_nan=True)


def test_mirror_swaps_behaviors_that_are_called_by_a_side():
    names = ("turn_left", "rest", "turn_right", "squeak")
    facts = replace(FACTS, ethogram=Ethogram(tuple(Behavior(name) for name in names)))
    batch, target = random_batch()
    target = replace(target, shares=target.labels.float())
    _, aimed = after("mirror", batch, target, facts=facts, share=1.0)
    assert torch.equal(aimed.labels, target.labels[..., [2, 1, 0, 3]])
    assert torch.equal(aimed.shares, target.shares[..., [2, 1, 0, 3]])
    lonely = replace(FACTS, ethogram=Ethogram((Behavior("turn_left"), Behavior("rest"))))
    with pytest.raises(RecipeError, match="turn_right"):
        augment_of("mirror", lonely)


def test_mirror_needs_a_stream_that_can_be_mirrored():
    with pytest.raises(RecipeError, match="'pose' cannot be mirrored"):
        augment_of("mirror", replace(FACTS, mirrors={}))
