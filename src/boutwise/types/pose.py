"""Pose tracks: where the keypoints are in each frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, did_you_mean


@dataclass(frozen=True, eq=False)
class PoseTrack:
    """Keypoints of one or several animals over the frames of a recording.

    Attributes:
        positions: (frames, animals, keypoints, 2 or 3), float32, in ``unit``; NaN = missing.
            In 2D y points down as in an image; in 3D z points up.
        confidence: (frames, animals, keypoints), float32, 0 to 1; None when the file has none.
        animals: Names of the animals in the file, unique.
        keypoints: Names of the keypoints in the file, unique.
        roles: Keypoint name -> what it is (``nose``, ``tail_base``, ...); see
            :mod:`boutwise.types.roles`.
        unit: ``px``, ``mm``, ``cm`` or ``unknown``.
        source: The file that it came from.
        signals: What else was measured of each animal in each frame: name -> (frames, animals),
            float32, NaN = missing. Of outlines their motion energy.
    """

    positions: NDArray[np.float32]
    confidence: NDArray[np.float32] | None
    animals: tuple[str, ...]
    keypoints: tuple[str, ...]
    roles: Mapping[str, str] = field(default_factory=dict)
    unit: str = "unknown"
    source: str = ""
    signals: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check shapes and names."""
        positions = np.asarray(self.positions, dtype=np.float32)
        object.__setattr__(self, "positions", positions)
        shape = (len(self.animals), len(self.keypoints))
        if positions.ndim != 4 or positions.shape[1:3] != shape or positions.shape[3] not in (2, 3):
            raise DataError(
                f"positions have the shape {positions.shape}",
                file=self.source or None,
                expected=f"(frames, {shape[0]} animals, {shape[1]} keypoints, 2 or 3)",
            )
        if self.confidence is not None:
            confidence = np.asarray(self.confidence, dtype=np.float32)
            object.__setattr__(self, "confidence", confidence)
            if confidence.shape != positions.shape[:3]:
                raise DataError(
                    f"confidence has the shape {confidence.shape}",
                    file=self.source or None,
                    expected=f"{positions.shape[:3]}, one value a keypoint",
                )
        for name, values in self.signals.items():
            if values.shape != positions.shape[:2]:
                raise DataError(
                    f"the signal '{name}' has the shape {values.shape}",
                    file=self.source or None,
                    expected=f"{positions.shape[:2]}, one value an animal and frame",
                )
        for what, names in (("animal", self.animals), ("keypoint", self.keypoints)):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise DataError(
                    f"the {what} '{twice[0]}' is there twice",
                    file=self.source or None,
                    expected=f"every {what} once",
                )
        unknown = set(self.roles) - set(self.keypoints)
        if unknown:
            name = sorted(unknown)[0]
            raise DataError(
                f"a role is given to '{name}', which is no keypoint of this track",
                file=self.source or None,
                todo=did_you_mean(name, self.keypoints),
            )

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.positions.shape[0])

    @property
    def n_dims(self) -> int:
        """2 or 3."""
        return int(self.positions.shape[3])

    def index(self, animal: str) -> int:
        """Place of an animal on the second axis.

        Raises:
            DataError: The track has no animal of that name.
        """
        if animal not in self.animals:
            raise DataError(
                f"there is no animal '{animal}' in this pose track",
                file=self.source or None,
                todo=did_you_mean(animal, self.animals),
            )
        return self.animals.index(animal)

    def by_role(self, role: str) -> int | None:
        """Place on the third axis of the keypoint that has a role; None when none has."""
        for place, name in enumerate(self.keypoints):
            if self.roles.get(name) == role:
                return place
        return None

    @property
    def values(self) -> tuple[NDArray[np.float32], ...]:
        """All that is known a frame: positions, the confidence if there is one, and the signals."""
        confidence = () if self.confidence is None else (self.confidence,)
        return (self.positions, *confidence, *self.signals.values())

    def frames(self, start: int, stop: int) -> PoseTrack:
        """The same track for the frames ``[start, stop)`` only."""
        return self.each(lambda values: values[start:stop])

    def each(self, change: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> PoseTrack:
        """The same track with all of its values changed alike, such as taken at other frames.

        Args:
            change: From (frames, animals, ...) to as much for other frames.
        """
        return replace(
            self,
            positions=change(self.positions),
            confidence=None if self.confidence is None else change(self.confidence),
            signals={name: change(values) for name, values in self.signals.items()},
        )
