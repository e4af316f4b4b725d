"""A small lab with good files, and what a bad input must lead to.

A kind of bad input is one :class:`Kind`: its name, what is done to a good file, the command that
meets it, and what must come out: :class:`Read` (the very numbers of the undamaged file) or
:class:`Refused` (exit code, words, file and row). :func:`try_kind` plays one.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from tests.cli.conftest import Boutwise, Outcome

from boutwise.project import Project

NOT_COMPARED = re.compile(r"(^|/)(store(/|$)|project\.db-(wal|shm)$)")
"""The cache may grow, and SQLite's side files come and go; everything else stays."""


@dataclass(frozen=True)
class Lab:
    """A folder with a project in it and good files in the project.

    Attributes:
        root: Of the project.
        boutwise: Runs a command in this process.
    """

    root: Path
    boutwise: Boutwise

    def __truediv__(self, name: str) -> Path:
        return self.root / name

    def run(self, *words: object) -> Outcome:
        """A command; a word that begins with ``@`` is a path in the project."""
        told = [self.root / w[1:] if isinstance(w, str) and w.startswith("@") else w for w in words]
        return self.boutwise(*told, "--json")

    def state(self) -> tuple[Any, ...]:
        """All that a failed command must leave as it was: the database and every file."""
        files = {
            path.relative_to(self.root).as_posix(): path.stat().st_size
            for path in sorted(self.root.rglob("*"))
            if not path.is_symlink() and path.is_file()
        }
        kept = {name: size for name, size in files.items() if not NOT_COMPARED.search(name)}
        kept.pop("project.db", None)
        connection = sqlite3.connect(self.root / "project.db")
        try:
            dump = tuple(connection.iterdump())
        finally:
            connection.close()
        return dump, kept, (self.root / "boutwise.yaml").read_bytes()

    def facts(self) -> dict[str, Any]:
        """What a project holds: frames, rate, pose and labels of every recording."""
        with Project.open(self.root) as project:
            return {
                recording.id: (
                    recording.n_frames,
                    recording.clock.fps,
                    recording.animals,
                    _pose(project, recording.id),
                    [
                        (b.animal, b.behavior, b.start, b.stop, b.state)
                        for b in project.bouts(recording.id).rows()
                    ],
                )
                for recording in project.recordings()
            }


def _pose(project: Project, recording: str) -> list[Any]:
    if not project.has_pose(recording):
        return []
    pose = project.pose(recording)
    values = np.nan_to_num(np.asarray(pose.positions, dtype=np.float64), nan=-1e6)
    chance = [] if pose.confidence is None else np.nan_to_num(pose.confidence)
    # Nine digits of a CSV, or the same number with a decimal comma: equal up to float32.
    return [pose.keypoints, values.round(2).tolist(), np.round(chance, 3).tolist()]


@dataclass(frozen=True)
class Read:
    """The file is read, and gives the very numbers of the undamaged one.

    Attributes:
        warns: Words of a warning that must be given.
        like: The undamaged file, where it is not the good one: what is done to that.
    """

    warns: str = ""
    like: Callable[[bytes], bytes] | None = None


@dataclass(frozen=True)
class Refused:
    """The command ends with an error.

    Attributes:
        words: Regular expression that what is said must hold, of any case.
        row: Row of the file, where there is one.
        code: Exit code.
        file: Name of the file that is named; the damaged one when empty, ``-`` for none.
    """

    words: str
    row: int | None = None
    code: int = 3
    file: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of bad input.

    Attributes:
        name: In words.
        file: Path of the damaged file in the project.
        damage: Turns the good bytes of the file into bad ones, or does what it likes in the lab.
        out: What must come out.
        command: Words of the command.
        good: A command that must work afterwards, when the good file is back.
    """

    name: str
    file: str
    damage: Callable[[bytes], bytes] | Callable[[Lab], None]
    out: Read | Refused
    command: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    place: bool = field(default=False)


def complaints(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything that a command complains of, as dicts with what, file, row and todo."""
    if data.get("error"):
        return [data["error"]]
    problems = list(data.get("problems", ()))
    found = [p for p in problems if p["severity"] == "blocking"] or problems
    failed = data.get("failed") or {}
    return found + [_as_facts(text) for text in failed.values()]


def _as_facts(text: str) -> dict[str, Any]:
    where = re.search(r"where: (.*)", text)
    row = re.search(r"row (\d+)", where[1]) if where else None
    return {
        "what": text,
        "file": where[1] if where else "",
        "row": int(row[1]) if row else None,
        "todo": "x" if "what to do: " in text else "",
    }


def _words(one: dict[str, Any]) -> str:
    return " ".join(str(one.get(key) or "") for key in ("what", "expected", "todo"))


def check_refused(said: Outcome, wanted: Refused, name: str) -> None:
    """Exit code, words, file and row, what to do; and no traceback."""
    assert "Traceback" not in said.err + said.out
    assert "fault of boutwise" not in said.err, said.err
    assert said.code == wanted.code, (said.code, said.out, said.err)
    found = complaints(said.data)
    assert found, said.out
    told = json.dumps(found, ensure_ascii=False)
    fitting = [one for one in found if re.search(wanted.words, _words(one), re.IGNORECASE)]
    assert fitting, told
    first = fitting[0]
    if wanted.file != "-":
        assert (wanted.file or name) in str(first["file"]), told
    if wanted.row is not None:
        assert first["row"] == wanted.row, told
    assert first["todo"], f"it does not say what to do: {told}"
    assert len(str(first["what"])) < 1500, "a message is no dump of a file"


def try_kind(lab: Lab, kind: Kind, reference: dict[str, Any] | None) -> None:
    """Damage, run, look at what came out, mend, and run again."""
    path = lab / kind.file
    good = path.read_bytes() if path.is_file() else None
    before_damage = set(lab.root.rglob("*"))
    _damage(lab, kind, path)
    before = lab.state()
    said = lab.run(*kind.command)
    if isinstance(kind.out, Read):
        assert said.code == 0, (said.out, said.err)
        assert kind.out.warns.lower() in (said.out + said.err).lower(), said.out
        assert lab.facts() == reference
        return
    check_refused(said, kind.out, path.name)
    assert lab.state() == before, "the command failed, and changed the project"
    _mend(lab, path, good, before_damage)
    again = lab.run(*(kind.good or kind.command))
    assert again.code == 0, (again.out, again.err)
    if reference is not None:
        assert lab.facts() == reference
    if "--strict" in kind.command:
        # Without it the row is told of all the same, and the rest of the file is read.
        _damage(lab, kind, path)
        lenient = lab.run(*(word for word in kind.command if word != "--strict"))
        check_refused(lenient, replace(kind.out, code=4), path.name)


def _damage(lab: Lab, kind: Kind, path: Path) -> None:
    if kind.place:
        kind.damage(lab)  # type: ignore[arg-type]
    else:
        path.write_bytes(kind.damage(path.read_bytes()))  # type: ignore[arg-type]


def _mend(lab: Lab, path: Path, good: bytes | None, before: set[Path]) -> None:
    """The damaged file is good again, and what the damage added is gone."""
    for added in sorted(set(lab.root.rglob("*")) - before, reverse=True):
        if NOT_COMPARED.search(added.relative_to(lab.root).as_posix()):
            continue
        if added.is_dir() and not added.is_symlink():
            shutil.rmtree(added)
        else:
            added.unlink(missing_ok=True)
    if good is not None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.write_bytes(good)


def lines(change: Callable[[list[str]], Sequence[str]]) -> Callable[[bytes], bytes]:
    """A damage that works on the lines of a text."""
    return lambda data: ("\n".join(change(data.decode("utf-8").splitlines())) + "\n").encode()


def text(change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    """A damage that works on a text."""
    return lambda data: change(data.decode("utf-8")).encode("utf-8")


def named(kinds: Sequence[Kind]) -> dict[str, Any]:
    """Arguments of ``parametrize``: each kind once, under its name."""
    names = [kind.name for kind in kinds]
    assert len(set(names)) == len(names), sorted(names)
    return {"argnames": "kind", "argvalues": list(kinds), "ids": names}
