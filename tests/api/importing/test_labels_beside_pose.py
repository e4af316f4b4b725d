"""Labels and ratings that lie in the file of the pose."""

import sys
from pathlib import Path

import pytest
from tests.api.importing._lab_files import run, spans

from boutwise.api.importing.verbs import apply_import, plan_import

sys.path.insert(0, str(Path(__file__).parents[2] / "formats"))
from _samples import SAMPLES, write_paws


@pytest.fixture
def simba(lab):
    (sample, *_) = [sample for sample in SAMPLES if sample.format == "simba_csv"]
    return sample.write(lab)


def test_both_come_in_and_neither_comes_twice(project, simba):
    plan, result = run(project, simba, fps=25)
    assert result.recordings == ("cage_3",)
    assert {row.kind: row.matched for row in plan.rows} == {"pose": True, "labels": True}
    before = spans(project)
    assert {behavior for behavior, _, _ in before} == {"walk", "rear"}
    _, again = run(project, simba, fps=25)
    assert (again.recordings, again.added, spans(project)) == ((), 0, before)


def test_labels_that_an_interrupted_import_left_out_come_with_the_next(project, simba):
    plan = plan_import(project, simba, fps=25)
    plan.labels.clear()
    apply_import(project, plan)
    assert project.has_pose("cage_3")
    assert spans(project) == []
    _, result = run(project, simba, fps=25)
    assert result.added == 2


def test_ratings_make_no_ethogram(project, lab):
    write_paws(lab / "t.npz")
    plan, _ = run(project, lab, fps=2000)
    assert plan.ethogram is None
    assert project.ethogram.names == ()
    assert len(project.ratings()) == 3
    assert [row.why for row in plan.rows if row.kind == "labels"] == [
        "ratings: in the file of its pose"
    ] * 2
