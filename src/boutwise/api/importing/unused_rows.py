"""Rows of the tables of animals and trials that speak of no recording: of another day, or misspelt.

One table for the whole study is what labs have, so rows about recordings that are not imported are
told and stop nothing. They block where nobody's row was found, and where a recording without a row
has nearly the same name: then its animal would be unknown, and folds would not keep it together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from boutwise.api.importing.draft import Draft, names_of
from boutwise.api.importing.metadata import Metadata
from boutwise.api.importing.tables import Line
from boutwise.api.importing.types import ImportPlan
from boutwise.errors import did_you_mean
from boutwise.types import Problem, Severity

LIKE = 0.75
"""Share of equal letters from which a name may be a misspelling of another."""
LISTED = 8
MANY = 50
"""From so many recordings on, an error does not list them."""
IDS = "write the ids there that 'import --dry-run' shows, or take the row out"


def check_rows(metadata: Metadata, drafts: Mapping[str, Draft], plan: ImportPlan) -> None:
    """Tell of rows that were not used; block where they are hardly meant to be left out."""
    tables: tuple[Mapping[str, Sequence[object]], ...] = (metadata.animals, metadata.trials)
    for table in tables:
        mine = [line for line in metadata.unused() if line.cells["recording"] in table]
        if not metadata.used & set(table):
            _block_all(mine, drafts, plan)
            continue
        without = [d for d in drafts.values() if d.touched and not _has_row(d, table)]
        meant = {
            name: near
            for line in mine
            if (near := _misspelt(name := line.cells["recording"], without))
        }
        for line in mine:
            name = line.cells["recording"]
            if name in meant:
                plan.problems.append(_blocking(line, f"did you mean '{meant[name]}'?"))
        rest = [line for line in mine if line.cells["recording"] not in meant]
        if rest:
            plan.notes.append(_told(rest))


def _has_row(draft: Draft, table: Mapping[str, object]) -> bool:
    return any(name in table for name in names_of(draft))


def _misspelt(name: str, without: Sequence[Draft]) -> str:
    """The recording that a row is probably about; empty where the row is of another one."""
    # Numbered recordings are alike without being meant: cage_3 is not cage_4.
    known = {n: d.id for d in without for n in names_of(d) if _unnumbered(n) != _unnumbered(name)}
    near = get_close_matches(name, known, n=1, cutoff=LIKE)
    return known[near[0]] if near else ""


def _unnumbered(name: str) -> str:
    return re.sub(r"\d+", "#", name)


def _block_all(lines: Sequence[Line], drafts: Mapping[str, Draft], plan: ImportPlan) -> None:
    known = {name for draft in drafts.values() for name in names_of(draft)}
    for line in lines:
        nearest = did_you_mean(line.cells["recording"], known) if len(known) < MANY else IDS
        plan.problems.append(_blocking(line, nearest))


def _blocking(line: Line, todo: str) -> Problem:
    return Problem(
        "import",
        Severity.BLOCKING,
        f"the table speaks of '{line.cells['recording']}', and there is no such recording",
        file=line.file,
        row=line.row,
        expected="the id of a recording, or the name of its file",
        todo=todo,
    )


def _told(lines: Sequence[Line]) -> str:
    names = [f"{line.cells['recording']} (row {line.row})" for line in lines[:LISTED]]
    more = f" and {len(lines) - LISTED} more" if len(lines) > LISTED else ""
    many = f"{len(lines)} recordings" if len(lines) > 1 else "a recording"
    return (
        f"{Path(lines[0].file).name} speaks of {many} that {'are' if len(lines) > 1 else 'is'} not "
        f"imported here, and these rows were not used: {', '.join(names)}{more}"
    )
