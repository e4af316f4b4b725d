"""What every writer does: whole files or none, and the labels of one annotator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from boutwise.errors import LabelError
from boutwise.types import Bouts


@contextmanager
def whole_file(path: Path) -> Iterator[TextIO]:
    """Open a text file for writing; it takes its name when the block ends without an error."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            yield file
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def refuse_several_annotators(bouts: Bouts) -> None:
    """No format that is written has a place for the annotator: read back, all would be one.

    Raises:
        LabelError: Naming the annotators.
    """
    who = bouts.annotators()
    if len(who) > 1:
        raise LabelError(
            f"there are {len(who)} annotators: {', '.join(name or '(no name)' for name in who)}",
            expected="one, as this format has no place for the annotator",
            todo="write one file for each annotator: choose one by --annotator NAME",
        )
