"""Where a label of a file lies in a recording: which animal, which frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from boutwise.errors import LabelError, did_you_mean
from boutwise.formats._contract import THE_OTHER, LabelRow, LabelTrack
from boutwise.types import Problem, Recording, Severity

Span = tuple[int, int]
"""Frames ``[start, stop)``."""


@dataclass
class Placing:
    """One track on its way to one recording.

    Attributes:
        track: The labels.
        recording: The recording that they belong to.
        source: Their file, for messages.
        strict: Whether the first fault is raised.
        first_frame: Frame of the recording at which the track's time begins.
        stop_frame: The frame after the last that its labels may have.
        animal_map: Name in the file -> animal of the recording.
        problems: What was found so far.
    """

    track: LabelTrack
    recording: Recording
    source: str
    strict: bool
    first_frame: int
    stop_frame: int
    animal_map: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)

    def report(self, what: str, *, row: int | None = None, **more: object) -> None:
        """Keep a blocking problem, or raise it at once when strict."""
        frame = more.get("frame")
        expected, todo = str(more.get("expected", "")), str(more.get("todo", ""))
        if self.strict:
            raise LabelError(
                what,
                file=self.source or None,
                row=row,
                recording=self.recording.id,
                frame=frame if isinstance(frame, int) else None,
                expected=expected or None,
                todo=todo or None,
            )
        self._keep(Severity.BLOCKING, what, row, expected, todo)

    def warn(
        self,
        what: str,
        *,
        row: int | None = None,
        frame: int | None = None,
        other: int | None = None,
        todo: str = "",
    ) -> None:
        """Keep a warning.

        Its numbers stand apart from the words, so that what is the same is said once of all
        places: ``other`` is the row of another label that it is about.
        """
        self._keep(Severity.WARNING, what, row, "", todo)
        value = None if other is None else float(other)
        self.problems[-1] = replace(self.problems[-1], frame=frame, value=value)

    def _keep(
        self, severity: Severity, what: str, row: int | None, expected: str, todo: str
    ) -> None:
        self.problems.append(
            Problem(
                "labels",
                severity,
                what,
                recording=self.recording.id,
                file=self.source,
                row=row,
                expected=expected,
                todo=todo,
            )
        )

    def known_animal(self, name: str) -> str | None:
        """The recording's animal behind a name of the file; None where there is none."""
        known = self.recording.animals
        if name in self.animal_map:
            name = self.animal_map[name]
        elif not name and len(known) == 1:
            return known[0]
        return name if name in known else None

    def animal(self, name: str, row: int | None) -> str | None:
        """The recording's animal behind a name of the file; None after a report."""
        found = self.known_animal(name)
        if found is not None:
            return found
        known, name = self.recording.animals, self.animal_map.get(name, name)
        what = f"the animal '{name}' is not in the recording" if name else "no animal is named"
        self.report(
            what,
            row=row,
            expected=f"one of {', '.join(known)}",
            todo=f"{self._say_who(name)}; {did_you_mean(name, known)}",
        )
        return None

    def target(self, row: LabelRow) -> str | None:
        """Whom a label is directed at, '' for nobody; None after a report."""
        if not row.target:
            return ""
        if row.target == THE_OTHER:
            return self._the_other(row)
        target = self.animal(row.target, row.row)
        if target is None or target != self.known_animal(row.animal):
            return target
        self.report(
            f"'{target}' is named as agent and as target",
            row=row.row,
            expected="another animal as target, or none where the behavior is of one animal",
            todo="mend the label",
        )
        return None

    def _the_other(self, row: LabelRow) -> str | None:
        """The other one of two animals; None after a report."""
        others = [name for name in self.recording.animals if name != self.known_animal(row.animal)]
        if len(others) == 1 and len(self.recording.animals) == 2:
            return others[0]
        self.report(
            "a label is directed at 'the other' animal, and nobody can tell which one that is",
            row=row.row,
            expected=f"two animals and a name for the agent; the recording has "
            f"{', '.join(self.recording.animals)}",
            todo="name the targets, or leave 'targets: other' out of the mapping",
        )
        return None

    def _say_who(self, name: str) -> str:
        """What a person can do about a name that the recording does not have."""
        if not name:
            return "name the animal of each label, as the recording has several"
        return (
            f"if '{name}' is one of them, give --animals a table with a column label_name that "
            "says it, or rename it in the file"
        )

    def span(self, start: float, stop: float, row: int | None) -> Span | None:
        """Frames of a label; None when none of it lies in the recording (after a report)."""
        if self.track.unit == "frame":
            begin, end = self._whole(start, row), self._whole(stop, row)
        else:
            clock = self.recording.clock
            shift = float(clock.to_seconds(self.first_frame)) - float(clock.to_seconds(0))
            begin = int(clock.to_frame(start + shift))
            end = int(clock.to_frame(stop + shift))
            if end <= begin and self.track.n_rows is not None:
                # Rows that come faster than frames: a frame keeps the row nearest to it.
                self.warn(f"a label of {stop - start:g} s falls between two frames", row=row)
                return None
            over = float(clock.to_seconds(self.stop_frame)) + 0.5 / clock.fps
            if begin == self.stop_frame and stop + shift < over:
                begin = self.stop_frame - 1  # the last frame is the nearest one there is
        end = max(end, begin + 1)  # a point, or less than half a frame: it still happened
        if begin < 0 or begin >= self.stop_frame:
            self.report(
                f"a label begins at frame {begin}",
                row=row,
                frame=begin,
                expected=f"0 to {self.stop_frame - 1}",
                todo="check the frame rate, the trial and the offset of this file",
            )
            return None
        if end > self.stop_frame + 1:
            self.report(
                f"a label ends at frame {end}, past the end",
                row=row,
                frame=begin,
                expected=f"at most {self.stop_frame}",
                todo="check the frame rate, the trial and the offset of this file",
            )
        elif end > self.stop_frame:
            self.warn(f"a label ends one frame past the end, at {end}, and was cut", row=row)
        return begin, min(end, self.stop_frame)

    def _whole(self, frame: float, row: int | None) -> int:
        if frame % 1:
            raise LabelError(
                f"{frame:g} is no frame",
                file=self.source or None,
                row=row,
                recording=self.recording.id,
                expected="a whole number",
                todo="say that the file counts in seconds",
            )
        return int(frame) + self.first_frame
