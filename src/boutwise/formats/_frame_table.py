"""A state a frame and behavior, as a matrix, and the labels that it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import LabelError
from boutwise.formats._contract import LabelRow
from boutwise.formats._runs import TimeAxis, stretches
from boutwise.types import Bout, Bouts, FrameState, Observed, Subject

STATES = {int(FrameState.YES): "yes", int(FrameState.UNSCORABLE): "unscorable"}


@dataclass(frozen=True)
class Matrix:
    """States of one subject, entry by entry.

    Attributes:
        subject: Animal and target as the file has them.
        axis: When each entry begins and ends.
        rows: Row of each entry in the file.
        behaviors: Names of the columns.
        states: :class:`FrameState` codes, (entries, behaviors).
    """

    subject: Subject
    axis: TimeAxis
    rows: Sequence[int]
    behaviors: Sequence[str]
    states: NDArray[np.int8]

    def labels(self) -> list[LabelRow]:
        """Each stretch of 'yes' or 'unscorable' as one label, sorted by start."""
        found = [
            self._label(column, first, last, STATES[code])
            for column in range(len(self.behaviors))
            for code, first, last in self._pieces(self.states[:, column])
            if code in STATES
        ]
        return sorted(found, key=lambda row: (row.start, row.stop))

    def examined(self) -> list[LabelRow]:
        """Each stretch that is not unlabelled."""
        return [
            self._label(column, first, last, "yes")
            for column in range(len(self.behaviors))
            for seen, first, last in self._pieces(
                (self.states[:, column] != FrameState.UNLABELLED).astype(np.int8)
            )
            if seen
        ]

    def _pieces(self, column: NDArray[np.int8]) -> list[tuple[int, int, int]]:
        values = column.tolist()
        return [
            (values[piece.first], piece.first, piece.last)
            for piece in stretches(values, self.axis.joined)
        ]

    def _label(self, column: int, first: int, last: int, state: str) -> LabelRow:
        return LabelRow(
            self.behaviors[column],
            float(self.axis.starts[first]),
            float(self.axis.stops[last]),
            self.rows[first],
            self.subject.animal,
            self.subject.target,
            state,
        )


def states_of(
    bouts: Bouts, subject: Subject, behaviors: tuple[str, ...], n_frames: int
) -> NDArray[np.int8]:
    """States of one subject: what the labels say, without groups or merges.

    Args:
        bouts: Bouts and observed ranges.
        subject: Animal or pair of a recording.
        behaviors: Names of the columns.
        n_frames: Frames of the recording.

    Returns:
        :class:`FrameState` codes, (frames, behaviors).

    Raises:
        LabelError: A bout or range ends after the recording.
    """
    mine = bouts.where(subject=subject)
    states = np.full((n_frames, len(behaviors)), FrameState.UNLABELLED, dtype=np.int8)
    everything: list[Bout | Observed] = [*mine.rows(), *mine.observed]
    for row in everything:
        if row.stop > n_frames:
            raise LabelError(
                f"'{row.behavior}' ends at frame {row.stop}",
                recording=subject.recording,
                frame=row.start,
                expected=f"at most {n_frames}, the end of the recording",
            )
    for piece in mine.observed:
        states[piece.start : piece.stop, behaviors.index(piece.behavior)] = FrameState.NO
    codes = {"no": FrameState.NO, "yes": FrameState.YES, "unscorable": FrameState.UNSCORABLE}
    for state, code in codes.items():
        for bout in mine.rows():
            if bout.state == state:
                states[bout.start : bout.stop, behaviors.index(bout.behavior)] = code
    return states
