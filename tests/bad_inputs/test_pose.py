# ruff: noqa: E501 - a row of the table is a line
"""Bad tables of pose: every way in which a DeepLabCut CSV comes back from twenty years of use."""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.bad_inputs.lab import Kind, Lab, Read, Refused, lines, named, text, try_kind

POSE = "files/pose/mouse_1.csv"
IMPORT = ("import", "@", f"@{POSE}", "--fps", "30")
FIRST = 4
"""Row of the file that holds frame 0."""


def cell(row: int, column: int, value: str) -> Callable[[bytes], bytes]:
    """One cell says something else; row counted from 1, column from 0."""

    def change(rows: list[str]) -> list[str]:
        cells = rows[row - 1].split(",")
        cells[column] = value
        return [*rows[: row - 1], ",".join(cells), *rows[row:]]

    return lines(change)


def row(number: int, change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    """One row says something else."""
    return lines(lambda rows: [*rows[: number - 1], change(rows[number - 1]), *rows[number:]])


def body(change: Callable[[list[str]], list[str]]) -> Callable[[bytes], bytes]:
    """The rows below the header say something else."""
    return lines(lambda rows: [*rows[: FIRST - 1], *change(rows[FIRST - 1 :])])


def renumbered(number: Callable[[int], object]) -> Callable[[bytes], bytes]:
    """Frames are numbered otherwise."""
    return body(lambda rows: [f"{number(int(r.split(',')[0]))},{r.split(',', 1)[1]}" for r in rows])


def emptied(rows: range, word: str = "") -> Callable[[bytes], bytes]:
    """Some frames have no values."""

    def change(found: list[str]) -> list[str]:
        width = found[0].count(",")
        return [
            f"{place}" + f",{word}" * width if place in rows else one
            for place, one in enumerate(found)
        ]

    return body(change)


def decimals(data: bytes) -> bytes:
    """Semicolons between the cells, and a comma as decimal sign, as a German Excel writes."""
    return data.replace(b",", b";").replace(b".", b",")


def noise(data: bytes) -> bytes:
    return random.Random(1).randbytes(len(data))


def named_as(name: str, code: str) -> Callable[[bytes], bytes]:
    return lambda data: data.decode().replace("nose", name).encode(code)


def thousands(data: bytes) -> bytes:
    return cell(10, 1, '"1,234.5"')(data)


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200)
HTML = b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Please, sign in</body>\n"
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n"
WIDTH = 34


def kind(name: str, damage: Callable[[bytes], bytes], out: Read | Refused) -> Kind:
    return Kind(name, POSE, damage, out, IMPORT)


KINDS = [
    # --- the file as a whole
    kind("an empty file", lambda data: b"", Refused("empty")),
    kind("nothing but blanks", lambda data: b" \n\n \r\n", Refused("empty")),
    kind("only a header", lines(lambda rows: rows[:3]), Refused("no rows", row=3)),
    kind("half a header", lines(lambda rows: rows[:2]), Refused("no format claims|coords")),
    kind("cut inside a row", lambda data: data[:-100], Refused("cells|cut off", row=183)),
    kind("cut inside a number", lambda data: data[:-3], Read("does not end with a line break", lambda data: data[:-3] + b"\n")),
    kind("noise", noise, Refused("binary|not text")),
    kind("a picture", lambda data: PNG, Refused("binary|not text|PNG")),
    kind("a web page", lambda data: HTML, Refused("no format claims")),
    kind("a pointer to the file", lambda data: POINTER, Refused("no format claims")),
    kind("zeros after a crash", lambda data: data[:-3000] + bytes(3000), Refused("zero|NUL|binary|not text")),
    kind("packed with gzip", gzip.compress, Refused("gzip|packed|binary")),
    kind("packed with gzip and cut", lambda data: gzip.compress(data)[:-900], Refused("gzip|packed|binary")),
    kind("UTF-16", lambda data: data.decode().encode("utf-16"), Read()),
    kind("UTF-16 without a mark", lambda data: data.decode().encode("utf-16-le"), Refused("binary|UTF-16")),
    kind("latin-1 umlauts", named_as("Näschen", "cp1252"), Read("Windows-1252", named_as("Näschen", "utf-8"))),
    kind("a byte order mark", lambda data: b"\xef\xbb\xbf" + data, Read()),
    kind("CRLF", lambda data: data.replace(b"\n", b"\r\n"), Read()),
    kind("lone CR", lambda data: data.replace(b"\n", b"\r"), Read()),
    kind("CR CR LF", lambda data: data.replace(b"\n", b"\r\r\n"), Refused("cells", row=2)),
    kind("a DOS end mark", lambda data: data + b"\x1a", Refused("cells", row=184)),
    kind("two files in one", lambda data: data + data, Refused("number|scorer", row=184)),
    # --- separators and numbers
    kind("semicolons", lambda data: data.replace(b",", b";"), Read()),
    kind("tabs", lambda data: data.replace(b",", b"\t"), Read()),
    kind("semicolons and decimal commas", decimals, Read()),
    kind("tabs and decimal commas", lambda data: decimals(data).replace(b";", b"\t"), Read()),
    kind("decimal commas between commas", lambda data: data.replace(b".", b","), Refused("cells", row=4)),
    kind("some decimal commas only", lambda data: cell(9, 3, '"0,5"')(data), Refused("'0,5'.*not a number", row=9)),
    kind("decimal points and commas mixed", lambda data: re.sub(rb"(\n17;\d+),", rb"\1.", decimals(data)), Refused("not a number", row=21)),
    kind("thousands separators", thousands, Refused("1,234.5.*not a number", row=10)),
    kind("blanks around the numbers", text(lambda t: t.replace(",", " , ")), Read()),
    kind("every cell in quotes", text(lambda t: re.sub(r"([^,\n]+)", r'"\1"', t)), Read()),
    kind("a quote that never ends", cell(9, 3, '"1.5'), Refused("cells|number")),
    kind("a separator at the end of each row", text(lambda t: t.replace("\n", ",\n")), Refused("no name")),
    kind("a separator at the end of each frame", body(lambda rows: [r + "," for r in rows]), Refused("cells", row=4)),
    kind("a blank line in the middle", body(lambda rows: [*rows[:9], "", *rows[9:]]), Read()),
    kind("a row of separators in the middle", body(lambda rows: [*rows[:9], "," * (WIDTH - 1), *rows[9:]]), Refused("first column", row=13)),
    kind("a comment in the middle", body(lambda rows: [*rows[:9], "# moved the camera", *rows[9:]]), Refused("cells", row=13)),
    kind("a word in a cell", cell(9, 3, "lost"), Refused("'lost'.*not a number", row=9)),
    kind("an error of Excel", cell(9, 3, "#DIV/0!"), Refused("#DIV/0!", row=9)),
    kind("an underscore in a number", cell(9, 3, "1_000"), Refused("1_000", row=9)),
    kind("a truth value", cell(9, 3, "TRUE"), Refused("TRUE", row=9)),
    kind("a row with a cell too many", row(9, lambda r: r + ",1"), Refused("35 cells", row=9)),
    kind("a row with a cell too few", row(9, lambda r: r.rsplit(",", 1)[0]), Refused("33 cells", row=9)),
    # --- values that are none
    kind("rows of nan", emptied(range(9, 15), "nan"), Read(like=emptied(range(9, 15)))),
    kind("rows of NA", emptied(range(9, 15), "NA"), Read(like=emptied(range(9, 15)))),
    kind("inf", cell(9, 1, "inf"), Refused("infinite", row=9)),
    kind("minus infinity", cell(9, 1, "-Infinity"), Refused("infinite", row=9)),
    kind("larger than float32", cell(9, 1, "1e39"), Refused("infinite", row=9)),
    kind("a likelihood above 1", cell(9, 3, "1.7"), Read("1 frames have a likelihood outside 0 to 1, such as 1.7", cell(9, 3, "1.7"))),
    kind("a negative likelihood", cell(9, 3, "-0.2"), Read("likelihood outside 0 to 1, such as -0.2", cell(9, 3, "-0.2"))),
    kind("no point in any frame", emptied(range(180)), Refused("no point|all.*missing|empty")),
    # --- frames
    kind("a frame number twice", cell(9, 0, "4"), Refused("first column says '4'", row=9)),
    kind("frames out of order", body(lambda rows: [*rows[:9], rows[10], rows[9], *rows[11:]]), Refused("first column", row=14)),
    kind("frames backward", body(lambda rows: rows[::-1]), Refused("first column", row=5)),
    kind("frames from 1", renumbered(lambda n: n + 1), Read("begin with 1", renumbered(lambda n: n + 1))),
    kind("negative frames", renumbered(lambda n: n - 5), Refused("-5", row=4)),
    kind("half frames", renumbered(lambda n: n / 2), Refused("0.5", row=5)),
    kind("frames as seconds", renumbered(lambda n: round(n / 30, 4)), Refused("first column", row=5)),
    kind("a frame of 10 digits", cell(183, 0, "9999999999"), Refused("9999999999")),
    kind("frames missing in the middle", body(lambda rows: rows[:50] + rows[60:]), Read("frame numbers", emptied(range(50, 60)))),
    kind("the first frames missing", body(lambda rows: rows[50:]), Read("begin with 50", emptied(range(50)))),
    # --- names
    kind("a keypoint twice", text(lambda t: t.replace("left_ear", "nose")), Refused("'nose' is there twice", row=2)),
    kind("keypoints numbered by pandas", row(2, lambda r: "bodyparts," + ",".join(f"p{i // 3}" + (f".{i % 3}" if i % 3 else "") for i in range(33))), Read(like=row(2, lambda r: "bodyparts," + ",".join(f"p{i // 3}" for i in range(33))))),
    kind("a keypoint without a name", text(lambda t: t.replace("left_ear", "")), Refused("no name", row=2)),
    kind("an unknown coordinate", row(3, lambda r: r.replace("likelihood", "liklihood", 1)), Refused("liklihood.*did you mean 'likelihood'", row=3)),
    kind("a keypoint without y", row(3, lambda r: r.replace("x,y,", "x,likelihood,", 1)), Refused("twice|no y")),
    kind("a header row missing", lines(lambda rows: [rows[0], *rows[2:]]), Refused("no format claims|bodyparts")),
    kind("header rows that are not as wide", row(2, lambda r: r + ",more,more"), Refused("cells", row=2)),
    kind("a newline in a name", text(lambda t: t.replace("nose", '"no\nse"')), Refused("header|format claims|cells|coords")),
]  # fmt: skip


@pytest.mark.parametrize(**named(KINDS))
def test_pose_tables(kind: Kind, lab: Callable[[str], Lab], reference: Callable[..., Any]) -> None:
    try_kind(lab("empty"), kind, reference("empty", kind))
