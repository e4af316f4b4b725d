"""A disk that is full, and a folder that may not be written: nothing is lost, nothing half done."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.bad_inputs.lab import Lab
from tests.cli.conftest import Boutwise
from tests.conftest import QUICK, make_project

from boutwise import machine

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="file sizes are limited by POSIX")

LIMITED = """
import os, resource, signal, sys
from boutwise import machine
machine.usable_cores = lambda: 1  # one process: every other one would have to load everything again
from boutwise.cli import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))
sys.exit(main({words!r}))
"""


def with_room(size: int, *words: object) -> subprocess.CompletedProcess[str]:
    """A command in a process that can write no file larger than some bytes: EFBIG, as ENOSPC."""
    script = LIMITED.format(size=size, words=[str(word) for word in words])
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=240,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def calm(done: subprocess.CompletedProcess[str]) -> None:
    """It failed, with words that say what to do and no traceback."""
    assert done.returncode in (1, 3), (done.returncode, done.stderr)
    assert "Traceback" not in done.stderr
    assert "fault of boutwise" not in done.stderr, done.stderr
    assert "what to do" in done.stdout + done.stderr


def parts(root: Path) -> list[Path]:
    """Temporary files that were left."""
    return [path for path in root.rglob("*") if path.name.endswith((".part", ".tmp"))]


@pytest.mark.parametrize("size", [0, 1000, 20_000])
def test_import_on_a_full_disk(size: int, lab: Callable[[str], Lab]) -> None:
    fresh = lab("empty")
    before = fresh.state()
    done = with_room(size, "import", fresh.root, fresh / "files/pose", "--fps", "30")
    calm(done)
    assert not parts(fresh.root)
    assert fresh.state() == before
    assert fresh.run("import", "@", "@files/pose", "--fps", "30").code == 0
    assert len(fresh.facts()) == 2


def test_labels_on_a_full_disk(lab: Callable[[str], Lab]) -> None:
    fresh = lab("posed")
    before = fresh.state()
    done = with_room(4000, "import", fresh.root, fresh / "files/labels")
    calm(done)
    assert fresh.state()[0] == before[0], "half of the labels are in the database"
    assert fresh.run("import", "@", "@files/labels").code == 0
    assert all(facts[4] for facts in fresh.facts().values())


@pytest.fixture(scope="module")
def trainable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of three mice that can be trained on."""
    project = make_project(tmp_path_factory.mktemp("disk") / "project", animals=3, minutes=0.3)
    project.close()
    return project.root


SETS = [word for setting in QUICK for word in ("--set", setting)]


def labels_of(lab: Lab) -> list[str]:
    """The database without the list of its runs."""
    return [line for line in lab.state()[0] if not line.startswith('INSERT INTO "runs"')]


def test_train_and_predict_on_a_full_disk(
    trainable: Path, tmp_path: Path, boutwise: Boutwise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "usable_cores", lambda: 1)
    root = tmp_path / "project"
    shutil.copytree(trainable, root)
    labels = labels_of(Lab(root, boutwise))
    done = with_room(60_000, "train", root, *SETS, "--out", "run")
    calm(done)
    assert labels_of(Lab(root, boutwise)) == labels
    run = root / "runs" / "run"
    assert not (run / "bundle.boutwise").exists()
    words = ["train", root, *SETS, "--out", "run"]
    again = boutwise(*words, *(["--resume"] if (run / "plan.yaml").exists() else []), "--json")
    assert again.code == 0, again.err
    bundle = again.data["bundle"]

    out = tmp_path / "out"
    done = with_room(3000, "predict", bundle, root, "--out", out)
    calm(done)
    assert not list(out.glob("*.frames.parquet")), "what is there counts as done"
    assert not parts(tmp_path)
    said = boutwise("predict", bundle, root, "--out", out, "--json")
    assert said.code == 0, said.err
    assert len(said.data["done"]) == 3
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert not manifest["failed"]


def test_convert_on_a_full_disk(lab: Callable[[str], Lab]) -> None:
    fresh = lab("posed")
    words = ("convert", fresh / "files/labels/mouse_1.csv", fresh / "out.bouts.csv", "--fps", "30")
    calm(with_room(100, *words))
    assert not list(fresh.root.glob("*out.*")), "half a table was left"
    assert fresh.boutwise(*words).code == 0


def test_a_read_only_folder(lab: Callable[[str], Lab], monkeypatch: pytest.MonkeyPatch) -> None:
    """Rights do not bind root, so the system's refusal is played."""
    fresh, usual = lab("posed"), Path.open
    before = fresh.state()

    def refusing(self: Path, mode: str = "r", *words: object, **more: object) -> object:
        if set(mode) & set("wxa") and self.is_relative_to(fresh.root):
            raise PermissionError(13, "Permission denied", str(self))
        return usual(self, mode, *words, **more)  # type: ignore[call-overload]

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refusing)
        said = fresh.run("import", "@", "@files/labels")
        exported = fresh.run("export", "@", "--format", "bouts_csv", "--out", "@files/out")
    assert said.code in (1, 3), said.out
    assert exported.code in (1, 3)
    for one in (said, exported):
        assert "what to do" in one.err
        assert "Traceback" not in one.err
    assert fresh.state() == before
    assert fresh.run("import", "@", "@files/labels").code == 0
