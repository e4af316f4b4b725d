"""The labels of one recording, annotator by annotator, each on his own clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import LabelError
from boutwise.metrics import Rated
from boutwise.planning.targets import by_model
from boutwise.project import Project
from boutwise.types import Bouts, Ethogram, FrameState, Recording, Subject


@dataclass(frozen=True)
class Raters:
    """Whose labels of what are compared.

    Attributes:
        project: With labels of several annotators.
        ethogram: The behaviors.
        zero_at: Behavior whose first bout is each annotator's frame 0; empty for none.
        annotators: Who is compared; None = everybody.
        notes: Filled with what was left out, and why.
    """

    project: Project
    ethogram: Ethogram
    zero_at: str = ""
    annotators: Sequence[str] | None = None
    notes: list[str] = field(default_factory=list)

    def subjects(self, recording: Recording) -> Iterator[Rated]:
        """Every subject of a recording that at least two people labeled; models are left out."""
        bouts = self.project.bouts(recording.id)
        models = {row.annotator for row in bouts.rows() if by_model(row.source)}
        names = {*bouts.annotator, *(piece.annotator for piece in bouts.observed)} - models
        wanted = [n for n in sorted(names) if self.annotators is None or n in self.annotators]
        if len(wanted) < 2:
            return
        mine = {name: bouts.where(annotator=name) for name in wanted}
        starts = {name: self._start(recording, name, mine[name]) for name in wanted}
        unit = "+".join(sorted(recording.animals))
        for scope in sorted({behavior.scope for behavior in self.ethogram.behaviors}):
            ethogram = self.ethogram.only(
                [b.name for b in self.ethogram.behaviors if b.scope == scope]
            )
            for subject in recording.subjects(pairs=scope == "directed"):
                states = {}
                for name, start in starts.items():
                    if start is not None:
                        found = self._states(recording, subject, ethogram, mine[name])
                        if found is not None:
                            states[name] = _from(found, start)
                if len(states) > 1:
                    yield Rated(subject, unit, recording.clock.fps, ethogram, states)

    def _start(self, recording: Recording, name: str, bouts: Bouts) -> int | None:
        """The first frame of an annotator's mark; None when he set none."""
        if not self.zero_at:
            return 0
        merges = self.project.ethogram.merges
        marks = [
            bout.start
            for bout in bouts.rows()
            if bout.state == "yes" and merges.get(bout.behavior, bout.behavior) == self.zero_at
        ]
        if marks:
            return min(marks)
        self.notes.append(f"{recording.id}: {name} set no mark '{self.zero_at}' and was left out")
        return None

    def _states(
        self, recording: Recording, subject: Subject, ethogram: Ethogram, bouts: Bouts
    ) -> NDArray[np.int8] | None:
        """What one annotator said of a subject; None when he said nothing."""
        wanted = {*ethogram.names, *ethogram.merges}
        bouts = bouts.where(subject=subject, behaviors=wanted)
        if not len(bouts) and not bouts.observed:
            return None
        try:
            states = bouts.to_frames(subject, ethogram, recording.n_frames)
        except LabelError as error:
            who = bouts.annotator[0] if len(bouts) else bouts.observed[0].annotator
            place = "" if error.frame is None else f" (frame {error.frame})"
            self.notes.append(f"{subject}: {who} was left out: {error.what}{place}")
            return None
        for trial in recording.trials:
            if not trial.valid:
                states[trial.first_frame : trial.stop_frame] = FrameState.UNLABELLED
        return states


def _from(states: NDArray[np.int8], start: int) -> NDArray[np.int8]:
    """The states from a frame on; the end is unlabelled, so that all stay equally long."""
    later = np.full_like(states, FrameState.UNLABELLED)
    later[: len(states) - start] = states[start:]
    return later
