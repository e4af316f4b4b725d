"""Ratings: whatever a person said of an animal that is not a bout."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from boutwise.errors import LabelError


@dataclass(frozen=True)
class Rating:
    """One value on a scale: a trial's stimulus, a drug, a grimace score, a vote, a body weight.

    Attributes:
        recording: Id of the recording.
        animal: Id of the animal.
        scale: Name of the scale.
        value: A number, or a word such as the name of a stimulus.
        start: First frame that it speaks of; None for the whole recording.
        stop: The frame after the last.
        annotator: Person that gave it.
    """

    recording: str
    animal: str
    scale: str
    value: float | str
    start: int | None = None
    stop: int | None = None
    annotator: str = ""

    def __post_init__(self) -> None:
        """Check the interval."""
        if (self.start is None) != (self.stop is None):
            raise LabelError(
                f"a rating on '{self.scale}' has one end only",
                recording=self.recording,
                expected="both start and stop, or neither",
            )
        if self.start is not None and self.stop is not None and not 0 <= self.start < self.stop:
            raise LabelError(
                f"a rating on '{self.scale}' goes from {self.start} to {self.stop}",
                recording=self.recording,
                expected="half-open frames [start, stop) with 0 <= start < stop",
            )


@dataclass(frozen=True)
class Ratings:
    """A table of ratings."""

    rows: tuple[Rating, ...] = ()

    def __iter__(self) -> Iterator[Rating]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def on(self, scale: str) -> Ratings:
        """The ratings on one scale."""
        return Ratings(tuple(row for row in self.rows if row.scale == scale))

    @classmethod
    def concatenate(cls, tables: Iterable[Ratings]) -> Ratings:
        """One table of several."""
        return cls(tuple(row for table in tables for row in table))
