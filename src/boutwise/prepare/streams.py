"""Streams: what a learner sees of a recording, computed once and cached by content."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.prepare.pixels import kept_pictures
from boutwise.store import Store
from boutwise.types import LongValues, Mirror, StreamValues
from boutwise.types.recipe import NetworkMember, Part, TreesMember


@dataclass(frozen=True, eq=False)
class Stream:
    """One stream of one subject.

    Attributes:
        values: (working frames, channels), float32, NaN = missing, perhaps memory-mapped; or
            pictures, read when needed.
        pieces: Names of the channels of each feature set, in order; none of pictures.
        keys: Content keys under which the pieces lie in the store; empty without a store.
    """

    values: StreamValues
    pieces: tuple[tuple[str, ...], ...]
    keys: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Name of each channel."""
        return tuple(name for piece in self.pieces for name in piece)


def member_streams(member: TreesMember | NetworkMember) -> dict[str, tuple[Part, ...]]:
    """Name of each stream of a member -> its feature sets; one of pictures has none.

    Trees have one stream: ``features``.
    """
    if isinstance(member, TreesMember):
        return {"features": tuple(member.features)}
    return {name: tuple(stream.features) for name, stream in member.streams.items()}


def stream_mirror(parts: Sequence[Part], pieces: Sequence[Sequence[str]]) -> Mirror | None:
    """What becomes of the channels of a stream when left and right change places.

    Args:
        parts: Its feature sets.
        pieces: Names of the channels of each of them.

    Returns:
        None when one of the sets cannot tell.
    """
    source: list[int] = []
    sign: list[float] = []
    for part, columns in zip(parts, pieces, strict=True):
        mirror = registry.load("feature set", part.part).mirror(columns)
        if mirror is None:
            return None
        source += [place + len(sign) for place in mirror.source]
        sign += mirror.sign
    return Mirror(tuple(source), tuple(sign))


def present_frames(streams: Mapping[str, LongValues]) -> NDArray[np.bool_]:
    """Frames in which a subject can be judged: some stream has a value there, (frames,).

    What is read when it is needed must have been read.
    """
    present = [
        np.isfinite(values).any(axis=1) if isinstance(values, np.ndarray) else values.present
        for values in streams.values()
    ]
    return np.asarray(np.logical_or.reduce(present))


def load_streams(
    store: Store,
    keys: Mapping[str, Sequence[str]],
    pieces: Mapping[str, Sequence[Sequence[str]]] | None = None,
) -> dict[str, StreamValues]:
    """Streams by the keys under which they were cached.

    Args:
        store: Where they lie.
        keys: Name of each stream -> the keys of its feature sets.
        pieces: Name of each stream -> the channels that are wanted of each feature set; what a set
            did not give is NaN. None = those that are there.

    Raises:
        FileNotFoundError: They are no longer there.
    """
    streams: dict[str, StreamValues] = {}
    for name, of_stream in keys.items():
        pictures = kept_pictures(store, of_stream[0])
        if pictures is not None:
            streams[name] = pictures
            continue
        found = []
        for number, key in enumerate(of_stream):
            values, header = store.array(key), store.header(key)
            if values is None or header is None:
                raise FileNotFoundError(f"what was kept of the stream '{name}' are gone")
            if pieces is not None:
                values = placed(values, header["columns"], pieces[name][number])
            found.append(values)
        streams[name] = found[0] if len(found) == 1 else np.concatenate(found, axis=1)
    return streams


def placed(
    values: NDArray[np.float32], columns: Sequence[str], wanted: Sequence[str]
) -> NDArray[np.float32]:
    """Channels by name, (frames, wanted channels); one that is not there is NaN.

    >>> placed(np.array([[1, 2]], dtype=np.float32), ("a", "b"), ("b", "c", "a")).tolist()
    [[2.0, nan, 1.0]]
    """
    if list(columns) == list(wanted):
        return values
    place = {name: number for number, name in enumerate(columns)}
    found = np.full((len(values), len(wanted)), np.nan, dtype=np.float32)
    there = [number for number, name in enumerate(wanted) if name in place]
    found[:, there] = values[:, [place[wanted[number]] for number in there]]
    return found
