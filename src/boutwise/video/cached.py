"""Video indexes that are kept: a file is gone through once."""

from __future__ import annotations

from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import numpy as np

from boutwise.store import Store
from boutwise.video.index import VideoFacts, VideoIndex
from boutwise.video.packets import index_video

VERSION = 5
"""Raise it when an index of the same file would hold other numbers or facts."""
_ARRAYS = ("pts", "key_pts", "key_seek", "damaged")


def cached_index(path: Path | str, store: Store) -> VideoIndex:
    """The index of a video, from the store where the file is the same as when it was put there.

    The file is known by its place, its size and the time of its last change: a digest of its bytes
    would read as much as the index does.

    Args:
        path: The video.
        store: Where indexes are kept.

    Raises:
        FormatError: The file is missing or is no video.
    """
    path = Path(path)
    try:
        facts = path.stat()
    except OSError:
        return index_video(path)  # says what is wrong
    key = store.key("video index", VERSION, str(path.resolve()), facts.st_size, facts.st_mtime_ns)
    header, numbers = store.header(key), store.array(key)
    if header is None or numbers is None:
        index = index_video(path)
        _put(store, key, index)
        return index
    parts = np.split(np.array(numbers), np.cumsum(header["sizes"])[:-1])
    return VideoIndex(
        **dict(zip(_ARRAYS, parts, strict=True)),
        time_base=Fraction(header["time_base"]),
        counted=header["counted"],
        digest=header["digest"],
        facts=VideoFacts(**header["facts"]),
    )


def _put(store: Store, key: str, index: VideoIndex) -> None:
    arrays = [getattr(index, name) for name in _ARRAYS]
    header = {
        "sizes": [array.size for array in arrays],
        "time_base": str(index.time_base),
        "counted": index.counted,
        "digest": index.digest,
        "facts": asdict(index.facts),
    }
    store.put(key, np.concatenate(arrays), header)
