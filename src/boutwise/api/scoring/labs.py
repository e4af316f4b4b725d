"""The lab of each recording, for rules that average within labs first."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from boutwise.errors import FormatError, UsageError, did_you_mean

RECORDING, LAB = ("recording", "video_id"), ("lab", "lab_id")
Labs = Mapping[str, str] | str | Path


def labs_of(
    given: Labs | None, told: Mapping[str, str], recordings: Iterable[str]
) -> dict[str, str]:
    """Recording -> lab, from what was given, else from what the truth itself tells.

    Args:
        given: A mapping, or a CSV with the columns ``recording`` and ``lab``; None = neither.
        told: What the table of the truth says.
        recordings: Those that are scored.

    Raises:
        UsageError: The lab of some recording is not known.
        FormatError: The CSV cannot be read.
    """
    known = _read(Path(given)) if isinstance(given, str | Path) else dict(given or told)
    if not known and given is None:
        return {}
    found = {}
    for name in recordings:
        if not known.get(name):
            raise UsageError(
                f"the lab of '{name}' is not known",
                file=given if isinstance(given, str | Path) else None,
                expected="a lab for every recording",
                todo=did_you_mean(name, known),
            )
        found[name] = known[name]
    return found


def _read(path: Path) -> dict[str, str]:
    if not path.is_file():
        raise FormatError("there is no such file", file=path, todo="check the path of --labs")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise FormatError(f"the labs cannot be read: {error}", file=path) from error
    heads = list(rows[0]) if rows else []
    columns = [next((n for n in names if n in heads), "") for names in (RECORDING, LAB)]
    if not all(columns):
        raise FormatError(
            "there is no column 'recording' or no column 'lab'",
            file=path,
            row=1,
            expected="a CSV with the columns recording and lab, one row a recording",
        )
    labs: dict[str, str] = {}
    for number, row in enumerate(rows, start=2):
        name, lab = ((row[column] or "").strip() for column in columns)
        if not name or labs.setdefault(name, lab) != lab:
            raise FormatError(
                f"the recording '{name}' has two labs" if name else "a recording has no name",
                file=path,
                row=number,
                expected="one row for each recording",
            )
    return labs
