"""Labels of several people leave boutwise with their names, or it says that they cannot."""

from __future__ import annotations

import csv
import shlex
from pathlib import Path

import pytest
from tests.cli.conftest import Boutwise

from boutwise import formats
from boutwise.project import Project

HEAD = "video,rater,behavior,start_frame,stop_frame"
ROWS = [
    "a.mp4,Ann,walk,0,90",
    "a.mp4,Ben K.,walk,3,90",
    "a.mp4,Cy,walk,3,80",
    "a.mp4,Ben K.,rest,90,120",
    "b.mp4,Ann,rest,30,99",
]
WRITABLE = ["bouts_csv", "frame_csv", "boris_aggregated", "boris_project", "deepethogram"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "three.csv"
    names = [row.replace("Ben K.", "Ben K") for row in ROWS]
    path.write_text("\n".join([HEAD, *names]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def raters(boutwise: Boutwise, table: Path, tmp_path: Path) -> Path:
    """A project of two recordings and three annotators."""
    root = tmp_path / "raters"
    assert boutwise("init", root).code == 0
    assert boutwise("import", root, table, "--labels-only", "--fps", "30").code == 0
    return root


def bouts_of(root: Path) -> set[tuple[str, str, str, int, int]]:
    with Project.open(root) as opened:
        return {
            (bout.recording, bout.annotator, bout.behavior, bout.start, bout.stop)
            for recording in opened.recordings()
            for bout in opened.bouts(recording.id).rows()
            if bout.behavior != "background"
        }


@pytest.mark.parametrize("name", WRITABLE)
def test_what_is_exported_comes_back_under_the_same_names(boutwise, raters, tmp_path, name):
    out = tmp_path / "out"
    said = boutwise("export", raters, "--format", name, "--out", out)
    assert said.code == 0, said.err
    assert "a folder for each of 3 annotators: Ann, Ben K, Cy" in said.out
    (line,) = [line for line in said.out.splitlines() if "--annotator-pattern" in line]
    words = shlex.split(line.split("by: boutwise ")[1])
    assert words[:2] == ["import", "PROJECT"]
    again = tmp_path / "again"
    assert boutwise("init", again).code == 0
    said = boutwise("import", again, *words[2:], "--labels-only", "--fps", "30")
    assert said.code == 0, said.out + said.err
    assert bouts_of(again) == bouts_of(raters)
    assert {who for _, who, *_ in bouts_of(again)} == {"Ann", "Ben K", "Cy"}


@pytest.mark.parametrize("name", WRITABLE)
def test_one_annotator_is_chosen_by_name(boutwise, raters, tmp_path, name):
    out = tmp_path / "out"
    words = ["export", raters, "--format", name, "--out", out, "--annotator"]
    data = boutwise(*words, "Cy", "--json").data
    assert data["annotator_folders"] == []
    assert data["annotator_pattern"] is None
    assert {Path(file).parent for file in data["files"]} == {out}
    said = boutwise(*words, "Dan")
    assert said.code == 2
    assert "there are no labels by 'Dan'" in said.err
    assert "Ann, Ben K, Cy" in said.err


def test_a_name_that_no_folder_can_have_is_refused_before_anything_is_written(
    boutwise, table, tmp_path
):
    table.write_text(table.read_text(encoding="utf-8").replace("Cy", "C/y"), encoding="utf-8")
    root, out = tmp_path / "p", tmp_path / "out"
    boutwise("init", root)
    boutwise("import", root, table, "--labels-only", "--fps", "30")
    words = ["export", root, "--format", "bouts_csv", "--out", out]
    said = boutwise(*words)
    assert said.code == 3
    assert "'C/y' can be none" in said.err
    assert "--annotator NAME" in said.err
    assert not list(out.iterdir())
    assert boutwise(*words, "--annotator", "C/y").code == 0


@pytest.mark.parametrize("name", WRITABLE)
def test_convert_asks_whose_labels_and_writes_them(boutwise, table, tmp_path, name):
    rows = [row for row in csv.reader(table.open(encoding="utf-8")) if row[0] != "b.mp4"]
    with table.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    target = tmp_path / "one.csv"
    words = ["convert", table, target, "--to", name, "--fps", "30"]
    said = boutwise(*words)
    assert said.code == 2
    assert "labels by 3 annotators: Ann, Ben K, Cy" in said.err
    assert "--annotator NAME" in said.err
    assert not target.exists()
    assert boutwise(*words, "--annotator", "Cy").code == 0
    (track,) = formats.read(target).labels
    assert len([row for row in track.rows if row.behavior != "background"]) == 1


def test_convert_takes_a_mapping(boutwise, tmp_path):
    source, mapping = tmp_path / "faulty.csv", tmp_path / "mapping.yaml"
    source.write_text("behavior,start_s,stop_s\nwalk,0,2\nrest,3,\n", encoding="utf-8")
    mapping.write_text("format: intervals\nrules: {missing: drop}\n", encoding="utf-8")
    words = ["convert", source, tmp_path / "out.bouts.csv", "--fps", "10"]
    assert boutwise(*words).code == 3
    said = boutwise(*words, "--mapping", mapping)
    assert said.code == 0
    assert "row 3" in said.out
    words[2] = tmp_path / "again.bouts.csv"
    (problem,) = boutwise(*words, "--mapping", mapping, "--json").data["problems"]
    assert problem["row"] == 3
