"""Predictions of whole trials: one answer a trial."""

from __future__ import annotations

from dataclasses import dataclass

from boutwise.errors import DataError
from boutwise.types.clock import FrameClock
from boutwise.types.prediction import Prediction
from boutwise.types.recording import Trial


@dataclass(frozen=True, eq=False)
class TrialPrediction:
    """What a model says of the trials of one recording.

    Attributes:
        answers: Probabilities and decisions; its axis of frames is one of trials, and its clock
            only counts them.
        trials: In order.
        clock: Of the recording.
    """

    answers: Prediction
    trials: tuple[Trial, ...]
    clock: FrameClock

    def __post_init__(self) -> None:
        """Check the numbers."""
        if self.answers.clock.n_frames != len(self.trials):
            raise DataError(
                f"there are {self.answers.clock.n_frames} answers of {len(self.trials)} trials",
                recording=self.answers.recording,
            )
        if self.trials and self.trials[-1].stop_frame > self.clock.n_frames:
            raise DataError(
                f"trial {self.trials[-1].number} ends at frame {self.trials[-1].stop_frame}",
                recording=self.answers.recording,
                expected=f"at most {self.clock.n_frames}, the end of the recording",
            )
