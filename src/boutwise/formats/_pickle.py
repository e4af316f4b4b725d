"""The header attributes of pandas HDF5 files, unpickled without running anything.

pandas writes the column names of its HDF5 tables as a pickle, and a pickle may carry any call.
Lists, tuples, dicts, strings and whole numbers need no call at all, so everything that asks for
one is refused.
"""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any, NoReturn

from boutwise.errors import FormatError

MAX_BYTES = 16_000_000
_ALLOWED = (list, tuple, dict, str, int)


class _Refused(Exception):
    pass


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> NoReturn:
        raise _Refused(f"it asks for {module}.{name}")

    def persistent_load(self, pid: Any) -> NoReturn:
        raise _Refused("it asks for an object outside the file")


def load_plain(data: bytes, *, file: Path, attribute: str) -> Any:
    """Unpickle lists, tuples, dicts, strings and whole numbers; nothing else.

    Args:
        data: The attribute as stored.
        file: For the message.
        attribute: Name of the attribute, for the message.

    Raises:
        FormatError: The pickle is broken or holds anything else; nothing of it was run.
    """
    try:
        if len(data) > MAX_BYTES:
            raise _Refused(f"it has {len(data)} bytes")
        value = _PlainUnpickler(io.BytesIO(data)).load()
        _check(value)
    except Exception as error:  # a broken pickle raises whatever its bytes lead to
        reason = error if isinstance(error, _Refused) else "it is broken"
        raise FormatError(
            f"the header attribute '{attribute}' is refused: {reason}",
            file=file,
            expected="column names as lists, tuples and strings",
            todo="use the CSV file that DeepLabCut writes beside the H5 file",
        ) from error
    return value


def _check(value: Any) -> None:
    """Refuse any value that is not plain; iterative, as a pickle may nest as deep as it likes."""
    waiting, seen = [value], set()
    while waiting:
        item = waiting.pop()
        if type(item) not in _ALLOWED:
            raise _Refused(f"it holds a {type(item).__name__}")
        if isinstance(item, (str, int)) or id(item) in seen:
            continue
        seen.add(id(item))
        waiting.extend([*item.keys(), *item.values()] if isinstance(item, dict) else item)
