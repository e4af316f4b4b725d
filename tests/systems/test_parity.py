"""The parity table of each system: every key that it names can be set and has that default."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from boutwise.planning import load_recipe

ROOT = Path(__file__).resolve().parents[2]
PAGES = {path.stem: path for path in sorted((ROOT / "docs/reference/systems").glob("*.md"))}
SHARED = {"name", "prepare", "calibrate", "members.0.learner"}
SHARED |= {"target.behaviors", "target.annotators", "split.folds", "split.holdout"}
"""Settings that are no part of a system."""


def rows(system):
    """Key, default and another value of each row of the table of settings."""
    text = PAGES[system].read_text(encoding="utf-8").split("## Settings")[1].split("\n## ")[0]
    table = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line[:1] == "|"]
    return [tuple(cell.strip().strip("`") for cell in cells[1:4]) for cells in table[2:]]


def every_row():
    return [(system, *row) for system in PAGES for row in rows(system)]


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


def leaves(value, path=""):
    if isinstance(value, dict) and value:
        return {leaf for k, v in value.items() for leaf in leaves(v, f"{path}.{k}".strip("."))}
    if isinstance(value, list) and any(isinstance(v, dict) for v in value):
        found = (leaves(v, f"{path}.{i}") for i, v in enumerate(value))
        return {leaf for each in found for leaf in each}
    return {path}


@pytest.mark.parametrize("system", PAGES)
def test_the_table_covers_every_setting_of_the_recipe(system):
    text = (ROOT / "src/boutwise/recipes" / f"{system}.yaml").read_text(encoding="utf-8")
    assert leaves(yaml.safe_load(text)) - {key for key, _, _ in rows(system)} <= SHARED


@pytest.mark.parametrize(
    ("system", "key", "default", "another"), every_row(), ids=lambda cell: cell[:40]
)
def test_each_key_has_its_default_and_can_be_set(system, key, default, another):
    assert value_of(load_recipe(system), key) == yaml.safe_load(default)
    assert another != default
    for value in (default, another):
        found = value_of(load_recipe(system, [f"{key}={value}"]), key)
        assert found == yaml.safe_load(value)
