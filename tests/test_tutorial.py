"""The tutorials run as they stand."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
ONE_CORE = """
import runpy, sys
from boutwise import machine
machine.usable_cores = lambda: 1  # one process: every other one would have to load everything again
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def run(name: str, folder: Path) -> list[str]:
    """Lines that a tutorial prints."""
    done = subprocess.run(
        [sys.executable, "-c", ONE_CORE, str(EXAMPLES / name)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=250,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()


def test_first_project(tmp_path: Path) -> None:
    lines = run("first_project.py", tmp_path)
    assert "predicted mouse_5" in lines
    report = Path(lines[-1])
    assert report.is_file()
    assert "mouse_1" in report.read_text(encoding="utf-8")
    assert (tmp_path / "predictions" / "mouse_5.bouts.csv").is_file()


def test_two_mice(tmp_path: Path) -> None:
    lines = run("two_mice.py", tmp_path)
    assert {f"{name:14}directed" for name in ("attack", "mount", "sniff_any")} <= set(lines)
    assert any(line.startswith("pair_4: resident_4 and intruder_4 change") for line in lines)
    assert Path(lines[-1]).is_file()
    with (tmp_path / "predictions" / "pair_4.bouts.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {(row["animal"], row["target"]) for row in rows} == {
        ("resident_4", "intruder_4"),
        ("intruder_4", "resident_4"),
    }
