import h5py
import numpy as np
import openpyxl
import pytest
from tests.api.importing._lab_files import (
    LABELS,
    NETWORK,
    frame_labels,
    pose,
    row_of,
    run,
    table,
)

from boutwise.api.importing.strangers import unclaimed
from boutwise.api.importing.verbs import plan_import


def hdf5(path, *members):
    with h5py.File(path, "w") as file:
        for name in members:
            file[name] = np.zeros((100, 10))
    return path


@pytest.mark.parametrize(
    ("name", "content", "why", "todo", "damaged"),
    [
        ("a.csv", b"", "the file is empty", "again", True),
        ("a.h5", b"", "the file is empty", "again", True),
        ("a.h5", b"no such thing", "no HDF5 file", "again", True),
        ("a.csv", b"PK\x00\x01\x02", "binary", "again", True),
        ("a.csv", b"a,b,c\n1,2,3\n", "begins with 'a,b,c'", "pose_table --mapping", False),
        ("a.slp", b"x", "SLEAP project", "export the analysis file", False),
        ("a.boris", b"{}", "no BORIS project, in spite of its name", "save the project", True),
        ("a.boris.gz", b"\x1f\x8b", "no BORIS project", "save the project", True),
        ("a.nwb", b"no such thing", "no HDF5 file", "again", True),
        ("a.xlsx", b"PK\x03\x04", "no spreadsheet, in spite of its name", "as CSV", True),
        ("a.ods", b"PK\x03\x04", "a spreadsheet that is not read", "XLSX or CSV", False),
        ("a_meta.pickle", b"x", "pickle", "", False),
        ("LICENSE", b"", "no format claims it", "", False),
    ],
)
def test_a_stranger_is_named_with_what_to_do(tmp_path, name, content, why, todo, damaged):
    path = tmp_path / name
    path.write_bytes(content)
    found = unclaimed(path)
    assert why in found.why
    assert todo in found.todo
    assert bool(found.todo) == bool(todo)
    assert found.damaged == damaged


def test_hdf5_of_other_trackers_and_a_cut_off_one(tmp_path):
    whole = hdf5(tmp_path / "other.h5", "foo")
    assert "HDF5 file with foo" in unclaimed(whole).why
    cut = tmp_path / "cut.h5"
    cut.write_bytes(whole.read_bytes()[:3000])
    assert unclaimed(cut).damaged
    assert "cut off" in unclaimed(cut).why


def test_a_workbook_that_nobody_claims_shows_its_first_row(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["mouse", "weight"])
    book.save(tmp_path / "a.xlsx")
    found = unclaimed(tmp_path / "a.xlsx")
    assert "begins with 'mouse, weight'" in found.why
    assert not found.damaged


def test_real_project_of_another_tracker(shared):
    found = unclaimed(shared("deepof/SLEAP/testDLC_sleap.slp"))
    assert "SLEAP project" in found.why
    assert "Export Analysis HDF5" in found.todo


def test_a_damaged_file_blocks_and_a_foreign_one_warns(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    (lab / f"m2{NETWORK}.csv").write_bytes(b"")
    (lab / "m1.slp").write_bytes(b"x")
    (lab / "LICENSE").write_bytes(b"free")
    plan = plan_import(project, lab, fps=20)
    assert len(plan.matched) == 1
    found = {(problem.severity, problem.what.split(",")[0]) for problem in plan.problems}
    assert ("blocking", "the file is empty") in found
    assert ("warning", "a SLEAP project") in found
    assert not any("LICENSE" in problem.file for problem in plan.problems)


def test_the_tables_of_animals_are_no_data(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    animals = lab / "animals.csv"
    table(animals, "recording,animal", "m1,seven")
    plan = plan_import(project, lab, fps=20, animals=animals)
    assert [row.file.rsplit("/", 1)[-1] for row in plan.rows] == [f"m1{NETWORK}.csv"]


def test_labels_of_absent_recordings_are_told_once_a_file(project, lab):
    pose(lab / f"m1{NETWORK}.csv")
    rows = [f"m{number},walk,0,1" for number in range(2, 9)]
    table(lab / "all.csv", "recording,behavior,start_s,stop_s", *rows)
    frame_labels(lab / "m9.csv", LABELS)
    plan, _ = run(project, lab, fps=20)
    problems = [problem for problem in plan.problems if problem.severity == "blocking"]
    assert [problem.what for problem in problems] == [
        "labels of 7 recordings that are not there: 'm2', 'm3', 'm4', 'm5', 'm6', ...",
        "labels without a recording: no recording is called 'm9'; known: m1",
    ]
    assert all("same name" in problem.todo for problem in problems)
    assert not row_of(plan, "m9.csv").matched
