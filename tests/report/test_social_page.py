"""What a page says of who did it to whom, and of animals that were filmed together."""

from __future__ import annotations

import json
import zipfile

import pytest
from tests.report.test_page import read

from boutwise.report import write_report


@pytest.fixture(scope="module")
def page(social):
    return read(write_report(social[2].directory))


def test_the_share_of_swapped_agents_stands_on_the_page(social, page):
    agents = json.loads((social[2].directory / "scores.json").read_text(encoding="utf-8"))["agents"]
    assert agents["right"] > 100
    (row,) = [r for r in page.rows if r and r[0].strip() == f"{agents['frames']:,}"]
    assert row[1].strip() == f"{agents['right']:,}"
    assert row[2].strip() == f"{agents['swapped']:,}"
    assert f"{agents['share']['value']:.3f}" in row[3]
    assert "Who did it to whom" in page.words("scores")
    assert "Share of swapped agents" in page.words("reading")


def test_mice_alone_have_no_agents(trained):
    directory = trained[2].directory
    scores = json.loads((directory / "scores.json").read_text(encoding="utf-8"))
    assert scores["agents"] is None
    alone = read(write_report(directory))
    assert "whom" not in alone.words("scores")
    assert "swapped" not in alone.words("reading")


def test_cages_are_called_groups_and_mice_animals(social, page):
    head, data = page.words("head"), page.words("data")
    assert "over 4 groups:" in head
    text = (social[2].directory / "report.html").read_text(encoding="utf-8")
    assert "8 animals: those that were filmed together are one group" in text
    assert "over 4 animals" not in head
    assert "8 animals 4 groups of animals filmed together" in data, data[:200]
    assert "groups tested" in data
    assert "95 % intervals over groups" in page.words("scores")
    assert "By group" in page.words("spread")
    text = zipfile.ZipFile(social[2].bundle).read("card.md").decode()
    assert "interval over 4 groups" in text
    assert "| behavior | F1 | bouts | groups |" in text
