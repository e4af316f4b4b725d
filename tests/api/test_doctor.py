from __future__ import annotations

import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from boutwise.api import _doctor
from boutwise.api._doctor import Finding, doctor


def found(name: str, where: Path) -> Finding:
    return next(each for each in doctor(where) if each.name == name)


def test_a_good_machine_needs_nothing_but_maybe_room(tmp_path: Path) -> None:
    for each in doctor(tmp_path):
        assert each.state != "bad", each
        assert (each.state == "ok") == (each.todo == ""), each


def fake_package(folder: Path, name: str, cuda: str | None, version: str) -> None:
    package = folder / name
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('never run')", encoding="utf-8")
    (package / "version.py").write_text(
        f"from typing import Optional\n__version__ = '{version}'\ncuda: Optional[str] = {cuda!r}\n",
        encoding="utf-8",
    )
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n", encoding="utf-8")


@pytest.mark.parametrize("cuda", [None, "12.8"])
def test_the_build_of_torch_is_read_without_importing_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cuda: str | None
) -> None:
    fake_package(tmp_path, "sometorch", cuda, "2.9.0")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert _doctor._built_for("sometorch") == (cuda or "")
    assert _doctor._built_for("no_such_package") is None
    assert "sometorch" not in sys.modules


@pytest.mark.parametrize(
    ("version", "cuda", "driver", "state"),
    [
        ("2.13.0", "", "", "ok"),
        ("2.13.0", "12.8", "/bin/nvidia-smi", "ok"),
        ("2.13.0", "12.8", "", "warn"),
        ("2.13.0", "", "/bin/nvidia-smi", "warn"),
        ("2.5.1", "", "", "bad"),
        ("3.0.0", "", "", "bad"),
    ],
)
def test_torch(
    monkeypatch: pytest.MonkeyPatch, version: str, cuda: str, driver: str, state: str
) -> None:
    monkeypatch.setattr(_doctor, "_version", lambda name: version)
    monkeypatch.setattr(_doctor, "_built_for", lambda name: cuda)
    monkeypatch.setattr(shutil, "which", lambda name: driver or None)
    (finding,) = _doctor._torch()
    assert finding.state == state


def test_a_torchvision_that_does_not_fit_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    message = "RuntimeError: operator torchvision::nms does not exist"
    trial = subprocess.CompletedProcess([], 1, "", f"Traceback\n{message}\n")
    monkeypatch.setattr(_doctor, "_version", lambda name: "0.28.0")
    monkeypatch.setattr(subprocess, "run", lambda *words, **options: trial)
    (finding,) = _doctor._torchvision()
    assert finding.state == "warn"
    assert "torchvision::nms" in finding.found
    assert "pip uninstall torchvision" in finding.todo


def test_more_threads_than_cores(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4096")
    assert found("threads", tmp_path).state == "warn"
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert found("threads", tmp_path).state == "ok"


def test_a_network_disk_and_a_full_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(_doctor, "network_file_system", lambda folder: "nfs4")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**12, 10**12, 10**9))
    assert "nfs4" in found("file system", tmp_path).found
    assert found("disk", tmp_path).state == "warn"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (finding,) = [f for f in _doctor._place(tmp_path / "gone") if f.name == "folder"]
    assert finding.state == "warn"
