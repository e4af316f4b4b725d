"""Events of a BORIS project become intervals: a state begins with one event and ends with the next.

The events of a subject, behavior and modifiers belong together; points stand alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from boutwise.formats._boris import NO_SUBJECT
from boutwise.formats._boris_json import MEND, as_number
from boutwise.formats._boris_media import Interval
from boutwise.formats._contract import LabelRow
from boutwise.formats._faults import Faults
from boutwise.formats._lost import lost_row


class Toggles:
    """Pairs the events of the states of one observation."""

    def __init__(self, name: str, kinds: Mapping[str, str], faults: Faults) -> None:
        self.name, self.kinds, self.faults = name, kinds, faults
        self.open: dict[tuple[str, str, str], LabelRow] = {}
        self.lost: list[LabelRow] = []

    def run(self, events: Sequence[Any]) -> list[Interval]:
        """The intervals of all events, in the order in which they end up in the file."""
        points = [self._point(event, number) for number, event in enumerate(events, start=1)]
        found: list[LabelRow] = []
        # BORIS keeps events in the order of time, but a project made by a script need not.
        for point in sorted((each for each in points if each), key=lambda each: each.start):
            if self.kinds[point.behavior] == "point":
                found.append(point)
                continue
            key = (point.animal, point.behavior, point.modifiers)
            first = self.open.pop(key, None)
            if first is None:
                self.open[key] = point
            else:
                comment = " ".join(dict.fromkeys(filter(None, (first.comment, point.comment))))
                found.append(replace(first, stop=point.start, comment=comment))
        for row in self.open.values():
            self.faults.report(
                f"'{row.behavior}' of '{row.animal or 'No focal subject'}' starts at "
                f"{row.start:g} s in the observation '{self.name}' and never stops",
                row=row.row,
                expected="a second event for every state",
                todo="close the event in BORIS and save the project",
            )
            self.lost.append(replace(row, stop=math.inf))
        return [Interval(row, "") for row in sorted(found, key=lambda each: each.row)]

    def _point(self, event: Any, number: int) -> LabelRow | None:
        """One event as a point; None after a report."""
        cells = list(event) if isinstance(event, list) else []
        cells += [""] * (5 - len(cells))
        time, behavior = as_number(cells[0]), str(cells[2] or "")
        subject = "" if str(cells[1]) in NO_SUBJECT else str(cells[1] or "")
        fault = (
            "has no time"
            if math.isnan(time)
            else "has no behavior"
            if not behavior
            else f"is of '{behavior}', which is not in the ethogram of the project"
            if behavior not in self.kinds
            else ""
        )
        if fault:
            self.faults.report(
                f"event {number} of the observation '{self.name}' {fault}",
                row=number,
                expected="[second, subject, behavior, modifiers, comment]",
                todo=MEND,
            )
            self.lost.append(lost_row(behavior, time, time, number, animal=subject))
            return None
        return LabelRow(
            behavior,
            time,
            time,
            number,
            subject,
            modifiers=str(cells[3] or ""),
            comment=str(cells[4] or ""),
        )
