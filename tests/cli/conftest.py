"""A small study of simulated mice, as files and as a project trained by the command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from boutwise import machine
from boutwise.cli import main
from boutwise.synthetic import simulate, write

FPS = "30"
SETTINGS = (
    "members.0.optim.rounds=8",
    "members.0.windows.statistics=[0.5]",
    "members.0.windows.frame_step=3",
    "members.0.augment=[]",
)
QUICK = tuple(word for setting in SETTINGS for word in ("--set", setting))
"""A training of seconds; what it says of mice does not matter here."""


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code, both streams, and the one object of ``--json``."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        lines = self.out.splitlines()
        assert len(lines) == 1, f"not exactly one line on stdout: {lines[:5]}"
        found = json.loads(lines[0])
        assert found["exit_code"] == self.code
        return found


Boutwise = Callable[..., Outcome]


def one_core(patch: pytest.MonkeyPatch) -> None:
    """Train in this process: each one beside it would load everything again, for seconds.

    What processes of their own do is tested in ``tests/training``.
    """
    patch.setattr(machine, "usable_cores", lambda: 1)


@pytest.fixture(name="boutwise")
def boutwise_fixture(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Boutwise:
    """Run a command in this process."""
    one_core(monkeypatch)

    def run(*words: object) -> Outcome:
        capsys.readouterr()
        code = main([str(word) for word in words])
        said = capsys.readouterr()
        return Outcome(code, said.out, said.err)

    return run


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of four mice; nobody labelled the last one."""
    folder = tmp_path_factory.mktemp("study")
    mice = simulate("easy", animals=4, minutes=0.5, fps=float(FPS), seed=3)
    write(mice, folder)
    (folder / "labels" / f"{mice[-1].recording.id}.csv").unlink()
    return folder


def make_project(study: Path, root: Path) -> Path:
    """Init and import by the command line."""
    assert main(["init", str(root)]) == 0
    words = ["import", str(root), str(study / "pose"), str(study / "labels"), "--fps", FPS]
    assert main([*words, "--animals", str(study / "animals.csv")]) == 0
    return root


@pytest.fixture
def project(study: Path, tmp_path: Path) -> Path:
    """A project with the study imported."""
    return make_project(study, tmp_path / "project")


@pytest.fixture(scope="session")
def trained(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a finished run called ``quick``; read it only."""
    root = make_project(study, tmp_path_factory.mktemp("trained") / "project")
    with pytest.MonkeyPatch.context() as patch:
        one_core(patch)
        assert main(["train", str(root), *QUICK, "--out", "quick"]) == 0
    return root
