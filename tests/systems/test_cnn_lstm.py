"""The parity table of ``cnn_lstm``: every key that it names can be set and has that default."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import yaml

from boutwise.planning import load_recipe
from boutwise.registry import names

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "systems" / "cnn_lstm.md"


def rows():
    """Key, default and another value of each row of the table of settings."""
    text = PAGE.read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
    table = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line[:1] == "|"]
    return [tuple(cell.strip().strip("`") for cell in cells[1:4]) for cells in table[2:]]


def plain(value):
    """Parts in the short form in which people write them."""
    if isinstance(value, dict):
        if set(value) == {"part", "options"}:
            return {value["part"]: plain(value["options"])} if value["options"] else value["part"]
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def value_of(recipe, key):
    here = plain(recipe.model_dump(mode="json"))
    for step in key.split("."):
        here = here[int(step)] if isinstance(here, list) else here[step]
    return here


def test_the_table_covers_every_setting_of_the_recipe():
    def leaves(value, path=""):
        if isinstance(value, dict) and value:
            return {leaf for k, v in value.items() for leaf in leaves(v, f"{path}.{k}".strip("."))}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            found = (leaves(v, f"{path}.{i}") for i, v in enumerate(value))
            return {leaf for each in found for leaf in each}
        return {path}

    text = (PAGE.parents[3] / "src/boutwise/recipes/cnn_lstm.yaml").read_text(encoding="utf-8")
    shared = {"name", "prepare", "calibrate", "members.0.learner"}
    shared |= {"target.behaviors", "target.annotators", "split.folds", "split.holdout"}
    assert leaves(yaml.safe_load(text)) - {key for key, _, _ in rows()} == shared


@pytest.mark.parametrize(("key", "default", "another"), rows(), ids=lambda cell: cell[:40])
def test_each_key_has_its_default_and_can_be_set(key, default, another):
    assert value_of(load_recipe("cnn_lstm"), key) == yaml.safe_load(default)
    assert another != default
    for value in (default, another):
        found = value_of(load_recipe("cnn_lstm", [f"{key}={value}"]), key)
        assert found == yaml.safe_load(value)


def test_every_part_of_the_recipe_exists():
    member = load_recipe("cnn_lstm").members[0]
    assert {part.part for part in member.augment} <= set(names("augmentation"))
    assert {part.part for part in member.temporal} <= set(names("temporal"))
    assert member.readout.part in names("readout")
    assert member.streams["pose"].features[0].part in names("feature set")


def test_the_network_is_that_of_the_table():
    torch = pytest.importorskip("torch")
    from boutwise.learners.network._contract import Batch
    from boutwise.learners.network._network import build
    from boutwise.learners.network._scaling import Scaling, StreamScaling
    from boutwise.types import Behavior, Ethogram, ExclusiveGroup

    member = load_recipe("cnn_lstm").members[0]
    behaviors = ("other", "approach", "attack", "genitalgroom", "intromit", "mount", "sniff_any")
    ethogram = Ethogram(
        tuple(Behavior(name) for name in behaviors), (ExclusiveGroup("act", behaviors, "other"),)
    )
    scale = StreamScaling(*(np.ones(48, dtype=t) for t in (np.float32, np.float32, bool)))
    scale.masked[:] = False
    scaling = Scaling({"pose": scale}, {"pose": tuple(f"c{i}" for i in range(48))})
    network = build(member, ethogram, scaling, {"behavior": torch.ones(7, 2)})
    sizes = {name: tuple(value.shape) for name, value in network.named_parameters()}
    convolutions = [sizes[f"temporal.0.convolutions.{i}.convolve.weight"] for i in range(3)]
    assert convolutions == [(64, 48, 5), (128, 64, 5), (256, 128, 3)]
    assert sizes["temporal.0.lstm.weight_hh_l1_reverse"] == (4 * 128, 128)
    dense = [sizes[f"readout.layers.{i}.weight"] for i in (0, 3)]
    assert [*dense, sizes["heads.behavior.output.weight"]] == [(128, 256), (64, 128), (7, 64)]
    mask = torch.ones(2, 60, dtype=torch.bool)
    batch = Batch({"pose": torch.randn(2, 60, 48)}, mask, {"pose": mask})
    assert network(batch)["behavior"].shape == (2, 1, 7)
    assert network.attention(batch).shape == (2, 60 // network.step_frames) == (2, 15)
