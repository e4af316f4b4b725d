"""The decision as a whole, its parts, and every decoder."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise import registry
from boutwise.decision import Decision, fit_decision, to_probabilities, to_raw
from boutwise.decision.calibration import fit_calibration
from boutwise.decision.combination import fit_combination
from boutwise.decision.decoders import _best_path
from boutwise.decision.links import blocks
from boutwise.decision.smoothing import drop_short, moving_mean, smoothed
from boutwise.types import Behavior, Ethogram, ExclusiveGroup
from boutwise.types.frame_states import runs
from boutwise.types.recipe import Part, parse_recipe

GROUP = Ethogram(
    tuple(Behavior(name) for name in ("rest", "walk", "rear", "sniff")),
    (ExclusiveGroup("body", ("rest", "walk", "rear"), background="rest"),),
)
RECIPE = parse_recipe(
    {
        "name": "x",
        "members": [{"learner": "trees", "features": ["egocentric"]}],
        "combine": "mean",
        "calibrate": "vector",
        "decode": {"smooth": {"seconds": 0.3}, "minimum_duration": "none"},
    }
)


def random_states(rng, n_frames=600):
    """Bouts of 10 to 40 frames in the group, and an independent behavior."""
    states = np.zeros((n_frames, 4), dtype=np.int8)
    choice = np.repeat(rng.integers(0, 3, n_frames // 10), rng.integers(10, 40, n_frames // 10))
    states[np.arange(n_frames), choice[:n_frames]] = 1
    states[:, 3] = np.repeat(rng.random(n_frames // 20) < 0.3, 20)
    return states


def noisy_raw(rng, states, strength=2.0, noise=1.0):
    raw = strength * (states == 1) + noise * rng.standard_normal(states.shape)
    raw[:, 3] -= strength / 2
    return raw.astype(np.float32)


def test_probabilities_and_raw_scores_are_inverse():
    rng = np.random.default_rng(0)
    raw = rng.standard_normal((50, 4)).astype(np.float32)
    chance = to_probabilities(raw, GROUP)
    assert np.allclose(chance[:, :3].sum(axis=1), 1, atol=1e-6)
    assert np.allclose(to_probabilities(to_raw(chance, GROUP), GROUP), chance, atol=1e-5)


def test_extreme_scores_stay_finite():
    chance = to_probabilities(np.array([[1e4, -1e4, 0, 1e4]], dtype=np.float32), GROUP)
    assert np.isfinite(chance).all()
    assert np.isfinite(to_raw(chance, GROUP)).all()


def test_the_mean_of_equal_members_is_the_member():
    rng = np.random.default_rng(1)
    raw = rng.standard_normal((30, 4)).astype(np.float32)
    combined = fit_combination("mean", [raw, raw], np.zeros((30, 4), np.int8), GROUP)
    after = to_probabilities(combined.apply([raw, raw], GROUP), GROUP)
    assert np.allclose(after, to_probabilities(raw, GROUP), atol=1e-5)


def test_the_logistic_combiner_trusts_the_better_member():
    rng = np.random.default_rng(2)
    states = random_states(rng)
    good, bad = noisy_raw(rng, states, 3.0), noisy_raw(rng, states, 0.0)
    fitted = fit_combination("logistic", [good, bad], states, GROUP)
    for weights in fitted.weights:
        assert weights[0] > 5 * weights[1]


@pytest.mark.parametrize("kind", ["temperature", "bias", "vector"])
def test_calibration_makes_overconfident_scores_honest(kind):
    rng = np.random.default_rng(3)
    states = random_states(rng, 6000)
    raw = noisy_raw(rng, states, 1.0) * 4
    fitted = fit_calibration(kind, raw, states, GROUP)
    before, after = to_probabilities(raw, GROUP), fitted.apply(raw, GROUP)
    for columns in blocks(GROUP):
        place = list(columns)
        error_before = np.abs(before[:, place].max(axis=1).mean() - _right(before, states, place))
        error_after = np.abs(after[:, place].max(axis=1).mean() - _right(after, states, place))
        if len(place) > 1:
            assert error_after < 0.03 < error_before


def test_a_bias_for_each_class_takes_back_what_windows_made_common():
    """Raw scores of a world in which two classes are as common as the third, which they are not."""
    rng = np.random.default_rng(8)
    states = np.zeros((20_000, 4), dtype=np.int8)
    common = np.log([0.9, 0.07, 0.03])
    choice = rng.choice(3, size=len(states), p=np.exp(common))
    states[np.arange(len(states)), choice] = 1
    raw = (2.0 * (states == 1) + rng.standard_normal(states.shape)).astype(np.float32)
    # The true log odds of these scores: twice each, and how common its class is.
    fitted = {
        kind: fit_calibration(kind, raw, states, GROUP)
        for kind in ("temperature", "bias", "vector")
    }
    found = fitted["bias"]
    assert found.scale[:3] == pytest.approx([2.0] * 3, rel=0.05)
    assert np.diff(found.bias[:3]) == pytest.approx(np.diff(common), abs=0.15)
    rare = {k: v.apply(raw, GROUP)[:, 2].mean() for k, v in fitted.items()}
    assert rare["bias"] == pytest.approx(0.03, abs=0.002)
    assert rare["temperature"] > 0.06
    few = states.copy()
    few[np.flatnonzero(states[:, 2])[20:]] = -1
    assert fit_calibration("bias", raw, few, GROUP).bias[2] == 0


def _right(chance, states, place):
    return np.mean(chance[:, place].argmax(axis=1) == states[:, place].argmax(axis=1))


def test_unlabelled_frames_do_not_move_the_calibration():
    rng = np.random.default_rng(4)
    states = random_states(rng, 2000)
    raw = noisy_raw(rng, states)
    clean = fit_calibration("vector", raw, states, GROUP)
    more_states = np.concatenate([states, np.full((500, 4), -1, np.int8)])
    more_raw = np.concatenate([raw, 50 * np.ones((500, 4), np.float32)])
    assert fit_calibration("vector", more_raw, more_states, GROUP) == clean


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), fewest=st.integers(1, 9))
def test_dropping_short_bouts_leaves_none_and_keeps_the_group_whole(seed, fewest):
    rng = np.random.default_rng(seed)
    chance = to_probabilities(noisy_raw(rng, random_states(rng, 200)), GROUP)
    decided = registry.load("decoder", "most_likely").decide(chance, GROUP, 20.0)
    kept = drop_short(decided, chance, GROUP, dict.fromkeys(GROUP.names, fewest))
    assert (kept[:, :3].sum(axis=1) == 1).all()
    for column in range(4):
        lengths = [stop - start for start, stop in runs(kept[:, column])]
        assert all(length >= fewest for length in lengths) or lengths == [len(kept)]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), seconds=st.floats(0, 2))
def test_the_moving_mean_equals_the_slow_one(seed, seconds):
    rng = np.random.default_rng(seed)
    chance = rng.random((40, 2)).astype(np.float32)
    half = max(0, round((seconds * 10 - 1) / 2))
    slow = [chance[max(0, i - half) : i + half + 1].mean(axis=0) for i in range(len(chance))]
    assert np.allclose(moving_mean(chance, seconds, 10.0), slow, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    lengths=st.tuples(*(st.sampled_from([0.0, 0.3, 0.7, 1.5]),) * 4),
)
def test_with_a_length_for_each_groups_stay_whole_and_the_shortest_has_its_own_mean(seed, lengths):
    rng = np.random.default_rng(seed)
    chance = to_probabilities(noisy_raw(rng, random_states(rng, 100)), GROUP)
    found = smoothed(chance, GROUP, dict(zip(GROUP.names, lengths, strict=True)), 10.0)
    assert found.dtype == np.float32
    assert found.min() >= 0
    np.testing.assert_allclose(found[:, :3].sum(axis=1), 1, atol=1e-5)
    alone = moving_mean(chance[:, 3:], lengths[3], 10.0)
    np.testing.assert_allclose(found[:, 3:], alone, atol=1e-6)
    shortest = int(np.argmin(lengths[:3]))
    own = moving_mean(chance[:, shortest : shortest + 1], lengths[shortest], 10.0)
    np.testing.assert_allclose(found[:, shortest : shortest + 1], own, atol=1e-5)
    if len(set(lengths[:3])) == 1:
        together = moving_mean(chance[:, :3], lengths[0], 10.0)
        np.testing.assert_allclose(found[:, :3], together, atol=1e-5)


def test_a_short_act_is_kept_while_long_ones_are_told_by_seconds():
    rng = np.random.default_rng(3)
    long = np.repeat([0, 1, 0, 1], 100)
    chance = np.full((400, 4), 0.1, dtype=np.float32)
    noisy = np.where(rng.random(400) < 0.65, long, 1 - long)
    chance[np.arange(400), noisy] = 0.8
    acts = range(20, 400, 40)
    for start in acts:
        chance[start : start + 3, :3] = [0.1, 0.1, 0.8]
    lengths = {"rest": 3.0, "walk": 3.0, "rear": 0.0, "sniff": 0.0}
    said = smoothed(chance, GROUP, lengths, 10.0)[:, :3].argmax(axis=1)
    assert [start for start, _ in runs(said == 2)] == list(acts)
    other = said != 2
    assert (said == long)[other].mean() > 0.9 > (noisy == long)[other].mean() + 0.2
    together = smoothed(chance, GROUP, 3.0, 10.0)[:, :3].argmax(axis=1)
    assert not (together == 2).any()


@pytest.mark.parametrize("name", registry.names("decoder"))
def test_every_decoder_keeps_groups_exclusive_and_finds_planted_bouts(name):
    """Planted 5-frame bouts come back 5 +- 1 frames long, at their place."""
    decide = registry.load("decoder", name).decide
    chance = np.tile(np.array([0.9, 0.06, 0.04, 0.1], np.float32), (400, 1))
    starts = range(20, 380, 40)
    for start in starts:
        chance[start : start + 5] = [0.06, 0.9, 0.04, 0.9]
    options = {"mean_bout_s": 0.5} if name == "viterbi" else {}
    decided = decide(chance, GROUP, 20.0, **options)
    assert (decided[:, :3].sum(axis=1) == 1).all()
    for column in (1, 3):
        found = runs(decided[:, column])
        assert len(found) == len(starts)
        for (start, stop), planted in zip(found, starts, strict=True):
            assert abs(start - planted) <= 1
            assert abs((stop - start) - 5) <= 1


@pytest.mark.parametrize("seconds", [0.3, {"rest": 1.0, "walk": 1.0, "rear": 0.2}])
def test_a_fitted_decision_is_saved_and_loaded_whole(seconds, tmp_path):
    rng = np.random.default_rng(6)
    states = random_states(rng)
    raw = noisy_raw(rng, states)
    content = RECIPE.model_dump()
    content["decode"]["smooth"]["seconds"] = seconds
    decision = fit_decision(parse_recipe(content), GROUP, [[raw]], [states], [20.0])
    decision.save(tmp_path)
    for file in tmp_path.iterdir():
        json.loads(file.read_text(encoding="utf-8"))
    again = Decision.load(tmp_path, GROUP)
    before, after = (d.probabilities([raw], 20.0) for d in (decision, again))
    assert np.array_equal(before, after)
    assert np.array_equal(decision.decide(before, 20.0), again.decide(after, 20.0))
    assert 0.02 <= decision.thresholds["sniff"] <= 0.98


def test_the_threshold_of_an_independent_behavior_is_the_best_one():
    rng = np.random.default_rng(7)
    states = random_states(rng, 3000)
    raw = noisy_raw(rng, states, 1.5)
    decision = fit_decision(RECIPE, GROUP, [[raw]], [states], [20.0])
    chance = decision.probabilities([raw], 20.0)[:, 3]
    truth = states[:, 3] == 1

    def f1(threshold):
        said = chance >= threshold
        return 2 * (said & truth).sum() / (said.sum() + truth.sum())

    assert (
        f1(decision.thresholds["sniff"]) >= max(f1(t) for t in np.linspace(0.02, 0.98, 97)) - 1e-9
    )


@pytest.mark.parametrize("price_frames", [0.0, 0.3, 1.0])
def test_expected_frames_finds_the_best_of_all_paths(price_frames):
    """Held against every one of the 3 ** 6 paths, and of the 2 ** 6 of an independent behavior."""
    rng = np.random.default_rng(3)
    decide = registry.load("decoder", "expected_frames").decide
    fps = 20.0

    def worth(path, gains):
        changes = int((np.diff(path) != 0).sum())
        return sum(gains[i, k] for i, k in enumerate(path)) - price_frames * changes

    for _ in range(20):
        group = rng.dirichlet(np.ones(3), size=6)
        single = rng.random((6, 1))
        chance = np.hstack([group, single]).astype(np.float32)
        decided = decide(
            chance, GROUP, fps, price_s=price_frames / fps, thresholds={GROUP.names[3]: 0.4}
        )
        for found, gains in (
            (decided[:, :3].argmax(axis=1), chance[:, :3].astype(float)),
            (
                decided[:, 3].astype(int),
                2 * np.hstack([np.full((6, 1), 0.4), chance[:, 3:].astype(float)]),
            ),
        ):
            paths = itertools.product(range(gains.shape[1]), repeat=6)
            best = max(worth(path, gains) for path in paths)
            assert worth(found, gains) == pytest.approx(best)
    assert decide(chance[:0], GROUP, fps).shape == (0, 4)


@pytest.mark.parametrize("n_frames", [1, 2, 6, 7, 8, 14, 15, 50])
def test_the_best_path_is_the_same_in_pieces(n_frames, monkeypatch):
    gains = np.random.default_rng(n_frames).random((n_frames, 3)).round(1)
    whole = _best_path.best_path(gains, 0.3)
    monkeypatch.setattr(_best_path, "PIECE", 7)
    np.testing.assert_array_equal(_best_path.best_path(gains, 0.3), whole)


def slow_macro_f1(chances, decided):
    """The macro-F1 that is expected of a decision, class by class."""
    values = []
    for k in range(chances.shape[1]):
        right = chances[decided == k, k].sum()
        values.append(2 * right / (chances[:, k].sum() + (decided == k).sum()))
    return np.mean(values)


@pytest.mark.parametrize("seed", range(6))
def test_expected_f1_finds_what_small_changes_cannot_improve(seed):
    """Better than the likeliest, than thresholds tried at random, and than any frame changed."""
    rng = np.random.default_rng(seed)
    names = tuple(Behavior(name) for name in ("rest", "walk", "twitch"))
    ethogram = Ethogram(names, (ExclusiveGroup("acts", ("rest", "walk", "twitch")),))
    chances = rng.dirichlet([6.0, 2.0, 0.2], size=400)
    module = registry.load("decoder", "expected_f1")
    thresholds, worths = module.fit(
        chances.astype(np.float32), np.ones(chances.shape, dtype=bool), ethogram
    )

    def decide(**how):
        found = module.decide(chances.astype(np.float32), ethogram, 30.0, price_s=0.0, **how)
        assert (found.sum(axis=1) == 1).all()
        return found.argmax(axis=1)

    found = decide(thresholds=thresholds, worths=worths)
    reached = slow_macro_f1(chances, found)
    assert (decide() == chances.argmax(axis=1)).all()
    assert reached > slow_macro_f1(chances, decide()) + 0.02
    for _ in range(300):
        other = {name: rng.uniform(0, 0.6) for name in ethogram.names}
        worth = {name: rng.uniform(0.1, 30) for name in ethogram.names}
        assert slow_macro_f1(chances, decide(thresholds=other, worths=worth)) <= reached + 0.005
    changed = found.copy()
    for frame in rng.choice(400, 60, replace=False):
        for k in range(3):
            changed[frame] = k
            assert slow_macro_f1(chances, changed) <= reached + 1e-3
        changed[frame] = found[frame]


def test_what_nearly_never_occurs_is_not_said_on_a_whim():
    rng = np.random.default_rng(3)
    names = tuple(Behavior(name) for name in ("rest", "walk", "seizure"))
    ethogram = Ethogram(names, (ExclusiveGroup("acts", ("rest", "walk", "seizure")),))
    seizure = rng.uniform(0, 6e-5, 20_000)
    walk = rng.beta(1, 3, 20_000) * (1 - seizure)
    chances = np.stack([1 - walk - seizure, walk, seizure], axis=1).astype(np.float32)
    module = registry.load("decoder", "expected_f1")
    thresholds, worths = module.fit(chances, np.ones(chances.shape, dtype=bool), ethogram)
    assert thresholds["seizure"] >= 0.02
    assert worths["seizure"] < 1 / (30 / 20_000)
    decide = module.decide
    said = decide(chances, ethogram, 30.0, thresholds=thresholds, worths=worths)
    assert not said[:, 2].any()
    unsure = np.tile(np.array([0.815, 0.17, 0.015], np.float32), (300, 1))
    assert not decide(unsure, ethogram, 30.0, thresholds=thresholds, worths=worths)[:, 2].any()


def test_expected_f1_is_fitted_to_what_was_not_trained_on_and_kept(tmp_path):
    rng = np.random.default_rng(6)
    states = random_states(rng)
    raw = noisy_raw(rng, states)
    recipe = RECIPE.model_copy(
        update={"decode": RECIPE.decode.model_copy(update={"decider": Part(part="expected_f1")})}
    )
    decision = fit_decision(recipe, GROUP, [[raw]], [states], [20.0])
    assert set(decision.worths) == set(GROUP.names[:3])
    assert set(decision.thresholds) == set(GROUP.names)
    decision.save(tmp_path)
    again = Decision.load(tmp_path, GROUP)
    chance = again.probabilities([raw], 20.0)
    assert again.worths == decision.worths
    assert np.array_equal(decision.decide(chance, 20.0), again.decide(chance, 20.0))
    # Frames that nobody judged say nothing about how common a behavior is.
    twice = np.concatenate([raw, raw[::-1] + rng.normal(0, 3, raw.shape).astype(np.float32)])
    unseen = np.concatenate([states, np.full_like(states, -1)])
    other = fit_decision(recipe, GROUP, [[twice]], [unseen], [20.0])
    assert other.worths == pytest.approx(decision.worths, rel=0.05)
