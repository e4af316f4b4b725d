"""Contract tests of all augmentations of batches, and what each of them does."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import numpy as np
import pytest
import torch

from boutwise import registry
from boutwise.errors import RecipeError
from boutwise.learners.network._contract import Batch, Facts, Target
from boutwise.learners.network._scaling import Scaling
from boutwise.learners.network._windows import Batches, WindowPlan
from boutwise.types import Behavior, Ethogram, FrameState, Mirror

from .conftest import ETHOGRAM, make_dataset
from .test_network_parts import WIDTH, full, random_batch
from .test_network_windows import with_views

MIRROR = Mirror((1, 0, 2, 3, 4), (1.0, 1.0, -1.0, 1.0, 1.0))
MOVE_FRAMES = ("time_stretch", "jitter")
FACTS = Facts(ETHOGRAM, 20.0, ("pose",), {"pose": MIRROR})


def augment_of(name, facts=FACTS, **options):
    return registry.load("augmentation", name).Augment(facts, **options)


def after(name, batch, target, seed=0, facts=FACTS, **options):
    return augment_of(name, facts, **options)(batch, target, torch.Generator().manual_seed(seed))


def of_features():
    """Augmentations that can do something to features."""
    found = []
    for name in registry.names("augmentation"):
        with contextlib.suppress(RecipeError):
            augment_of(name)
            found.append(name)
    return found


@pytest.mark.parametrize("name", of_features())
def test_augmentation_keeps_shapes_and_follows_its_generator(name):
    augment = augment_of(name)
    batch, target = random_batch()
    before = batch.streams["pose"].clone()
    results = [augment(batch, target, torch.Generator().manual_seed(s)) for s in (1, 1, 2)]
    torch.testing.assert_close(batch.streams["pose"], before, equal_nan=True)
    for new, aimed in results:
        assert new.streams["pose"].shape == batch.streams["pose"].shape
        assert aimed.labels.shape == target.labels.shape
        assert (new.mask & ~batch.mask).sum() == 0 or name in MOVE_FRAMES
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


def test_jitter_moves_inputs_and_leaves_labels():
    windows, frames = 300, 20
    values = torch.arange(frames).float()[None, :, None].repeat(windows, 1, WIDTH)
    mask = full(windows, frames)
    batch = Batch({"pose": values}, mask, {"pose": mask})
    target = Target(torch.zeros(windows, frames, 4, dtype=torch.int8), torch.ones(windows, frames))
    new, aimed = after("jitter", batch, target, frames=3)
    assert aimed is target
    shift = (new.streams["pose"][..., 0] - values[..., 0])[:, 10]
    assert sorted(shift.unique().tolist()) == [-3, -2, -1, 0, 1, 2, 3]
    assert torch.equal(frames - new.mask.sum(dim=1), shift.abs().long())
    assert torch.equal(new.mask, new.present["pose"])
    assert torch.equal(new.mask, ~new.streams["pose"][..., 0].isnan())


def test_feature_scale_has_one_factor_a_window():
    batch, target = random_batch(windows=400)
    new, _ = after("feature_scale", batch, target, spread=0.2)
    factor = (new.streams["pose"] / batch.streams["pose"]).nan_to_num(nan=1.0)
    centre = factor[:, 20, 0]
    torch.testing.assert_close(
        new.streams["pose"][:, 20:], batch.streams["pose"][:, 20:] * centre[:, None, None]
    )
    assert 0.8 <= float(centre.min()) < 0.83
    assert 1.17 < float(centre.max()) <= 1.2


def test_feature_shift_moves_each_feature_of_a_window_as_a_whole():
    batch, target = random_batch(windows=400)
    new, aimed = after("feature_shift", batch, target, spread=0.3, stretch=0)
    assert aimed is target
    moved = new.streams["pose"] - batch.streams["pose"]
    assert torch.equal(moved.isnan(), batch.streams["pose"].isnan())
    of_window = moved.nanmean(dim=1, keepdim=True)
    assert float((moved - of_window).nan_to_num().abs().max()) < 1e-5
    assert 0.27 < float(of_window[~of_window.isnan()].std()) < 0.33
    assert not torch.equal(of_window[:, :, 0], of_window[:, :, 1])


def mixing(labels, weights=None):
    """Two windows of one frame each, with the inputs 1 and 0, mixed: shares, weights, inputs."""
    labels = torch.tensor(labels, dtype=torch.int8)[:, None]
    values = torch.tensor([1.0, 0.0])[:, None, None]
    weights = torch.ones(2, 1) if weights is None else torch.tensor(weights)[:, None]
    mask = full(2, 1)
    for seed in range(20):  # until the two are each other's partners
        new, aimed = after(
            "mixup",
            Batch({"pose": values}, mask, {"pose": mask}),
            Target(labels, weights),
            seed,
            alpha=1.0,
        )
        share = float(new.streams["pose"][0])
        if share < 1:
            return share, float(1 - new.streams["pose"][1]), aimed
    raise AssertionError


def test_mixup_mixes_labels_as_it_mixes_inputs():
    a, b, aimed = mixing([[1, 0, 0, 1], [0, 1, 0, 0]])
    assert 0.5 <= a < 1
    torch.testing.assert_close(aimed.shares[0, 0], torch.tensor([a, 1 - a, 0, a]))
    assert aimed.weights.tolist() == [[1.0], [1.0]]
    assert 0.5 <= 1 - (1 - b) <= 1


@pytest.mark.parametrize(
    "other",
    [([-1] * 4, 1.0), ([-2] * 4, 1.0), ([0, 1, 0, 0], 0.0)],
    ids=["open", "unscorable", "fold"],
)
def test_mixup_learns_a_lonely_label_with_its_share(other):
    row, weight = other
    a, b, aimed = mixing([[1, 0, 0, 1], row], weights=[1.0, weight])
    assert aimed.shares[0, 0].tolist() == [1, 0, 0, 1]
    assert float(aimed.weights[0]) == pytest.approx(a)
    # The window without a label is learned with what its partner says, and its small share.
    assert aimed.shares[1, 0].tolist() == [1, 0, 0, 1]
    assert float(aimed.weights[1]) == pytest.approx(1 - b, abs=1e-6)


def test_mixup_leaves_open_what_one_of_two_leaves_open():
    _, _, aimed = mixing([[1, 0, 0, 1], [0, 1, 0, -1]])
    assert aimed.shares[0, 0, 3].isnan()
    assert not aimed.shares[0, 0, :3].isnan().any()
    _, _, aimed = mixing([[-1] * 4, [-1] * 4])
    assert aimed.shares.isnan().all()
    assert (aimed.weights == 0).all()


def test_mixup_beside_padding_changes_nothing():
    batch, target = random_batch(windows=2)
    short = batch.mask.clone()
    short[1, 10:] = False
    batch = replace(batch, mask=short, present={"pose": short})
    new, aimed = after("mixup", batch, target, seed=1, alpha=1.0)
    torch.testing.assert_close(
        new.streams["pose"][0, 10:], batch.streams["pose"][0, 10:], equal_nan=True
    )
    assert torch.equal(aimed.shares[0, 10:], target.labels[0, 10:].float())
    assert (aimed.weights[0] == 1).all()
    assert torch.equal(new.mask, short)


def test_an_epoch_is_the_same_whatever_came_before_it():
    """What makes a resumed fit equal: seed and number of the epoch decide about everything."""
    dataset = with_views(make_dataset(n_frames=600), pace=1.2)
    facts = Facts(ETHOGRAM, 20.0, ("pose",), {"pose": Mirror((1, 0, 2, 3, 4, 5), (1.0,) * 6)})
    scaling = Scaling.fit(dataset, ["pose"], mask_all=True, mirrors=facts.mirrors)
    plan = WindowPlan(length=50, batch=4, around_bouts=True, seed=3)

    def made():
        augments = [augment_of(name, facts) for name in of_features()]
        return Batches(dataset, scaling, plan, augments, views=True)

    walked = made()
    first, *_, third = [list(walked.epoch(number)) for number in range(3)]
    resumed = list(made().epoch(2))
    assert len(resumed) == len(third) == len(walked)
    for (a, x), (b, y) in zip(third, resumed, strict=True):
        torch.testing.assert_close(a.streams["pose"], b.streams["pose"], equal_nan=True)
        torch.testing.assert_close(x.shares, y.shares, equal_nan=True)
        assert torch.equal(x.weights, y.weights)
        assert x.places == y.places
    assert [t.places for _, t in first] != [t.places for _, t in third]
