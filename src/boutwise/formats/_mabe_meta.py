"""``train.csv`` and ``test.csv`` of MABe 2025: lab, rate, mice and examined behaviors of videos."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from boutwise.errors import FormatError
from boutwise.types import Animal

NEEDED = ("lab_id", "video_id", "frames_per_second", "behaviors_labeled")
SELF = "self"
MICE = tuple(f"mouse{number}" for number in range(1, 5))
Key = tuple[str, str, str]
"""Agent, target and action; the target of what a mouse does alone is empty."""


@dataclass(frozen=True)
class Video:
    """What the table says of one video.

    Attributes:
        id: Of the video.
        lab: That recorded it.
        fps: Frames a second.
        duration_s: Its length; None where the table does not say it.
        labelled: What was examined: agent, target and action.
        animals: Mouse (``mouse1``) -> the animal.
        parts: Body parts in the order of the table.
        row: Of the table.
    """

    id: str
    lab: str
    fps: float
    duration_s: float | None
    labelled: tuple[Key, ...]
    animals: Mapping[str, Animal]
    parts: tuple[str, ...]
    row: int


def is_table(path: Path) -> bool:
    """Whether a CSV has the columns of ``train.csv``."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = next(csv.reader(file), [])
    except (OSError, ValueError, csv.Error):
        return False
    return set(NEEDED[:3]) <= set(head)


def table_of(path: Path) -> Path:
    """Where the table is that speaks of a parquet file ``ROOT/train_tracking/LAB/VIDEO``."""
    part = path.parent.parent.name.partition("_")[0]
    return path.parent.parent.parent / f"{part}.csv"


def video_of(path: Path) -> Video | None:
    """What the table says of the video of a parquet file; None where there is no table.

    Raises:
        FormatError: The table is broken, or does not know the video.
    """
    table = table_of(path)
    if not table.is_file():
        return None
    found = videos(table).get(path.stem)
    if found is None:
        raise FormatError(
            f"the table '{table.name}' does not know the video '{path.stem}'",
            file=path,
            expected=f"a row for each video in {table}",
            todo="use the table that the video was published with",
        )
    return found


def videos(table: Path) -> Mapping[str, Video]:
    """All videos of a table by id.

    Raises:
        FormatError: A column is missing, or a cell is broken; the message has the row.
    """
    facts = table.stat()
    # Each of thousands of parquet files asks for its row.
    return _videos(str(table), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=4)
def _videos(name: str, size: int, changed_ns: int) -> Mapping[str, Video]:
    table = Path(name)
    try:
        with table.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            head = reader.fieldnames or []
    except (OSError, ValueError, csv.Error) as error:
        raise FormatError(f"the table cannot be read: {error}", file=table) from error
    for column in NEEDED[:3]:
        if column not in head:
            raise FormatError(
                f"there is no column '{column}'", file=table, row=1, expected=", ".join(NEEDED)
            )
    known = _contradicted(rows)
    found: dict[str, Video] = {}
    for number, row in enumerate(rows, start=2):
        video = _video(row, number, table, known)
        if video.id in found:
            raise FormatError(f"the video '{video.id}' is there twice", file=table, row=number)
        found[video.id] = video
    return found


def _contradicted(rows: Sequence[Mapping[str, str]]) -> set[tuple[str, str]]:
    """Lab and number of mice of which the table says different sexes or strains.

    Such a number was given again in another cage: alone it does not tell an animal.
    """
    said: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for row in rows:
        for mouse in MICE:
            number = _number_of(row, mouse)
            if number:
                about = (_cell(row, f"{mouse}_sex"), _cell(row, f"{mouse}_strain"))
                said.setdefault((_cell(row, "lab_id"), number), set()).add(about)
    return {key for key, abouts in said.items() if len(abouts) > 1}


def _video(
    row: Mapping[str, str], number: int, table: Path, contradicted: set[tuple[str, str]]
) -> Video:
    fps = _number(row, "frames_per_second", number, table)
    if fps is None or not _cell(row, "video_id") or not _cell(row, "lab_id"):
        raise FormatError(
            "the row has no video_id, lab_id or frames_per_second",
            file=table,
            row=number,
            expected="all three",
            todo="the file may have been cut off: download it again",
        )
    return Video(
        _cell(row, "video_id"),
        _cell(row, "lab_id"),
        fps,
        _number(row, "video_duration_sec", number, table),
        tuple(_labelled(_cell(row, "behaviors_labeled"), number, table)),
        _animals(row, contradicted),
        tuple(_words(_cell(row, "body_parts_tracked"), "body_parts_tracked", number, table)),
        number,
    )


def _animals(row: Mapping[str, str], contradicted: set[tuple[str, str]]) -> dict[str, Animal]:
    lab, video = _cell(row, "lab_id"), _cell(row, "video_id")
    numbers = {mouse: _number_of(row, mouse) for mouse in MICE}
    given = [number for number in numbers.values() if number]
    animals = {}
    for mouse, number in numbers.items():
        sex, strain = _cell(row, f"{mouse}_sex"), _cell(row, f"{mouse}_strain")
        name = f"{video}/{mouse}"
        if number and given.count(number) == 1:
            name = f"{lab}/{number}"
            if (lab, number) in contradicted:
                name += "_" + re.sub(r"\W+", "-", f"{sex}-{strain}").strip("-")
        animals[mouse] = Animal(name, sex=sex, strain=strain, cohort=lab)
    return animals


def _labelled(text: str, number: int, table: Path) -> list[Key]:
    found: list[Key] = []
    for entry in _words(text, "behaviors_labeled", number, table):
        steps = [step.strip().strip("'\"") for step in entry.split(",")]
        if len(steps) != 3 or not all(steps):
            raise FormatError(
                f"'{entry}' in behaviors_labeled cannot be read",
                file=table,
                row=number,
                expected="agent,target,action such as mouse1,mouse2,approach",
            )
        found.append((steps[0], "" if steps[1] in (SELF, steps[0]) else steps[1], steps[2]))
    return list(dict.fromkeys(found))


def _words(text: str, column: str, number: int, table: Path) -> list[str]:
    if not text:
        return []
    try:
        entries = json.loads(text)
        if not isinstance(entries, list) or not all(isinstance(each, str) for each in entries):
            raise ValueError
    except (ValueError, RecursionError):
        raise FormatError(
            f"{column} cannot be read: {text[:60]}",
            file=table,
            row=number,
            expected='a JSON list of words such as ["mouse1,mouse2,approach"]',
        ) from None
    return entries


def _cell(row: Mapping[str, str], column: str) -> str:
    text = (row.get(column) or "").strip()
    return "" if text.lower() == "nan" else text


def _number_of(row: Mapping[str, str], mouse: str) -> str:
    """The number of a mouse in its lab: pandas writes whole numbers with gaps as ``12.0``."""
    return _cell(row, f"{mouse}_id").removesuffix(".0")


def _number(row: Mapping[str, str], column: str, number: int, table: Path) -> float | None:
    text = _cell(row, column)
    try:
        value = float(text) if text else None
        if value is not None and not 0 < value < 1e9:
            raise ValueError
    except ValueError:
        raise FormatError(
            f"'{text}' cannot be the {column}", file=table, row=number, expected="a number above 0"
        ) from None
    return value
