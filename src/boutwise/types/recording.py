"""Recordings, the animals in them, their sessions and trials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.types.clock import FrameClock
from boutwise.types.subjects import Subject


@dataclass(frozen=True)
class Animal:
    """One animal, known by the same id in all its recordings: the unit of every split."""

    id: str
    sex: str = ""
    strain: str = ""
    cohort: str = ""


@dataclass(frozen=True)
class Condition:
    """What was done to one animal in one session.

    The same animal has another condition at its baseline, its CFA day and its drug day, so a
    condition belongs to animal *and* session.

    Attributes:
        treatment: For instance ``saline`` or ``CFA``.
        dose: Amount in ``dose_unit``; None when there is none.
        time_since_dose_s: Seconds from the dose to the start of the recording.
        baseline: Whether this session is the animal's own baseline.
        side: Treated side, ``left`` or ``right``.
    """

    treatment: str = ""
    dose: float | None = None
    dose_unit: str = ""
    time_since_dose_s: float | None = None
    baseline: bool = False
    side: str = ""


@dataclass(frozen=True)
class Session:
    """One sitting, in which one or several recordings were made."""

    id: str
    date: str = ""
    conditions: Mapping[str, Condition] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """A numbered stretch of a recording: frames ``[first_frame, first_frame + n_frames)``.

    An invalid trial has no labels but keeps its video and pose.
    """

    number: int
    first_frame: int
    n_frames: int
    valid: bool = True

    def __post_init__(self) -> None:
        """Check the frames."""
        if self.first_frame < 0 or self.n_frames < 1:
            raise DataError(
                f"trial {self.number} has frames from {self.first_frame}, {self.n_frames} of them",
                expected="a first frame of 0 or more and at least one frame",
            )

    @property
    def stop_frame(self) -> int:
        """The frame after the last."""
        return self.first_frame + self.n_frames


@dataclass(frozen=True, eq=False)
class Recording:
    """One continuous stretch of video or pose.

    Attributes:
        id: Relative path as a slug, so that equal base names in different folders stay apart.
        clock: Frames and seconds; its frame count is the recording's.
        animals: Ids of the animals, in the order of the pose track.
        video: Path of the video as given, empty when there is none.
        session: Id of the session.
        trials: In order, not overlapping.
        open_end: Whether it may go on after its last frame: nobody has counted its frames, and they
            are those up to the end of the last label.
        row_to_frame: For a pose file whose rows are not the frames 0, 1, 2, ...: file name ->
            frame of each row, (rows,); -1 for a row that is no frame.
    """

    id: str
    clock: FrameClock
    animals: tuple[str, ...]
    video: str = ""
    session: str = ""
    trials: tuple[Trial, ...] = ()
    open_end: bool = False
    row_to_frame: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check ids and trials."""
        if not self.id:
            raise DataError("a recording has no id", expected="its relative path")
        if len(set(self.animals)) != len(self.animals):
            raise DataError(
                f"an animal is named twice: {', '.join(self.animals)}", recording=self.id
            )
        stop = 0
        for trial in self.trials:
            if trial.first_frame < stop:
                raise DataError(
                    f"trial {trial.number} starts inside the trial before it",
                    recording=self.id,
                    frame=trial.first_frame,
                    expected=f"a first frame of {stop} or later",
                )
            stop = trial.stop_frame
        if stop > self.n_frames:
            raise DataError(
                f"trial {self.trials[-1].number} ends at frame {stop}",
                recording=self.id,
                expected=f"at most {self.n_frames}, the end of the recording",
            )

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return self.clock.n_frames

    def subjects(self, *, pairs: bool = False) -> list[Subject]:
        """Every animal of the recording, or every ordered pair of two animals."""
        if not pairs:
            return [Subject(self.id, animal) for animal in self.animals]
        return [
            Subject(self.id, agent, target)
            for agent in self.animals
            for target in self.animals
            if agent != target
        ]
