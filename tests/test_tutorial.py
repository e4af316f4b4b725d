"""The tutorials run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def test_first_project(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "first_project.py")],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=250,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()
    assert "predicted mouse_5" in lines
    report = Path(lines[-1])
    assert report.is_file()
    assert "mouse_1" in report.read_text(encoding="utf-8")
    assert (tmp_path / "predictions" / "mouse_5.bouts.csv").is_file()
