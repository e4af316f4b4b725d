"""Feature tables: numbers per subject and frame, with names and units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.types.subjects import Subject


@dataclass(frozen=True)
class Mirror:
    """What becomes of the features when left and right change places, or the two of a pair.

    Attributes:
        source: For each column the place of the column whose value it takes.
        sign: For each column 1 or -1: what that value is multiplied by.
    """

    source: tuple[int, ...]
    sign: tuple[float, ...]

    def apply(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Features of the mirrored animal, or the pair exchanged, (..., columns) as they came.

        >>> Mirror((1, 0, 2), (1, 1, -1)).apply(np.array([[1, 2, 3]], dtype=np.float32)).tolist()
        [[2.0, 1.0, -3.0]]
        """
        found = np.take(values, self.source, axis=-1)
        for place in np.flatnonzero(np.less(self.sign, 0)):
            found[..., place] *= -1
        return np.asarray(found, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """What a feature set computed for the frames of one recording.

    Attributes:
        values: (subjects, frames, features), float32; NaN = missing.
        subjects: Of the first axis.
        columns: Names of the features, unique.
        units: Unit of each feature: ``body``, ``body/s``, ``rad``, ``rad/s``, ``1``.
        set_name: Feature set that made it.
        version: Version of that set; a set whose output changes gets a new one.
    """

    values: NDArray[np.float32]
    subjects: tuple[Subject, ...]
    columns: tuple[str, ...]
    units: tuple[str, ...]
    set_name: str
    version: int

    def __post_init__(self) -> None:
        """Check shapes and names."""
        shape = (len(self.subjects), len(self.columns))
        if self.values.ndim != 3 or (self.values.shape[0], self.values.shape[2]) != shape:
            raise DataError(
                f"features have the shape {self.values.shape}",
                expected=f"({shape[0]} subjects, frames, {shape[1]} features)",
            )
        if len(set(self.columns)) != len(self.columns) or len(self.units) != len(self.columns):
            raise DataError(f"the columns of the feature set {self.set_name} are not unique")

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.values.shape[1])

    def of(self, subject: Subject) -> NDArray[np.float32]:
        """Features of one subject, (frames, features)."""
        if subject not in self.subjects:
            raise DataError(f"there are no features of {subject}", recording=subject.recording)
        values: NDArray[np.float32] = self.values[self.subjects.index(subject)]
        return values
