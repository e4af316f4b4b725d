"""Bouts: who did what from which frame to which, and what was examined."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import LabelError
from boutwise.types.ethogram import Ethogram
from boutwise.types.frame_states import FrameState, exclusive, runs
from boutwise.types.subjects import Subject

STATES = ("yes", "no", "unscorable")
"""States that a bout may have; a frame without any is unlabelled or, where observed, 'no'."""


@dataclass(frozen=True)
class Bout:
    """One bout: frames ``[start, stop)`` of one subject.

    Attributes:
        recording: Id of the recording.
        animal: The animal that acts.
        behavior: Name as the person wrote it; merges act later.
        start: First frame, 0-based.
        stop: The frame after the last.
        target: Animal that it is directed at; empty when there is none.
        state: ``yes``; ``no`` (seen, and it is not this); ``unscorable`` (could not be seen).
        annotator: Person or model that said so.
        source: File or page that it came from.
        confidence: 0 to 1, NaN when not given.
        side: ``left`` or ``right`` where it matters.
        modifiers: As in the file.
        comment: As in the file.
    """

    recording: str
    animal: str
    behavior: str
    start: int
    stop: int
    target: str = ""
    state: str = "yes"
    annotator: str = ""
    source: str = ""
    confidence: float = float("nan")
    side: str = ""
    modifiers: str = ""
    comment: str = ""

    @property
    def subject(self) -> Subject:
        """Recording, animal and target."""
        return Subject(self.recording, self.animal, self.target)


@dataclass(frozen=True)
class Observed:
    """Frames ``[start, stop)`` that an annotator examined for a behavior.

    Inside, frames without a bout are 'no'; outside they are unlabelled.
    """

    recording: str
    animal: str
    behavior: str
    start: int
    stop: int
    target: str = ""
    annotator: str = ""


def _column(values: Sequence[Any], kind: str) -> NDArray[Any]:
    return np.asarray(values, dtype={"int": np.int64, "float": np.float64}.get(kind, object))


@dataclass(frozen=True, eq=False)
class Bouts:
    """A table of bouts, one numpy column for each field of :class:`Bout`, and observed ranges.

    >>> bouts = Bouts.from_rows([Bout("r", "m", "rear", 2, 5)], [Observed("r", "m", "rear", 0, 8)])
    >>> len(bouts), bouts.start.tolist()
    (1, [2])
    """

    recording: NDArray[np.object_]
    animal: NDArray[np.object_]
    behavior: NDArray[np.object_]
    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    target: NDArray[np.object_]
    state: NDArray[np.object_]
    annotator: NDArray[np.object_]
    source: NDArray[np.object_]
    confidence: NDArray[np.float64]
    side: NDArray[np.object_]
    modifiers: NDArray[np.object_]
    comment: NDArray[np.object_]
    observed: tuple[Observed, ...] = ()

    def __post_init__(self) -> None:
        """Check intervals and states."""
        columns = [getattr(self, field.name) for field in fields(Bout)]
        if len({len(column) for column in columns}) > 1:
            raise LabelError("the columns of the bouts differ in length")
        wrong = (self.start < 0) | (self.stop <= self.start)
        if wrong.any():
            row = int(np.argmax(wrong))
            raise LabelError(
                f"a bout of '{self.behavior[row]}' goes from {self.start[row]} to {self.stop[row]}",
                recording=str(self.recording[row]),
                frame=int(self.start[row]),
                expected="half-open frames [start, stop) with 0 <= start < stop",
            )
        states = set(self.state) - set(STATES)
        if states:
            raise LabelError(
                f"a bout has the state '{sorted(states)[0]}'", expected=", ".join(STATES)
            )
        for piece in self.observed:
            if piece.start < 0 or piece.stop <= piece.start:
                raise LabelError(
                    f"an observed range of '{piece.behavior}' goes from {piece.start} to "
                    f"{piece.stop}",
                    recording=piece.recording,
                    expected="half-open frames [start, stop) with 0 <= start < stop",
                )

    @classmethod
    def from_rows(cls, rows: Iterable[Bout], observed: Iterable[Observed] = ()) -> Self:
        """Build the table from single bouts."""
        rows = list(rows)
        kinds = {"start": "int", "stop": "int", "confidence": "float"}
        columns = {
            field.name: _column(
                [getattr(row, field.name) for row in rows], kinds.get(field.name, "")
            )
            for field in fields(Bout)
        }
        return cls(**columns, observed=tuple(observed))

    def __len__(self) -> int:
        return len(self.start)

    def rows(self) -> Iterator[Bout]:
        """The bouts one by one, in order."""
        names = [field.name for field in fields(Bout)]
        columns = [getattr(self, name).tolist() for name in names]
        for values in zip(*columns, strict=True):
            yield Bout(**dict(zip(names, values, strict=True)))

    def where(
        self,
        *,
        recording: str | None = None,
        annotator: str | None = None,
        subject: Subject | None = None,
        behaviors: Collection[str] | None = None,
    ) -> Self:
        """The bouts and observed ranges of one recording, annotator, subject, some behaviors."""

        def wanted(row: Bout | Observed) -> bool:
            return (
                (recording is None or row.recording == recording)
                and (annotator is None or row.annotator == annotator)
                and (behaviors is None or row.behavior in behaviors)
                and (
                    subject is None
                    or (row.recording, row.animal, row.target)
                    == (subject.recording, subject.animal, subject.target)
                )
            )

        return type(self).from_rows(
            (row for row in self.rows() if wanted(row)),
            (piece for piece in self.observed if wanted(piece)),
        )

    def annotators(self) -> tuple[str, ...]:
        """Everybody of whom there are bouts or observed ranges, in the order of the alphabet."""
        named = {*self.annotator.tolist(), *(piece.annotator for piece in self.observed)}
        return tuple(sorted(named))

    @classmethod
    def concatenate(cls, tables: Iterable[Bouts]) -> Self:
        """One table of several."""
        tables = list(tables)
        return cls.from_rows(
            (row for table in tables for row in table.rows()),
            (piece for table in tables for piece in table.observed),
        )

    def to_frames(self, subject: Subject, ethogram: Ethogram, n_frames: int) -> NDArray[np.int8]:
        """States of one subject, frame by frame, after merges.

        Bouts of several annotators must have been resolved before. In an exclusive group a
        frame that is 'yes' for one member is 'no' for the others; a frame that was observed for
        the whole group and is 'yes' for none is 'yes' for the background, where the group has one.

        Args:
            subject: Animal or pair.
            ethogram: Behaviors in order, groups and merges.
            n_frames: Frames of the recording.

        Returns:
            :class:`FrameState` codes, (n_frames, behaviors), int8.

        Raises:
            LabelError: A bout ends after the recording, a behavior is unknown, or two members of
                an exclusive group overlap.
        """
        mine = self.where(subject=subject)
        place = {name: column for column, name in enumerate(ethogram.names)}
        frames = np.full((n_frames, len(place)), FrameState.UNLABELLED, dtype=np.int8)
        for piece in mine.observed:
            frames[piece.start : piece.stop, place[ethogram.merged(piece.behavior)]] = FrameState.NO
        codes = {"no": FrameState.NO, "yes": FrameState.YES, "unscorable": FrameState.UNSCORABLE}
        for state in ("no", "yes", "unscorable"):
            for bout in mine.rows():
                if bout.state != state:
                    continue
                if bout.stop > n_frames:
                    raise LabelError(
                        f"a bout of '{bout.behavior}' ends at frame {bout.stop}",
                        recording=subject.recording,
                        frame=bout.start,
                        expected=f"at most {n_frames}, the end of the recording",
                    )
                column = place[ethogram.merged(bout.behavior)]
                frames[bout.start : bout.stop, column] = codes[state]
        for group in ethogram.groups:
            columns = [place[name] for name in group.behaviors]
            frames[:, columns] = exclusive(
                frames[:, columns],
                group.behaviors.index(group.background) if group.background else None,
                subject,
                group.behaviors,
            )
        return frames


def from_frames(
    frames: NDArray[np.int8],
    subject: Subject,
    behaviors: Sequence[str],
    *,
    annotator: str = "",
    source: str = "",
) -> Bouts:
    """Bouts and observed ranges of one subject from states frame by frame.

    The inverse of :meth:`Bouts.to_frames`: each stretch of 'yes' or 'unscorable' is one bout, each
    stretch that is not unlabelled an observed range.

    Args:
        frames: :class:`FrameState` codes, (frames, behaviors).
        subject: Animal or pair.
        behaviors: Name of each column.
        annotator: Who said so.
        source: Where it came from.
    """
    rows: list[Bout] = []
    observed: list[Observed] = []
    for column, behavior in enumerate(behaviors):
        states = frames[:, column]
        for state, code in (("yes", FrameState.YES), ("unscorable", FrameState.UNSCORABLE)):
            rows += [
                Bout(
                    subject.recording,
                    subject.animal,
                    behavior,
                    start,
                    stop,
                    target=subject.target,
                    state=state,
                    annotator=annotator,
                    source=source,
                )
                for start, stop in runs(states == code)
            ]
        observed += [
            Observed(
                subject.recording,
                subject.animal,
                behavior,
                start,
                stop,
                target=subject.target,
                annotator=annotator,
            )
            for start, stop in runs(states != FrameState.UNLABELLED)
        ]
    rows.sort(key=lambda bout: (bout.start, bout.stop))
    return Bouts.from_rows(rows, observed)
