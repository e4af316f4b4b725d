"""The network of ``cnn_lstm`` is that of its parity table."""

from __future__ import annotations

import numpy as np
import pytest

from boutwise.planning import load_recipe
from boutwise.registry import names


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
