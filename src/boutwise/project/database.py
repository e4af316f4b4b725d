"""The project's SQLite database: durable, migrated by numbered files, written by one host."""

from __future__ import annotations

import json
import platform
import re
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from threading import RLock
from typing import Any

from boutwise.errors import ProjectError
from boutwise.project.filesystem import network_file_system

NAME = "project.db"
HOST_FILE = "project.host"
BACKUPS = "backups"


def now() -> str:
    """The present moment in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def migrations() -> list[tuple[int, str]]:
    """Number and SQL of every migration, in order; file ``NNN_words.sql`` holds number NNN."""
    found = []
    for entry in resources.files("boutwise.project.migrations").iterdir():
        match = re.fullmatch(r"(\d{3})_\w+\.sql", entry.name)
        if match:
            found.append((int(match[1]), entry.read_text(encoding="utf-8")))
    return sorted(found)


_NO_RIGHT = {sqlite3.SQLITE_PERM, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
"""Codes of SQLite for a folder or file that this user may not write; the data are sound."""


class Database:
    """One connection to ``project.db``.

    A transaction that has returned is on the disk: ``synchronous=FULL``, with a write-ahead log on
    a local disk. On a network file system, where shared memory does not work, the rollback journal
    is used instead, a warning is given, and only the first host that wrote may write.

    Args:
        root: The project's folder.
        steps: Migrations to use instead of the package's own; for tests.

    Attributes:
        network: Type of the network file system, or empty on a local disk.
    """

    def __init__(self, root: Path, steps: list[tuple[int, str]] | None = None) -> None:
        self.root = root
        self.path = root / NAME
        self.network = network_file_system(root)
        self._lock = RLock()
        self._depth = 0
        self._connection = sqlite3.connect(
            self.path, timeout=30, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        try:
            self._prepare()
            self._migrate(migrations() if steps is None else steps)
        except sqlite3.DatabaseError as error:
            self._connection.close()
            # The last byte is the code, the others say more of it.
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NO_RIGHT:
                raise ProjectError(
                    f"the project cannot be written to: {error}",
                    file=self.path,
                    expected="a folder that may be written, even by commands that only read",
                    todo="get the right to write there, or copy the project to a folder of yours",
                ) from error
            raise ProjectError(
                f"the database cannot be used: {error}",
                file=self.path,
                todo=_restore(root),
            ) from error
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA foreign_keys=ON")
        self._connection.execute("PRAGMA synchronous=FULL")
        wanted = "delete" if self.network else "wal"
        mode = self._connection.execute("PRAGMA journal_mode").fetchone()[0]
        if mode != wanted:
            self._connection.execute(f"PRAGMA journal_mode={wanted}")
        # A page that nobody reads today may hold the labels of tomorrow.
        fault = str(self._connection.execute("PRAGMA quick_check(1)").fetchone()[0])
        if fault != "ok":
            raise sqlite3.DatabaseError(fault.replace("\n", " "))
        if self.network:
            warnings.warn(
                f"the project lies on a network file system ({self.network}): it is slower, and "
                "only one computer at a time may write to it",
                stacklevel=4,
            )

    def _migrate(self, steps: list[tuple[int, str]]) -> None:
        newest = steps[-1][0] if steps else 0
        if self.version() > newest:
            raise ProjectError(
                f"the project was written by a newer boutwise (schema {self.version()})",
                file=self.path,
                expected=f"schema {newest} or older",
                todo="update boutwise",
            )
        is_new = not self.version()  # nothing is in it that a copy could save
        for number, sql in steps:
            if self.version() >= number:
                continue
            self.claim_host()
            with self._lock:
                # Two processes may open an old project at once: the second finds it done.
                self._connection.execute("PRAGMA busy_timeout=30000")
                if not is_new:
                    self._back_up(number)
                self._apply(number, sql)

    def _apply(self, number: int, sql: str) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if self.version() < number:
                for statement in _statements(sql):
                    self._connection.execute(statement)
                self._connection.execute(f"PRAGMA user_version={number}")
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def _back_up(self, number: int) -> None:
        folder = self.root / BACKUPS
        folder.mkdir(exist_ok=True)
        moment = re.sub(r"\D", "", now())
        target = folder / f"project_before_{number:03d}_{moment}.db"
        self._connection.execute("VACUUM INTO ?", (str(target),))

    def version(self) -> int:
        """Number of the last migration that was applied."""
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def pragma(self, name: str) -> Any:
        """Value of a pragma on this connection, for instance ``synchronous`` (2 is FULL)."""
        return self._connection.execute(f"PRAGMA {name}").fetchone()[0]

    def rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Do all of it or nothing; when the outermost block ends, it is on the disk."""
        with self._lock:
            if self._depth:
                yield self._connection
                return
            self.claim_host()
            self._begin()
            self._depth += 1
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def _begin(self) -> None:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            raise ProjectError(
                f"the project cannot be written to: {error}",
                file=self.path,
                expected="one process that writes, and the right to write",
                todo="wait until the other boutwise has finished; look at the file's permissions",
            ) from error

    def claim_host(self) -> None:
        """Take the right to write on a network file system, whose locks cannot be trusted.

        Raises:
            ProjectError: Another computer has it.
        """
        if not self.network:
            return
        place = self.root / HOST_FILE
        mine = {"host": platform.node(), "since": now()}
        try:
            with place.open("x", encoding="utf-8") as file:
                json.dump(mine, file)
        except FileExistsError:
            holder = json.loads(place.read_text(encoding="utf-8") or "{}").get("host", "unknown")
            if holder != platform.node():
                raise ProjectError(
                    f"the computer '{holder}' writes to this project",
                    file=place,
                    expected="one computer that writes",
                    todo=f"work there, or close boutwise there and delete {HOST_FILE}",
                ) from None

    def close(self) -> None:
        """Close the connection; the project cannot be used afterwards."""
        with closing(self._connection):
            pass


def _restore(root: Path) -> str:
    """Where a sound copy may be; there is one only if a newer boutwise has migrated the project."""
    copies = sorted((root / BACKUPS).glob("project_*.db"))
    if copies:
        return f"restore {copies[-1]}, the newest copy, or ask for help with the file"
    return (
        "copy it back from where you keep copies; or make a new project and import the files again"
    )


def _statements(sql: str) -> Iterator[str]:
    """Single statements of a script; a trigger's body stays whole."""
    part = ""
    for line in sql.splitlines(keepends=True):
        part += line
        if sqlite3.complete_statement(part):
            yield part
            part = ""
    if re.sub(r"--[^\n]*", "", part).strip():
        yield part
