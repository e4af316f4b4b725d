"""The files that a project was filled from: where they lie, and their digests."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import ProjectError
from boutwise.project.database import Database, now
from boutwise.store import file_digest

Kind = Literal["pose", "labels", "video", "metadata"]


@dataclass(frozen=True, eq=False)
class FilePart:
    """What a file says of one recording, or of one trial of it.

    Attributes:
        recording: Id of the recording.
        trial: Number of the trial, for labels of one trial.
        n_rows: Frames that the file has, one row each.
        first_frame: Frame of the recording that the first row is.
        row_to_frame: Frame of each row, (rows,), when they are not 0, 1, 2, ...; -1 = none.
        annotator: Who labeled.
        member: Name of the recording in the file, for a file that holds the pose of several.
    """

    recording: str
    trial: int | None = None
    n_rows: int | None = None
    first_frame: int | None = None
    row_to_frame: NDArray[np.int64] | None = None
    annotator: str = ""
    member: str = ""


@dataclass(frozen=True, eq=False)
class SourceFile:
    """A file, as one recording (or trial) uses it.

    Attributes:
        id: Number of the file; several entries share it when it speaks of several recordings.
        path: Where it was found.
        digest: Of its bytes, when it was last read; of a video, that of its packet index.
        size: In bytes.
        kind: ``pose``, ``labels``, ``video`` or ``metadata``.
        format: Name of the format that read it.
        options: What that format was told.
        part: What it says of which recording; None for a file that is no recording's.
    """

    id: int
    path: Path
    digest: str
    size: int
    kind: Kind
    format: str
    options: Mapping[str, Any]
    part: FilePart | None = None

    @property
    def recording(self) -> str:
        """Id of the recording; empty for a file that is no recording's."""
        return "" if self.part is None else self.part.recording

    @property
    def trial(self) -> int | None:
        """Number of the trial, if it speaks of one."""
        return None if self.part is None else self.part.trial

    @property
    def n_rows(self) -> int | None:
        """Frames that it has, one row each; None when it is not frame by frame."""
        return None if self.part is None else self.part.n_rows

    @property
    def annotator(self) -> str:
        """Who labeled."""
        return "" if self.part is None else self.part.annotator


def written(path: Path, root: Path) -> str:
    """A path as the database keeps it: relative inside the project, so that it may move."""
    # Unlike Path.resolve, this does not fail at a link that leads in a circle.
    path, root = Path(os.path.realpath(path)), Path(os.path.realpath(root))
    return (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()


# Seven parameters: the first three say which file, the others what is known of it.
def register(
    database: Database,
    kind: Kind,
    path: str | Path,
    *,
    format: str = "",
    options: Mapping[str, Any] | None = None,
    parts: Sequence[FilePart] = (),
    digest: str | None = None,
) -> int:
    """Note a file with its digest; a changed file is a new version, an equal one is nothing new.

    A file of the same contents and the same use, whose noted place is empty, has moved: its
    entry gets the new path. Of a file with members, those that are not named keep their parts.

    Args:
        database: The project's.
        kind: What the file holds.
        path: Where it lies.
        format: Name of the format that reads it.
        options: What that format was told.
        parts: What it says of which recordings.
        digest: Where it is not that of all bytes: of a video, that of its packet index.

    Returns:
        Number of the file.

    Raises:
        ProjectError: There is no such file.
    """
    path = Path(path)
    if not path.is_file():
        raise ProjectError("there is no such file", file=path, todo="check the path")
    digest, place = digest or file_digest(path), written(path, database.root)
    plain = json.dumps(dict(options or {}), sort_keys=True, ensure_ascii=False)
    with database.transaction() as connection:
        row = connection.execute(
            "SELECT id FROM files WHERE kind = ? AND path = ?", (kind, place)
        ).fetchone()
        number = int(row["id"]) if row else _moved(database, kind, digest, parts)
        if number is None:
            connection.execute("INSERT INTO files (kind, path) VALUES (?, ?)", (kind, place))
            number = int(connection.execute("SELECT last_insert_rowid()").fetchone()[0])
        connection.execute(
            "UPDATE files SET path = ?, format = ?, options = ? WHERE id = ?",
            (place, format, plain, number),
        )
        parts = [*parts, *_other_members(database, number, parts)]
        if not _unchanged(database, number, digest, parts):
            _add_version(connection, number, (digest, path.stat().st_size), parts)
    return number


def _other_members(database: Database, number: int, parts: Sequence[FilePart]) -> list[FilePart]:
    """Parts of a file that are of other members than those that are registered now."""
    named = {part.member for part in parts}
    if "" in named or not named:
        return []
    old = [file.part for file in load(database, number=number) if file.part is not None]
    return [part for part in old if part.member and part.member not in named]


def _add_version(
    connection: sqlite3.Connection,
    number: int,
    contents: tuple[str, int],
    parts: Sequence[FilePart],
) -> None:
    version = connection.execute(
        "INSERT INTO file_versions (file, digest, size, added) VALUES (?, ?, ?, ?)",
        (number, *contents, now()),
    ).lastrowid
    for part in parts:
        frames = part.row_to_frame
        connection.execute(
            "INSERT INTO file_recordings VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                version,
                part.recording,
                part.trial,
                part.n_rows,
                part.first_frame,
                None if frames is None else frames.astype("<i8").tobytes(),
                part.annotator,
                part.member,
            ),
        )


def _facts(parts: Sequence[FilePart]) -> list[str]:
    return sorted(
        repr((p.recording, p.trial, p.n_rows, p.first_frame, p.annotator, p.member))
        + ("" if p.row_to_frame is None else str(p.row_to_frame.tolist()))
        for p in parts
    )


def _unchanged(database: Database, number: int, digest: str, parts: Sequence[FilePart]) -> bool:
    known = load(database, number=number)
    same = all(file.digest == digest for file in known)
    old = [file.part for file in known if file.part is not None]
    return bool(known) and same and _facts(old) == _facts(parts)


def _moved(database: Database, kind: Kind, digest: str, parts: Sequence[FilePart]) -> int | None:
    uses = sorted((part.recording, part.trial or 0) for part in parts)
    several = any(part.member for part in parts)
    entries: dict[int, list[SourceFile]] = {}
    for file in load(database, kind, digest=digest):
        entries.setdefault(file.id, []).append(file)
    for number, files in entries.items():
        theirs = sorted((f.recording, f.trial or 0) for f in files if f.part is not None)
        same = set(uses) <= set(theirs) if several else theirs == uses
        if same and not files[0].path.exists():
            return number
    return None


def load(
    database: Database,
    kind: Kind | None = None,
    *,
    recording: str | None = None,
    number: int | None = None,
    digest: str | None = None,
) -> list[SourceFile]:
    """Files in their newest version, one entry for each recording and trial they speak of."""
    terms = {"f.kind": kind, "r.recording": recording, "f.id": number, "v.digest": digest}
    given = {column: value for column, value in terms.items() if value is not None}
    where = "WHERE " + " AND ".join(f"{column} = ?" for column in given) if given else ""
    rows = database.rows(
        "SELECT f.id AS file, f.kind, f.path, f.format, f.options, v.digest, v.size, r.* "
        "FROM files AS f JOIN current_versions AS v ON v.file = f.id "
        f"LEFT JOIN file_recordings AS r ON r.version = v.id {where} "
        "ORDER BY f.path, r.recording, r.trial",
        tuple(given.values()),
    )
    return [_source_file(database.root, row) for row in rows]


def _source_file(root: Path, row: sqlite3.Row) -> SourceFile:
    part = None
    if row["recording"] is not None:
        blob = row["row_to_frame"]
        frames = None if blob is None else np.frombuffer(blob, dtype="<i8").astype(np.int64)
        part = FilePart(
            row["recording"],
            row["trial"],
            row["n_rows"],
            row["first_frame"],
            frames,
            row["annotator"],
            row["member"],
        )
    member = {"member": part.member} if part is not None and part.member else {}
    return SourceFile(
        row["file"],
        root / row["path"],
        row["digest"],
        row["size"],
        row["kind"],
        row["format"],
        json.loads(row["options"]) | member,
        part,
    )
