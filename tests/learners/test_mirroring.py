"""Mirror images: standardization, training rows and scores of both learners."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise.errors import RecipeError
from boutwise.learners import Chunk, Mirroring, trees
from boutwise.learners.network import Learner, load
from boutwise.learners.network._scaling import Scaling
from boutwise.types import Mirror
from boutwise.types.recipe import TreesMember

from .network.conftest import ETHOGRAM as NETWORK_ETHOGRAM
from .network.conftest import make_dataset, make_member, make_run, train_module, whole
from .test_trees import ETHOGRAM, dataset, run, scores, subject
from .test_trees import member as trees_member

__all__ = ["make_run", "train_module"]  # fixtures

POSE = Mirror((1, 0, 2, 4, 3, 5), (1.0, 1.0, -1.0, -1.0, -1.0, 1.0))


def member(**changes):
    return TreesMember.model_validate(trees_member().model_dump() | changes)


def sided(data):
    return replace(data, mirrors={"pose": POSE})


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 99), lost=st.lists(st.integers(0, 5), max_size=3))
def test_mirroring_standardized_values_is_standardizing_mirrored_ones(seed, lost):
    data = sided(make_dataset(seed, n_frames=200))
    for item in data.items:
        item.streams["pose"][:, lost] = np.nan
    scaling = Scaling.fit(data, ["pose"], mask_all=False, mirrors=data.mirrors)
    values = make_dataset(seed + 1, n_frames=50).items[0].streams["pose"]
    first = scaling.apply({"pose": POSE.apply(values)}, "x")["pose"]
    second = POSE.apply(scaling.apply({"pose": values}, "x")["pose"])
    np.testing.assert_allclose(first, second, atol=1e-5)
    masked = scaling.streams["pose"].masked
    assert (masked == masked[list(POSE.source)]).all()
    # A column that is seen on one side only is standardized on the other side as well.
    never = {place for place in lost if POSE.source[place] in lost}
    assert set(np.flatnonzero(np.isnan(scaling.streams["pose"].center))) == never


@pytest.mark.parametrize("augment", [[], ["mirror"]])
def test_a_network_scores_a_mouse_and_its_mirror_image_alike(make_run, tmp_path, augment):
    data = sided(make_dataset())
    options = {"average": ["mirror"], "augment": augment, "optim": {"epochs": 2}}
    fitted = Learner(make_member(**options), NETWORK_ETHOGRAM).fit(data, None, make_run())
    item = make_dataset(seed=8).items[0]
    image = Chunk(item.subject, 20.0, {"pose": POSE.apply(item.streams["pose"])})
    found = next(fitted.scores([whole(item)]))
    np.testing.assert_allclose(next(fitted.scores([image])), found, atol=1e-4)
    fitted.save(tmp_path / "m")
    np.testing.assert_array_equal(next(load(tmp_path / "m").scores([whole(item)])), found)
    plain = make_member(augment=augment, optim={"epochs": 2})
    once = Learner(plain, NETWORK_ETHOGRAM).fit(data, None, make_run("plain"))
    assert np.abs(next(once.scores([whole(item)])) - next(once.scores([image]))).max() > 1e-3


def test_a_network_saved_before_there_were_mirrors_still_loads(make_run, tmp_path):
    fitted = Learner(make_member(optim={"epochs": 1}), NETWORK_ETHOGRAM).fit(
        make_dataset(), None, make_run()
    )
    fitted.save(tmp_path)
    settings_ = json.loads((tmp_path / "network.json").read_text(encoding="utf-8"))
    assert "mirroring" not in settings_
    del settings_["member"]["average"]
    (tmp_path / "network.json").write_text(json.dumps(settings_), encoding="utf-8")
    item = make_dataset(seed=8).items[0]
    np.testing.assert_array_equal(
        next(load(tmp_path).scores([whole(item)])), next(fitted.scores([whole(item)]))
    )


def test_what_cannot_be_mirrored_is_refused(make_run):
    for options in ({"average": ["mirror"]}, {"augment": ["mirror"]}):
        with pytest.raises(RecipeError, match="cannot be mirrored"):
            Learner(make_member(**options), NETWORK_ETHOGRAM).fit(make_dataset(), None, make_run())
        learner = trees.Learner(member(**options), ETHOGRAM)
        with pytest.raises(RecipeError, match="cannot be mirrored"):
            learner.fit(dataset(subject("a", seed=1)), None, run())


def tree_mirror(data):
    width = len(data.columns["features"])
    source = (1, 0, *range(2, width))
    return Mirror(source, (*[1.0] * (width - 1), -1.0))


def test_trees_score_a_mouse_and_its_mirror_image_alike(tmp_path):
    data = dataset(subject("a", seed=1), subject("b", seed=2))
    mirror = tree_mirror(data)
    data = replace(data, mirrors={"features": mirror})
    options = {"augment": ["mirror"], "average": ["mirror"]}
    fitted = trees.Learner(member(**options), ETHOGRAM).fit(data, None, run())
    item = subject("c", seed=3)
    image = replace(item, streams={"features": mirror.apply(item.streams["features"])})
    found = scores(fitted, item)
    np.testing.assert_allclose(scores(fitted, image), found, atol=1e-5)
    fitted.save(tmp_path)
    np.testing.assert_array_equal(scores(trees.load(tmp_path), item), found)
    plain = trees.Learner(member(), ETHOGRAM).fit(data, None, run())
    assert np.abs(scores(plain, image) - scores(plain, item)).max() > 1e-3


def test_trees_learn_from_every_row_and_its_mirror_image():
    data = dataset(subject("a", seed=1), subject("b", seed=2))
    sides = Mirroring({"features": tree_mirror(data)}, (1, 0, 2, 3))
    image = sides.dataset(data)
    for item, other in zip(data.items, image.items, strict=True):
        np.testing.assert_array_equal(other.labels, item.labels[:, [1, 0, 2, 3]])
        back = sides.dataset(image).items[0]
    np.testing.assert_array_equal(back.streams["features"], data.items[0].streams["features"])
    assert Mirroring.from_dict(json.loads(json.dumps(sides.as_dict()))).behaviors == (1, 0, 2, 3)
