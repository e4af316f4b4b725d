"""ABODe: seconds that nobody could judge are unscorable, and never background."""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from _samples import ABODE

from boutwise import formats
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.errors import FormatError
from boutwise.project import Project

REAL = "abode/annotations.csv"
COUNTS = {
    "Imm": 35280,
    "Other": 12939,
    "Feed": 6362,
    "S-Grm": 4982,
    "A-Grm": 2167,
    "Loco": 1511,
    "Drink": 505,
}
"""Seconds of each class, as the data set's SOURCE.md says; unscorable: 4906 and 3348."""


def write(tmp_path, text=ABODE):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    return path


def load(project, path, **options):
    plan = plan_import(project, path, labels_only=True, **options)
    return plan, apply_import(project, plan)


def test_bins_become_labels_of_seconds(tmp_path):
    contents = formats.read(write(tmp_path))
    first, second = contents.labels
    assert (first.recording, first.unit, first.fps, first.length) == ("A_17_12", "second", 1, 3)
    assert second.recording == "B_1_0"
    mine = [(r.behavior, r.start, r.stop, r.row) for r in first.rows if r.animal == "A_R"]
    assert mine == [("Imm", 0, 2, 4), ("Other", 2, 3, 6)]
    unseen = [r for r in first.rows if r.animal == "A_G" and r.state == "unscorable"]
    assert len(unseen) == 7
    assert {(r.start, r.stop, r.comment) for r in unseen} == {(0, 1, "not observable")}
    assert [animal.id for animal in contents.animals] == ["A_R", "A_G", "B_R", "B_G"]


def test_a_rate_divides_the_seconds(tmp_path):
    with Project.create(tmp_path / "p") as project:
        load(project, write(tmp_path), fps=25)
        assert project.recording("A_17_12").n_frames == 75
        assert max(project.bouts("A_17_12").stop) == 75


@pytest.mark.parametrize(
    ("old", "new", "row", "words"),
    [
        ("A,17,12,1,1,Imm", "A,17,12,1,1,Immm", 5, "'Immm' is no behavior"),
        ("A,17,12,1,1,Imm", "A,17,12,1,1,", 5, "label is missing"),
        ("A,17,12,1", "A,17,12,0", 5, "is 0 after 0"),
        (",1,1,Imm,1,Feed\n", ",1,1,Imm\n", 5, "cells"),
        ("GT.Behaviour,GT.Source,GT.Behaviour", "x,GT.Source,x", 2, "no column"),
    ],
)
def test_faults_have_their_row(tmp_path, old, new, row, words):
    assert old in ABODE
    with pytest.raises(FormatError, match=words) as caught:
        formats.read(write(tmp_path, ABODE.replace(old, new, 1)), format="abode")
    assert caught.value.row == row


def test_the_real_table(shared, tmp_path):
    with Project.create(tmp_path / "p") as project:
        plan, result = load(project, shared(REAL))
        assert len(result.recordings) == 200
        assert [p for p in plan.problems if p.severity == "blocking"] == []
        assert not any("no animals were declared" in p.what for p in plan.problems)
        assert len(project.animals()) == 45
        snippets = project.recordings()
        assert {(r.n_frames, r.clock.fps, r.open_end) for r in snippets} == {(120, 1, False)}
        assert len([r for r in snippets if "A_R" in r.animals]) > 1
        names = project.ethogram.names
        table = project.bouts()
        yes, unscorable, codes = np.zeros(len(names), int), 0, Counter()
        for recording in snippets[:20]:
            mine = project.bouts(recording.id)
            for subject in recording.subjects():
                states = mine.to_frames(subject, project.ethogram, recording.n_frames)
                assert (states != -1).all()
                yes += (states == 1).sum(axis=0)
                unscorable += int((states == -2).all(axis=1).sum())
        assert yes.sum() + unscorable == 20 * 120 * 3
        counts = Counter()
        for bout in table.rows():
            if bout.state == "yes":
                counts[bout.behavior] += bout.stop - bout.start
            elif bout.behavior == "Imm":
                codes[bout.comment] += bout.stop - bout.start
        assert counts == COUNTS
        assert codes == {"not observable": 4906, "not admissible": 3348}


def test_the_split_of_the_authors_is_no_label_file(shared, tmp_path):
    with Project.create(tmp_path / "p") as project:
        plan = plan_import(project, shared("abode/datasplits.csv"), labels_only=True)
        (row,) = plan.rows
        assert not row.matched
        assert "split" in row.why
