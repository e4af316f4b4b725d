"""Rows of a label file that were left out as faulty: what they spoke of is not known.

Where a row is refused, its frames are neither 'yes' nor 'no': to count them as examined would teach
the bout that was lost as its contrary. They are cut out of what was observed, as far as the row
says where it lies; an end that nobody knows is minus or plus infinity until the next or last row of
the same behavior, animal and modifiers bounds it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from boutwise.formats._contract import LabelRow
from boutwise.formats._placing import Placing, Span
from boutwise.types import Observed


def lost_row(
    behavior: str, start: float, stop: float, row: int, *, animal: str = "", target: str = ""
) -> LabelRow:
    """A row that is left out.

    Args:
        behavior: As written; empty = any.
        start: In the unit of its track; NaN = not known.
        stop: The same; before ``start`` where the ends are swapped.
        row: Of the file.
        animal: As written; empty = any.
        target: As written; empty = any.

    >>> found = lost_row("rear", 9.0, 2.0, 4)
    >>> found.start, found.stop
    (2.0, 9.0)
    >>> lost_row("rear", 9.0, math.nan, 4).stop
    inf
    """
    start = -math.inf if math.isnan(start) else start
    stop = math.inf if math.isnan(stop) else stop
    return LabelRow(behavior, min(start, stop), max(start, stop), row, animal, target)


def bounded(lost: Iterable[LabelRow], rows: Sequence[LabelRow]) -> list[LabelRow]:
    """The lost rows, each with one unknown end up to the next row of the same kind."""
    found = []
    for row in lost:
        same = [
            other
            for other in rows
            if (other.behavior, other.animal, other.modifiers)
            == (row.behavior, row.animal, row.modifiers)
        ]
        start, stop = row.start, row.stop
        if math.isfinite(start) and stop == math.inf:
            stop = min((other.start for other in same if other.start >= start), default=stop)
        elif math.isfinite(stop) and start == -math.inf:
            start = max((other.stop for other in same if other.stop <= stop), default=start)
        found.append(replace(row, start=start, stop=stop))
    return found


def without_lost(
    job: Placing, observed: Sequence[Observed], lost: Sequence[LabelRow]
) -> list[Observed]:
    """What was observed, without the frames of lost rows; it is told when any were cut out."""
    kept, cut = list(observed), []
    for row in bounded(lost, job.track.rows):
        span = _span(job, row)
        if span is None:
            continue
        pieces = [rest for piece in kept for rest in _without(job, piece, row, span)]
        if pieces != kept:
            cut.append(row.row)
        kept = pieces
    if cut:
        count = "a row was" if len(cut) == 1 else f"{len(cut)} rows were"
        job.warn(
            f"{count} left out: the frames in question count as unlabelled, not as 'no'",
            row=min(cut),
            todo="mend what is reported of the rows left out, and import the file again",
        )
    return kept


def _span(job: Placing, row: LabelRow) -> Span | None:
    """Frames that a lost row may have spoken of; None where none is in the recording."""
    begin, end = 0, job.stop_frame
    if job.track.unit == "frame":
        if math.isfinite(row.start):
            begin = math.floor(row.start) + job.first_frame
        if math.isfinite(row.stop):
            end = math.ceil(row.stop) + job.first_frame
    else:
        clock = job.recording.clock
        shift = float(clock.to_seconds(job.first_frame)) - float(clock.to_seconds(0))
        if math.isfinite(row.start):
            begin = int(clock.to_frame(row.start + shift))
        if math.isfinite(row.stop):
            end = int(clock.to_frame(row.stop + shift))
    if end <= begin and job.track.n_rows is not None:
        return None  # of rows that come faster than frames, one between two frames says nothing
    begin, end = max(begin, 0), min(max(end, begin + 1), job.stop_frame)
    return (begin, end) if begin < end else None


def _without(job: Placing, piece: Observed, row: LabelRow, span: Span) -> list[Observed]:
    """What is left of an observed range."""
    animal = job.known_animal(row.animal)
    target = job.known_animal(row.target) if row.target else None
    if target == animal:  # nobody acts upon himself: who was meant is not known
        target = None
    if (
        row.behavior not in ("", piece.behavior)
        or animal not in (None, piece.animal)
        or target not in (None, piece.target)
        or span[1] <= piece.start
        or piece.stop <= span[0]
    ):
        return [piece]
    before = replace(piece, stop=span[0]) if piece.start < span[0] else None
    after = replace(piece, start=span[1]) if span[1] < piece.stop else None
    return [rest for rest in (before, after) if rest is not None]
