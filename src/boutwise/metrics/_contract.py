"""What a metric gets: labels and decisions of one subject, frame by frame; and the options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.metrics._matching import Matching
from boutwise.types import Ethogram, FrameState, Subject


class Metric(Protocol):
    """A module in this folder: one family of metrics.

    It measures one behavior of one subject on the frames that were examined. Numbers that cannot
    be defined (a share of nothing) are NaN, never 0 and never 1. The contract test compares each
    value with a slow and obvious reference.
    """

    DESCRIPTION: str
    """One line: what it measures, and in which unit."""

    PREDICTION: Literal["decided", "probability", "positions"]
    """What ``predicted`` is: (frames,) bool, the probability of the behavior, (frames,), or
    positions of keypoints, (frames, keypoints, 2)."""

    def measure(
        self, truth: NDArray[Any], predicted: NDArray[Any], observed: NDArray[np.bool_]
    ) -> dict[str, float]:
        """Values by name.

        Args:
            truth: Frames that show the behavior, (frames,) bool; true positions for keypoints.
            predicted: See ``PREDICTION``.
            observed: Frames that were examined and could be judged, (frames,), or points that are
                visible, (frames, keypoints); the others are left out.
        """
        ...


@dataclass(frozen=True, eq=False)
class ScoredSubject:
    """One subject of one recording with its labels and what was decided for it.

    Attributes:
        subject: Animal or pair.
        animal: What splits keep together; the unit of every interval.
        truth: :class:`~boutwise.types.FrameState` codes, (frames, behaviors), int8. Unlabelled
            and unscorable frames are left out, behavior by behavior.
        decided: The decision, (frames, behaviors), bool.
        fps: Frames per second of both; NaN when nobody knows it, then every score in seconds or
            hours is undefined.
        probabilities: Calibrated, (frames, behaviors), or None.
        human: Whether a person, and not a model, made the labels.
    """

    subject: Subject
    animal: str
    truth: NDArray[np.int8]
    decided: NDArray[np.bool_]
    fps: float
    probabilities: NDArray[np.floating] | None = None
    human: bool = True

    def __post_init__(self) -> None:
        """Check shapes and values."""
        parts = {"decided": self.decided, "probabilities": self.probabilities}
        if self.truth.ndim != 2:
            raise self._error(f"truth has {self.truth.ndim} axes", "two: frames, behaviors")
        for name, values in parts.items():
            if values is not None and values.shape != self.truth.shape:
                raise self._error(
                    f"{name} has the shape {values.shape}", f"{self.truth.shape}, that of truth"
                )
        if self.decided.dtype != np.bool_:
            raise self._error(f"decided is {self.decided.dtype}", "bool")
        if not np.isin(self.truth, [state.value for state in FrameState]).all():
            raise self._error("truth has an unknown state", "1, 0, -1 or -2")
        if self.fps <= 0 or np.isinf(self.fps):
            raise self._error(f"a frame rate of {self.fps} cannot be", "above 0")
        if self.probabilities is not None:
            inside = (self.probabilities >= 0) & (self.probabilities <= 1 + 1e-6)
            if not inside[self.known].all():
                raise self._error("a probability is not in [0, 1]", "calibrated probabilities")

    def _error(self, what: str, expected: str) -> DataError:
        return DataError(f"{self.subject}: {what}", expected=expected)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether a person said yes or no, (frames, behaviors)."""
        return self.truth >= 0

    @property
    def yes(self) -> NDArray[np.bool_]:
        """Whether the behavior was shown, (frames, behaviors)."""
        return np.asarray(self.truth == FrameState.YES)


@dataclass(frozen=True)
class ScoreOptions:
    """What a score is made of.

    Attributes:
        thresholds: IoU from which a bout is found.
        tolerances_frames: Distance of an onset, in frames, up to which it is found.
        declared: Name -> behaviors that together get precision, recall and F1 (pain = ...).
        primary: The behavior that stands first in every table; empty for none.
        folds: Animal -> its fold; the majority baseline of an animal is learned from the animals
            of the other folds. Empty = each animal is a fold of its own.
        bins: Number of reliability bins.
        matching: The rule for bouts.
        chosen: Behaviors over which some rules average; empty = all.
        strata: Recording -> its lab (or any other stratum); some rules average within each first.
        one_at_a_time: Whether two behaviors in one frame of one subject are an error, also where
            they are not declared exclusive.
        ordered: Whether the order of bouts matters, so that an edit score is given.
        quoted: Names of the numbers that stand first, see :data:`boutwise.metrics._quoted.QUOTED`.
        rows: What is scored one by one: ``frames``, or whole ``trials``, of which bouts and seconds
            mean nothing.
    """

    thresholds: tuple[float, ...] = (0.1, 0.25, 0.5)
    tolerances_frames: tuple[int, ...] = (1, 2, 5)
    declared: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    primary: str = ""
    folds: Mapping[str, str] = field(default_factory=dict)
    bins: int = 10
    matching: Matching = field(default_factory=Matching)
    chosen: tuple[str, ...] = ()
    strata: Mapping[str, str] = field(default_factory=dict)
    one_at_a_time: bool = False
    ordered: bool = False
    quoted: tuple[str, ...] = ("macro_f1",)
    rows: Literal["frames", "trials"] = "frames"


def scored_behaviors(ethogram: Ethogram, matching: Matching) -> list[int]:
    """Columns whose bouts count: all but the backgrounds, unless the rule scores those."""
    left_out = () if matching.background else ethogram.backgrounds
    return [column for column, name in enumerate(ethogram.names) if name not in left_out]
