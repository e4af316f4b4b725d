"""Labels of a project frame by frame, subject by subject and annotator by annotator."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.checks._contract import Study
from boutwise.errors import LabelError
from boutwise.types import Bouts, Ethogram, FrameState, Recording, Subject


@dataclass(frozen=True, eq=False)
class Labelled:
    """What one annotator says of one subject.

    Attributes:
        recording: The recording.
        subject: Animal or pair.
        annotator: Who labeled.
        states: :class:`FrameState` codes, (frames, behaviors of the project's ethogram).
        stated: Frames in which a bout of a background, or one that cannot be scored, was labeled,
            (frames,): somebody looked there, where an observed range alone is a declaration.
    """

    recording: Recording
    subject: Subject
    annotator: str
    states: NDArray[np.int8]
    stated: NDArray[np.bool_]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Frames that were examined for each behavior, (frames, behaviors)."""
        return np.asarray(self.states >= FrameState.NO)

    @property
    def examined(self) -> NDArray[np.bool_]:
        """Behaviors that were looked for in any frame, also where they could not be scored."""
        return np.asarray((self.known | (self.states == FrameState.UNSCORABLE)).any(axis=0))


def labelled(project: Study) -> Iterator[Labelled]:
    """Everything that is labeled; an annotator whose labels contradict each other is left out.

    Such labels are refused with their place when a plan is made, so no check needs to say it again.
    """
    ethogram = project.ethogram
    for recording in project.recordings():
        bouts = project.bouts(recording.id)
        for annotator in annotators(bouts):
            mine = bouts.where(annotator=annotator)
            for subject in subjects(mine):
                try:
                    states = mine.to_frames(subject, ethogram, recording.n_frames)
                except LabelError:
                    continue
                stated = _stated(mine, subject, ethogram, recording.n_frames)
                yield Labelled(recording, subject, annotator, states, stated)


def _stated(bouts: Bouts, subject: Subject, ethogram: Ethogram, n_frames: int) -> NDArray[np.bool_]:
    """Frames with a bout of a background, or of something that cannot be scored."""
    found = np.zeros(n_frames, dtype=bool)
    for bout in bouts.where(subject=subject).rows():
        background = ethogram.merged(bout.behavior) in ethogram.backgrounds
        if bout.state == "unscorable" or (bout.state == "yes" and background):
            found[bout.start : bout.stop] = True
    return found


def annotators(bouts: Bouts) -> list[str]:
    """Who labeled, sorted."""
    return sorted({*bouts.annotator, *(piece.annotator for piece in bouts.observed)})


def subjects(bouts: Bouts) -> list[Subject]:
    """Who was labeled, sorted."""
    acting = {row.subject for row in bouts.rows()}
    seen = {Subject(piece.recording, piece.animal, piece.target) for piece in bouts.observed}
    return sorted(acting | seen)
