"""Every error that boutwise raises on purpose.

The tree (the number is the exit code of the command line)::

    BoutwiseError          1
    ├── UsageError         2   the call itself is wrong: option, part or recipe
    │   ├── PartError          no part of that name (carries the nearest)
    │   └── RecipeError        a recipe or setting that does not fit the schema
    ├── DataError          3   a file, label or project that cannot be used
    │   ├── FormatError        a file that cannot be read: file and row
    │   ├── LabelError         labels that contradict each other or the recording
    │   └── ProjectError       the project folder or its database
    ├── BundleError        3   a bundle refuses a recording, or is broken
    └── PartialError       4   some recordings failed, the others are done

An error says what is wrong, where, what was expected and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path


class BoutwiseError(Exception):
    """Base of all errors raised on purpose.

    Args:
        what: One sentence without a full stop: what is wrong.
        file: The file in which it was found.
        row: Row of that file, counted from 1 as in a spreadsheet.
        recording: Id of the recording.
        frame: 0-based frame of that recording.
        expected: What would have been right.
        todo: What the user can do now.
    """

    exit_code = 1
    usual_todo: str | None = None
    """What to do about most errors of this kind, where the error itself does not say it."""

    def __init__(
        self,
        what: str,
        *,
        file: str | Path | None = None,
        row: int | None = None,
        recording: str | None = None,
        frame: int | None = None,
        expected: str | None = None,
        todo: str | None = None,
    ) -> None:
        self.what = what
        self.file = None if file is None else str(file)
        self.row = row
        self.recording = recording
        self.frame = frame
        self.expected = expected
        self.todo = todo or self.usual_todo
        super().__init__(self._message())

    def where(self) -> str:
        """The place as words: file, row, recording and frame, as far as they are known."""
        parts = [
            ("", self.file),
            ("row ", self.row),
            ("recording ", self.recording),
            ("frame ", self.frame),
        ]
        return ", ".join(f"{word}{value}" for word, value in parts if value is not None)

    def _message(self) -> str:
        lines = [self.what]
        if self.where():
            lines.append(f"  where: {self.where()}")
        if self.expected:
            lines.append(f"  expected: {self.expected}")
        if self.todo:
            lines.append(f"  what to do: {self.todo}")
        return "\n".join(lines)


class UsageError(BoutwiseError):
    """The call itself is wrong."""

    exit_code = 2
    usual_todo = "change the call; --help of the command shows how"


class PartError(UsageError):
    """There is no part of that name."""


class RecipeError(UsageError):
    """A recipe, or a setting of one, does not fit the schema."""

    usual_todo = "mend the recipe, or the --set; 'boutwise plan' shows every setting"


class DataError(BoutwiseError):
    """Data that cannot be used."""

    exit_code = 3
    usual_todo = "mend what is named there, and run the same command again"


class FormatError(DataError):
    """A file cannot be read."""

    usual_todo = "mend the file there, or export it again from the program that wrote it"


class LabelError(DataError):
    """Labels contradict each other or their recording."""

    usual_todo = "mend the labels in the program that they come from, and give the new file"


class ProjectError(DataError):
    """The project folder or its database cannot be used."""


class BundleError(BoutwiseError):
    """A bundle is broken, or refuses a recording that it does not fit."""

    exit_code = 3
    usual_todo = "fetch the bundle again, or train again"


class PartialError(BoutwiseError):
    """Some of the work failed; the rest is done and kept."""

    exit_code = 4


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Name the known word nearest to a misspelt one, or list what is known.

    >>> did_you_mean("egocentrik", ["egocentric", "social48"])
    "did you mean 'egocentric'?"
    >>> did_you_mean("zzz", ["pose", "video"])
    'known: pose, video'
    """
    known = sorted(word for word in known if word)
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    return "known: " + (", ".join(known) if known else "none")
