"""Who does something, and to whom."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Subject:
    """One animal of one recording, or an ordered pair: the unit of everything that is computed.

    Features, labels, windows, scores and output all belong to a subject. A behavior that is
    directed (attack, sniff) lives on a pair, an individual one (rest, rear) on a single animal.

    Attributes:
        recording: Id of the recording.
        animal: The animal that acts.
        target: The animal that it acts upon; empty for an individual behavior.

    >>> str(Subject("day1/cage3", "m1", "m2"))
    'day1/cage3: m1 -> m2'
    """

    recording: str
    animal: str
    target: str = ""

    def __str__(self) -> str:
        arrow = f" -> {self.target}" if self.target else ""
        return f"{self.recording}: {self.animal}{arrow}"
