"""``boutwise check``: grouped by check, a few rows each, all of them in JSON and on the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.cli.conftest import FPS, Boutwise, boutwise_fixture  # noqa: F401 - the fixture

from boutwise.cli._problems import tell_by_check
from boutwise.cli._talk import Talk
from boutwise.report.sections.checks import problem_table
from boutwise.synthetic import simulate, write
from boutwise.types import Problem, Severity


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of three mice: the second is a copy of the first, the third has lost its place."""
    folder = tmp_path_factory.mktemp("faulty")
    mice = simulate("easy", animals=3, minutes=1, fps=float(FPS), seed=3)
    copy = replace(mice[0].pose, animals=mice[1].pose.animals)
    mice[1] = replace(mice[1], pose=copy)
    positions = mice[2].pose.positions.copy()
    positions[600:660] = 0
    mice[2] = replace(mice[2], pose=replace(mice[2].pose, positions=positions))
    write(mice, folder)
    return folder


@pytest.fixture
def project(faulty: Path, boutwise: Boutwise, tmp_path: Path) -> Path:
    root = tmp_path / "project"
    boutwise("init", root)
    animals = faulty / "animals.csv"
    boutwise("import", root, faulty / "pose", faulty / "labels", "--fps", FPS, "--animals", animals)
    return root


def test_problems_stand_by_check_the_worst_first(boutwise: Boutwise, project: Path) -> None:
    said = boutwise("check", project)
    assert said.code == 3
    lines = said.out.splitlines()
    heads = [line for line in lines if not line.startswith((" ", "note"))]
    assert heads[0] == "near duplicates: 1 blocking problem"
    assert "likelihood: 1 warning" in heads
    assert any("show the same positions as 'mouse_1'" in line for line in lines)
    assert "    where: mouse_2, frame 0" in lines
    assert "0, 0 (3.3% of their frames)" in said.out


def test_one_check_alone_and_its_misspelling(boutwise: Boutwise, project: Path) -> None:
    said = boutwise("check", project, "--only", "Likelihood", "--only", "mixed rates", "--json")
    assert said.code == 0
    assert {problem["check"] for problem in said.data["problems"]} == {"likelihood"}
    assert (said.data["blocking"], said.data["warnings"]) == (0, 1)
    assert "[0/2] likelihood" in said.err
    wrong = boutwise("check", project, "--only", "likelyhood")
    assert wrong.code == 2
    assert "did you mean 'likelihood'?" in wrong.err


def test_the_page_has_every_problem_and_pictures(
    boutwise: Boutwise, project: Path, tmp_path: Path
) -> None:
    page = tmp_path / "pages" / "checks.html"
    said = boutwise("check", project, "--html", page, "--json")
    assert said.code == 3
    assert said.data["html"] == str(page)
    html = page.read_text(encoding="utf-8")
    assert "http://" not in html.replace("http://www.w3.org", "")
    assert "<h1>Checks of project</h1>" in html
    for problem in said.data["problems"]:
        assert problem["todo"].replace("'", "&#39;") in html
    assert html.count('class="figure strips"') == 1
    assert html.count('class="figure ratios"') == 1
    assert "not found&#x27; as a number" in html


def test_a_page_that_would_be_a_folder_is_refused_before_the_work(
    boutwise: Boutwise, project: Path, tmp_path: Path
) -> None:
    (tmp_path / "pages").mkdir()
    said = boutwise("check", project, "--html", tmp_path / "pages")
    assert said.code == 2
    assert "is a folder" in said.err
    assert "checks.html" in said.err
    assert "[0/" not in said.err


def test_the_page_has_no_numbers_without_units_and_cuts_long_paths() -> None:
    path = "/data/" + 20 * "a_long_folder/" + "mouse_1.csv"
    row = Problem("likelihood", Severity.WARNING, "odd", file=path, recording="r", value=0.123)
    table = problem_table([row], named=False)
    assert table.columns == ("severity", "what", "where")
    (cells,) = table.rows
    assert "0.123" not in [cell.text for cell in cells]
    assert cells[2].text.startswith("/data/a_long")
    assert cells[2].text.endswith("/mouse_1.csv, r")
    assert len(cells[2].text) == 60 + len(", r")


def test_many_rows_are_counted_and_notes_are_short(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        Problem("sync", Severity.WARNING, f"{n} frames late", recording=f"r{n}", todo="look")
        for n in range(8)
    ]
    rows += [Problem("sync", Severity.NOTE, "too few", recording=f"q{n}") for n in range(5)]
    tell_by_check(Talk("check"), rows)
    out = capsys.readouterr().out
    assert "sync: 8 warnings" in out
    assert out.count("frames late") == 3
    assert out.count("what to do: look") == 1
    assert "and 5 more; --json or --html FILE has all" in out
    assert "note, sync: too few (q0; q1; q2; and 2 more)" in out


def test_notes_alone_are_no_problem(boutwise: Boutwise, faulty: Path, tmp_path: Path) -> None:
    boutwise("init", tmp_path / "p")
    boutwise("import", tmp_path / "p", faulty / "pose" / "mouse_1.csv", "--fps", FPS)
    roles = tmp_path / "p" / "boutwise.yaml"
    text = roles.read_text(encoding="utf-8").replace("center: center", "center: none")
    roles.write_text(text, encoding="utf-8")
    said = boutwise("check", tmp_path / "p", "--only", "missing_roles")
    assert said.code == 0
    assert said.out.splitlines() == [
        "note, missing roles: no role is known for 'center'",
        "no problems were found in 1 recording",
    ]
