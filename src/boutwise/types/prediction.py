"""Predictions: how likely each behavior is, for every frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.types.boxes import Boxes
from boutwise.types.clock import FrameClock
from boutwise.types.ethogram import Ethogram
from boutwise.types.subjects import Subject


@dataclass(frozen=True, eq=False)
class Prediction:
    """Calibrated probabilities of one recording, and the decision taken from them.

    Attributes:
        recording: Id of the recording.
        subjects: Of the first axis.
        clock: Frames and seconds; there is one row for every frame.
        ethogram: Behaviors of the last axis, with their exclusive groups.
        probabilities: (subjects, frames, behaviors), float32; sums to 1 in an exclusive group.
        decided: (subjects, frames, behaviors), bool: what the bundle's decoder says.
        observed: (subjects, frames), bool: frames with enough pose or video to be judged.
        bundle: Id of the bundle, or ``out-of-fold``.
        boxes: Where the animals were found in a video; None where nobody looked.
    """

    recording: str
    subjects: tuple[Subject, ...]
    clock: FrameClock
    ethogram: Ethogram
    probabilities: NDArray[np.float32]
    decided: NDArray[np.bool_]
    observed: NDArray[np.bool_]
    bundle: str = ""
    boxes: Boxes | None = None

    def __post_init__(self) -> None:
        """Check shapes and sums."""
        shape = (len(self.subjects), self.clock.n_frames, len(self.ethogram.names))
        for name in ("probabilities", "decided"):
            if getattr(self, name).shape != shape:
                raise DataError(
                    f"{name} have the shape {getattr(self, name).shape}",
                    recording=self.recording,
                    expected=f"{shape}: subjects, frames, behaviors",
                )
        if self.observed.shape != shape[:2]:
            raise DataError(
                f"observed has the shape {self.observed.shape}",
                recording=self.recording,
                expected=f"{shape[:2]}: subjects, frames",
            )
        for group in self.ethogram.groups:
            columns = [self.ethogram.names.index(name) for name in group.behaviors]
            total = self.probabilities[:, :, columns].sum(axis=2)
            if total.size and not np.allclose(total, 1, atol=1e-3):
                raise DataError(
                    f"probabilities of the exclusive group '{group.name}' do not sum to 1",
                    recording=self.recording,
                    frame=int(np.argmax(np.abs(total - 1).max(axis=0))),
                )
