"""``report``: one HTML page that explains a run."""

from __future__ import annotations

from pathlib import Path

from boutwise.errors import DataError
from boutwise.report import write_report


def report(run_directory: str | Path) -> Path:
    """Write ``report.html`` of a finished run and return its path.

    Raises:
        DataError: The folder is no finished run.
    """
    directory = Path(run_directory)
    if not (directory / "scores.json").is_file():
        raise DataError(
            "this is not a finished run",
            file=directory,
            expected="a folder with plan.yaml and scores.json, such as myproject/runs/pose",
            todo="finish it by 'boutwise train ... --resume'",
        )
    return write_report(directory)
