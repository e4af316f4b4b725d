"""What every registered format must do."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))
from _samples import SAMPLES, Sample

from boutwise import formats, registry
from boutwise.errors import FormatError, PartError, UsageError
from boutwise.formats import labels_to_bouts
from boutwise.types import Bout, Bouts, FrameClock, Observed, Recording, Subject

TEXT = [sample for sample in SAMPLES if sample.text is not None]
WRITERS = [
    name for name in registry.names("format") if hasattr(registry.load("format", name), "write")
]


def ids(samples: list[Sample]) -> list[str]:
    return [f"{sample.format}:{sample.name}" for sample in samples]


def read(sample: Sample, path: Path) -> formats.Contents:
    return formats.read(path, format=sample.format, **dict(sample.options))


@pytest.mark.parametrize("name", registry.names("format"))
def test_every_format_has_the_contract_and_a_sample(name):
    part = registry.load("format", name)
    assert part.DESCRIPTION
    assert "\n" not in part.DESCRIPTION
    assert callable(part.sniff)
    assert callable(part.read)
    assert any(sample.format == name for sample in SAMPLES)


@pytest.mark.parametrize("sample", SAMPLES, ids=ids(list(SAMPLES)))
def test_exactly_one_format_claims_each_sample(sample, tmp_path):
    path = sample.write(tmp_path)
    claims = [n for n in registry.names("format") if registry.load("format", n).sniff(path)]
    assert claims == ([] if sample.format == "pose_table" else [sample.format])
    contents = formats.read(path, **dict(sample.options))
    assert contents.format == sample.format
    assert contents.path == path
    assert contents.pose is not None or contents.labels


@pytest.mark.parametrize("sample", TEXT, ids=ids(TEXT))
@pytest.mark.parametrize("dressing", ["bom", "crlf", "no final newline", "blank lines at the end"])
def test_dressing_changes_nothing(sample, dressing, tmp_path):
    plain = read(sample, sample.write(tmp_path))
    text = sample.text
    data = {
        "bom": b"\xef\xbb\xbf" + text.encode(),
        "crlf": text.replace("\n", "\r\n").encode(),
        "no final newline": text.rstrip("\n").encode(),
        "blank lines at the end": text.encode() + b"\n\n",
    }[dressing]
    path = tmp_path / sample.name
    path.write_bytes(data)
    dressed = read(sample, path)
    assert dressed.labels == plain.labels or str(dressed.labels) == str(plain.labels)
    if plain.pose is not None:
        np.testing.assert_array_equal(dressed.pose.positions, plain.pose.positions)
    if sample.format != "pose_table":
        assert formats.sniff(path) == sample.format


@pytest.mark.parametrize("sample", SAMPLES, ids=ids(list(SAMPLES)))
@pytest.mark.parametrize("data", [b"", b"\n", b"\x00\x01\x02\x03" * 40, b"hello\nworld\n"])
def test_empty_binary_and_strange_files_are_refused(sample, data, tmp_path):
    path = sample.write(tmp_path)
    path.write_bytes(data)
    with pytest.raises(FormatError) as caught:
        read(sample, path)
    assert caught.value.file == str(path)
    if sample.text is not None:
        assert caught.value.row is not None
    with pytest.raises(FormatError, match="no format claims"):
        formats.sniff(path)


@pytest.mark.parametrize("sample", TEXT, ids=ids(TEXT))
def test_a_cell_that_is_no_number_is_named_by_row(sample, tmp_path):
    row, column = sample.number
    lines = sample.text.splitlines()
    cells = lines[row - 1].split(sample.separator)
    cells[column] = "x7"
    lines[row - 1] = sample.separator.join(cells)
    path = dataclasses.replace(sample, text="\n".join(lines) + "\n").write(tmp_path)
    with pytest.raises(FormatError) as caught:
        read(sample, path)
    assert (caught.value.file, caught.value.row) == (str(path), row)


@pytest.mark.parametrize("sample", TEXT, ids=ids(TEXT))
def test_a_file_cut_off_in_its_last_row_is_refused_by_row(sample, tmp_path):
    lines = sample.text.splitlines()
    lines[-1] = lines[-1].split(sample.separator)[0]
    path = dataclasses.replace(sample, text="\n".join(lines)).write(tmp_path)
    with pytest.raises(FormatError) as caught:
        read(sample, path)
    assert (caught.value.file, caught.value.row) == (str(path), len(lines))


@pytest.mark.parametrize("sample", TEXT, ids=ids(TEXT))
def test_a_row_with_a_cell_too_many_is_refused_by_row(sample, tmp_path):
    lines = sample.text.splitlines()
    lines[-1] += f"{sample.separator}9"
    path = dataclasses.replace(sample, text="\n".join(lines) + "\n").write(tmp_path)
    with pytest.raises(FormatError) as caught:
        read(sample, path)
    assert (caught.value.file, caught.value.row) == (str(path), len(lines))


@pytest.mark.parametrize("sample", TEXT, ids=ids(TEXT))
def test_any_cut_gives_a_reading_or_a_clear_error(sample, tmp_path):
    data = sample.text.encode()
    path = sample.write(tmp_path)
    for cut in range(0, len(data), 3):
        path.write_bytes(data[:cut])
        try:
            read(sample, path)
        except FormatError as error:
            assert error.file == str(path)  # noqa: PT017


def test_h5_cut_off_is_a_format_error(tmp_path):
    for sample in SAMPLES:
        if sample.name.endswith(".h5"):
            path = sample.write(tmp_path)
            data = path.read_bytes()
            for cut in (len(data) // 4, len(data) // 2, len(data) - 40):
                path.write_bytes(data[:cut])
                with pytest.raises(FormatError) as caught:
                    read(sample, path)
                assert caught.value.file == str(path)


@pytest.mark.parametrize("name", registry.names("format"))
def test_an_unknown_option_names_the_nearest(name, tmp_path):
    known = formats.options_of(name)
    with pytest.raises(UsageError) as caught:
        formats.read(tmp_path / "any", format=name, wrong_option_xyz=1)
    assert "no option 'wrong_option_xyz'" in str(caught.value)
    if known:
        with pytest.raises(UsageError, match=f"did you mean '{known[0]}'"):
            formats.read(tmp_path / "any", format=name, **{known[0] + "x": 1})


def test_an_unknown_format_names_the_nearest(tmp_path):
    with pytest.raises(PartError, match="did you mean 'dlc_csv'"):
        formats.read(tmp_path / "any.csv", format="dlc_cvs")


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FormatError, match="no such file"):
        formats.sniff(tmp_path / "none.csv")
    with pytest.raises(FormatError) as caught:
        formats.read(tmp_path / "none.csv", format="dlc_csv")
    assert caught.value.file == str(tmp_path / "none.csv")


FPS = 25.0
N = 60
NAMES = st.sampled_from(["rear", "walk, fast", "Schnüffeln", 'with "quotes"', "a;b"])
ANIMALS = ("m1", "m2")


@st.composite
def tables(draw: st.DrawFn) -> Bouts:
    """Bouts of one recording that do not touch each other within behavior and subject."""
    rows: list[Bout] = []
    observed: list[Observed] = []
    for animal, target in (("m1", ""), ("m1", "m2"), ("m2", "")):
        for behavior in draw(st.sets(NAMES, max_size=2)):
            edges = sorted(draw(st.sets(st.integers(0, N), min_size=2, max_size=8)))
            name = f"{behavior} to" if target else behavior
            for start, stop in zip(edges[::2], edges[1::2], strict=False):
                rows.append(Bout("cage 3", animal, name, start, stop, target=target))
            if rows:
                observed.append(Observed("cage 3", animal, name, 0, N, target))
    rows.sort(key=key)
    return Bouts.from_rows(rows, observed)


def key(row: Bout | Observed) -> tuple[str, str, str, int]:
    return row.animal, row.target, row.behavior, row.start


def _for_the_contest(bouts: Bouts) -> Bouts:
    rows = [row for row in bouts.rows() if row.animal == "m1"]
    first = {row.target: row.behavior for row in reversed(rows)}
    rows = [row for row in rows if row.behavior == first[row.target]]
    return _renamed(Bouts.from_rows(rows), {"m1": "mouse1", "m2": "mouse2"})


def _renamed(bouts: Bouts, names: dict[str, str]) -> Bouts:
    return Bouts.from_rows(
        dataclasses.replace(row, animal=names[row.animal], target=names.get(row.target, row.target))
        for row in bouts.rows()
    )


@pytest.mark.parametrize("name", WRITERS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(bouts=tables())
def test_what_is_written_reads_back(name, bouts, tmp_path):
    part = registry.load("format", name)
    clock = FrameClock.declared(N, FPS)
    names: dict[str, str] = {}
    if name == "deepethogram":  # it knows one animal, and gives it no name
        bouts = bouts.where(subject=Subject("cage 3", "m1"))
        names = {"": "m1"}
    if name == "mabe2025":  # one action of a pair at a time, mice by number, nothing observed
        bouts = _for_the_contest(bouts)
        names = {"mouse1": "m1", "mouse2": "m2"}
    path = tmp_path / ("x.bouts.csv" if name == "bouts_csv" else "x.csv")
    written = part.write(path, bouts, clocks={"cage 3": clock})
    assert path in written
    assert all(each.is_file() for each in written)
    assert formats.sniff(path) == name
    of_boris = name.startswith("boris")  # BORIS has no target: it is kept as a modifier
    contents = formats.read(path, **({"targets": ANIMALS} if of_boris else {}))
    recording = Recording("cage 3", clock, ANIMALS)
    back = [
        labels_to_bouts(track, recording, annotator="", source="", animal_map=names)
        for track in contents.labels
        if track.rows or track.examined
    ]
    if name == "mabe2025":
        bouts = _renamed(bouts, {"mouse1": "m1", "mouse2": "m2"})
    assert not [problem for _, problems in back for problem in problems if problem.row]
    found = sorted((row for table, _ in back for row in table.rows()), key=key)
    wanted = list(bouts.rows())
    # Written beside the behaviors, where a format has it: see its own tests.
    found = [row for row in found if row.behavior != "background"]
    assert [dataclasses.replace(row, confidence=0, source="") for row in found] == [
        dataclasses.replace(row, confidence=0, source="") for row in wanted
    ]
    if not of_boris:
        pieces = (piece for table, _ in back for piece in table.observed)
        seen = sorted((piece for piece in pieces if piece.behavior != "background"), key=key)
        assert seen == sorted(bouts.observed, key=key)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    sample=st.sampled_from(TEXT),
    place=st.integers(0, 2000),
    patch=st.one_of(
        st.binary(max_size=6),
        st.sampled_from(
            [b",", b"\n", b'"', b";", b"\t", b"\xff", b"\x00", b"nan", b"-1", b"1e999"]
        ),
    ),
    cut=st.integers(0, 5),
)
def test_any_damage_gives_a_reading_or_a_format_error(sample, place, patch, cut, tmp_path):
    data = sample.text.encode()
    place %= len(data)
    path = sample.write(tmp_path)
    path.write_bytes(data[:place] + patch + data[place + cut :])
    for given_format in (sample.format, None):
        options = dict(sample.options) if given_format else {}
        try:
            contents = formats.read(path, format=given_format, **options)
        except FormatError as error:
            assert error.file == str(path)  # noqa: PT017
        else:
            assert contents.path == path
