"""A choice of behaviors that cannot be heeded is a fault of the call, with the nearest name."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from boutwise.cli import main
from boutwise.errors import RecipeError
from boutwise.planning.targets import target_ethogram
from boutwise.types.recipe import Target


def test_chosen_behaviors_stay_in_the_order_of_the_ethogram(mice):
    chosen = target_ethogram(mice, Target(behaviors=["walk", "rest"]))
    assert chosen.names == ("rest", "walk")


@pytest.mark.parametrize(
    ("names", "what", "todo"),
    [
        (["walk", "grom"], "'grom', which the project's ethogram does not have", "'groom'"),
        (["walk", "walk", "rest"], "names 'walk' twice", "take it out once"),
        ([], "names no behavior", None),
    ],
)
def test_a_choice_that_cannot_be(mice, names, what, todo):
    with pytest.raises(RecipeError, match=what) as caught:
        target_ethogram(mice, Target(behaviors=names))
    assert "rear" in (caught.value.expected or "") + (caught.value.todo or "")
    assert todo is None or todo in (caught.value.todo or "")


@pytest.mark.parametrize(
    "setting",
    ["target.behaviors=[grom, walk]", "target.behaviors=[walk, walk]", "split.holdout=[mouse]"],
)
def test_the_command_calls_it_a_fault_of_the_call(mice, setting, capsys):
    assert main(["plan", str(mice.root), "--recipe", "pose", "--set", setting, "--json"]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["todo"]


def test_a_merged_behavior_is_called_by_its_new_name(mice, monkeypatch):
    merged = replace(mice.ethogram, merges={"trot": "walk"})
    monkeypatch.setattr(type(mice), "ethogram", merged)
    with pytest.raises(RecipeError, match="'trot'") as caught:
        target_ethogram(mice, Target(behaviors=["trot"]))
    assert caught.value.todo == "name 'walk', into which boutwise.yaml merges it"
