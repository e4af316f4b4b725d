"""Tables of the MABe challenge: one row an action of one mouse toward another (or itself).

A solution tells in ``behaviors_labeled`` what was labelled in a video, and in ``lab_id`` whose
video it is. Names of mice hold within a video only, so the video is what an interval counts as
one. Frames are half-open; nobody says how long a video is, and for this score it does not matter.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from boutwise.api.scoring.labels import Key, Labels
from boutwise.errors import FormatError
from boutwise.formats import LabelRow, LabelTrack

NEEDED = ("video_id", "agent_id", "target_id", "action", "start_frame", "stop_frame")
LABELLED, LAB = "behaviors_labeled", "lab_id"


@dataclass(frozen=True)
class _Row:
    number: int
    video: str
    key: Key
    start: int
    stop: int
    lab: str
    labelled: frozenset[Key] | None


def is_contest_table(path: Path) -> bool:
    """Whether the header has the columns of the contest."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error):
        return False
    return set(NEEDED) <= {cell.strip() for cell in head}


def contest_labels(path: Path, word: str) -> Labels:
    """Read a solution or a submission.

    Raises:
        FormatError: A cell is broken, or no row is of what was labelled.
    """
    rows = _rows(path)
    if not rows:
        raise FormatError(f"the {word} has no rows", file=path, expected="one row an action")
    told = all(row.labelled is not None for row in rows)
    tracks, labelled = {}, {}
    for video in dict.fromkeys(row.video for row in rows):
        mine = [row for row in rows if row.video == video]
        known = mine[0].labelled or frozenset(row.key for row in mine)
        labelled[video] = known
        # Examined to the end, wherever that is.
        examined = tuple(
            LabelRow(action, 0, math.inf, 0, agent, target)
            for agent, target, action in sorted(known)
        )
        named = tuple(
            LabelRow(row.key[2], row.start, row.stop, row.number, row.key[0], row.key[1])
            for row in mine
        )
        behaviors = tuple(dict.fromkeys(row.behavior for row in (*named, *examined)))
        tracks[video] = LabelTrack(video, "frame", named, behaviors, examined=examined)
    if told and not any(row.key in labelled[row.video] for row in rows):
        agent, target, action = rows[0].key
        raise FormatError(
            f"no row is of what {LABELLED} names; this one is {agent},{target},{action}",
            file=path,
            row=rows[0].number,
            expected=", ".join(",".join(key) for key in sorted(labelled[rows[0].video])[:3]),
            todo="write agents and targets in the same way in both",
        )
    return Labels(
        tracks,
        str(path),
        examined=told,
        units={(row.video, row.key[0]): row.video for row in rows},
        labs={row.video: row.lab for row in rows if row.lab},
        labelled=labelled if told else None,
        notes=_unlisted(rows, labelled) if told else (),
    )


def _rows(path: Path) -> list[_Row]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        return [_row(path, number, row) for number, row in enumerate(reader, start=2)]


def _row(path: Path, number: int, row: dict[str, str]) -> _Row:
    cells = {name: (row.get(name) or "").strip() for name in (*NEEDED, LABELLED, LAB)}
    for name in NEEDED:
        if not cells[name]:
            raise FormatError(f"'{name}' is empty", file=path, row=number, expected="a value")
    try:
        start, stop = (int(cells[name]) for name in NEEDED[4:])
        if not 0 <= start < stop:
            raise ValueError
    except ValueError:
        raise FormatError(
            f"a bout goes from '{cells['start_frame']}' to '{cells['stop_frame']}'",
            file=path,
            row=number,
            expected="half-open frames [start, stop) with 0 <= start < stop",
        ) from None
    key = (cells["agent_id"], cells["target_id"], cells["action"])
    labelled = _labelled(path, number, cells[LABELLED]) if cells[LABELLED] else None
    return _Row(number, cells["video_id"], key, start, stop, cells[LAB], labelled)


def _labelled(path: Path, number: int, text: str) -> frozenset[Key]:
    try:
        entries = [tuple(part.strip() for part in entry.split(",")) for entry in json.loads(text)]
        if any(len(entry) != 3 for entry in entries):
            raise ValueError
    except (ValueError, AttributeError, TypeError):
        raise FormatError(
            f"{LABELLED} cannot be read: {text[:60]}",
            file=path,
            row=number,
            expected='a JSON list such as ["mouse1,mouse2,attack"]',
        ) from None
    return frozenset((agent, target, action) for agent, target, action in entries)


def _unlisted(rows: Iterable[_Row], labelled: dict[str, frozenset[Key]]) -> tuple[str, ...]:
    n = sum(row.key not in labelled[row.video] for row in rows)
    if not n:
        return ()
    return (
        f"{n} rows of the truth are of actions that {LABELLED} does not name; they count as "
        "missed, because predictions of such actions are left out.",
    )
