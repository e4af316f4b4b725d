"""The head that learns where bouts begin."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from boutwise import registry
from boutwise.errors import RecipeError
from boutwise.learners.network._contract import Target
from boutwise.learners.network.heads.onset import EMPHASIS, REACH, SD_FRAMES

from .conftest import ETHOGRAM, make_dataset, whole
from .pictures import make_member
from .test_network_learner import fit
from .test_network_learner import make_member as of_features
from .test_network_parts import full
from .test_pixels import fitted_without_training


def head(weights=None):
    torch.manual_seed(0)
    loss = registry.load("loss", "cross_entropy").Loss(smoothing=0.0)
    weights = torch.ones(4, 2) if weights is None else weights
    return registry.load("head", "onset").Head(5, ETHOGRAM, loss=loss, weights=weights)


def target_of(walk, **changes):
    """One window in which 'walk' is as given, 'squeak' never, and 'other' elsewhere."""
    labels = torch.zeros(1, len(walk), 4, dtype=torch.int8)
    labels[0, :, 0] = torch.tensor(walk, dtype=torch.int8)
    labels[0, :, 2] = (labels[0, :, 0] == 0).to(torch.int8)
    labels[0, labels[0, :, 0] < 0] = -1
    return Target(labels, torch.ones(1, len(walk)), **changes)


def test_heat_is_a_bell_around_each_first_frame_and_backgrounds_have_none():
    part = head()
    assert part.behaviors == ("walk", "groom", "squeak")
    walk = [0] * 10 + [1] * 5 + [0] * 8 + [1] * 3 + [0] * 4
    heat, known = part.heat(target_of(walk))
    assert known[0, REACH:, :].all()
    expected = np.zeros(30)
    for onset in (10, 23):
        near = np.exp(-0.5 * ((np.arange(30) - onset) / SD_FRAMES) ** 2)
        expected = np.maximum(expected, np.where(np.abs(np.arange(30) - onset) > REACH, 0, near))
    np.testing.assert_allclose(heat[0, :, 0], expected, atol=1e-6)
    assert not heat[0, :, 1:].any()


def test_a_bout_whose_beginning_is_not_seen_is_open():
    """It began before the window, or in frames that nobody labelled."""
    for walk, begins in (([1] * 6 + [0] * 20, 0), ([0] * 8 + [-1] * 4 + [1] * 6 + [0] * 8, 12)):
        part = head()
        heat, known = part.heat(target_of(walk))
        open_frames = np.flatnonzero(~known[0, :, 0].numpy())
        near = {*range(max(0, begins - REACH), begins + REACH + 1)}
        assert near <= {*open_frames.tolist()}
        assert not heat[0, :, 0].any()
        assert known[0, -8:, 0].all()
        scores = torch.randn(1, len(walk), 3, requires_grad=True)
        part.loss(scores, target_of(walk), full(1, len(walk))).backward()
        assert (scores.grad[0, open_frames, 0] == 0).all()


def test_shares_of_votes_give_shares_of_heat():
    shares = torch.zeros(1, 20, 4)
    shares[0, 8:, 0] = 0.5
    shares[0, 12:, 0] = 1.0
    heat, _ = head().heat(target_of([0] * 20, shares=shares))
    assert heat[0, [8, 12], 0].tolist() == [0.5, 0.5]
    assert heat[0, 4, 0] < 0.02


def test_loss_counts_heat_more_and_masked_frames_nothing():
    walk = [0] * 10 + [1] * 5 + [0] * 9
    part, target = head(), target_of([0] * 10 + [1] * 5 + [0] * 9)
    scores = torch.full((1, 24, 3), -9.0)
    missed = part.loss(scores, target, full(1, 24))
    found = scores.clone()
    found[0, 10, 0] = 9
    assert part.loss(found, target, full(1, 24)) < missed
    wrong = scores.clone()
    wrong[0, 20, 0] = 9
    assert missed < part.loss(wrong, target, full(1, 24)) < 2 * missed
    mask = full(1, 24)
    mask[0, 20:] = False
    torch.testing.assert_close(part.loss(wrong, target, mask), part.loss(scores, target, mask))
    total = part.totals(target, full(1, 24))
    heat, known = part.heat(target_of(walk))
    each = (1 + (EMPHASIS - 1) * heat) * known
    assert float(total[0]) == pytest.approx(float(each[..., 0].sum()))
    assert part.counts(scores, target, mask).shape == (0, 3)


def test_it_is_learned_beside_the_behavior(make_run, dataset):
    heads = {"behavior": {"weights": 0.25}, "onset": {"weights": "none"}}
    member = of_features(heads=heads, optim={"epochs": 15})
    fitted = fit(member, dataset, make_run())
    item = make_dataset(seed=9).items[0]
    assert next(fitted.scores([whole(item)])).shape == (1200, 4)
    batch, _ = fitted._stretch(whole(item), (0, 1200, 1200), {})
    with torch.no_grad():
        heat = fitted._network(batch)["onset"][0, :, 0]
    begins = np.flatnonzero(np.diff(item.labels[:, 0], prepend=0) == 1)
    away = np.setdiff1d(np.arange(1200), (begins[:, None] + np.arange(-8, 9)).ravel())
    assert heat[begins].mean() > heat[away].mean() + 2


def test_it_needs_a_readout_of_frames():
    clips = {"readout": "mean", "windows": {"length": 16, "stride": 4}}
    heads = {"behavior": {"weights": 0.25}, "onset": {"weights": "none"}}
    with pytest.raises(RecipeError, match="'onset' looks at every frame"):
        fitted_without_training(make_member(heads=heads, **clips))
