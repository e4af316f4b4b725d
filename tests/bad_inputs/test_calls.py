"""Commands that meet a bad thing after the import: plan, train, evaluate, report, export."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.bad_inputs.lab import Lab

LABELS = "files/labels/mouse_1.csv"
CALLS = {
    "plan without labels": (("plan", "@"), 3, "label"),
    "train without labels": (("train", "@"), 3, "label"),
    "plan with a setting twice removed": (("plan", "@", "--set", "members.7.x=1"), 2, "members.7"),
    "plan with a setting that is no YAML": (("plan", "@", "--set", "name=[1"), 2, "not YAML"),
    "evaluate with a folder": (("evaluate", "@files", "@"), 2, "no bundle"),
    "evaluate with a table": (("evaluate", f"@{LABELS}", "@"), 2, "no bundle"),
    "report of a folder that is no run": (("report", "@files"), 3, "plan.yaml|scores.json|run"),
    "export as a format that cannot be written": (
        ("export", "@", "--format", "dlc_h5", "--out", "@out"),
        2,
        "cannot be written",
    ),
    "export onto a file": (
        ("export", "@", "--format", "bouts_csv", "--out", f"@{LABELS}"),
        1,
        "refused|file",
    ),
    "convert onto a file that is there": (("convert", f"@{LABELS}", f"@{LABELS}"), 2, "exists"),
    "convert to a name that tells nothing": (
        ("convert", f"@{LABELS}", "@out.docx", "--fps", "30"),
        2,
        "does not tell the format",
    ),
    "convert a table of pose": (
        ("convert", "@files/pose/mouse_1.csv", "@out.bouts.csv", "--fps", "30"),
        3,
        "no labels",
    ),
    "convert labels in seconds without a rate": (
        ("convert", f"@{LABELS}", "@out.bouts.csv"),
        3,
        "no frame rate",
    ),
    "import with a pattern that is no pattern": (
        ("import", "@", "@files/labels", "--annotator-pattern", "(["),
        2,
        "pattern",
    ),
    "import with a trial of no frames": (
        ("import", "@", "@files/pose", "--trial-length", "0"),
        2,
        "0 frames",
    ),
    "import with an offset of a word": (
        ("import", "@", "@files/labels", "--label-offset", "some"),
        2,
        "--label-offset cannot be 'some'",
    ),
    "import by a format that is none": (
        ("import", "@", "@files/pose", "--format", "dlc_cvs"),
        2,
        "did you mean 'dlc_csv'",
    ),
    "import by another format": (
        ("import", "@", f"@{LABELS}", "--format", "dlc_h5", "--strict"),
        3,
        "H5|HDF5",
    ),
}
"""Name -> the command, its exit code, and words that must be said."""


@pytest.mark.parametrize("name", CALLS)
def test_calls(name: str, lab: Callable[[str], Lab]) -> None:
    words, code, told = CALLS[name]
    fresh = lab("posed")
    before = fresh.state()
    said = fresh.run(*words)
    assert said.code == code, (said.out, said.err)
    assert "Traceback" not in said.err
    assert "fault of boutwise" not in said.err, said.err
    assert any(word.lower() in (said.out + said.err).lower() for word in told.split("|")), said.err
    assert "what to do" in said.err + said.out or '"todo": "' in said.out
    assert fresh.state() == before
