"""Behaviors of an NWB file: tables of intervals with a column that names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from boutwise.errors import FormatError
from boutwise.formats._contract import LabelRow, LabelTrack

LABEL_COLUMNS = ("behavior", "behaviour", "behavior_name", "label", "labels", "ethogram")
"""Columns of a table of intervals that name a behavior."""


def labels_of(nwb: Any, recording: str, start_s: float, path: Path) -> tuple[LabelTrack, ...]:
    """Tables of intervals that name behaviors, on the time of the pose."""
    tracks = []
    for table in nwb.objects.values():
        if type(table).__name__ not in ("TimeIntervals", "EthogramBouts"):
            continue
        column = next((name for name in LABEL_COLUMNS if name in table.colnames), None)
        # A column of numbers points to names elsewhere: behaviors called '0' and '1' help nobody.
        if column is None or not all(isinstance(name, str) for name in table[column][:]):
            continue
        rows = [
            LabelRow(str(name), float(start) - start_s, float(stop) - start_s, number)
            for number, (name, start, stop) in enumerate(
                zip(table[column][:], table["start_time"][:], table["stop_time"][:], strict=True),
                start=1,
            )
        ]
        for row in rows:
            if not 0 <= row.start <= row.stop < np.inf:
                raise FormatError(
                    f"'{row.behavior}' of '{table.name}' goes from {row.start:g} to {row.stop:g} s",
                    file=path,
                    row=row.row,
                    expected=f"seconds from {start_s:g} s on, where the pose begins",
                )
        behaviors = tuple(dict.fromkeys(row.behavior for row in rows))
        tracks.append(LabelTrack(recording, "second", tuple(rows), behaviors))
    return tuple(tracks)
