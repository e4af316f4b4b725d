# ruff: noqa: E501 - a row of the table is a line
"""Bad tables beside the data: animals, trials, mappings; and labels that come a second time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.bad_inputs.lab import Kind, Lab, Read, Refused, lines, named, text, try_kind

ANIMALS, LABELS, TRIALS = "files/animals.csv", "files/labels/mouse_1.csv", "files/trials.csv"
POSE = "files/pose/mouse_1.csv"
GOOD_ANIMALS = ("import", "@", "@files/pose", "--fps", "30")
GOOD_TRIALS = ("import", "@", "@files/pose", "--fps", "30")
GOOD_MAPPING = ("import", "@", f"@{POSE}", "--fps", "30")


def animals(name: str, damage: Callable[[bytes], bytes], out: Read | Refused, *more: str) -> Kind:
    good = (*GOOD_ANIMALS, "--animals", f"@{ANIMALS}")
    return Kind(name, ANIMALS, damage, out, (*good, *more), good)


def says(*rows: str, head: str = "recording,animal,sex,strain") -> Callable[[bytes], bytes]:
    return lambda data: ("\n".join([head, *rows]) + "\n").encode()


def new(name: str, file: str, content: str, out: Refused, *command: str) -> Kind:
    """A file that is made for the purpose; without it, the command works."""

    def make(lab: Lab) -> None:
        (lab / file).write_text(content, encoding="utf-8", newline="")

    plain = tuple(
        word for word in command if not word.startswith(("--trials", "--mapping", "--strict"))
    )
    plain = tuple(word for word in plain if word != f"@{file}")
    return Kind(name, file, make, out, command, plain, place=True)


def trials(name: str, rows: str, out: Refused, *more: str) -> Kind:
    head = "recording,trial,first_frame,n_frames,valid\n"
    content = rows if rows.startswith("recording") else head + rows
    return new(name, TRIALS, content, out, *GOOD_TRIALS, "--trials", f"@{TRIALS}", *more)


def mapping(name: str, content: str, out: Refused) -> Kind:
    file = "files/mapping.yaml"
    return new(name, file, content, out, *GOOD_MAPPING, "--mapping", f"@{file}")


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]\n"
    for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
"""Nine lists of nine lists of nine lists: 3 GB, were anybody to write it out."""
DEEP = "{keypoints: " + "[" * 3_000 + "]" * 3_000 + "}\n"
PYTHON = "!!python/object/apply:os.system ['touch planted']\n"

TABLE_KINDS = [
    # --- animals
    animals("an empty table of animals", lambda data: b"", Refused("empty")),
    animals("animals with a header only", lines(lambda rows: rows[:1]), Read(like=lines(lambda rows: rows[:1]))),
    animals("animals with a byte order mark and CRLF", lambda data: b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n"), Read()),
    animals("animals with semicolons", lambda data: data.replace(b",", b";"), Read()),
    animals("animals in UTF-16", lambda data: data.decode().encode("utf-16"), Read()),
    animals("animals with lone CR", lambda data: data.replace(b"\n", b"\r"), Read()),
    animals("animals with trailing separators", text(lambda t: t.replace("\n", ",,\n")), Read()),
    animals("animals with blank rows first", lambda data: b"\n\n" + data, Read()),
    animals("animals cut inside a row", lambda data: data[:-20], Refused("cells", row=3)),
    animals("animals with noise", lambda data: bytes(range(256)), Refused("not text")),
    animals("animals with a column twice", text(lambda t: t.replace("strain", "sex")), Refused("twice the column 'sex'", row=1)),
    animals("animals with an unknown column", text(lambda t: t.replace("strain", "strian")), Refused("strian.*did you mean 'strain'", row=1)),
    animals("animals without the column animal", text(lambda t: t.replace("animal,", "cohort,")), Refused("no column 'animal'", row=1)),
    animals("an animal without a name", text(lambda t: t.replace("mouse_1,mouse_1", "mouse_1,")), Refused("cannot be the animal", row=2)),
    animals("a duplicate row of animals", lambda data: data + data.splitlines(keepends=True)[1], Refused("'mouse_1' cannot be the animal", row=4)),
    animals("a recording of another day", lambda data: data + b"mouse_9,mouse_9,male,x\n", Read()),
    animals("a misspelt recording", text(lambda t: t.replace("mouse_2,mouse_2", "muose_2,mouse_2")), Refused("muose_2.*no such recording.*did you mean 'mouse_2'", row=3), "--strict"),
    animals("nothing but other recordings", says("day9,m9,f,x", "day8,m8,f,x"), Refused("'day9'.*no such recording", row=2), "--strict"),
    animals("two animals where the pose has one", lambda data: data + b"mouse_1,mouse_8,male,x\n", Refused("2 animals are declared, and the pose has 1", file="mouse_1.csv"), "--strict"),
    animals("two conditions of an animal in a session", says("mouse_1,m,s1,CFA", "mouse_2,m,s1,saline", head="recording,animal,session,treatment"), Refused("two conditions", file="-")),
    animals("a dose with a word", says("mouse_1,m,s1,CFA,much", head="recording,animal,session,treatment,dose"), Refused("'much' cannot be the dose", row=2)),
    animals("a dose with separators of thousands", says('mouse_1,m,s1,CFA,"1,000"', head="recording,animal,session,treatment,dose"), Refused("'1,000' cannot be the dose", row=2)),
    animals("a dose of nan", says("mouse_1,m,s1,CFA,nan", head="recording,animal,session,treatment,dose"), Refused("'nan' cannot be the dose", row=2)),
    animals("a side that is none", says("mouse_1,m,rihgt", head="recording,animal,side"), Refused("rihgt", row=2)),
    # --- trials
    trials("a trial beyond the end", "mouse_1,1,0,90,yes\nmouse_1,2,90,91,yes\n", Refused("trial 2 ends at frame 181", file="-")),
    trials("overlapping trials", "mouse_1,1,0,90,yes\nmouse_1,2,89,10,yes\n", Refused("'89' cannot be the first_frame", row=3)),
    trials("a trial twice", "mouse_1,1,0,90,yes\nmouse_1,1,90,10,yes\n", Refused("'1' cannot be the trial", row=3)),
    trials("a negative first frame", "mouse_1,1,-1,90,yes\n", Refused("'-1' cannot be the first_frame", row=2)),
    trials("a trial of no length", "mouse_1,1,0,0,yes\n", Refused("'0' cannot be the n_frames", row=2)),
    trials("half a trial", "mouse_1,1.5,0,90,yes\n", Refused("'1.5' cannot be the trial", row=2)),
    trials("frames with separators of thousands", 'mouse_1,1,0,"1,000",yes\n', Refused("1,000", row=2)),
    trials("a validity that is none", "mouse_1,1,0,90,perhaps\n", Refused("perhaps", row=2)),
    trials("trials of a recording that is not there", "mouse_7,1,0,90,yes\n", Refused("mouse_7", row=2), "--strict"),
    trials("trials without a column", "recording,trial,first_frame\nmouse_1,1,0\n", Refused("no column 'n_frames'", row=1)),
    # --- mappings
    mapping("an empty mapping", "", Refused("not a mapping")),
    mapping("a broken mapping", "keypoints: {nose: [1, 2\nfps: 3\n", Refused("mapping cannot be read", row=2)),
    mapping("a mapping with a tab", "keypoints:\n\tnose: [1, 2]\n", Refused("mapping cannot be read", row=2)),
    mapping("a mapping with a key twice", "format: dlc_csv\nfps: 30\nfps: 25\n", Refused("'fps' is there twice", row=3)),
    mapping("a mapping with an unknown key", "format: dlc_csv\nimags: true\n", Refused("imags.*did you mean 'images'", file="mouse_1.csv")),
    mapping("a mapping for no file", "keypoints: {nose: [1, 2]}\n", Refused("pose_table, and none of the files is: they are dlc_csv", code=2, file="-")),
    mapping("a mapping of an unknown format", "format: dlc_cvs\n", Refused("did you mean 'dlc_csv'", code=2, file="-")),
    mapping("a mapping with a Python object", PYTHON, Refused("mapping cannot be read", row=1)),
    mapping("a mapping that multiplies itself", BOMB, Refused("references stand for more than")),
    mapping("a mapping nested 3,000 deep", DEEP, Refused("nested more than")),
    mapping("a mapping that is a picture", "\x00PNG\x01", Refused("mapping cannot be read")),
]  # fmt: skip


@pytest.mark.parametrize(**named(TABLE_KINDS))
def test_tables(kind: Kind, lab: Callable[[str], Lab], reference: Callable[..., Any]) -> None:
    fresh = lab("empty")
    try_kind(fresh, kind, reference("empty", kind))
    assert not list(fresh.root.rglob("planted"))


def again(name: str, damage: Callable[[bytes], bytes], out: Read | Refused, *more: str) -> Kind:
    command = ("import", "@", f"@{LABELS}", *more)
    return Kind(name, LABELS, damage, out, command, ("import", "@", f"@{LABELS}"))


AGAIN_KINDS = [
    again("the same labels again", lambda data: data, Read()),
    again("the same labels in other clothes", lambda data: data.replace(b",", b";").replace(b".", b","), Read()),
    again("an unknown behavior in a second import", text(lambda t: t.replace("walk", "wlak")), Refused("'wlak' is not in the ethogram"), "--strict"),
    again("an overlap in an exclusive group", text(lambda t: t.replace("rear,0.4333", "rear,0.3000")), Refused("rear and rest overlap"), "--strict"),
    again("other labels that are empty now", lambda data: b"", Refused("empty")),
    again("other labels that are cut now", lambda data: data[:-12], Refused("cells", row=12)),
]  # fmt: skip


@pytest.mark.parametrize(**named(AGAIN_KINDS))
def test_labels_again(kind: Kind, lab: Callable[[str], Lab], reference: Callable[..., Any]) -> None:
    fresh = lab("labeled")
    try_kind(fresh, kind, reference("labeled", kind))
