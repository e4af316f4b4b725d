"""Text tables, names, and how the right format is found."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from boutwise import formats, registry
from boutwise.errors import FormatError
from boutwise.formats._dlc import recording_name
from boutwise.formats._pickle import MAX_BYTES, load_plain
from boutwise.formats._text import encoding_of, read_table, separator_of, to_number


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["a,b,c", "1,2,3"], ","),
        (["a;b", "1,5;2,5"], ";"),
        (["0,5;1,5", "1,5;2,5"], ";"),
        (["a\tb,c", "1\t2"], "\t"),
        (["time,fps,name", "1,25;30,x", "2,25;30,y"], ","),
        (['"a;b","c;d"', '"e;f","g;h"'], ","),
        (["one column", "1"], ","),
        ([], ","),
    ],
)
def test_separator(lines, wanted):
    assert separator_of(lines) == wanted


@pytest.mark.parametrize(
    ("text", "separator", "wanted"),
    [
        (" 1.5 ", ",", 1.5),
        ("1,5", ";", 1.5),
        ("1,5", ",", None),
        ("1.234,5", ";", None),
        ("1_000", ",", None),
        ("1e3", ",", 1000.0),
        ("-0", ",", 0.0),
    ],
)
def test_numbers(text, separator, wanted):
    assert to_number(text, separator) == wanted


@pytest.mark.parametrize("text", ["", " ", "NA", "nan", "N/A", "None"])
def test_missing_numbers_are_nan(text):
    value = to_number(text)
    assert value is not None
    assert value != value


def test_rows_count_as_in_a_spreadsheet(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text('a,b\n\n"two\nlines",2\n3,4\n', encoding="utf-8")
    assert [row.number for row in read_table(path).rows] == [1, 3, 4]


def test_encodings():
    assert encoding_of("ä".encode()) == "utf-8-sig"
    assert encoding_of("ä".encode("cp1252")) == "cp1252"
    assert encoding_of("ä".encode("utf-16")) == "utf-16"
    assert encoding_of("ä".encode("utf-16-le")) is None, "nothing says that it is text"
    assert encoding_of(b"\xff\xfe\x00\x00") is None
    # A head of the file may end inside a character.
    assert encoding_of(b"a" * 65_535 + "ä".encode()[:1]) == "utf-8-sig"


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("m3v1mp4DLC_resnet50_openfieldOct30shuffle1_6000.csv", "m3v1mp4"),
        ("vidDLC_dlcrnetms5_xSep24shuffle1_100000_el_filtered.csv", "vid"),
        ("DLC_dayDLC_resnet50_xSep24shuffle1_100000.csv", "DLC_day"),
        ("EPM_15DeepCut_resnet50_epmMay17shuffle1_1030000.csv", "EPM_15"),
        ("video.1DLC_Resnet50_xNov1shuffle1_snapshot_200.h5", "video.1"),
        ("Käfig 3DLC.csv", "Käfig 3"),
        ("cage_3_filtered.csv", "cage_3"),
        ("DLC.csv", "DLC"),
    ],
)
def test_recording_names(tmp_path, name, wanted):
    assert recording_name(tmp_path / name) == wanted


def test_a_file_that_two_formats_claim_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    path.write_text("Frame,Action\n0,0\n", encoding="utf-8")
    load = registry.load

    def greedy(kind, name):
        return SimpleNamespace(sniff=lambda _: True) if name == "subtle" else load(kind, name)

    monkeypatch.setattr(registry, "load", greedy)
    with pytest.raises(FormatError, match="2 formats claim this file: subtle, trial_labels"):
        formats.sniff(path)


def test_a_huge_attribute_is_refused(tmp_path):
    with pytest.raises(FormatError, match=f"{MAX_BYTES + 1} bytes"):
        load_plain(b"x" * (MAX_BYTES + 1), file=tmp_path / "x.h5", attribute="kind")


def test_the_members_of_a_plain_file_are_itself(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("Frame,Action\n0,0\n", encoding="utf-8")
    assert formats.files(path) == [path]


def test_no_torch_and_no_pytables(tmp_path):
    import subprocess
    import sys

    code = (
        "import sys; from boutwise import formats, registry\n"
        "[registry.load('format', name) for name in registry.names('format')]\n"
        "print(sorted({'torch', 'tables', 'lightning', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
