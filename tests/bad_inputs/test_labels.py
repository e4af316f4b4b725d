# ruff: noqa: E501 - a row of the table is a line
"""Bad labels, and bad tables of animals and trials, on two recordings that are there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.bad_inputs.lab import Kind, Lab, Read, Refused, lines, named, text, try_kind

LABELS = "files/labels/mouse_1.csv"
IMPORT = ("import", "@", f"@{LABELS}")
HEAD = "recording,animal,behavior,start_s,stop_s"
FRAMES = "behavior,start_frame,stop_frame"


def kind(name: str, damage: Callable[[bytes], bytes], out: Read | Refused, *more: str) -> Kind:
    return Kind(name, LABELS, damage, out, (*IMPORT, *more), IMPORT)


def same(data: bytes) -> bytes:
    return data


def table(*rows: str, end: str = "\n") -> Callable[[bytes], bytes]:
    """Another table in place of the file."""
    return lambda data: (end.join(rows) + end).encode()


def cell(row: int, column: int, value: str) -> Callable[[bytes], bytes]:
    def change(rows: list[str]) -> list[str]:
        cells = rows[row - 1].split(",")
        cells[column] = value
        return [*rows[: row - 1], ",".join(cells), *rows[row:]]

    return lines(change)


def german(data: bytes) -> bytes:
    return data.replace(b",", b";").replace(b".", b",")


def in_frames(data: bytes) -> bytes:
    """The same bouts in frames, without names of recordings."""
    rows = [r.split(",") for r in data.decode().splitlines()[1:]]
    found = [f"{r[2]},{round(float(r[3]) * 30)},{round(float(r[4]) * 30)}" for r in rows]
    return "\n".join([FRAMES, *found, ""]).encode()


def boris(*events: str) -> Callable[[bytes], bytes]:
    """A BORIS table of events."""
    head = (
        "Time,Media file path,Total length,FPS,Subject,Behavior,Behavioral category,Comment,Status"
    )
    front = ["Observation id,one,,,,,,,", "Time offset (s),0.0,,,,,,,", head]
    return table(*front, *(e.replace("@", ",mouse_1.mp4,6.0,30.0,mouse_1,") for e in events))


GOOD_EVENTS = (
    "0.5@rear,,,START",
    "1.0@rear,,,STOP",
    "2.0@walk,,,START",
    "2.5@walk,,,STOP",
)

LABEL_KINDS = [
    # --- the table as a text
    kind("empty labels", lambda data: b"", Refused("empty")),
    kind("labels with a header only", lines(lambda rows: rows[:1]), Refused("no (labels|rows)|neither pose nor labels")),
    kind("labels cut inside a row", lambda data: data[:-12], Refused("", row=12)),
    kind("labels with a byte order mark", lambda data: b"\xef\xbb\xbf" + data, Read()),
    kind("labels with CRLF", lambda data: data.replace(b"\n", b"\r\n"), Read()),
    kind("labels with lone CR", lambda data: data.replace(b"\n", b"\r"), Read()),
    kind("labels in UTF-16", lambda data: data.decode().encode("utf-16"), Read()),
    kind("labels with semicolons and decimal commas", german, Read()),
    kind("labels with tabs", lambda data: data.replace(b",", b"\t"), Read()),
    kind("labels with decimal commas between commas", lambda data: data.replace(b".", b","), Refused("cells", row=2)),
    kind("labels with trailing separators", text(lambda t: t.replace("\n", ",,,\n")), Read()),
    kind("labels with blank lines", text(lambda t: t.replace("\n", "\n\n")), Read()),
    kind("labels with a newline in a name", text(lambda t: t.replace("rear", '"re\nar"')), Read(like=text(lambda t: t.replace("rear", '"re\nar"')))),
    kind("labels with umlauts in latin-1", lambda data: data.decode().replace("rear", "Aufbäumen").encode("cp1252"), Read("Windows-1252", text(lambda t: t.replace("rear", "Aufbäumen")))),
    kind("labels with a column twice", lines(lambda rows: [r + ",start_s" if r.startswith("rec") else r + ",1" for r in rows]), Refused("start_s.*twice", row=1)),
    kind("labels with a column missing", text(lambda t: t.replace(",stop_s", ",ende")), Refused("stop|no format claims")),
    kind("labels of frames and seconds", in_frames, Read()),
    # --- times
    kind("a start after its stop", cell(4, 3, "9.0"), Refused("from 9 to 1.3", row=4), "--strict"),
    kind("a bout of no length is one frame", cell(4, 4, "0.7667"), Read(like=cell(4, 4, "0.8"))),
    kind("a negative start", cell(2, 3, "-0.5"), Refused("from -0.5", row=2), "--strict"),
    kind("a bout past the end", cell(12, 4, "60.0"), Refused("past the end", row=12), "--strict"),
    kind("a bout wholly past the end", lambda data: data + b"mouse_1,mouse_1,rear,70.0,80.0\n", Refused("begins at frame 2100", row=13), "--strict"),
    kind("a start that is nan", cell(4, 3, "nan"), Refused("no start", row=4), "--strict"),
    kind("a start that is inf", cell(4, 3, "inf"), Refused("inf", row=4)),
    kind("a time with a word", cell(4, 3, "early"), Refused("early", row=4)),
    kind("a time as h:m:s", cell(4, 3, "00:00:00.7667"), Refused("00:00:00", row=4)),
    kind("a time with thousands separators", cell(4, 3, '"1,000.5"'), Refused("1,000.5", row=4)),
    kind("half a frame", lambda data: in_frames(data).replace(b"rear,13", b"rear,13.5"), Refused("13.5.*no frames", row=3), "--strict"),
    kind("no behavior", cell(4, 2, ""), Refused("no behavior", row=4), "--strict"),
    kind("the same row twice", lambda data: data + data.splitlines(keepends=True)[-1], Read("counts once")),
    kind("another recording", text(lambda t: t.replace("mouse_1,", "mouse_7,")), Refused("no recording is called 'mouse_7'", row=None)),
    kind("an unknown animal", cell(4, 1, "mouse_9"), Refused("mouse_9", row=4), "--strict"),
    # --- START and STOP
    kind("events", boris(*GOOD_EVENTS), Read(like=table(HEAD, "mouse_1,mouse_1,rear,0.5,1.0", "mouse_1,mouse_1,walk,2.0,2.5"))),
    kind("a START without STOP", boris(*GOOD_EVENTS[:3]), Refused("START.*STOP|stop", row=6), "--strict"),
    kind("a STOP before its START", boris(*GOOD_EVENTS[1:]), Refused("STOP.*START|start", row=4), "--strict"),
    kind("two STARTs in a row", boris(GOOD_EVENTS[0], *GOOD_EVENTS), Refused("START", row=5), "--strict"),
    kind("a state that is neither", boris(*GOOD_EVENTS[:3], "2.5@walk,,,PAUSE"), Refused("PAUSE", row=7), "--strict"),
]  # fmt: skip


@pytest.mark.parametrize(**named(LABEL_KINDS))
def test_labels(kind: Kind, lab: Callable[[str], Lab], reference: Callable[..., Any]) -> None:
    try_kind(lab("posed"), kind, reference("posed", kind))
