"""Standardization of the inputs by robust statistics of the training animals.

Pictures are not standardized, an encoder has its own way; what is kept of them is their size.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError
from boutwise.learners._contract import Dataset, SubjectFrames
from boutwise.learners.network._pixels import Picture
from boutwise.types import Mirror, Pixels, StreamValues, is_pixels

MAX_FRAMES = 200_000
"""Frames from which medians are taken, evenly spaced over all: more would not move them."""

LIMIT = 8.0
"""Standardized values are cut here: a tracking jump is an outlier, not more evidence."""

IQR_SD = 1.349
"""Interquartile range of a normal distribution with standard deviation 1."""


@dataclass(frozen=True, eq=False)
class StreamScaling:
    """How one stream is standardized.

    Attributes:
        center: Median of each column in the training frames, (columns,); NaN = never seen.
        scale: Interquartile range / 1.349 of each column; the standard deviation where that is 0,
            and 1 for a constant column.
        masked: Columns that get a mask channel, (columns,), bool.
    """

    center: NDArray[np.float32]
    scale: NDArray[np.float32]
    masked: NDArray[np.bool_]

    def apply(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """Standardize (frames, columns); NaN stays NaN."""
        scaled = (np.asarray(values, dtype=np.float32) - self.center) / self.scale
        return np.clip(scaled, -LIMIT, LIMIT, out=scaled)

    def symmetric(self, mirror: Mirror) -> StreamScaling:
        """The same for a column and its mirror image, whose mean it takes.

        Mirroring standardized values is then the same as standardizing mirrored ones.
        """
        source, sign = list(mirror.source), np.asarray(mirror.sign, dtype=np.float32)
        center, scale = self.center, self.scale
        # Of a pair of which training saw one side only, that side speaks for both.
        unseen, unseen_image = np.isnan(center), np.isnan(center[source])
        mine = np.where(unseen, center[source] * sign, center)
        image = np.where(unseen_image, center, center[source] * sign)
        size = np.where(unseen, scale[source], scale)
        size_of_image = np.where(unseen_image, scale, scale[source])
        return StreamScaling(
            ((mine + image) / 2).astype(np.float32),
            ((size + size_of_image) / 2).astype(np.float32),
            np.asarray(self.masked | self.masked[source] | (unseen != unseen_image)),
        )

    @property
    def width(self) -> int:
        """Channels that the network gets: one a column and one a masked column."""
        return len(self.center) + int(self.masked.sum())


@dataclass(frozen=True, eq=False)
class Scaling:
    """Standardization of all streams.

    Attributes:
        streams: Name of each stream of features -> scaling.
        columns: Name of each stream of features -> names of its columns.
        pixels: Name of each stream of pictures -> what they look like.
    """

    streams: Mapping[str, StreamScaling]
    columns: Mapping[str, tuple[str, ...]]
    pixels: Mapping[str, Picture] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        dataset: Dataset,
        names: list[str],
        *,
        mask_all: bool,
        mirrors: Mapping[str, Mirror] | None = None,
        pixels: Iterable[str] = (),
    ) -> Self:
        """Take the statistics of the trained frames (weight above 0).

        Args:
            dataset: Training subjects.
            names: Streams of features to use.
            mask_all: Give every column a mask channel, for training that hides values. Otherwise
                the columns get one that are missing somewhere in training: a channel that never
                varies cannot be learned from.
            mirrors: What becomes of the columns of each stream in a mirror, when mirrored values
                are going to be used: the standardization is then made symmetric.
            pixels: Streams of pictures to use.

        Raises:
            DataError: A stream is missing, has infinite values, or pictures of several sizes.
        """
        for name in names:
            if name not in dataset.columns:
                raise DataError(
                    f"the data have no stream '{name}'", expected=", ".join(dataset.columns)
                )
        streams = {name: _fit_stream(dataset, name, mask_all=mask_all) for name in names}
        for name, mirror in (mirrors or {}).items():
            streams[name] = streams[name].symmetric(mirror)
        columns = {name: tuple(dataset.columns[name]) for name in names}
        return cls(streams, columns, {name: _picture_of(dataset, name) for name in pixels})

    def pictures(self, streams: Mapping[str, StreamValues], name: str, place: str) -> Pixels:
        """A stream of pictures.

        Args:
            streams: Of a subject.
            name: Of the stream.
            place: Subject, for messages.

        Raises:
            DataError: It is missing, holds no pictures, or others than in training.
        """
        if name not in streams:
            raise DataError(f"{place} has no stream '{name}'", expected=", ".join(self.pixels))
        values = streams[name]
        if not is_pixels(values):
            raise DataError(
                f"the stream '{name}' of {place} is an array of features",
                expected="pictures, as in training",
            )
        found, wanted = Picture.of(values.shape, name, place), self.pixels[name]
        if found != wanted:
            raise DataError(
                f"the pictures '{name}' of {place} are {found}",
                expected=f"{wanted}, as in training",
            )
        return values

    def apply(
        self, streams: Mapping[str, StreamValues], place: str
    ) -> dict[str, NDArray[np.float32]]:
        """Standardize a stretch of frames of each stream of features; NaN stays NaN.

        Args:
            streams: Name -> (frames, columns).
            place: Subject, for messages.

        Raises:
            DataError: A stream or a column is missing, or a value is infinite.
        """
        scaled = {}
        for name, scaling in self.streams.items():
            if name not in streams:
                raise DataError(f"{place} has no stream '{name}'", expected=", ".join(self.streams))
            values = streams[name]
            columns = self.columns[name]
            if is_pixels(values) or values.ndim != 2 or values.shape[1] != len(columns):
                raise DataError(
                    f"the stream '{name}' of {place} has the shape {values.shape}",
                    expected=f"(frames, {len(columns)}), as in training",
                )
            _refuse_infinite(values, columns, name, place)
            scaled[name] = scaling.apply(values)
        return scaled

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All arrays under ``<field>.<stream>``, to be written beside the weights."""
        return {
            f"{key}.{name}": np.ascontiguousarray(getattr(scaling, key))
            for name, scaling in self.streams.items()
            for key in ("center", "scale", "masked")
        }

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, NDArray[Any]],
        columns: Mapping[str, tuple[str, ...]],
        pixels: Mapping[str, Picture] | None = None,
    ) -> Self:
        """The inverse of :meth:`arrays`."""
        return cls(
            {
                name: StreamScaling(
                    arrays[f"center.{name}"],
                    arrays[f"scale.{name}"],
                    arrays[f"masked.{name}"].astype(bool),
                )
                for name in columns
            },
            columns,
            dict(pixels or {}),
        )


def _refuse_infinite(
    values: NDArray[np.float32], columns: tuple[str, ...], stream: str, place: str
) -> None:
    infinite = np.isinf(values)
    if infinite.any():
        column = columns[int(np.argmax(infinite.any(axis=0)))]
        raise DataError(
            f"the column '{column}' of the stream '{stream}' is infinite for {place}",
            expected="finite numbers, NaN where something is missing",
        )


def _picture_of(dataset: Dataset, name: str) -> Picture:
    """What the pictures of a stream look like, the same in all subjects."""
    found: Picture | None = None
    for item in dataset.items:
        values = item.streams.get(name)
        if values is None or not is_pixels(values):
            raise DataError(
                f"{item.subject} has no pictures '{name}'",
                expected="pictures: the member reads this stream with an encoder",
            )
        here = Picture.of(values.shape, name, str(item.subject))
        if found not in (None, here):
            raise DataError(
                f"the pictures '{name}' of {item.subject} are {here}",
                expected=f"{found}, as those of {dataset.items[0].subject}",
            )
        found = here
    if found is None:
        raise DataError("there is no subject to train on")
    return found


def _sampled(item: SubjectFrames, name: str, step: int) -> NDArray[np.float32]:
    used = np.flatnonzero(item.weights > 0)[::step]
    values = item.streams[name]
    assert isinstance(values, np.ndarray)
    return np.asarray(values[used], dtype=np.float32)


def _fit_stream(dataset: Dataset, name: str, *, mask_all: bool) -> StreamScaling:
    columns = dataset.columns[name]
    total = sum(int((item.weights > 0).sum()) for item in dataset.items)
    step = max(1, -(-total // MAX_FRAMES))
    parts = []
    lost = np.zeros(len(columns), dtype=bool)  # values that are missing in views only
    for item in dataset.items:
        part = _sampled(item, name, step)
        _refuse_infinite(part, columns, name, str(item.subject))
        parts.append(part)
        for view in item.seen[1:]:
            lost |= np.isnan(_sampled(view, name, step)).any(axis=0)
    values = np.concatenate(parts) if parts else np.empty((0, len(columns)), dtype=np.float32)
    missing = np.isnan(values)
    with warnings.catch_warnings():
        # A column without any value has no median; that is what NaN says here.
        warnings.filterwarnings("ignore", category=RuntimeWarning)
        low, center, high = np.nanpercentile(values, [25, 50, 75], axis=0)
        spread = np.nanstd(values, axis=0)
    scale = (high - low) / IQR_SD
    scale = np.where(scale > 1e-6 * np.maximum(spread, 1e-12), scale, spread)
    scale = np.where(np.isfinite(scale) & (scale > 1e-9), scale, 1.0)
    never = missing.all(axis=0) if len(values) else np.ones(len(columns), dtype=bool)
    masked = np.asarray(((missing.any(axis=0) | lost) & ~never) | mask_all, dtype=bool)
    return StreamScaling(center.astype(np.float32), scale.astype(np.float32), masked)
