"""Keys: digests of contents, the same on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from boutwise.errors import UsageError

DIGEST_BYTES = 20
LARGE_BYTES = 1 << 24
_BLOCK = 1 << 20


def file_digest(path: str | Path) -> str:
    """Digest of a file's bytes, 40 hexadecimal digits (BLAKE2b).

    A large file that holds many recordings is asked for with each of them, and is read again only
    where its size, its time or its place on the disk is another. A small one always is: it may be
    written twice within the grain of the clock.

    Raises:
        OSError: The file cannot be read.
    """
    facts = Path(path).stat()
    if facts.st_size < LARGE_BYTES:
        return _read_digest(str(path))
    return _kept_digest(str(path), (facts.st_size, facts.st_mtime_ns, facts.st_ino))


@lru_cache(maxsize=32)
def _kept_digest(path: str, facts: tuple[int, ...]) -> str:
    return _read_digest(path)


def _read_digest(path: str) -> str:
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    with Path(path).open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def key(*parts: Any) -> str:
    """Digest of values: numbers, words, None, lists, mappings and arrays, nested at will.

    The order of a mapping's keys does not matter; type and shape of an array do. Paths are
    refused, because a key is made of contents and not of places.

    Raises:
        UsageError: A part is of another type.

    >>> key("egocentric", 3, {"a": 1, "b": [2.5]}) == key("egocentric", 3, {"b": [2.5], "a": 1})
    True
    >>> key(1) == key("1")
    False
    """
    plain = json.dumps(_plain(parts), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.blake2b(plain.encode("ascii"), digest_size=DIGEST_BYTES).hexdigest()


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        # The words keep a mapping apart from a list that looks like one.
        return {"mapping": {json.dumps(_plain(k)): _plain(v) for k, v in value.items()}}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray) and value.dtype != object:
        data = np.ascontiguousarray(value)
        octets = data.reshape(-1).view(np.uint8)  # no copy: hours of pose are large
        digest = hashlib.blake2b(octets.data, digest_size=DIGEST_BYTES).hexdigest()
        return {"array": [data.dtype.str, list(data.shape), digest]}
    raise UsageError(
        f"a key cannot be made of a {type(value).__name__}",
        expected="numbers, words, None, lists, mappings and arrays of numbers",
    )
