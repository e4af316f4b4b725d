"""What a detector is asked and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.types import PoseTrack
from boutwise.video import Look, VideoIndex

Points = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Detections:
    """What was found in one picture.

    Attributes:
        corners: (found, 4), float32: left, top, right, bottom in pixels of the video.
        scores: (found,), float32, 0 to 1: how sure.
        points: For each box some places (points, 2) on what is in it, x and y in pixels of the
            video, or nothing at all: with them two animals in one box can be told apart.
        holds: (found,), int64: how many animals each box seems to hold; None where every box is
            one animal.
    """

    corners: NDArray[np.float32]
    scores: NDArray[np.float32]
    points: tuple[Points, ...] = ()
    holds: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        """Check that the parts belong together."""
        found = len(self.corners)
        if self.corners.shape != (found, 4) or self.scores.shape != (found,):
            raise DataError(
                f"boxes {self.corners.shape} with scores {self.scores.shape}",
                expected="(found, 4) and (found,)",
            )
        if self.points and len(self.points) != found:
            raise DataError(f"{found} boxes with {len(self.points)} lists of points")

    @classmethod
    def none(cls) -> Detections:
        """Nothing was found."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


@dataclass(frozen=True, eq=False)
class Scene:
    """One recording, as a detector gets it.

    Attributes:
        path: The video.
        index: Of this very file.
        animals: Names of the animals that are in it, all of them all the time.
        pose: Track of the animals in pixels of the video, frame by frame; None where there is none.
        recording: Id that errors speak of.
    """

    path: Path
    index: VideoIndex
    animals: tuple[str, ...]
    pose: PoseTrack | None = None
    recording: str = ""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the pictures."""
        return self.index.facts.height, self.index.facts.width


class PictureDetector(Protocol):
    """A detector that is ready for one recording."""

    look: Look
    """How it wants its pictures: at which size, gray or RGB."""

    def find(self, picture: NDArray[np.uint8]) -> Detections:
        """Boxes in one picture, in pixels of the video."""
        ...


class Detector(Protocol):
    """A module in this folder.

    One that ``READS`` pictures has ``fit``, one that reads ``pose`` has ``boxes``. One that may
    refuse a recording for what its pictures show has ``probe``, which raises what ``fit`` would,
    and takes seconds.
    """

    DESCRIPTION: str
    """One line."""

    VERSION: int
    """Raised whenever its boxes change: boxes are kept by it."""

    READS: Literal["pictures", "pose"]

    def content(self, **options: Any) -> str:
        """Digest of what it was trained to, empty where there is nothing of the kind.

        Raises:
            RecipeError: An option is unknown or out of range.
        """
        ...

    def fit(self, scene: Scene, **options: Any) -> PictureDetector:
        """Make it ready for a recording.

        Raises:
            DataError: It cannot tell the animals of this recording from what is around them; says
                why, and what to use instead.
        """
        ...

    def boxes(
        self, scene: Scene, **options: Any
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Corners (frames, animals, 4) and scores (frames, animals); NaN where it cannot tell."""
        ...
