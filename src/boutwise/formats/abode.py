"""ABODe: what each of three mice of a cage did in every second of a snippet of two minutes.

The table has three rows of heads (mouse; attribute; names of the index) and a row for each second
(``BTI``, from 0) of a snippet, which is known by cage, segment and number. Of the attributes of a
mouse ``GT.Behaviour`` is read. Its codes ``N/Obs`` (the mouse could not be seen) and ``N/Adm`` (the
annotators were not of one mind) are no behaviors and no background: such seconds are unscorable.
A second is a frame, unless a rate is given.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from boutwise.errors import FormatError
from boutwise.formats._contract import Contents, LabelRow, LabelTrack
from boutwise.formats._runs import observed_ranges, stretches, time_axis
from boutwise.formats._text import Row, Table, head_rows, read_table
from boutwise.types import Animal, Behavior, Ethogram, ExclusiveGroup

DESCRIPTION = "ABODe annotations (CSV): three mice, a label a second from 0, with unscorable codes"

INDEX = ("CageID", "Segment", "Snippet", "BTI")
ATTRIBUTE = "GT.Behaviour"
UNSCORABLE: Mapping[str, str] = {"N/Obs": "not observable", "N/Adm": "not admissible"}
"""Code -> comment of the bouts that it becomes."""
BACKGROUND = "Other"
BEHAVIORS = ("Imm", "Feed", "Drink", "S-Grm", "A-Grm", "Loco", BACKGROUND)
DEFAULTS: dict[str, Any] = {
    "ethogram": Ethogram(
        tuple(Behavior(name) for name in BEHAVIORS),
        (ExclusiveGroup("activity", BEHAVIORS, BACKGROUND),),
    )
}
"""What an import takes for granted where the user says nothing else."""
_HEADS = 3


def sniff(path: Path) -> bool:
    """Whether the table has the three rows of heads."""
    rows = head_rows(path, _HEADS)
    if len(rows) < _HEADS:
        return False
    first = [row.cells[0].strip() for row in rows]
    index = tuple(cell.strip() for cell in rows[2].cells[: len(INDEX)])
    return first[:2] == ["Mouse", "Attribute"] and index == INDEX


def read(path: Path, *, fps: float | None = None) -> Contents:
    """Read the labels of all snippets.

    Args:
        path: The file.
        fps: Frame rate of the recordings; 1, a frame for each second, when not given.

    Raises:
        FormatError: A column is missing, a row is broken, or seconds are missing or doubled.
    """
    table = read_table(path)
    columns = _columns(table)
    snippets: dict[tuple[str, ...], list[Row]] = {}
    for row in table.rows[_HEADS:]:
        if len(row.cells) != len(table.rows[0].cells):
            raise FormatError(
                f"the row has {len(row.cells)} cells",
                file=path,
                row=row.number,
                expected=f"{len(table.rows[0].cells)}, as in the first row",
                todo="the file may have been cut off: copy or export it again",
            )
        snippets.setdefault(tuple(cell.strip() for cell in row.cells[:3]), []).append(row)
    if not snippets:
        raise FormatError("the table has no rows", file=path, row=_HEADS + 1)
    rate = fps or 1.0
    tracks = [_track(table, key, rows, columns, rate) for key, rows in snippets.items()]
    cages = dict.fromkeys(cage for cage, _, _ in snippets)
    animals = tuple(Animal(f"{cage}_{mouse}") for cage in cages for mouse in columns)
    name = path.name.removesuffix(path.suffix)
    return Contents(
        path,
        "abode",
        name,
        labels=tuple(tracks),
        fps=rate,
        problems=table.problems,
        animals=animals,
    )


def _columns(table: Table) -> dict[str, int]:
    """Mouse -> place of its behavior."""
    if len(table.rows) < _HEADS:
        raise FormatError("the heads are not all there", file=table.path, row=len(table.rows))
    mice, attributes = table.rows[0].cells, table.rows[1].cells
    found: dict[str, int] = {}
    for place, (mouse, attribute) in enumerate(zip(mice, attributes, strict=False)):
        if attribute.strip() == ATTRIBUTE:
            if mouse.strip() in found:
                raise FormatError(
                    f"the mouse '{mouse.strip()}' is there twice", file=table.path, row=1
                )
            found[mouse.strip()] = place
    if not found:
        raise FormatError(
            f"there is no column '{ATTRIBUTE}'",
            file=table.path,
            row=2,
            expected=f"a column '{ATTRIBUTE}' for each mouse",
        )
    return found


def _track(
    table: Table,
    key: tuple[str, ...],
    rows: Sequence[Row],
    columns: Mapping[str, int],
    fps: float,
) -> LabelTrack:
    """The labels of one snippet."""
    numbers = [row.number for row in rows]
    starts = np.array([table.number(row, len(INDEX) - 1) for row in rows])
    # Bins are whole seconds, so their checks are those of frames at one a second.
    axis = time_axis(starts, numbers, path=table.path, frames=True)
    labels: list[LabelRow] = []
    for mouse, place in columns.items():
        cells = [_cell(table, row, place) for row in rows]
        for run in stretches(cells, axis.joined):
            code, animal = cells[run.first], f"{key[0]}_{mouse}"
            unscorable = code in UNSCORABLE
            labels += [
                LabelRow(
                    name,
                    float(axis.starts[run.first]),
                    float(axis.stops[run.last]),
                    numbers[run.first],
                    animal,
                    state="unscorable" if unscorable else "yes",
                    comment=UNSCORABLE.get(code, ""),
                )
                for name in (BEHAVIORS if unscorable else (code,))
            ]
    return LabelTrack(
        "_".join(key),
        "second",
        tuple(labels),
        BEHAVIORS,
        observed=observed_ranges(axis, np.ones(len(rows), dtype=bool)),
        fps=fps,
        length=float(axis.stops[-1]),
    )


def _cell(table: Table, row: Row, place: int) -> str:
    code = row.cells[place].strip()
    if code not in UNSCORABLE and code not in BEHAVIORS:
        raise FormatError(
            f"'{code}' is no behavior of ABODe" if code else "the label is missing",
            file=table.path,
            row=row.number,
            expected=", ".join([*BEHAVIORS, *UNSCORABLE]),
        )
    return code
