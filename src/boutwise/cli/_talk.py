"""How a command speaks: results on stdout, progress and errors on stderr; or one object."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PLAIN_WIDTH = 400
"""Columns of a table that goes into a file or a pipe: nothing is wrapped there."""
EVERY_S = 2.0
"""Seconds between two plain lines of progress."""


class Talk:
    """The voice of one command.

    Args:
        command: Its name.
        json: Whether stdout is for one JSON object and nothing else.

    Attributes:
        on_stop: What the user is told to do after Ctrl-C.
    """

    def __init__(self, command: str, *, json: bool = False) -> None:
        self.command = command
        self.json = json
        self.on_stop = "nothing is lost; the same command again goes on"
        self._bar: Any = None
        self._task: Any = None
        self._last = (-math.inf, -1, -1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close_bar()

    # --- what the user came for

    def line(self, words: str = "") -> None:
        """A line on stdout; nothing with ``--json``."""
        self._close_bar()
        if not self.json:
            print(words)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table on stdout; nothing with ``--json``. Numbers stand to the right."""
        self._close_bar()
        if self.json:
            return
        from rich.box import SIMPLE_HEAD
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        terminal = sys.stdout.isatty()
        console = Console(width=None if terminal else PLAIN_WIDTH, highlight=False, emoji=False)
        cells = [[_word(value) for value in row] for row in rows]
        table = Table(box=SIMPLE_HEAD if terminal else None, pad_edge=False)
        for place, name in enumerate(columns):
            numbers = [row[place] for row in cells]
            right = bool(numbers) and all(_is_number(number) for number in numbers)
            table.add_column(name, justify="right" if right else "left", overflow="fold")
        for row in cells:
            table.add_row(*(Text(cell) for cell in row))
        console.print(table)

    def finish(self, data: Mapping[str, Any], exit_code: int) -> None:
        """Print the one object of ``--json``; nothing otherwise."""
        if self.json:
            about = {"command": self.command, "exit_code": exit_code}
            print(json.dumps(plain({**about, **data}), ensure_ascii=False, allow_nan=False))

    # --- what happens meanwhile

    def say(self, done: int, total: int, words: str) -> None:
        """Progress: a bar on a terminal, now and then a line elsewhere."""
        if sys.stderr.isatty():
            self._show_bar(done, total, words)
            return
        when, before, last_total = self._last
        now = time.monotonic()
        finished = done >= total and before < total
        if total == last_total and done == before and not finished and now - when < EVERY_S:
            return
        if now - when < EVERY_S and not finished and done and total == last_total:
            return
        self._last = (now, done, total)
        print(f"[{done}/{total}] {words}", file=sys.stderr, flush=True)

    def note(self, words: str) -> None:
        """A line on stderr, with ``--json`` too."""
        self._close_bar()
        print(words, file=sys.stderr, flush=True)

    def warning(
        self, message: Warning | str, category: type[Warning], *_: object, **__: object
    ) -> None:
        """Stands in for ``warnings.showwarning``: one line instead of file and code."""
        for_programmers = DeprecationWarning | PendingDeprecationWarning | ResourceWarning
        if not issubclass(category, for_programmers):
            self.note(f"warning: {message}")

    def error(self, facts: Mapping[str, Any]) -> None:
        """An error as words: what, where, what was expected and what to do."""
        lines = [f"error: {facts['what']}"]
        names = {"where": "where", "expected": "expected", "todo": "what to do"}
        lines += [f"  {words}: {facts[key]}" for key, words in names.items() if facts.get(key)]
        self.note("\n".join(lines))

    def _show_bar(self, done: int, total: int, words: str) -> None:
        if self._bar is None:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._bar = Progress(
                BarColumn(24),
                TextColumn("{task.completed:.0f}/{task.total:.0f}"),
                TimeElapsedColumn(),
                TextColumn("{task.description}", markup=False),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._bar.add_task(words, total=total)
            self._bar.start()
        self._bar.update(self._task, completed=done, total=total, description=words)

    def _close_bar(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _word(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return "–" if math.isnan(value) else f"{value:.3f}"
    return str(value)


def _is_number(text: str) -> bool:
    return text == "–" or text.replace(".", "", 1).replace("-", "", 1).isdigit()


def plain(value: Any) -> Any:
    """A value as JSON has it: paths are words, arrays are lists, NaN is null.

    >>> plain({"a": (1, float("nan")), "b": Path("x")})
    {'a': [1, None], 'b': 'x'}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Path):
        return value.as_posix()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, bool | int):
        return value
    if hasattr(value, "tolist"):  # numpy's arrays and scalars
        return plain(value.tolist())
    if isinstance(value, Iterable):
        return [plain(inner) for inner in value]
    return str(value)
