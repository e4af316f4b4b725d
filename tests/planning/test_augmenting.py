"""What a plan says of augmentation, and what it refuses."""

from __future__ import annotations

import pytest
import yaml

from boutwise.errors import PartError, RecipeError, UsageError
from boutwise.planning import make_plan
from boutwise.planning.augmenting import without_mirrors
from boutwise.planning.plan import usable_subjects
from boutwise.training.snapshot import Snapshot
from boutwise.training.taking import take_snapshot
from boutwise.training.units import Unit, _training_set
from boutwise.types import Behavior, Ethogram

TREES = {"learner": "trees", "features": ["egocentric"]}
NETWORK = {"learner": "network", "streams": {"pose": {"features": ["egocentric"]}}}


def planned(project, tmp_path, member, augment, **changes):
    file = tmp_path / "recipe.yaml"
    members = [{**member, "augment": augment, **changes}]
    file.write_text(yaml.safe_dump({"name": "x", "members": members}), encoding="utf-8")
    return make_plan(project, file)


@pytest.mark.parametrize("member", [TREES, NETWORK], ids=["trees", "network"])
def test_the_number_of_views_has_a_reason(mice, tmp_path, member):
    plan = planned(mice, tmp_path, member, ["mirror"])
    assert plan.recipe.members[0].views == 0
    plan = planned(mice, tmp_path, member, ["tempo", {"keypoint_dropout": {"share": 0.1}}])
    assert plan.recipe.members[0].views == 3
    assert "tempo, keypoint_dropout" in plan.reasons["members.0.views"]
    assert not any("augment" in path for path in plan.reasons)


def test_a_part_that_changes_nothing_is_said(mice, tmp_path):
    plan = planned(mice, tmp_path, NETWORK, ["rotation", "scale", "keypoint_noise"])
    told = {path: words for path, words in plan.reasons.items() if ".augment." in path}
    assert set(told) == {"members.0.augment.rotation", "members.0.augment.scale"}
    assert all("egocentric" in words and "changes nothing" in words for words in told.values())
    plan = planned(mice, tmp_path, NETWORK, ["tempo"], views=0)
    assert "not used" in plan.reasons["members.0.views"]


@pytest.mark.parametrize("member", [TREES, NETWORK], ids=["trees", "network"])
def test_a_behavior_of_one_side_has_no_mirror_image(mice, tmp_path, member):
    asked = planned(mice, tmp_path, member, ["mirror", "tempo"], average=["mirror"]).recipe
    roles = ("nose", "left_ear", "right_ear")
    assert without_mirrors(asked, mice.ethogram, roles) == (asked, {})
    lonely = Ethogram((Behavior("lick_left_paw"), Behavior("rest")))
    settled, why = without_mirrors(asked, lonely, roles)
    assert [part.part for part in settled.members[0].augment] == ["tempo"]
    assert settled.members[0].average == []
    assert "lick_right_paw" in why["members.0.mirror"]
    settled, why = without_mirrors(asked, mice.ethogram, roles[:2])
    assert settled.members[0].average == []
    assert "there is left_ear, and no right_ear" in why["members.0.mirror"]


@pytest.mark.parametrize(
    ("member", "augment", "changes", "error", "words"),
    [
        (NETWORK, ["rotatoin"], {}, PartError, "rotation"),
        (TREES, ["noise"], {}, RecipeError, "trees cannot heed 'noise'"),
        (TREES, [{"mirror": {"share": 0.5}}], {}, RecipeError, "with options"),
        (TREES, [{"tempo": {"spraed": 0.5}}], {}, RecipeError, "spread"),
        (NETWORK, ["mirror"], {"views": 2}, RecipeError, "no pose augmentation"),
    ],
)
def test_what_cannot_be_heeded_is_refused(mice, tmp_path, member, augment, changes, error, words):
    with pytest.raises(error, match=words):
        planned(mice, tmp_path, member, augment, **changes)


def test_a_fold_learns_from_views_of_its_training_animals_only(mice, tmp_path):
    optim = {"epochs": 2, "early_stop": 1}
    plan = planned(mice, tmp_path, NETWORK, ["tempo"], views=2, optim=optim)
    snapshot = take_snapshot(mice, plan, usable_subjects(mice, plan.recipe), lambda *words: None)
    assert isinstance(snapshot, Snapshot)
    fold = plan.folds[0]
    train, valid = _training_set(plan, snapshot, Unit("folds", fold.name, 0))
    assert valid is not None
    tested = set(fold.test)
    assert not tested & {item.group for item in train.items}
    for item in train.items:
        assert len(item.views) == 2
        frames = {view.frames.size for view in item.views}
        assert frames != {item.n_frames}
    plan = planned(mice, tmp_path, NETWORK, [{"tempo": {"spread": -1}}])
    with pytest.raises(UsageError, match="tempo"):
        take_snapshot(mice, plan, usable_subjects(mice, plan.recipe), lambda *words: None)
