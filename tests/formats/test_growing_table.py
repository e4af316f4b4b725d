"""Parquet files that are written piece by piece."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from boutwise.errors import DataError
from boutwise.formats._parquet import GrowingTable, with_facts
from boutwise.formats._prediction import read_facts


def test_pieces_come_back_as_row_groups_with_the_facts_of_the_first(tmp_path):
    path = tmp_path / "a.parquet"
    with GrowingTable(path) as file:
        file.add(with_facts(pa.table({"n": [1, 2]}), {"video": "Mäuse \udce9.mp4"}))
        file.add(with_facts(pa.table({"n": [3]}), {"video": "another"}))
        assert not path.exists()
    read = pq.ParquetFile(path)
    assert [read.read_row_group(place)["n"].to_pylist() for place in range(2)] == [[1, 2], [3]]
    assert read_facts(path) == {"video": "Mäuse \udce9.mp4"}


def write(path, *columns):
    with GrowingTable(path) as file:
        for number, column in enumerate(columns):
            file.add(pa.table({column: [number]}))


def test_what_breaks_off_leaves_the_file_of_before_and_nothing_else(tmp_path):
    path = tmp_path / "a.parquet"
    write(path, "n", "n")
    with pytest.raises(DataError, match="different columns"):
        write(path, "n", "m")
    write(path)
    assert pq.read_table(path)["n"].to_pylist() == [0, 1]
    assert [each.name for each in tmp_path.iterdir()] == ["a.parquet"]
