"""Tables that only grow: what people entered, with every state that it ever had."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from boutwise.errors import ProjectError
from boutwise.project.database import Database, now

Values = tuple[Any, ...]


@dataclass(frozen=True)
class Change:
    """What an import of a label file did.

    Attributes:
        added: Ids of new rows.
        deleted: Ids of rows that the file no longer has; each got a revision that says so.
        kept: Ids of rows that the file no longer has, but that a person changed since: kept.
        same: How many rows were there already.
    """

    added: tuple[int, ...] = ()
    deleted: tuple[int, ...] = ()
    kept: tuple[int, ...] = ()
    same: int = 0


@dataclass(frozen=True)
class RevisionTable:
    """A table whose rows are revisions; the newest revision of an id counts.

    Attributes:
        name: Name of the table; ``current_<name>`` is its view of what counts.
        columns: The columns that a person fills.
        one: What one of its rows is called.
    """

    name: str
    columns: tuple[str, ...]
    one: str

    def current(
        self, database: Database, where: str = "", values: Values = ()
    ) -> list[sqlite3.Row]:
        """Rows that count, in order of their ids."""
        clause = f" WHERE {where}" if where else ""
        return database.rows(f"SELECT * FROM current_{self.name}{clause} ORDER BY id", values)

    def history(self, database: Database, number: int) -> list[sqlite3.Row]:
        """All revisions of an id, oldest first.

        Raises:
            ProjectError: There is no such id.
        """
        rows = database.rows(f"SELECT * FROM {self.name} WHERE id = ? ORDER BY revision", (number,))
        if not rows:
            raise ProjectError(f"there is no {self.one} {number}", file=database.path)
        return rows

    def add(
        self, database: Database, rows: Sequence[tuple[Values, str]], *, file: int | None = None
    ) -> list[int]:
        """Add rows that are not there yet, and give the id of each, new or not.

        Args:
            database: Where to.
            rows: Values in the order of ``columns``, and who says so.
            file: Label file that they come from.
        """
        same = " AND ".join(f"{column} IS ?" for column in self.columns)
        find = f"SELECT id FROM current_{self.name} WHERE {same} LIMIT 1"
        ids = []
        with database.transaction() as connection:
            for values, author in rows:
                there = connection.execute(find, values).fetchone()
                ids.append(
                    there["id"]
                    if there
                    else self._insert(connection, None, values, author=author, file=file)
                )
        return ids

    def revise(
        self,
        database: Database,
        number: int,
        values: Values | None,
        *,
        author: str,
        file: int | None = None,
    ) -> None:
        """Add a revision: new values, or None for a deletion.

        Raises:
            ProjectError: There is no such id, or it is deleted and shall be deleted again.
        """
        with database.transaction() as connection:
            last = self.history(database, number)[-1]
            old = tuple(last[column] for column in self.columns)
            if values is None and last["deleted"]:
                raise ProjectError(f"the {self.one} {number} is deleted already")
            self._insert(
                connection,
                number,
                old if values is None else values,
                author=author,
                file=file,
                deleted=values is None,
            )

    def follow(
        self, database: Database, file: int, rows: Iterable[Values], *, author: str
    ) -> Change:
        """Let the table follow a label file that was read again.

        Rows that are new in the file are added; rows that it no longer has get a deletion; rows
        that a person changed or deleted by other means stay as that person left them.
        """
        wanted = list(dict.fromkeys(rows))
        with database.transaction() as connection:
            known = self._of_file(connection, file)
            added, deleted, kept = [], [], []
            for values in wanted:
                number, heads_from_file, is_deleted = known.pop(values, (None, True, False))
                if number is None or (heads_from_file and is_deleted):
                    added.append(self._insert(connection, number, values, author=author, file=file))
            for values, (number, heads_from_file, is_deleted) in known.items():
                if is_deleted or number is None:
                    continue
                if heads_from_file:
                    self._insert(connection, number, values, author=author, file=file, deleted=True)
                    deleted.append(number)
                else:
                    kept.append(number)
        return Change(tuple(added), tuple(deleted), tuple(kept), len(wanted) - len(added))

    def _of_file(
        self, connection: sqlite3.Connection, file: int
    ) -> dict[Values, tuple[int | None, bool, bool]]:
        """What the file last said of each id -> id, whether that counts, whether it is deleted."""
        found: dict[int, tuple[Values, bool, bool]] = {}
        revisions = connection.execute(
            f"SELECT * FROM {self.name} WHERE id IN "
            f"(SELECT DISTINCT id FROM {self.name} WHERE file = ?) ORDER BY revision",
            (file,),
        )
        for row in revisions:
            mine = row["file"] == file
            values = tuple(row[column] for column in self.columns)
            if mine:
                found[row["id"]] = (values, True, bool(row["deleted"]))
            elif row["id"] in found:
                found[row["id"]] = (found[row["id"]][0], False, bool(row["deleted"]))
        return {values: (number, mine, gone) for number, (values, mine, gone) in found.items()}

    def _insert(
        self,
        connection: sqlite3.Connection,
        number: int | None,
        values: Values,
        *,
        author: str,
        file: int | None,
        deleted: bool = False,
    ) -> int:
        if number is None:
            last = connection.execute(f"SELECT MAX(id) FROM {self.name}").fetchone()[0]
            number = int(last or 0) + 1
        columns = ("id", *self.columns, "author", "file", "deleted", "made")
        marks = ", ".join("?" * len(columns))
        connection.execute(
            f"INSERT INTO {self.name} ({', '.join(columns)}) VALUES ({marks})",
            (number, *values, author, file, int(deleted), now()),
        )
        return number
