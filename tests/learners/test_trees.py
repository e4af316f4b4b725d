"""The trees learner: what it learns, what it leaves out, what it saves."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from boutwise.errors import BundleError, DataError, LabelError, UsageError
from boutwise.learners import Chunk, Dataset, Run, SubjectFrames, trees
from boutwise.learners._scoring import score_subject
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, FrameState, Subject
from boutwise.types.recipe import TreesMember

FPS = 20.0
COLUMNS = ("speed", "height", "noise", "z:speed")
NAMES = ("rest", "run", "rear", "groom")
GROUP = ExclusiveGroup("posture", ("rest", "run", "rear"), "rest")
ETHOGRAM = Ethogram(tuple(Behavior(name) for name in NAMES), (GROUP,))


def subject(name: str, *, n_frames: int = 1200, seed: int = 0) -> SubjectFrames:
    """An animal that rests, runs and rears by turns, and grooms whenever 'height' is low."""
    rng = np.random.default_rng(seed)
    state = np.repeat(rng.integers(0, 3, n_frames // 40 + 1), 40)[:n_frames]
    grooms = np.repeat(rng.integers(0, 2, n_frames // 60 + 1), 60)[:n_frames]
    values = rng.normal(0, 0.4, (n_frames, 4))
    values[:, 0] += 2.0 * (state == 1)
    values[:, 1] += 2.0 * (state == 2) - 2.0 * grooms
    values[:, 3] = values[:, 0] / 2
    values[rng.random(values.shape) < 0.03] = np.nan
    labels = np.zeros((n_frames, 4), dtype=np.int8)
    labels[np.arange(n_frames), state] = 1
    labels[:, 3] = grooms
    streams = {"features": values.astype(np.float32)}
    weights = np.ones(n_frames, dtype=np.float32)
    return SubjectFrames(Subject(f"r_{name}", name), FPS, streams, labels, weights, name)


def dataset(*items: SubjectFrames, ethogram: Ethogram = ETHOGRAM) -> Dataset:
    return Dataset(items, ethogram, {"features": COLUMNS})


def member(**optim) -> TreesMember:
    values = trees.auto_values({"n_frames": 2400, "fps": FPS, "median_bout_s": 2.0})
    settings = {path: value for path, (value, _) in values.items()}
    chosen = {path[6:]: value for path, value in settings.items() if path.startswith("optim.")}
    windows = {path[8:]: value for path, value in settings.items() if path.startswith("windows.")}
    windows |= {"statistics": [0.25, 1.05], "score_step": 1}
    chosen |= {"rounds": 30, **optim}
    return TreesMember(learner="trees", features=["egocentric"], windows=windows, optim=chosen)


def run(**options) -> Run:
    return Run(**({"seed": 1, "threads": 1, "directory": Path()} | options))


def fit(data: Dataset, valid: Dataset | None = None, **options) -> trees.Fitted:
    return trees.Learner(member(), data.ethogram).fit(data, valid, run(**options))


def scores(fitted: trees.Fitted, item: SubjectFrames) -> np.ndarray:
    return score_subject(fitted, item.subject, item.fps, item.streams)


@pytest.fixture(scope="module")
def train() -> Dataset:
    return dataset(subject("a", seed=1), subject("b", seed=2))


@pytest.fixture(scope="module")
def fitted(train) -> trees.Fitted:
    return fit(train)


def test_it_learns_groups_and_independent_behaviors(fitted):
    other = subject("c", seed=3)
    found = scores(fitted, other)
    assert found.shape == other.labels.shape
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert (found[:, :3].argmax(axis=1) == other.labels[:, :3].argmax(axis=1)).mean() > 0.85
    assert ((found[:, 3] > 0) == (other.labels[:, 3] == 1)).mean() > 0.85
    assert fitted.absent == ()
    assert fitted.steps == 30


def test_the_same_again(train, fitted):
    item = subject("c", seed=3)
    np.testing.assert_array_equal(scores(fit(train), item), scores(fitted, item))
    assert (scores(fit(train, seed=2), item) != scores(fitted, item)).any()


def test_save_and_load(fitted, tmp_path):
    fitted.save(tmp_path)
    loaded = trees.load(tmp_path)
    item = subject("c", seed=3)
    np.testing.assert_array_equal(scores(loaded, item), scores(fitted, item))
    assert (loaded.steps, loaded.margin_frames) == (fitted.steps, fitted.margin_frames)
    assert loaded.ethogram == fitted.ethogram
    assert loaded.importance().keys() == fitted.importance().keys()
    kinds = {file.suffix for file in tmp_path.iterdir()}
    assert kinds == {".txt", ".json"}


def test_a_broken_bundle_says_so(fitted, tmp_path):
    with pytest.raises(BundleError, match="cannot be read"):
        trees.load(tmp_path)
    fitted.save(tmp_path)
    (tmp_path / "model_0.txt").write_text("tree", encoding="utf-8")
    with pytest.raises(BundleError, match="cannot be read"):
        trees.load(tmp_path)
    fitted.save(tmp_path)
    state = json.loads((tmp_path / "trees.json").read_text(encoding="utf-8"))
    state["statistics_version"] = 99
    (tmp_path / "trees.json").write_text(json.dumps(state), encoding="utf-8")
    with pytest.raises(BundleError, match="version 99"):
        trees.load(tmp_path)


@pytest.mark.parametrize("score_step", [1, 3])
@settings(max_examples=15, deadline=None)
@example(start=0, length=2)
@example(start=2, length=3)
@given(start=st.integers(0, 1100), length=st.integers(1, 300))
def test_whole_is_chunked(fitted, start, length, score_step):
    item = subject("c", seed=3)
    fitted = trees.Fitted(fitted.windows, fitted.ethogram, fitted.models, score_step=score_step)
    values = item.streams["features"]
    stop, margin = min(start + length, len(values)), fitted.margin_frames
    low, high = max(start - margin, 0), min(stop + margin, len(values))
    chunk = Chunk(
        item.subject, FPS, {"features": values[low:high]}, start - low, high - stop, start
    )
    (part,) = fitted.scores([chunk])
    np.testing.assert_allclose(part, scores(fitted, item)[start:stop], atol=1e-5)


def test_scores_between_the_scored_frames_lie_between_them(fitted, tmp_path):
    item = subject("c", seed=3)
    every = trees.Fitted(fitted.windows, fitted.ethogram, fitted.models)
    third = trees.Fitted(fitted.windows, fitted.ethogram, fitted.models, score_step=3)
    exact, thin = scores(every, item), scores(third, item)
    np.testing.assert_allclose(thin[::3], exact[::3], atol=1e-5)
    np.testing.assert_allclose(thin[1:-3:3], (2 * thin[0:-3:3] + thin[3::3]) / 3, atol=1e-5)
    third.save(tmp_path)
    np.testing.assert_array_equal(scores(trees.load(tmp_path), item), thin)


@pytest.mark.parametrize("state", [FrameState.UNLABELLED, FrameState.UNSCORABLE])
def test_frames_that_nobody_judged_are_never_used(train, fitted, state):
    """Rows with nonsense features but no label change nothing of the model."""
    nonsense = subject("n", seed=9)
    spoiled = {"features": np.full_like(nonsense.streams["features"], 1e6)}
    labels = np.full_like(nonsense.labels, state)
    hidden = replace(nonsense, streams=spoiled, labels=labels)
    with_hidden = replace(train, items=(*train.items, hidden))
    item = subject("c", seed=3)
    np.testing.assert_array_equal(scores(fit(with_hidden), item), scores(fitted, item))


def test_frames_without_weight_are_left_out(train, fitted):
    nonsense = subject("n", seed=9)
    labels = 1 - nonsense.labels
    out = replace(nonsense, labels=labels, weights=np.zeros_like(nonsense.weights))
    item = subject("c", seed=3)
    found = scores(fit(replace(train, items=(*train.items, out))), item)
    np.testing.assert_array_equal(found, scores(fitted, item))


def test_labels_of_one_behavior_do_not_need_the_other(train):
    """A recording labeled for one behavior only teaches that one."""
    half = replace(train.items[1], labels=train.items[1].labels.copy())
    half.labels[:, :3] = FrameState.UNLABELLED
    found = fit(dataset(train.items[0], half))
    alone = fit(dataset(train.items[0]))
    item = subject("c", seed=3)
    assert found.absent == ()
    # The group learns from the first recording alone, binned on the rows of both.
    assert (
        scores(found, item)[:, :3].argmax(1) == scores(alone, item)[:, :3].argmax(1)
    ).mean() > 0.9
    assert (scores(found, item)[:, 3] != scores(alone, item)[:, 3]).any()


def test_absent_behaviors_are_recorded_and_stay_at_the_floor(train, tmp_path):
    items = []
    for item in train.items:
        labels = item.labels.copy()
        labels[labels[:, 2] == 1, 0] = 1
        labels[:, 2:] = 0
        items.append(replace(item, labels=labels))
    found = fit(dataset(*items))
    assert found.absent == ("rear", "groom")
    found.save(tmp_path)
    assert trees.load(tmp_path).absent == ("rear", "groom")
    # Between the frames that are scored, the floor is met nearly: see the interpolation.
    raw = scores(found, subject("c", seed=3)).astype(np.float64)[:: found.score_step]
    odds = np.exp(raw[:, :3])
    np.testing.assert_allclose(odds[:, 2] / odds[:, :2].sum(axis=1), 1e-4, rtol=1e-3)
    np.testing.assert_allclose(1 / (1 + np.exp(-raw[:, 3])), 1e-4, rtol=1e-3)


def test_one_class_alone_is_not_a_model(train):
    labels = np.zeros_like(train.items[0].labels)
    labels[:, 1] = labels[:, 3] = 1
    found = fit(dataset(replace(train.items[0], labels=labels)))
    raw = scores(found, train.items[1])
    assert (raw[:, :3].argmax(axis=1) == 1).all()
    assert (raw[:, 3] > 5).all()
    assert found.absent == ("rest", "rear")


def test_overlap_in_a_group_is_an_error(train):
    labels = train.items[0].labels.copy()
    labels[100, :3] = 1, 1, 0
    with pytest.raises(LabelError, match="rest and run are labeled at once") as error:
        fit(dataset(replace(train.items[0], labels=labels)))
    assert (error.value.recording, error.value.frame) == ("r_a", 100)


def test_nothing_labeled_is_an_error(train):
    labels = np.full_like(train.items[0].labels, FrameState.UNLABELLED)
    with pytest.raises(DataError, match="no frame is labeled"):
        fit(dataset(replace(train.items[0], labels=labels)))
    with pytest.raises(DataError, match="no recording"):
        fit(dataset())


def test_other_inputs_are_refused(train, fitted):
    item = train.items[0]
    with pytest.raises(DataError, match="20 and 30 frames per second"):
        fit(dataset(item, replace(train.items[1], fps=30.0)))
    with pytest.raises(DataError, match="stream 'features'"):
        fit(Dataset(train.items, ETHOGRAM, {"pose": COLUMNS}))
    with pytest.raises(DataError, match="20 frames per second got 30"):
        scores(fitted, replace(item, fps=30.0))
    narrow = {"features": item.streams["features"][:, :2]}
    with pytest.raises(DataError, match="does not fit"):
        scores(fitted, replace(item, streams=narrow))


def test_a_member_with_auto_is_refused():
    with pytest.raises(UsageError, match="auto"):
        trees.Learner(TreesMember(learner="trees", features=["egocentric"]), ETHOGRAM)


def test_steps_and_early_stopping(train):
    assert fit(train, steps=7).steps == 7
    valid = dataset(subject("v", seed=8))
    learner = trees.Learner(member(rounds=400, lr=0.5), ETHOGRAM)
    stopped = learner.fit(train, valid, run())
    assert 1 <= stopped.steps < 400
    assert np.isfinite(scores(stopped, valid.items[0])).all()


def test_progress_goes_forward_to_the_end(train):
    told = []
    fit(train, say=lambda done, total, words: told.append((done, total, words)))
    done = [entry[0] for entry in told]
    assert done == sorted(done)
    assert done[0] == 0
    assert done[-1] == told[-1][1] == 60
    assert all(entry[2] for entry in told)


def test_importance_names_what_matters(fitted):
    shares = fitted.importance()
    assert sum(shares.values()) == pytest.approx(1)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    noise = sum(share for name, share in shares.items() if name.endswith("noise"))
    assert noise < 0.15
    assert next(iter(shares)).endswith(("speed", "height"))


def test_rare_classes_weigh_more(train):
    item = replace(train.items[0], labels=train.items[0].labels.copy())
    item.labels[:, 3] = 0
    item.labels[::60, 3] = 1  # at random as far as features tell
    plain = trees.Learner(member(weight_power=0.0), ETHOGRAM).fit(dataset(item), None, run())
    raised = trees.Learner(member(weight_power=1.0), ETHOGRAM).fit(dataset(item), None, run())
    mean = [scores(one, train.items[1])[:, 3].mean() for one in (plain, raised)]
    assert mean[1] > mean[0] + 2


def test_every_auto_of_the_recipe_has_a_rule():
    values = trees.auto_values({"n_frames": 72_000, "fps": 20, "median_bout_s": 1.0})
    open_member = TreesMember(learner="trees", features=["egocentric"])
    autos = {f"optim.{name}" for name, value in open_member.optim if value == "auto"}
    autos |= {f"windows.{name}" for name, value in open_member.windows if value == "auto"}
    assert set(values) == autos
    assert all(len(reason) > 20 for _, reason in values.values())


@settings(max_examples=50, deadline=None)
@given(
    n_frames=st.integers(1, 10**8),
    fps=st.floats(1, 500),
    median_bout_s=st.floats(0.01, 1000),
)
def test_auto_values_fit_the_recipe(n_frames, fps, median_bout_s):
    facts = {"n_frames": n_frames, "fps": fps, "median_bout_s": median_bout_s}
    values = trees.auto_values(facts)
    optim = {path[6:]: value for path, (value, _) in values.items() if path[:6] == "optim."}
    windows = {path[8:]: value for path, (value, _) in values.items() if path[:8] == "windows."}
    resolved = TreesMember(learner="trees", features=["x"], optim=optim, windows=windows)
    trees.Learner(resolved, ETHOGRAM)
    assert n_frames / windows["frame_step"] <= 200_001


def test_importing_the_part_loads_no_lightgbm():
    code = "import sys, boutwise.learners.trees; sys.exit('lightgbm' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("leaves", [5, 12, 40])
def test_scores_are_those_of_lightgbm_on_the_statistics(train, leaves):
    """Block by block, with missing values, the same as in one call."""
    learner = trees.Learner(member(leaves=leaves, leaf_frames=5, rounds=25), ETHOGRAM)
    fitted = learner.fit(train, None, run())
    item = subject("c", seed=3)
    found = scores(fitted, item)
    rows = fitted.windows.compute(item.streams["features"])
    assert np.isnan(rows).any()
    group, groom = (model.booster.predict(rows, raw_score=True) for model in fitted.models)
    np.testing.assert_allclose(found[:, :3], group, atol=1e-5)
    np.testing.assert_allclose(found[:, 3], groom, atol=1e-5)
