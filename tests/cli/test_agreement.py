"""``boutwise agreement``: words, JSON, page, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Boutwise


@pytest.fixture
def two_raters(tmp_path: Path, boutwise: Boutwise) -> Path:
    """A project from two people's interval tables, imported by the command line."""
    rows = ["recording,annotator,behavior,start_s,stop_s"]
    for recording in ("day1", "day2", "day3"):
        for bout in range(12):
            start = 2 + 4.5 * bout + (bout % 5) * 0.2
            for name, late in (("Anna", 0.0), ("Ben", 0.4)):
                word = "groom" if bout % 3 else "rear"
                rows.append(f"{recording},{name},{word},{start + late:.2f},{start + late + 1:.2f}")
    table = tmp_path / "both.csv"
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    project = tmp_path / "project"
    assert boutwise("init", project).code == 0
    said = boutwise("import", project, table, "--labels-only", "--fps", "25")
    assert said.code == 0, said.err
    return project


def test_numbers_and_clocks_are_told(two_raters: Path, boutwise: Boutwise) -> None:
    said = boutwise("agreement", two_raters)
    assert said.code == 0
    assert said.out.startswith("2 annotators (Anna, Ben), 3 recordings, 3 pairs, 3 animals")
    row = next(line for line in said.out.splitlines() if line.startswith("Ben after Anna"))
    assert row.split()[-5:] == ["0.400", "+0.40", "to", "+0.40", "3"]


def test_json_holds_every_pair_as_given_and_aligned(two_raters: Path, boutwise: Boutwise) -> None:
    data = boutwise("agreement", two_raters, "--json").data
    assert data["aligned"]["overall"]["kappa"]["value"] == pytest.approx(1.0)
    assert data["given"]["overall"]["kappa"]["value"] < 0.8
    assert [pair["offset_frames"] for pair in data["pairs"]] == [10, 10, 10]
    assert data["fleiss_kappa"]["value"] is None


def test_page_is_written(two_raters: Path, tmp_path: Path, boutwise: Boutwise) -> None:
    page = tmp_path / "people.html"
    said = boutwise("agreement", two_raters, "--html", page, "--json")
    assert said.data["html"] == str(page)
    assert "Ben after Anna" in page.read_text(encoding="utf-8")


def test_nobody_to_compare_is_a_data_problem(two_raters: Path, boutwise: Boutwise) -> None:
    said = boutwise("agreement", two_raters, "--only", "id=day9")
    assert said.code == 3
    assert "no two annotators labeled the same frames" in said.err
    assert boutwise("agreement", two_raters, "--annotators", "Anna,Benn").code == 2
