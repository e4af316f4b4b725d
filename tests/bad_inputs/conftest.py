"""Templates of a project: empty, with pose, with labels; each test gets a copy of one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.bad_inputs.lab import Kind, Lab, Read
from tests.cli.conftest import FPS, Boutwise, Outcome, boutwise_fixture  # noqa: F401 - a fixture

from boutwise.cli import main
from boutwise.synthetic import simulate, write


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Projects ``empty``, ``posed`` and ``labeled``, each with the same good files in ``files``."""
    root = tmp_path_factory.mktemp("templates")
    mice = simulate("easy", animals=2, minutes=0.1, fps=float(FPS), seed=3)
    write(mice, root / "files")
    for name in ("empty", "posed", "labeled"):
        project = root / name
        assert main(["init", str(project)]) == 0
        shutil.copytree(root / "files", project / "files")
        animals = ["--animals", str(project / "files/animals.csv"), "--fps", FPS]
        if name != "empty":
            pose = project / "files/pose"
            assert main(["import", str(project), str(pose), *animals]) == 0
        if name == "labeled":
            assert main(["import", str(project), str(project / "files/labels")]) == 0
    return root


@pytest.fixture(name="lab")
def lab_fixture(templates: Path, tmp_path: Path, boutwise: Boutwise) -> Callable[[str], Lab]:
    """A fresh copy of a template."""

    def make(name: str, *, place: str = "project") -> Lab:
        root = tmp_path / place
        shutil.copytree(templates / name, root)
        return Lab(root, boutwise)

    return make


@pytest.fixture(scope="session")
def reference(templates: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """What a template holds after a command with undamaged files."""
    known: dict[tuple[str, ...], dict[str, Any]] = {}

    def make(name: str, kind: Kind) -> dict[str, Any]:
        like = kind.out.like if isinstance(kind.out, Read) else None
        command = kind.good or kind.command
        key = (name, *command, kind.name if like else "")
        if key not in known:
            root = tmp_path_factory.mktemp("reference") / "project"
            shutil.copytree(templates / name, root)
            undamaged = Lab(root, main_only)
            if like is not None:
                (root / kind.file).write_bytes(like((root / kind.file).read_bytes()))
            assert undamaged.run(*command).code == 0
            known[key] = undamaged.facts()
        return known[key]

    return make


def main_only(*words: object) -> Outcome:
    """A command of which only the exit code counts."""
    return Outcome(main([str(word) for word in words]), "", "")
