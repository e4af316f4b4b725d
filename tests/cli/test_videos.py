"""Videos on the command line: what a dry run says of each, exit codes, and the check of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Boutwise
from tests.video import burnt

from boutwise.project import Project


@pytest.fixture
def films(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    burnt.write(folder / "m1_day1.mp4")
    burnt.write(folder / "m2_day1.avi", codec="mpeg4")
    return folder


@pytest.fixture
def root(boutwise: Boutwise, tmp_path: Path) -> Path:
    assert boutwise("init", tmp_path / "p").code == 0
    return tmp_path / "p"


PATTERN = ("--animal-pattern", r"(m\d)_")


def test_a_dry_run_says_what_each_video_is_and_changes_nothing(boutwise, films, root):
    words = ["import", root, films, *PATTERN, "--dry-run"]
    said = boutwise(*words)
    assert said.code == 0
    assert "60 frames, 30 frames/s, 160 x 128 pixels, h264 (yuv420p)" in said.out
    assert "2 matched, 0 not matched" in said.out
    data = boutwise(*words, "--json").data
    assert data["recordings"] == ["m1_day1", "m2_day1"]
    assert [row["kind"] for row in data["rows"]] == ["video", "video"]
    assert [row["n_rows"] for row in data["rows"]] == [60, 60]
    with Project.open(root) as opened:
        assert opened.recordings() == []


def test_a_broken_video_beside_good_ones_is_a_part_that_failed(boutwise, films, root):
    (films / "m3_day1.mkv").write_bytes(b"no video at all")
    said = boutwise("import", root, films, *PATTERN)
    assert said.code == 4
    assert "cannot be opened as a video" in said.out
    assert str(films / "m3_day1.mkv") in said.out
    assert "Errno" not in said.out + said.err
    assert boutwise("import", root, films, *PATTERN, "--strict").code == 3


def test_an_empty_file_is_called_empty(boutwise, films, root):
    (films / "m3_day1.mp4").touch()
    said = boutwise("import", root, films, *PATTERN, "--dry-run")
    assert "the video file is empty" in said.out
    assert str(films / "m3_day1.mp4") in said.out


def test_a_folder_without_a_usable_video_is_refused(boutwise, films, root):
    for path in films.iterdir():
        path.write_bytes(b"nothing")
    said = boutwise("import", root, films)
    assert said.code == 3
    with Project.open(root) as opened:
        assert opened.recordings() == []


def test_the_check_finds_a_video_that_is_gone_and_one_that_changed(boutwise, films, root):
    assert boutwise("import", root, films, *PATTERN).code == 0
    (films / "m1_day1.mp4").unlink()
    burnt.write(films / "m2_day1.avi", 50, codec="mpeg4")
    data = boutwise("check", root, "--json").data
    told = {p["recording"]: p["what"] for p in data["problems"] if p["check"] == "videos"}
    assert told == {
        "m1_day1": "the video is gone",
        "m2_day1": "the video has changed since it was imported",
    }
