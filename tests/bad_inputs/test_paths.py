"""Bad places: links that lead nowhere, pipes, folders, names, files that cannot be opened."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.bad_inputs.lab import Kind, Lab, Read, Refused, named, try_kind

from boutwise.api import apply_import, plan_import
from boutwise.errors import BoutwiseError
from boutwise.project import Project

POSE, LABELS = "files/pose/mouse_1.csv", "files/labels/mouse_1.csv"
GOOD = ("import", "@", f"@{POSE}", "--fps", "30")
posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")


def place(
    name: str, file: str, make: Callable[[Path], None], out: Read | Refused, *source: str
) -> Kind:
    def damage(lab: Lab) -> None:
        make(lab / file)

    words = ("import", "@", *(source or (f"@{file}",)), "--fps", "30")
    return Kind(name, file, damage, out, words, GOOD, place=True)


def instead(make: Callable[[Path], None]) -> Callable[[Path], None]:
    def swap(path: Path) -> None:
        path.unlink()
        make(path)

    return swap


def to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


def copied(file: str) -> Callable[[Path], None]:
    def copy(path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path.parents[len(path.parents) - 1] / file, path)

    return copy


def folder_with(name: str) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        path.mkdir()
        (path / name).write_bytes(b"")

    return make


def other_pose(path: Path) -> None:
    text = (path.parent / "mouse_2.csv").read_text(encoding="utf-8")
    path.write_text(text.replace(",", ";"), encoding="utf-8")


FOLDER = ("@files/pose", "--strict")
PLACES = [
    place("no such file", "files/nothing.csv", lambda path: None, Refused("no such file")),
    place(
        "a pattern that fits nothing", "files/x*.csv", lambda path: None, Refused("no file fits")
    ),
    place("a folder named like a table", "files/x.csv", Path.mkdir, Refused("no file|nothing")),
    place(
        "a folder of hidden files only",
        "files/x",
        folder_with(".hidden.csv"),
        Refused("no file|nothing"),
    ),
    place("a link that leads nowhere", POSE, instead(to("gone.csv")), Refused("link|no such file")),
    place(
        "a link that leads nowhere, in a folder",
        POSE,
        instead(to("gone.csv")),
        Refused("link", row=None),
        *FOLDER,
    ),
    place("a link to itself", POSE, instead(to("mouse_1.csv")), Refused("link|no such file")),
    place(
        "a link to itself, in a folder",
        POSE,
        instead(to("mouse_1.csv")),
        Refused("link", row=None),
        *FOLDER,
    ),
    place(
        "a folder in itself",
        "files/pose/loop",
        to("."),
        Read(),
        f"@{POSE}",
        "@files/pose/loop/mouse_1.csv",
    ),
    place("a pipe", POSE, instead(os.mkfifo), Refused("pipe")),
    place("a pipe in a folder", POSE, instead(os.mkfifo), Refused("pipe", row=None), *FOLDER),
    place(
        "a device",
        "files/zero",
        lambda path: None,
        Refused("a device", file="/dev/zero"),
        "/dev/zero",
    ),
    place("the same file twice", "files/pose/x", lambda path: None, Read(), f"@{POSE}", f"@{POSE}"),
    place(
        "two files of one recording",
        "files/pose/mouse_1.tsv",
        other_pose,
        Refused("2 different pose files claim", file="mouse_1."),
        f"@{POSE}",
        "@files/pose/mouse_1.tsv",
    ),
]


@posix
@pytest.mark.timeout(30)
@pytest.mark.parametrize(**named(PLACES))
def test_places(kind: Kind, lab: Callable[[str], Lab], reference: Callable[..., Any]) -> None:
    try_kind(lab("empty"), kind, reference("empty", kind))


@posix
@pytest.mark.timeout(60)
def test_a_folder_in_itself_is_searched_once(lab: Callable[[str], Lab]) -> None:
    fresh = lab("empty")
    (fresh / "files/pose/loop").symlink_to(".")
    said = fresh.run("import", "@", "@files/pose", "--fps", "30")
    assert said.code == 0, said.out
    assert sorted(fresh.facts()) == ["mouse_1", "mouse_2"]


@posix
@pytest.mark.timeout(30)
@pytest.mark.parametrize("command", ["convert", "score", "animals", "mapping", "predict"])
def test_no_command_waits_for_a_pipe(command: str, lab: Callable[[str], Lab]) -> None:
    fresh = lab("posed")
    os.mkfifo(fresh / "pipe.csv")
    words: dict[str, tuple[str, ...]] = {
        "convert": ("convert", "@pipe.csv", "@out.bouts.csv"),
        "score": ("score", "@pipe.csv", f"@{LABELS}"),
        "animals": ("import", "@", f"@{POSE}", "--animals", "@pipe.csv"),
        "mapping": ("import", "@", f"@{POSE}", "--mapping", "@pipe.csv"),
        "predict": ("predict", "@pipe.csv", f"@{POSE}", "--out", "@out"),
    }
    before = fresh.state()
    said = fresh.run(*words[command])
    assert said.code in (2, 3)
    assert "what to do" in said.err
    assert fresh.state() == before


def test_a_file_that_may_not_be_read(lab: Callable[[str], Lab], monkeypatch: Any) -> None:
    fresh, usual = lab("empty"), Path.open

    def refusing(self: Path, *words: Any, **more: Any) -> Any:
        if self.name == "mouse_1.csv" and self.parent.name == "pose":
            raise PermissionError(13, "Permission denied", str(self))
        return usual(self, *words, **more)

    before = fresh.state()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refusing)
        said = fresh.run(*GOOD)
    assert said.code == 3
    (told,) = said.data["problems"]
    assert "permission denied" in told["what"].lower()
    assert told["file"].endswith("mouse_1.csv")
    assert told["todo"]
    assert fresh.state() == before
    assert fresh.run(*GOOD).code == 0


def test_a_file_that_vanishes_between_plan_and_import(lab: Callable[[str], Lab]) -> None:
    fresh = lab("empty")
    with Project.open(fresh.root) as project:
        plan = plan_import(project, fresh / POSE, fps=30)
        (fresh / POSE).rename(fresh / "elsewhere.csv")
        before = fresh.state()
        with pytest.raises(BoutwiseError) as caught:
            apply_import(project, plan)
        assert caught.value.exit_code == 3
        assert "mouse_1.csv" in str(caught.value)
        assert "what to do" in str(caught.value)
        assert fresh.state() == before
        (fresh / "elsewhere.csv").rename(fresh / POSE)
        assert apply_import(project, plan).recordings == ("mouse_1",)


NAMES = [
    "two words.csv",
    "Käfig 3 – Mäuse.csv",
    "50% #3 & more;.csv",
    "x" * 196 + ".csv",
    "CON.csv",
    "lpt1.aux.csv",
    "dots...csv",
    "MOUSE.CSV",
    "名前.csv",
    "a'b`c$(d).csv",
]


@pytest.mark.parametrize("name", NAMES)
def test_names(name: str, lab: Callable[[str], Lab]) -> None:
    fresh = lab("empty")
    good = (fresh / POSE).read_bytes()
    (fresh / "files/named").mkdir()
    (fresh / "files/named" / name).write_bytes(good)
    (fresh / "files/more").mkdir()
    labels = (fresh / LABELS).read_text(encoding="utf-8").replace("mouse_1,mouse_1", ",")
    head = "recording,animal,behavior,start_s,stop_s"
    assert head in labels
    (fresh / "files/more" / name).write_text(labels, encoding="utf-8")
    said = fresh.run("import", "@", "@files/named", "@files/more", "--fps", "30")
    assert said.code == 0, said.out
    ((recording, facts),) = fresh.facts().items()
    assert facts[0] == 180
    assert len(facts[4]) == 11
    said = fresh.run("export", "@", "--format", "bouts_csv", "--out", "@out")
    assert said.code == 0, said.out
    for path in (fresh / "out").iterdir():
        base = path.name.partition(".")[0]
        assert base.casefold() not in {"con", "lpt1"}, "Windows has no such files"
        assert not set(path.name) & set('<>:"/\\|?*'), "Windows has no such names"
        assert path.name.startswith(recording[:1]) or not recording[0].isalnum()


def test_the_same_name_in_two_folders(lab: Callable[[str], Lab]) -> None:
    fresh = lab("empty")
    for folder, source in (("day1", "mouse_1"), ("day2", "mouse_2")):
        (fresh / "files/days" / folder).mkdir(parents=True)
        pose = (fresh / f"files/pose/{source}.csv").read_bytes()
        (fresh / "files/days" / folder / "cage.csv").write_bytes(pose)
    words = ("import", "@", "@files/days/day1", "@files/days/day2", "--fps", "30")
    before = fresh.state()
    said = fresh.run(*words)
    if said.code:
        assert "different pose files claim" in said.out
        assert "import the folder above them" in said.out
        assert fresh.state() == before
        said = fresh.run("import", "@", "@files/days", "--fps", "30")
    assert said.code == 0
    assert sorted(fresh.facts()) == ["day1/cage", "day2/cage"]
    facts = list(fresh.facts().values())
    assert len(facts) == 2
    assert facts[0][3] != facts[1][3]


def test_names_that_differ_in_case_only(lab: Callable[[str], Lab]) -> None:
    fresh = lab("empty")
    second = fresh / "files/pose/Mouse_1.csv"
    if second.exists():
        pytest.skip("this file system does not tell case")
    second.write_bytes((fresh / "files/pose/mouse_2.csv").read_bytes())
    words = ("import", "@", f"@{POSE}", "@files/pose/Mouse_1.csv", "--fps", "30")
    said = fresh.run(*words)
    assert said.code in (0, 3)
    if said.code == 0:  # then no label is given to one of the two by chance
        text = (fresh / LABELS).read_text(encoding="utf-8").replace("mouse_1,mouse_1", ",")
        (fresh / LABELS).write_text(text, encoding="utf-8")
        said = fresh.run("import", "@", f"@{LABELS}")
        assert said.code == 3
        assert "it fits" in said.out
        said = fresh.run("export", "@", "--format", "bouts_csv", "--out", "@out")
        assert said.code == 3
