"""One training at a time in a run folder: a lock that ends with the process that holds it."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from boutwise.errors import UsageError

NAME = ".lock"
HELD = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)


@contextmanager
def only_one(run: Path) -> Iterator[None]:
    """Hold a run folder.

    Raises:
        UsageError: Another process is at work in it.
    """
    with (run / NAME).open("ab") as file:
        try:
            _lock(file.fileno())
        except OSError as error:
            # Some network file systems know no locks; there, as without this, nothing is refused.
            if error.errno in HELD:
                raise UsageError(
                    f"another process is training the run '{run.name}'",
                    file=run,
                    todo="wait for it, or begin a run of another name",
                ) from error
        yield


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
