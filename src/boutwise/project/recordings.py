"""Recordings, animals and sessions in the database."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import ProjectError
from boutwise.project import files
from boutwise.project.database import Database, now
from boutwise.types import Animal, Condition, FrameClock, Recording, Session, Trial

CLOCKS_AGREE = 0.5
"""Frames up to which the times of two clocks mean the same frames."""


def add_animal(database: Database, animal: Animal) -> None:
    """Add an animal, or fill in what was not known of it.

    Raises:
        ProjectError: Something else is known of the animal of that id.
    """
    with database.transaction() as connection:
        there = animals(database).get(animal.id)
        if there is None:
            connection.execute(
                "INSERT INTO animals (id, sex, strain, cohort) VALUES (?, ?, ?, ?)",
                (animal.id, animal.sex, animal.strain, animal.cohort),
            )
            return
        for column in ("sex", "strain", "cohort"):
            value = _filled(f"animal '{animal.id}'", column, there, animal, database)
            connection.execute(f"UPDATE animals SET {column} = ? WHERE id = ?", (value, animal.id))


def animals(database: Database) -> dict[str, Animal]:
    """All animals by id."""
    return {row["id"]: Animal(**dict(row)) for row in database.rows("SELECT * FROM animals")}


def add_session(database: Database, session: Session) -> None:
    """Add a session with its conditions, or conditions to a session; animals are made as needed.

    Raises:
        ProjectError: Another date or another condition is known already.
    """
    with database.transaction() as connection:
        there = sessions(database).get(session.id)
        if there is None:
            connection.execute("INSERT INTO sessions VALUES (?, ?)", (session.id, session.date))
            there = Session(session.id, session.date)
        date = _filled(f"session '{session.id}'", "date", there, session, database)
        connection.execute("UPDATE sessions SET date = ? WHERE id = ?", (date, session.id))
        for animal, condition in session.conditions.items():
            known = there.conditions.get(animal)
            if known == condition:
                continue
            if known is not None:
                raise ProjectError(
                    f"animal '{animal}' has another condition in session '{session.id}'",
                    file=database.path,
                    expected=str(known),
                    todo="give the new condition a session of its own",
                )
            add_animal(database, animals(database).get(animal, Animal(animal)))
            values = (session.id, animal, *(getattr(condition, name) for name in _CONDITION))
            connection.execute(
                f"INSERT INTO conditions (session, animal, {', '.join(_CONDITION)}) "
                f"VALUES (?, ?{', ?' * len(_CONDITION)})",
                values,
            )


_CONDITION = ("treatment", "dose", "dose_unit", "time_since_dose_s", "baseline", "side")


def sessions(database: Database) -> dict[str, Session]:
    """All sessions by id, with the condition of each animal."""
    conditions: dict[str, dict[str, Condition]] = {}
    for row in database.rows("SELECT * FROM conditions"):
        values = {name: row[name] for name in _CONDITION} | {"baseline": bool(row["baseline"])}
        conditions.setdefault(row["session"], {})[row["animal"]] = Condition(**values)
    return {
        row["id"]: Session(row["id"], row["date"], conditions.get(row["id"], {}))
        for row in database.rows("SELECT * FROM sessions ORDER BY id")
    }


def add(database: Database, recording: Recording) -> None:
    """Add a recording; animals and session are made as needed.

    Adding an equal one changes nothing; video, session and trials are filled in where there were
    none. A recording with an open end becomes longer, or gets its true end. As long as it has no
    pose, its animals may come in another order: that of the pose. A declared rate gives way to the
    times of a video where they are the same to half a frame.

    Raises:
        ProjectError: A recording of that id is there and says otherwise.
    """
    with database.transaction() as connection:
        there = load(database, recording.id).get(recording.id)
        if there is not None:
            recording = _merged(there, recording, database)
        for animal in recording.animals:
            add_animal(database, animals(database).get(animal, Animal(animal)))
        if recording.session:
            add_session(database, Session(recording.session))
        if there is None:
            _insert(connection, recording)
        else:
            _update(database, connection, there, recording)
        if there is None or not there.trials:
            connection.executemany(
                "INSERT INTO trials VALUES (?, ?, ?, ?, ?)",
                [
                    (recording.id, t.number, t.first_frame, t.n_frames, int(t.valid))
                    for t in recording.trials
                ],
            )


def _update(
    database: Database, connection: sqlite3.Connection, there: Recording, merged: Recording
) -> None:
    connection.execute(
        "UPDATE recordings SET video = ?, session = ?, n_frames = ?, fps = ?, clock = ?, "
        "times_s = ?, open_end = ? WHERE id = ?",
        (
            merged.video,
            merged.session,
            *_clock_values(merged.clock),
            int(merged.open_end),
            merged.id,
        ),
    )
    if merged.animals != there.animals:
        rename_animals(database, merged.id, merged.animals)


def _insert(connection: sqlite3.Connection, recording: Recording) -> None:
    connection.execute(
        "INSERT INTO recordings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            recording.id,
            recording.video,
            recording.session,
            *_clock_values(recording.clock),
            now(),
            int(recording.open_end),
        ),
    )
    connection.executemany(
        "INSERT INTO recording_animals VALUES (?, ?, ?)",
        [(recording.id, place, animal) for place, animal in enumerate(recording.animals)],
    )


def _clock_values(clock: FrameClock) -> tuple[int, float, str, bytes | None]:
    """Number of frames, rate, kind and times, as the database has them."""
    times = clock.times_s.astype("<f8").tobytes() if clock.kind == "pts" else None
    return clock.n_frames, clock.fps, clock.kind, times


def _merged(there: Recording, new: Recording, database: Database) -> Recording:
    name = f"recording '{new.id}'"
    longer = there.open_end and new.n_frames >= there.n_frames
    posed = database.rows(
        "SELECT 1 FROM file_recordings AS r JOIN current_versions AS v ON v.id = r.version "
        "JOIN files AS f ON f.id = v.file WHERE f.kind = 'pose' AND r.recording = ?",
        (new.id,),
    )
    reordered = not posed and sorted(there.animals) == sorted(new.animals)
    timed = (there.clock.kind, new.clock.kind) == ("declared", "pts")
    timed = timed and there.clock.apart(new.clock) <= CLOCKS_AGREE
    old_clock = new.clock if timed else there.clock
    facts = (
        ("number of frames", there.n_frames, there.n_frames if longer else new.n_frames),
        ("frame rate", round(old_clock.fps, 6), round(new.clock.fps, 6)),
        ("clock", old_clock.kind, new.clock.kind),
        ("animals", there.animals, there.animals if reordered else new.animals),
    )
    for what, old, wanted in facts:
        if old != wanted:
            _conflict(name, what, old, wanted, database)
    if not (longer or timed) and not np.allclose(there.clock.times_s, new.clock.times_s, atol=1e-6):
        _conflict(name, "times of the frames", "those of the project", "others", database)
    if there.trials and new.trials and there.trials != new.trials:
        _conflict(name, "trials", len(there.trials), f"other trials ({len(new.trials)})", database)
    return replace(
        there,
        clock=new.clock if longer or timed else there.clock,
        animals=new.animals,
        open_end=there.open_end and new.open_end,
        video=_filled(name, "video", there, new, database),
        session=_filled(name, "session", there, new, database),
        trials=there.trials or new.trials,
    )


def _filled(name: str, column: str, there: Any, new: Any, database: Database) -> Any:
    old, wanted = getattr(there, column), getattr(new, column)
    if old and wanted and old != wanted:
        _conflict(name, column, old, wanted, database)
    return old or wanted


def _conflict(name: str, what: str, old: Any, wanted: Any, database: Database) -> None:
    raise ProjectError(
        f"{name} is in the project with another {what}: {old}, not {wanted}",
        file=database.path,
        expected=f"{what} {old}",
        todo="import under another name, or into a new project",
    )


def load(database: Database, only: str | None = None) -> dict[str, Recording]:
    """Recordings by id, in order of their ids; one or all."""
    where = "" if only is None else " WHERE {} = ?"
    values = () if only is None else (only,)

    def table(name: str, column: str, order: str) -> list[sqlite3.Row]:
        sql = f"SELECT * FROM {name}{where.format(column)} ORDER BY {order}"
        return database.rows(sql, values)

    names: dict[str, list[str]] = {}
    for row in table("recording_animals", "recording", "recording, place"):
        names.setdefault(row["recording"], []).append(row["animal"])
    trials: dict[str, list[Trial]] = {}
    for row in table("trials", "recording", "recording, first_frame"):
        trials.setdefault(row["recording"], []).append(
            Trial(row["number"], row["first_frame"], row["n_frames"], bool(row["valid"]))
        )
    maps: dict[str, dict[str, NDArray[np.int64]]] = {}
    for row in database.rows(
        "SELECT f.path, r.recording, r.row_to_frame FROM file_recordings AS r "
        "JOIN current_versions AS v ON v.id = r.version JOIN files AS f ON f.id = v.file "
        "WHERE r.row_to_frame IS NOT NULL"
    ):
        frames = np.frombuffer(row["row_to_frame"], dtype="<i8").astype(np.int64)
        maps.setdefault(row["recording"], {})[row["path"].rsplit("/", 1)[-1]] = frames
    videos = {
        file.recording: file.path.absolute().as_posix()
        for file in files.load(database, "video", recording=only)
    }
    return {
        row["id"]: Recording(
            row["id"],
            _clock(row),
            tuple(names.get(row["id"], ())),
            video=videos.get(row["id"], row["video"]),
            session=row["session"],
            trials=tuple(trials.get(row["id"], ())),
            open_end=bool(row["open_end"]),
            row_to_frame=maps.get(row["id"], {}),
        )
        for row in table("recordings", "id", "id")
    }


def _clock(row: sqlite3.Row) -> FrameClock:
    if row["clock"] == "declared":
        return FrameClock.declared(row["n_frames"], row["fps"])
    times = np.frombuffer(row["times_s"], dtype="<f8").astype(np.float64)
    return FrameClock(times, row["fps"], "pts")


def rename_animals(database: Database, recording: str, names: tuple[str, ...]) -> None:
    """Give the animals of a recording other names, in the order of the pose track."""
    with database.transaction() as connection:
        for animal in names:
            add_animal(database, animals(database).get(animal, Animal(animal)))
        connection.execute("DELETE FROM recording_animals WHERE recording = ?", (recording,))
        connection.executemany(
            "INSERT INTO recording_animals VALUES (?, ?, ?)",
            [(recording, place, animal) for place, animal in enumerate(names)],
        )
