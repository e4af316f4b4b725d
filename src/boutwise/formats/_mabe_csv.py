"""The contest's own tables of bouts: a submission, which is written, and a solution."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from boutwise.errors import FormatError, LabelError
from boutwise.formats._contract import LabelRow, LabelTrack
from boutwise.formats._mabe_meta import MICE, SELF
from boutwise.formats._text import Row, Table, head_rows, read_table
from boutwise.formats._writing import refuse_several_annotators, whole_file
from boutwise.types import Bout, Bouts

COLUMNS = ("row_id", "video_id", "agent_id", "target_id", "action", "start_frame", "stop_frame")


def is_contest_table(path: Path) -> bool:
    """Whether the header has the columns of a submission."""
    if path.suffix.lower() != ".csv":
        return False
    rows = head_rows(path, 1)
    return bool(rows) and set(COLUMNS[1:]) <= {cell.strip() for cell in rows[0].cells}


def tracks_in(path: Path) -> tuple[Table, tuple[LabelTrack, ...]]:
    """Labels by video; the table does not say what was examined, so nothing is taken to be.

    Raises:
        FormatError: A column is missing, or a row is broken.
    """
    table = read_table(path)
    head = [cell.strip() for cell in table.rows[0].cells]
    for name in COLUMNS[1:]:
        if head.count(name) != 1:
            raise FormatError(
                f"there is not one column '{name}'", file=path, row=1, expected=", ".join(COLUMNS)
            )
    places = [head.index(name) for name in COLUMNS[1:]]
    videos: dict[str, list[LabelRow]] = {}
    for row in table.rows[1:]:
        if len(row.cells) != len(head):
            raise FormatError(
                f"the row has {len(row.cells)} cells",
                file=path,
                row=row.number,
                expected=f"{len(head)}, as in the header",
                todo="the file may have been cut off: write or copy it again",
            )
        video, label = _label(table, row, places)
        videos.setdefault(video, []).append(label)
    return table, tuple(
        LabelTrack(
            video,
            "frame",
            tuple(rows),
            tuple(dict.fromkeys(row.behavior for row in rows)),
            examined=(),
        )
        for video, rows in videos.items()
    )


def _label(table: Table, row: Row, places: Sequence[int]) -> tuple[str, LabelRow]:
    video, agent, target, action = (row.cells[place].strip() for place in places[:4])
    start, stop = (table.number(row, place) for place in places[4:])
    if (
        not (video and agent and target and action)
        or not 0 <= start < stop
        or start % 1
        or stop % 1
    ):
        raise FormatError(
            "the row tells no bout",
            file=table.path,
            row=row.number,
            expected="video, agent, target, action, and whole frames [start, stop)",
        )
    toward = "" if target in (SELF, agent) else target
    return video, LabelRow(action, start, stop, row.number, agent, toward)


def save_submission(path: Path, bouts: Bouts) -> None:
    """Write bouts as a submission; see :func:`boutwise.formats.mabe2025.write`."""
    refuse_several_annotators(bouts)
    videos = _videos(bouts)
    rows = [row for pair in _pairs(bouts) for row in one_at_a_time(pair)]
    rows.sort(key=lambda bout: (bout.recording, bout.animal, bout.target, bout.start))
    with whole_file(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for number, bout in enumerate(rows):
            names = (videos[bout.recording], _mouse(bout.animal), _mouse(bout.target) or SELF)
            writer.writerow((number, *names, bout.behavior, bout.start, bout.stop))


def _videos(bouts: Bouts) -> dict[str, str]:
    """Recording -> the contest's name of its video: without the folders, such as that of its lab.

    Raises:
        LabelError: Two recordings would be one video.
    """
    videos: dict[str, str] = {}
    for recording in dict.fromkeys(bouts.recording.tolist()):
        video = recording.rsplit("/", 1)[-1]
        other = next((name for name, taken in videos.items() if taken == video), None)
        if other is not None:
            raise LabelError(
                f"'{other}' and '{recording}' would be the same video '{video}'",
                recording=recording,
                expected="recordings of different video ids",
                todo="write them apart, into two tables",
            )
        videos[recording] = video
    return videos


def _pairs(bouts: Bouts) -> Iterable[list[Bout]]:
    pairs: dict[tuple[str, str, str], list[Bout]] = {}
    for bout in bouts.rows():
        if bout.state == "yes":
            pairs.setdefault((bout.recording, bout.animal, bout.target), []).append(bout)
    return pairs.values()


def one_at_a_time(bouts: Sequence[Bout]) -> list[Bout]:
    """The bouts of one pair without overlaps: in each frame the most confident one is left.

    What is cut in two becomes two bouts. Where no confidence is given, or it is the same, the bout
    that begins first keeps the frame.

    >>> long, short = Bout("v", "mouse1", "sniff", 0, 9), Bout("v", "mouse1", "bite", 3, 5)
    >>> [(b.behavior, b.start, b.stop) for b in one_at_a_time([long, short])]
    [('sniff', 0, 9)]
    """
    if not bouts:
        return []
    ranked = sorted(bouts, key=lambda b: (-np.nan_to_num(b.confidence, nan=-1.0), b.start, b.stop))
    owner = np.full(max(bout.stop for bout in bouts) + 1, -1)
    for place, bout in enumerate(ranked):
        mine = owner[bout.start : bout.stop]
        mine[mine < 0] = place
    cuts = np.flatnonzero(np.diff(owner, prepend=-1))
    edges = [*cuts.tolist(), len(owner)]
    return [
        replace(ranked[owner[start]], start=start, stop=stop)
        for start, stop in pairwise(edges)
        if owner[start] >= 0
    ]


def _mouse(name: str) -> str:
    """A mouse by the name that the contest knows.

    Raises:
        LabelError: The name is another one.
    """
    if name and name not in MICE:
        raise LabelError(
            f"the contest has no mouse called '{name}'",
            expected=", ".join(MICE),
            todo="predict the files of the contest (test_tracking/LAB) instead of a project: there "
            "the mice have these names",
        )
    return name
