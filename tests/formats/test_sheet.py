"""Spreadsheets: every table format reads them, and none of them fills the memory."""

from __future__ import annotations

import datetime
import sys
import tracemalloc
import zipfile
from pathlib import Path

import openpyxl
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from _samples import AGGREGATED, BORIS_OLD, DLC, FRAME_LABELS, INTERVALS, write_xlsx

from boutwise import formats
from boutwise.errors import FormatError
from boutwise.formats import _sheet
from boutwise.formats._text import read_table


def book(path, rows):
    made = openpyxl.Workbook()
    for row in rows:
        made.active.append(row)
    made.save(path)
    return path


def repacked(path, change):
    """The workbook with its members changed: name -> (name, bytes) of each."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, change(name, data))
    return path


@pytest.mark.parametrize(
    ("text", "separator"),
    [(BORIS_OLD, ","), (AGGREGATED, ","), (INTERVALS, ";"), (FRAME_LABELS, ",")],
)
def test_a_sheet_means_what_its_text_means(text, separator, tmp_path):
    table, sheet = tmp_path / "Käfig.csv", tmp_path / "Käfig.xlsx"
    table.write_text(text, encoding="utf-8")
    write_xlsx(text, separator)(sheet)
    plain, found = formats.read(table), formats.read(sheet)
    assert found.format == plain.format
    assert str(found.labels) == str(plain.labels)
    assert not found.problems


def test_cells_become_text(tmp_path):
    day = datetime.datetime(2024, 1, 31, 10, 30)
    path = book(tmp_path / "x.xlsx", [["a", None, 2.0], [], [0.1, "3,5", day], [True, 1e-3]])
    table = read_table(path)
    assert [(row.number, row.cells) for row in table.rows] == [
        (1, ("a", "", "2")),
        (3, ("0.1", "3,5", "2024-01-31 10:30:00")),
        (4, ("True", "0.001", "")),
    ]
    assert table.number(table.rows[1], 1) == 3.5


def test_a_fault_has_the_row_of_the_sheet(tmp_path):
    path = book(
        tmp_path / "x.xlsx",
        [["behavior", "start_s", "stop_s"], [], ["rear", 1, 2], ["rear", "soon", 3]],
    )
    with pytest.raises(FormatError, match="'soon' is not a number") as caught:
        formats.read(path)
    assert (caught.value.file, caught.value.row) == (str(path), 4)


def test_several_sheets_are_not_guessed_at(tmp_path):
    path = tmp_path / "x.xlsx"
    made = openpyxl.Workbook()
    made.active.append(["behavior", "start_s", "stop_s"])
    made.active.append(["rear", 1, 2])
    made.create_sheet("empty")
    other = made.create_sheet("other")
    other.append(["x"])
    made.save(path)
    with pytest.raises(FormatError, match="2 sheets hold something: 'Sheet', 'other'"):
        formats.read(path)
    other.sheet_state = "hidden"
    made.save(path)
    contents = formats.read(path)
    assert len(contents.labels[0].rows) == 1
    assert [problem.what for problem in contents.problems] == [
        "the hidden sheet 'other' is not read"
    ]


def test_a_formula_without_its_result_is_no_empty_cell(tmp_path):
    rows = [["frame", "label"], [0, "rear"], [1, '=IF(1=1,"rear","")']]
    path = book(tmp_path / "x.xlsx", rows)
    with pytest.raises(FormatError, match="in column 2 has no result") as caught:
        formats.read(path)
    assert caught.value.row == 3
    book(path, [*rows[:2], ["=A2+1", "=B2"]])  # a whole row of them
    with pytest.raises(FormatError, match="in column 1 has no result") as caught:
        formats.read(path)
    assert caught.value.row == 3


def test_a_small_file_that_unpacks_to_a_large_one_is_refused_before_it_is_read(tmp_path):
    path = write_and_fill(tmp_path / "x.xlsx", 300_000_000)
    assert path.stat().st_size < 1_000_000
    tracemalloc.start()
    with pytest.raises(FormatError, match="unpacks to 300 MB"):
        formats.read(path, format="intervals")
    with pytest.raises(FormatError, match="no format claims"):
        formats.sniff(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def write_and_fill(path, size):
    book(path, [["behavior", "start_s", "stop_s"], ["rear", 1, 2]])
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/more.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(size // 1_000_000):
            member.write(b" " * 1_000_000)
    return path


def test_a_size_that_is_a_lie_is_found_out(tmp_path):
    path = book(tmp_path / "x.xlsx", [["behavior", "start_s", "stop_s"], ["rear" * 1000, 1, 2]])
    data = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    data = data.replace(size.to_bytes(4, "little"), (99).to_bytes(4, "little"))
    path.write_bytes(data)
    with pytest.raises(FormatError, match="cannot be read"):
        formats.read(path, format="intervals")


def test_a_cell_far_out_is_refused(tmp_path, monkeypatch):
    path = book(tmp_path / "x.xlsx", [["behavior", "start_s", "stop_s"], ["rear", 1, 2]])

    def far(name, data):
        return data.replace(b'r="2"', b'r="99999999"') if "sheet1" in name else data

    repacked(path, far)
    with pytest.raises(FormatError, match="too large"):
        formats.read(path, format="intervals")
    monkeypatch.setattr(_sheet, "MAX_CELLS", 3)
    path = book(tmp_path / "y.xlsx", [["behavior", "start_s", "stop_s"], ["rear", 1, 2]])
    with pytest.raises(FormatError, match="too large"):
        formats.read(path, format="intervals")


def test_entities_that_grow_are_refused(tmp_path):
    path = book(tmp_path / "x.xlsx", [["behavior", "start_s", "stop_s"], ["rear", 1, 2]])
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 9))
    head = f'<!DOCTYPE z [<!ENTITY l0 "ha">{laughs}]>'.encode()

    def grow(name, data):
        if "sheet1" not in name:
            return data
        return head + data.replace(b"<t>rear</t>", b"<t>&l8;</t>")

    repacked(path, grow)
    with pytest.raises(FormatError, match="cannot be read"):
        formats.read(path, format="intervals")


def test_any_cut_of_a_workbook_is_a_format_error(tmp_path):
    path = tmp_path / "x.xlsx"
    write_xlsx(BORIS_OLD)(path)
    data = path.read_bytes()
    for cut in range(0, len(data), 97):
        path.write_bytes(data[:cut])
        with pytest.raises(FormatError) as caught:
            formats.read(path, format="boris_tabular")
        assert caught.value.file == str(path)


def test_a_workbook_of_pose_is_claimed_by_nobody(tmp_path):
    path = tmp_path / "aDLC_net.xlsx"
    write_xlsx(DLC)(path)
    with pytest.raises(FormatError, match="no format claims"):
        formats.sniff(path)
    with pytest.raises(FormatError, match="not text") as caught:
        formats.read(path, format="dlc_csv")
    assert "CSV" in caught.value.todo


def test_real_boris_workbook_is_its_csv(shared):
    sheet = formats.read(shared("boris/test_export_events_tabular.xlsx"))
    table = formats.read(shared("boris/test_export_events_tabular.csv"))
    assert sheet.format == "boris_tabular"
    assert str(sheet.labels[0].rows) == str(table.labels[0].rows)
    assert sheet.labels[0].fps == 25
