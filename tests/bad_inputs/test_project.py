# ruff: noqa: E501 - a row of the table is a line
"""A project that is damaged: its database, its boutwise.yaml, its runs; and recipes."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.bad_inputs.lab import Kind, Lab, Refused, check_refused, lines, named, text
from tests.bad_inputs.test_tables import BOMB, DEEP, PYTHON

CHECK = ("check", "@")
PLAN = ("plan", "@", "--recipe", "@recipe.yaml")
COMMANDS = (CHECK, ("import", "@", "@files/pose"))


def config(name: str, damage: Callable[[bytes], bytes], words: str, row: int | None = None) -> Kind:
    return Kind(name, "boutwise.yaml", damage, Refused(words, row), CHECK)


def add(more: str) -> Callable[[bytes], bytes]:
    return lambda data: data + more.encode("utf-8")


def instead(what: str | bytes) -> Callable[[bytes], bytes]:
    return lambda data: what if isinstance(what, bytes) else what.encode("utf-8")


def database(name: str, damage: Callable[[bytes], bytes], words: str) -> Kind:
    return Kind(name, "project.db", damage, Refused(words), CHECK)


CONFIGS = [
    config("a tab in boutwise.yaml", add("\ndefaults:\n\tfps: 30\n"), "no YAML|twice"),
    config("an unknown key", text(lambda t: t.replace("defaults:", "defualts:")), "unknown key 'defualts'.*did you mean 'defaults'"),
    config("an unknown key inside", lines(lambda rows: [r.replace("fps:", "fsp:") for r in rows]), "fsp"),
    config("a wrong type", lines(lambda rows: [("  fps: thirty" if r.strip().startswith("fps:") else r) for r in rows]), "'defaults.fps' cannot be 'thirty'"),
    config("a section that is a list", instead("ethogram: [rear, walk]\n"), "ethogram", 1),
    config("a section twice", add("\ndefaults:\n  fps: 25\n"), "'defaults' is there twice"),
    config("a file of YAML that multiplies itself", instead(BOMB), "references stand for more than"),
    config("a file of YAML nested 3,000 deep", instead(DEEP), "nested more than", 1),
    config("YAML that refers to itself", instead("ethogram: &a\n  behaviors: *a\n"), "refers to itself", 1),
    config("YAML with a Python object", instead(PYTHON), "no YAML"),
    config("a list in place of a mapping", instead("- a\n- b\n"), "no mapping"),
    config("noise in place of YAML", instead(bytes(range(1, 255))), "not UTF-8|no YAML"),
    config("zeros in place of YAML", instead(bytes(500)), "character that text cannot hold"),
    config("UTF-16 in place of UTF-8", lambda data: data.decode().encode("utf-16"), "not UTF-8", 1),
    config("a fps of nan", lines(lambda rows: [("  fps: .nan" if r.strip().startswith("fps:") else r) for r in rows]), "fps"),
    config("a negative fps", lines(lambda rows: [("  fps: -30" if r.strip().startswith("fps:") else r) for r in rows]), "fps"),
]  # fmt: skip

DATABASES = [
    database("a database cut in half", lambda data: data[: len(data) // 2], "database"),
    database("a database cut in its header", lambda data: data[:60], "database"),
    database("text in place of the database", instead("these are my labels\n" * 50), "database"),
    database("an empty database", instead(""), "database of the project is empty"),
    database("a database with noise in the middle", lambda data: data[:4096] + b"\xa5" * 8192 + data[12288:], "database"),
    database("zeros in place of the database", lambda data: bytes(len(data)), "database"),
]  # fmt: skip


@pytest.mark.parametrize(**named(CONFIGS))
def test_boutwise_yaml(kind: Kind, lab: Callable[[str], Lab]) -> None:
    fresh = lab("labeled")
    path = fresh / kind.file
    good = path.read_bytes()
    bad = kind.damage(good)
    assert bad != good
    path.write_bytes(bad)
    before = fresh.state()
    for command in COMMANDS:
        check_refused(fresh.run(*command), kind.out, path.name)
    assert fresh.state() == before
    assert not list(fresh.root.rglob("planted"))
    path.write_bytes(good)
    assert fresh.run("import", "@", "@files/pose").code == 0


@pytest.mark.parametrize(**named(DATABASES))
def test_project_db(kind: Kind, lab: Callable[[str], Lab]) -> None:
    fresh = lab("labeled")
    path = fresh / kind.file
    for aside in ("-wal", "-shm"):
        path.with_name(path.name + aside).unlink(missing_ok=True)
    good = path.read_bytes()
    path.write_bytes(kind.damage(good))
    bad = path.read_bytes()
    for command in (CHECK, ("import", "@", "@files/labels")):
        said = fresh.run(*command)
        check_refused(said, kind.out, path.name)
    assert path.read_bytes() == bad, "a broken database is not written to"
    path.write_bytes(good)
    for aside in ("-wal", "-shm"):
        path.with_name(path.name + aside).unlink(missing_ok=True)
    assert fresh.run("import", "@", "@files/labels").code == 0


def test_a_database_that_is_missing(lab: Callable[[str], Lab]) -> None:
    fresh = lab("labeled")
    (fresh / "project.db").rename(fresh / "aside.db")
    said = fresh.run(*CHECK)
    check_refused(said, Refused("database of the project is missing"), "project.db")
    assert not (fresh / "project.db").exists(), "no new one takes its place"


def test_a_database_that_another_process_holds(
    lab: Callable[[str], Lab], monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = lab("posed")
    usual = sqlite3.connect
    holder = usual(fresh / "project.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    before = fresh.state()
    with monkeypatch.context() as patched:  # nobody waits half a minute in a test
        patched.setattr(
            sqlite3, "connect", lambda *words, **more: usual(*words, **(more | {"timeout": 0.1}))
        )
        said = fresh.run("import", "@", "@files/labels")
    check_refused(said, Refused("cannot be written to.*locked"), "project.db")
    holder.execute("ROLLBACK")
    holder.close()
    assert fresh.state() == before
    assert fresh.run("import", "@", "@files/labels").code == 0


def test_a_project_of_a_newer_release(lab: Callable[[str], Lab]) -> None:
    fresh = lab("posed")
    connection = sqlite3.connect(fresh / "project.db")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    check_refused(fresh.run(*CHECK), Refused("newer boutwise"), "project.db")


def test_a_project_that_is_a_file(lab: Callable[[str], Lab]) -> None:
    fresh = lab("posed")
    for command in (("check", "@project.db"), ("import", "@project.db", "@files/pose")):
        said = fresh.run(*command)
        assert said.code == 3
        assert "what to do" in said.err


def test_a_store_that_is_damaged_is_made_again(lab: Callable[[str], Lab]) -> None:
    fresh = lab("labeled")
    wanted = fresh.facts()
    for number, path in enumerate(sorted((fresh / "store").rglob("*.*"))):
        path.write_bytes((b"", path.read_bytes()[:40], b"\x00" * 500)[number % 3])
    assert fresh.facts() == wanted
    shutil.rmtree(fresh / "store")
    assert fresh.facts() == wanted


GOOD_RECIPE = """\
name: mine
target: {behaviors: all}
split: {by: animal}
members:
  - learner: trees
    features: [egocentric]
"""


def recipe(name: str, damage: Callable[[bytes], bytes], words: str, code: int = 2) -> Kind:
    return Kind(name, "recipe.yaml", damage, Refused(words, code=code, file="-"), PLAN)


RECIPES = [
    recipe("an empty recipe", instead(""), "mapping"),
    recipe("a recipe with an unknown key", text(lambda t: t.replace("split:", "splt:")), "splt.*did you mean 'split'|split"),
    recipe("a recipe with an unknown learner", text(lambda t: t.replace("trees", "treees")), "treees"),
    recipe("a recipe with an unknown feature set", text(lambda t: t.replace("egocentric", "egocentrik")), "did you mean 'egocentric'"),
    recipe("a recipe with a key twice", add("name: other\n"), "'name' is there twice"),
    recipe("a recipe with a wrong type", text(lambda t: t.replace("[egocentric]", "7")), "features"),
    recipe("a recipe with a tab", add("\tcombine: auto\n"), "no YAML"),
    recipe("a recipe that multiplies itself", instead(BOMB), "references stand for more than"),
    recipe("a recipe nested 3,000 deep", instead(DEEP), "nested more than"),
    recipe("a recipe with a Python object", instead(PYTHON), "no YAML"),
    recipe("a recipe in latin-1", lambda data: data.replace(b"mine", b"M\xe4use"), "not UTF-8"),
    recipe("a recipe that extends itself", instead("extends: recipe.yaml\n"), "extends|no such recipe"),
]  # fmt: skip


@pytest.mark.parametrize(**named(RECIPES))
def test_recipes(kind: Kind, lab: Callable[[str], Lab]) -> None:
    fresh = lab("labeled")
    path = fresh / kind.file
    path.write_bytes(kind.damage(GOOD_RECIPE.encode()))
    before = fresh.state()
    check_refused(fresh.run(*kind.command), kind.out, "recipe.yaml")
    assert fresh.state() == before
    assert not list(Path().glob("planted"))
    path.write_bytes(GOOD_RECIPE.encode())
    assert fresh.run("check", "@").code == 0
