"""Boxes: where each animal is in each picture of a video."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, did_you_mean


@dataclass(frozen=True, eq=False)
class Boxes:
    """The box of each animal in each frame of a recording.

    Attributes:
        corners: (frames, animals, 4), float32: left, top, right, bottom in pixels of the video, y
            down, right and bottom just outside; NaN = there is no box.
        scores: (frames, animals), float32, 0 to 1: how sure the detector was; NaN where there is
            no box.
        detected: (frames, animals): whether the box was looked for in this very frame; False where
            a tracker put it between two frames that were, or where there is none.
        animals: Names, unique.
        size: (height, width) of the pictures.
        source: What made them: the name of the detector.
    """

    corners: NDArray[np.float32]
    scores: NDArray[np.float32]
    detected: NDArray[np.bool_]
    animals: tuple[str, ...]
    size: tuple[int, int]
    source: str = ""

    def __post_init__(self) -> None:
        """Check shapes, names and that no box is turned inside out."""
        for name, kind in (("corners", np.float32), ("scores", np.float32), ("detected", bool)):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=kind))
        frames = self.corners.shape[0]
        if self.corners.shape != (frames, len(self.animals), 4):
            raise DataError(
                f"boxes have the shape {self.corners.shape}",
                expected=f"(frames, {len(self.animals)} animals, 4 corners)",
            )
        for name in ("scores", "detected"):
            if getattr(self, name).shape != self.corners.shape[:2]:
                raise DataError(
                    f"'{name}' has the shape {getattr(self, name).shape}",
                    expected=f"{self.corners.shape[:2]}, one value a box",
                )
        if len(set(self.animals)) != len(self.animals):
            raise DataError(f"an animal is named twice: {', '.join(self.animals)}")
        turned = (self.corners[..., 2:] <= self.corners[..., :2]).any(axis=-1)
        if turned.any():
            frame, animal = np.argwhere(turned)[0]
            raise DataError(
                f"the box of '{self.animals[animal]}' has no area",
                frame=int(frame),
                expected="left before right and top before bottom",
            )

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.corners.shape[0])

    @property
    def present(self) -> NDArray[np.bool_]:
        """Whether there is a box, (frames, animals)."""
        return np.asarray(np.isfinite(self.corners).all(axis=-1))

    def index(self, animal: str) -> int:
        """Place of an animal on the second axis.

        Raises:
            DataError: There are no boxes of an animal of that name.
        """
        if animal not in self.animals:
            raise DataError(
                f"there are no boxes of an animal '{animal}'",
                todo=did_you_mean(animal, self.animals),
            )
        return self.animals.index(animal)
