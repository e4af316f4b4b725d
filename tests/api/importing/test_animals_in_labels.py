"""Names of animals in label files, and those of the recordings that they belong to."""

import pytest
from tests.api.importing._lab_files import NETWORK, pose, row_of, run, table

from boutwise.api.importing.verbs import plan_import
from boutwise.errors import DataError
from boutwise.types import Severity

HEAD = "animal,behavior,start_frame,stop_frame"
M01 = ("recording,animal", "a,M01")


def labels(lab, *rows, name="a.csv"):
    pose(lab / f"{name[:-4]}{NETWORK}.csv")
    return table(lab / name, HEAD, *rows)


def observed(project):
    return [(o.animal, o.behavior, o.start, o.stop) for o in project.bouts().observed]


def test_a_file_of_another_animal_is_refused_with_both_names_and_a_way_out(project, lab, tmp_path):
    labels(lab, "mouse_1,rear,10,20", "mouse_1,walk,30,40")
    plan, _ = run(project, lab, fps=20, animals=table(tmp_path / "x.csv", *M01))
    assert not row_of(plan, "a.csv").matched
    (problem,) = [p for p in plan.problems if p.severity is Severity.BLOCKING]
    assert "'mouse_1'" in problem.what
    assert "'M01'" in problem.what
    assert "label_name mouse_1" in problem.todo
    assert not len(project.bouts())
    assert project.ethogram.names == ()
    assert observed(project) == []


def test_the_table_of_animals_says_who_is_meant(project, lab, tmp_path):
    labels(lab, "mouse_1,rear,10,20")
    labels(lab, "mouse_1,rear,30,40", name="b.csv")
    rows = ("recording,animal,label_name", "a,M01,mouse_1", "b,M02,mouse_1")
    plan, _ = run(project, lab, fps=20, animals=table(tmp_path / "x.csv", *rows))
    assert row_of(plan, "a.csv").matched
    assert project.bouts("a").animal.tolist() == ["M01"]
    assert project.bouts("b").animal.tolist() == ["M02"]
    assert not [p for p in plan.problems if p.severity is Severity.BLOCKING]


def test_one_name_of_two_animals_is_refused(project, lab, tmp_path):
    labels(lab, "mouse,rear,10,20")
    rows = ("recording,animal,label_name", "a,M01,mouse", "a,M02,mouse")
    with pytest.raises(DataError, match=r"cannot be the label_name"):
        plan_import(project, lab, fps=20, animals=table(tmp_path / "x.csv", *rows))


def test_a_space_in_a_name_is_no_other_animal(project, lab):
    labels(lab, "Mäuschen 1,rear,10,20", name="Mäuschen 1.csv")
    plan, _ = run(project, lab, fps=20)
    assert project.recording("Mäuschen_1").animals == ("Mäuschen_1",)
    assert project.bouts().animal.tolist() == ["Mäuschen_1"]
    assert not [p for p in plan.problems if p.severity is Severity.BLOCKING]


def test_one_row_of_an_unknown_animal_leaves_its_frames_open(project, lab, tmp_path):
    labels(lab, "M01,rear,10,20", "mouse_9,rear,30,40")
    plan, _ = run(project, lab, fps=20, animals=table(tmp_path / "x.csv", *M01))
    assert observed(project) == [("M01", "rear", 0, 30), ("M01", "rear", 40, 60)]
    said = [p for p in plan.problems if p.file.endswith("a.csv")]
    assert [p.row for p in said] == [3, 3]
    assert "label_name" in said[0].todo
    assert "count as unlabelled" in said[1].what


def directed(path, target, *, recording="a"):
    head = "recording,animal,target,behavior,start_s,stop_s"
    rows = [f"{recording},m,{target},chase,0.5,1", f"{recording},m,{target},chase,1.5,2"]
    return [head, *rows] if path is None else table(path, head, *rows)


def pair(lab, name="a"):
    pose(lab / f"{name}{NETWORK}.csv", animals=("m", "n"))


def test_a_file_without_any_good_label_takes_nothing_away(project, lab):
    pair(lab)
    path = directed(lab / "a.csv", "n")
    run(project, lab, fps=20)
    before = [str(bout) for bout in project.bouts().rows()]
    assert len(before) == 2
    directed(path, "stranger")
    plan, result = run(project, lab)
    assert (result.added, result.deleted) == (0, 0)
    assert not row_of(plan, "a.csv").matched
    (problem,) = [p for p in plan.problems if p.severity is Severity.BLOCKING]
    assert "all 2 labels are faulty: the animal 'stranger'" in problem.what
    assert problem.row == 2
    assert [str(bout) for bout in project.bouts().rows()] == before


def test_one_recording_without_any_good_label_stops_a_file_that_would_empty_it(project, lab):
    pair(lab)
    pair(lab, "b")
    path = lab / "labels.csv"
    both = directed(None, "n"), directed(None, "n", recording="b")[1:]
    table(path, *both[0], *both[1])
    run(project, lab, fps=20)
    before = [str(bout) for bout in project.bouts().rows()]
    assert len(before) == 4
    table(path, *directed(None, "stranger"), *both[1])
    with pytest.raises(DataError, match="the labels of a in this file are refused"):
        run(project, lab)
    assert [str(bout) for bout in project.bouts().rows()] == before
