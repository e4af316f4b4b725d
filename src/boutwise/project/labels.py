"""Bouts, observed ranges and ratings in the database."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from boutwise.errors import LabelError, did_you_mean
from boutwise.project.database import Database
from boutwise.project.revisions import RevisionTable, Values
from boutwise.types import Bout, Bouts, Ethogram, Observed, Rating, Ratings, Recording

BOUTS = RevisionTable(
    "bouts",
    (
        "recording",
        "animal",
        "target",
        "behavior",
        "start",
        "stop",
        "state",
        "annotator",
        "source",
        "confidence",
        "side",
        "modifiers",
        "comment",
    ),
    "bout",
)
OBSERVED = RevisionTable(
    "observed",
    ("recording", "animal", "target", "behavior", "start", "stop", "annotator"),
    "observed range",
)
RATINGS = RevisionTable(
    "ratings",
    ("recording", "animal", "scale", "value", "start", "stop", "annotator"),
    "rating",
)


@dataclass(frozen=True)
class BoutRevision:
    """One state that a bout had.

    Attributes:
        revision: Number of the revision; revisions of all bouts are counted together.
        bout: What it said.
        deleted: Whether this revision takes the bout away.
        author: Who made the revision.
        from_file: Whether it came from a label file.
        made: When, UTC, ISO 8601.
    """

    revision: int
    bout: Bout
    deleted: bool
    author: str
    from_file: bool
    made: str


def bout_values(bout: Bout) -> Values:
    """The columns of a bout; no confidence is NULL, because NaN equals nothing."""
    values = []
    for column in BOUTS.columns:
        value = getattr(bout, column)
        if column in ("start", "stop"):
            value = int(value)
        elif column == "confidence":
            value = None if math.isnan(value) else float(value)
        else:
            value = str(value)
        values.append(value)
    return tuple(values)


def bout_of(row: sqlite3.Row) -> Bout:
    """The bout of a row."""
    values = {column: row[column] for column in BOUTS.columns}
    if values["confidence"] is None:
        values["confidence"] = math.nan
    return Bout(**values)


def observed_values(piece: Observed) -> Values:
    """The columns of an observed range."""
    return tuple(
        int(getattr(piece, column)) if column in ("start", "stop") else str(getattr(piece, column))
        for column in OBSERVED.columns
    )


def observed_of(row: sqlite3.Row) -> Observed:
    """The observed range of a row."""
    return Observed(**{column: row[column] for column in OBSERVED.columns})


def rating_values(rating: Rating) -> Values:
    """The columns of a rating."""
    value = rating.value if isinstance(rating.value, str) else float(rating.value)
    ends = (None, None) if rating.start is None else (int(rating.start), int(rating.stop or 0))
    return (rating.recording, rating.animal, rating.scale, value, *ends, rating.annotator)


def rating_of(row: sqlite3.Row) -> Rating:
    """The rating of a row."""
    return Rating(**{column: row[column] for column in RATINGS.columns})


def history(database: Database, number: int) -> list[BoutRevision]:
    """All revisions of a bout, oldest first."""
    return [
        BoutRevision(
            row["revision"],
            bout_of(row),
            bool(row["deleted"]),
            row["author"],
            row["file"] is not None,
            row["made"],
        )
        for row in BOUTS.history(database, number)
    ]


def select(
    database: Database, recording: str | None, annotator: str | None
) -> tuple[dict[int, Bout], tuple[Observed, ...]]:
    """Bouts by id and observed ranges that count, of a recording and an annotator or of all."""
    terms = {"recording": recording, "annotator": annotator}
    given = {column: value for column, value in terms.items() if value is not None}
    where = " AND ".join(f"{column} = ?" for column in given)
    values = tuple(given.values())
    bouts = {row["id"]: bout_of(row) for row in BOUTS.current(database, where, values)}
    ranges = tuple(observed_of(row) for row in OBSERVED.current(database, where, values))
    return bouts, ranges


def select_ratings(database: Database, recording: str | None) -> Ratings:
    """Ratings that count, of a recording or of all."""
    where = "" if recording is None else "recording = ?"
    values = () if recording is None else (recording,)
    return Ratings(tuple(rating_of(row) for row in RATINGS.current(database, where, values)))


def check(bouts: Bouts, recordings: Mapping[str, Recording], ethogram: Ethogram) -> None:
    """Refuse labels that do not fit the recordings or, where there is one, the ethogram.

    Raises:
        LabelError: Unknown recording, animal or behavior, or an end behind the recording's.
    """
    known = [*ethogram.names, *ethogram.merges]
    pieces: list[Bout | Observed] = [*bouts.rows(), *bouts.observed]
    for piece in pieces:
        if piece.recording not in recordings:
            raise LabelError(
                f"labels speak of the recording '{piece.recording}', which is not in the project",
                todo=did_you_mean(piece.recording, recordings),
            )
        _check_place(piece, recordings[piece.recording])
        if known and piece.behavior not in known:
            raise LabelError(
                f"the behavior '{piece.behavior}' is not in the ethogram",
                recording=piece.recording,
                frame=piece.start,
                todo=did_you_mean(piece.behavior, known),
            )


def _check_place(piece: Bout | Observed, recording: Recording) -> None:
    named = [piece.animal, piece.target] if piece.target else [piece.animal]
    for animal in named:
        if animal not in recording.animals:
            raise LabelError(
                f"a label of '{piece.behavior}' speaks of the animal '{animal}'"
                if animal
                else f"a label of '{piece.behavior}' names no animal",
                recording=recording.id,
                frame=piece.start,
                expected="one of " + ", ".join(recording.animals),
            )
    if piece.stop > recording.n_frames:
        raise LabelError(
            f"a label of '{piece.behavior}' ends at frame {piece.stop}",
            recording=recording.id,
            frame=piece.start,
            expected=f"at most {recording.n_frames}, the end of the recording",
        )


def rename_animals(
    database: Database, recording: str, names: Mapping[str, str], *, author: str
) -> None:
    """Give the labels of a recording to its animals' new names; each gets one revision.

    Args:
        database: Where.
        recording: Its id.
        names: Old name -> new name; two animals may swap theirs.
        author: Who says so.
    """
    for table in (BOUTS, OBSERVED, RATINGS):
        for row in table.current(database, "recording = ?", (recording,)):
            old = tuple(row[column] for column in table.columns)
            new = tuple(
                names.get(value, value) if column in ("animal", "target") else value
                for column, value in zip(table.columns, old, strict=True)
            )
            if new != old:
                table.revise(database, row["id"], new, author=author, file=row["file"])
