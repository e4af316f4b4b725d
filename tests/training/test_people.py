"""What people reach with each other stands beside the score of a run."""

from __future__ import annotations

import zipfile
from dataclasses import replace

import pytest
from tests.conftest import QUICK, make_project

from boutwise import api
from boutwise.planning import make_plan
from boutwise.report import write_report
from boutwise.training import train
from boutwise.types import Bouts


def second_person(project, late):
    """Somebody else who saw the same, some frames later; the name of the first one."""
    for recording in project.recordings():
        mine, n = project.bouts(recording.id), recording.n_frames
        rows = [
            replace(row, annotator="Ben", start=row.start + late, stop=min(row.stop + late, n))
            for row in mine.rows()
            if row.start + late < n
        ]
        seen = [replace(piece, annotator="Ben") for piece in mine.observed]
        project.add_bouts(Bouts.from_rows(rows, seen))
    return mine.annotator[0]


def test_two_people_give_a_ceiling(tmp_path):
    with make_project(tmp_path / "p") as project:
        name = second_person(project, late=6)
        plan = make_plan(project, "pose", settings=[*QUICK, f"target.annotators={name}"])
        result = train(project, plan, out="two", workers=1)
        known = api.agreement(project)
    people = result.scores["people"]
    assert people["annotators"] == sorted(["Ben", name])
    assert people["n_pairs"] == people["n_animals"] == 4
    assert people["macro_f1"]["value"] == pytest.approx(known.given.overall["macro_f1"].value)
    assert people["macro_f1_aligned"]["value"] > people["macro_f1"]["value"] + 0.1
    assert "with the offset between their clocks taken out" in people["text"]
    page = write_report(result.directory).read_text(encoding="utf-8")
    assert f"two people {people['macro_f1']['value']:.3f}" in page
    assert "Two people who labeled the same recordings reach a macro-F1 of" in page
    with zipfile.ZipFile(result.bundle) as bundle:
        assert people["text"] in bundle.read("card.md").decode("utf-8")


def test_without_a_second_person_the_report_says_that_nobody_knows(trained, tmp_path):
    _, _, result = trained
    assert result.scores["people"] is None
    page = write_report(result.directory, out=tmp_path / "r.html").read_text(encoding="utf-8")
    assert "No recording was labelled by two people" in page
