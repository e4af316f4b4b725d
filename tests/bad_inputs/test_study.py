"""A study that contradicts itself: rates, scales, dimensions, animals; at import and at check."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.bad_inputs.lab import Lab, Refused, check_refused
from tests.cli.conftest import Boutwise

from boutwise.synthetic import simulate, write

POSE = "files/pose/mouse_1.csv"
BORIS = """Observation id,one,,,,,,,
Time offset (s),0.0,,,,,,,
Time,Media file path,Total length,FPS,Subject,Behavior,Behavioral category,Comment,Status
0.5,mouse_1.mp4,6.0,25.0,mouse_1,rear,,,START
1.0,mouse_1.mp4,6.0,25.0,mouse_1,rear,,,STOP
"""


@pytest.mark.parametrize("rate", ["0", "-30", "nan", "inf", "-inf", "1e999", "1e12"])
def test_rates_that_cannot_be(rate: str, lab: Callable[[str], Lab]) -> None:
    fresh = lab("empty")
    before = fresh.state()
    said = fresh.run("import", "@", f"@{POSE}", "--fps", rate)
    assert said.code == 2
    assert "a frame rate of" in said.err
    assert fresh.state() == before


def test_no_rate_at_all(lab: Callable[[str], Lab]) -> None:
    fresh = lab("empty")
    before = fresh.state()
    said = fresh.run("import", "@", f"@{POSE}")
    check_refused(said, Refused("nothing says how many frames a second has"), "mouse_1.csv")
    assert fresh.state() == before


@pytest.mark.parametrize("rate", ["29.97", "25", "60"])
def test_another_rate_the_second_time(rate: str, lab: Callable[[str], Lab]) -> None:
    fresh = lab("posed")
    before = fresh.state()
    said = fresh.run("import", "@", f"@{POSE}", "--fps", rate)
    check_refused(said, Refused(f"a frame rate of {rate} is stated.*30"), "mouse_1.csv")
    assert fresh.state() == before


def test_labels_that_state_another_rate(lab: Callable[[str], Lab]) -> None:
    fresh = lab("empty")
    (fresh / "files/events.csv").write_text(BORIS, encoding="utf-8")
    before = fresh.state()
    words = ("import", "@", f"@{POSE}", "@files/events.csv", "--fps", "30")
    check_refused(
        fresh.run(*words, "--strict"), Refused("a frame rate of 25 is stated"), "mouse_1.csv"
    )
    assert fresh.state() == before


def changed(lab: Lab, name: str, change: Callable[[str], str]) -> None:
    path = lab / f"files/pose/{name}.csv"
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")


def test_a_pose_file_that_has_other_frames_now(lab: Callable[[str], Lab]) -> None:
    fresh = lab("labeled")
    before = fresh.state()
    good = (fresh / POSE).read_bytes()
    changed(fresh, "mouse_1", lambda text: "\n".join(text.splitlines()[:100]) + "\n")
    damaged = fresh.state()
    said = fresh.run("import", "@", f"@{POSE}", "--fps", "30")
    check_refused(said, Refused("now has 97 frames"), "mouse_1.csv")
    assert fresh.state() == damaged
    (fresh / POSE).write_bytes(good)
    assert fresh.state() == before


def test_another_number_of_animals_the_second_time(lab: Callable[[str], Lab]) -> None:
    fresh = lab("posed")
    rows = (fresh / POSE).read_text(encoding="utf-8").splitlines()
    width = len(rows[0].split(",")) - 1
    wide = [row + "," + row.split(",", 1)[1] for row in rows]
    wide.insert(1, "individuals," + ",".join(["m1"] * width + ["m2"] * width))
    (fresh / POSE).write_text("\n".join(wide) + "\n", encoding="utf-8")
    before = fresh.state()
    said = fresh.run("import", "@", f"@{POSE}", "--fps", "30")
    assert said.code == 3, said.out
    assert "animals" in said.err
    assert "m1, m2" in said.err
    assert "what to do" in said.err
    assert fresh.state() == before


def in_centimeters(text: str) -> str:
    """One camera calibrated, the others not."""
    rows = [row.split(",") for row in text.splitlines()]
    for row in rows[3:]:
        for place in range(1, len(row)):
            if place % 3:
                row[place] = f"{float(row[place]) / 20:.5f}"
    return "\n".join(",".join(row) for row in rows) + "\n"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    write(simulate("easy", animals=5, minutes=0.5, fps=30, seed=4), folder)
    return folder


def checked(
    study: Path, root: Path, boutwise: Boutwise, change: Callable[[Lab], object]
) -> list[str]:
    """What ``check`` says of a study, one mouse of which is damaged."""
    shutil.copytree(study, root / "files")
    lab = Lab(root, boutwise)
    change(lab)
    assert lab.run("init", "@project").code == 0
    words = ("import", "@project", "@files/pose", "@files/labels", "--fps", "30")
    said = lab.run(*words, "--animals", "@files/animals.csv")
    assert said.code in (0, 4), said.err
    found = lab.run("check", "@project")
    assert "fault of boutwise" not in found.err
    assert found.code in (0, 3), found.err
    return [
        f"{p['what']} {p['recording']} {p['file']}"
        for p in (*found.data["problems"], *said.data["problems"])
    ]


def test_a_recording_in_centimeters_is_noticed(
    study: Path, tmp_path: Path, boutwise: Boutwise
) -> None:
    told = checked(study, tmp_path, boutwise, lambda lab: changed(lab, "mouse_2", in_centimeters))
    assert any(
        "mouse_2" in one and ("scale" in one or "size" in one or "long" in one or "unit" in one)
        for one in told
    ), told
    clean = checked(study, tmp_path / "clean", boutwise, lambda lab: None)
    assert not any("scale" in one for one in clean), clean


def test_one_recording_under_two_names_is_noticed(
    study: Path, tmp_path: Path, boutwise: Boutwise
) -> None:
    def twice(lab: Lab) -> None:
        for folder in ("pose", "labels"):
            text = (lab / f"files/{folder}/mouse_1.csv").read_text(encoding="utf-8")
            text = text.replace("mouse_1", "mouse_2")
            (lab / f"files/{folder}/mouse_2.csv").write_text(text, encoding="utf-8")

    told = checked(study, tmp_path, boutwise, twice)
    assert any("mouse_1" in one and "mouse_2" in one for one in told), told


def test_labels_of_another_recording_are_noticed(
    study: Path, tmp_path: Path, boutwise: Boutwise
) -> None:
    def copied(lab: Lab) -> None:
        text = (lab / "files/labels/mouse_1.csv").read_text(encoding="utf-8")
        (lab / "files/labels/mouse_2.csv").write_text(text.replace("mouse_1", "mouse_2"), "utf-8")

    told = checked(study, tmp_path, boutwise, copied)
    assert any(
        ("mouse_1" in one and "mouse_2" in one) or "same labels" in one or "identical" in one
        for one in told
    ), told
