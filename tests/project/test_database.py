import json
import sqlite3

import pytest

from boutwise.errors import ProjectError
from boutwise.project import database as module
from boutwise.project.database import Database, migrations
from boutwise.project.filesystem import network_file_system, type_of

SECOND = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);\n-- the end\n"


def test_the_writing_connection_is_durable(tmp_path):
    database = Database(tmp_path)
    assert database.pragma("synchronous") == 2
    assert database.pragma("journal_mode") == "wal"
    assert database.pragma("foreign_keys") == 1
    assert database.version() == migrations()[-1][0]
    database.close()


def test_migrations_are_numbered_without_a_gap():
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


def test_an_old_database_is_copied_and_then_migrated(tmp_path):
    first = migrations()
    old = Database(tmp_path, first)
    with old.transaction() as connection:
        connection.execute("INSERT INTO animals (id) VALUES ('6112')")
    old.close()
    number = len(first) + 1
    new = Database(tmp_path, [*first, (number, SECOND)])
    assert new.version() == number
    assert [row["id"] for row in new.rows("SELECT id FROM animals")] == ["6112"]
    new.close()
    (copy,) = (tmp_path / "backups").glob(f"project_before_{number:03d}_*.db")
    connection = sqlite3.connect(copy)
    assert connection.execute("PRAGMA user_version").fetchone()[0] == number - 1
    assert connection.execute("SELECT id FROM animals").fetchall() == [("6112",)]
    connection.close()
    again = Database(tmp_path, [*first, (number, SECOND)])
    again.close()
    assert len(list((tmp_path / "backups").iterdir())) == 1


def test_a_new_database_needs_no_copy(tmp_path):
    Database(tmp_path).close()
    assert not (tmp_path / "backups").exists()


def test_a_migration_happens_whole_or_not_at_all(tmp_path):
    Database(tmp_path).close()
    broken = [*migrations(), (99, SECOND + "INSERT INTO nowhere VALUES (1);")]
    with pytest.raises(ProjectError, match="nowhere"):
        Database(tmp_path, broken)
    database = Database(tmp_path)
    assert database.version() == migrations()[-1][0]
    assert database.rows("SELECT name FROM sqlite_master WHERE name = 'notes'") == []
    database.close()


def test_a_newer_database_is_refused(tmp_path):
    Database(tmp_path, [*migrations(), (99, SECOND)]).close()
    with pytest.raises(ProjectError, match="newer boutwise"):
        Database(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "project.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(ProjectError, match="cannot be used"):
        Database(tmp_path)


def test_a_transaction_happens_whole_or_not_at_all(tmp_path):
    database = Database(tmp_path)

    def half():
        with database.transaction() as connection:
            connection.execute("INSERT INTO animals (id) VALUES ('a')")
            with database.transaction() as inner:
                inner.execute("INSERT INTO animals (id) VALUES ('b')")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        half()
    assert database.rows("SELECT * FROM animals") == []
    database.close()


def test_a_second_writer_is_told_and_readers_go_on(tmp_path):
    first, second = Database(tmp_path), Database(tmp_path)
    second.rows("PRAGMA busy_timeout=50")
    with first.transaction() as connection:
        connection.execute("INSERT INTO animals (id) VALUES ('a')")
        assert second.rows("SELECT * FROM animals") == []
        with pytest.raises(ProjectError, match="locked"), second.transaction():
            pass
    assert len(second.rows("SELECT * FROM animals")) == 1
    first.close()
    second.close()


@pytest.mark.parametrize("table", ["bouts", "observed", "ratings"])
def test_what_people_entered_can_be_neither_changed_nor_deleted(tmp_path, table):
    database = Database(tmp_path)
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO recordings VALUES ('r', '', '', 10, 20.0, 'declared', NULL, '', 0)"
        )
        columns = {
            "bouts": "id, recording, animal, target, behavior, start, stop, state, annotator, "
            "source, side, modifiers, comment, author, made",
            "observed": "id, recording, animal, target, behavior, start, stop, annotator, author, "
            "made",
            "ratings": "id, recording, animal, scale, value, annotator, author, made",
        }[table]
        fill = {"id": 1, "recording": "r", "start": 0, "stop": 3, "state": "yes"}
        values = [fill.get(column, "x") for column in columns.split(", ")]
        marks = ", ".join("?" * len(values))
        connection.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)
    for statement in (f"UPDATE {table} SET animal = 'z'", f"DELETE FROM {table}"):
        with pytest.raises(sqlite3.IntegrityError, match="revision"):
            database.rows(statement)
    database.close()


def test_a_network_file_system_is_warned_of_and_written_by_one_host(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "network_file_system", lambda path: "nfs4")
    with pytest.warns(UserWarning, match="network file system"):
        database = Database(tmp_path)
    assert database.pragma("journal_mode") == "delete"
    assert database.pragma("synchronous") == 2
    with database.transaction() as connection:
        connection.execute("INSERT INTO animals (id) VALUES ('a')")
    holder = tmp_path / "project.host"
    assert json.loads(holder.read_text(encoding="utf-8"))["host"] == module.platform.node()
    holder.write_text('{"host": "other-computer"}', encoding="utf-8")
    with pytest.raises(ProjectError, match="other-computer"), database.transaction():
        pass
    assert len(database.rows("SELECT * FROM animals")) == 1
    database.close()


def test_a_project_that_moved_to_a_local_disk_changes_its_journal(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(module, "network_file_system", lambda path: "nfs")
        with pytest.warns(UserWarning, match="nfs"):
            Database(tmp_path).close()
    database = Database(tmp_path)
    assert database.pragma("journal_mode") == "wal"
    database.close()


def test_the_deepest_mount_decides(tmp_path):
    mounts = [("/", "ext4"), ("/mnt", "nfs4"), ("/mnt/local disk", "xfs"), ("/mnt2", "cifs")]
    kinds = [
        type_of(module.Path(place), mounts)
        for place in ("/home/x", "/mnt/lab/p", "/mnt/local disk/p", "/mnt2", "/mnt23")
    ]
    assert kinds == ["ext4", "nfs4", "xfs", "cifs", "ext4"]
    assert network_file_system(tmp_path) == ""


def test_a_folder_that_may_not_be_written_is_not_called_damaged(tmp_path, monkeypatch):
    Database(tmp_path).close()

    def refuse(self):
        error = sqlite3.OperationalError("attempt to write a readonly database")
        error.sqlite_errorcode = sqlite3.SQLITE_READONLY_DIRECTORY
        raise error

    monkeypatch.setattr(Database, "_prepare", refuse)
    with pytest.raises(ProjectError, match="cannot be written to") as caught:
        Database(tmp_path)
    assert "copy the project" in caught.value.todo
    assert "restore" not in str(caught.value)


def test_a_broken_database_names_a_copy_only_where_there_is_one(tmp_path):
    (tmp_path / "project.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(ProjectError, match="cannot be used") as caught:
        Database(tmp_path)
    assert "import the files again" in caught.value.todo
    copy = tmp_path / "backups" / "project_before_002_2026.db"
    copy.parent.mkdir()
    copy.write_bytes(b"")
    with pytest.raises(ProjectError, match="cannot be used") as caught:
        Database(tmp_path)
    assert copy.name in caught.value.todo
