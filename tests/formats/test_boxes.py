"""Boxes are read as they were written."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from boutwise.errors import FormatError, UsageError
from boutwise.formats import _boxes
from boutwise.formats._boxes import COLUMNS, read_boxes, write_boxes
from boutwise.types import Boxes, FrameClock


def some(n_frames=20, animals=("m1", "mü 2")):
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 100, (n_frames, len(animals), 2))
    corners = np.concatenate([low, low + rng.uniform(5, 40, low.shape)], axis=-1)
    scores = rng.random((n_frames, len(animals)))
    detected = rng.random(scores.shape) < 0.5
    lost = rng.random(scores.shape) < 0.2
    corners[lost], scores[lost], detected[lost] = np.nan, np.nan, False
    return Boxes(corners, scores, detected, animals, (240, 320), "background")


def test_boxes_come_back_as_they_were(tmp_path):
    boxes, path = some(), tmp_path / "r.boxes.parquet"
    write_boxes(boxes, FrameClock.declared(20, 30), path)
    back = read_boxes(path)
    for name in ("corners", "scores", "detected"):
        np.testing.assert_array_equal(getattr(back, name), getattr(boxes, name))
    assert (back.animals, back.size, back.source) == (boxes.animals, boxes.size, boxes.source)
    table = pq.read_table(path)
    assert tuple(table.column_names) == COLUMNS
    assert table["time_s"][3].as_py() == pytest.approx(1 / 30)
    assert table["x1"].null_count == (~boxes.present).sum()
    assert list(tmp_path.iterdir()) == [path]


def test_boxes_are_written_some_frames_at_a_time(tmp_path, monkeypatch):
    boxes, clock = some(), FrameClock.declared(20, 25)
    write_boxes(boxes, clock, tmp_path / "whole.boxes.parquet")
    monkeypatch.setattr(_boxes, "ROWS", 7)
    write_boxes(boxes, clock, tmp_path / "pieces.boxes.parquet")
    whole, pieces = (pq.read_table(tmp_path / f"{n}.boxes.parquet") for n in ("whole", "pieces"))
    assert whole.equals(pieces, check_metadata=True)
    assert pq.ParquetFile(tmp_path / "pieces.boxes.parquet").num_row_groups == 3


def test_boxes_and_clock_belong_together(tmp_path):
    with pytest.raises(UsageError, match="clock of 19"):
        write_boxes(some(), FrameClock.declared(19, 30), tmp_path / "x.parquet")


def test_what_is_no_file_of_boxes_is_refused(tmp_path):
    path = tmp_path / "r.boxes.parquet"
    with pytest.raises(FormatError, match="cannot be read"):
        read_boxes(path)
    path.write_bytes(b"nothing")
    with pytest.raises(FormatError, match="cannot be read"):
        read_boxes(path)
    write_boxes(some(), FrameClock.declared(20, 30), path)
    table = pq.read_table(path)
    pq.write_table(table.drop_columns(["score"]), path)
    with pytest.raises(FormatError, match="'score'"):
        read_boxes(path)
    pq.write_table(table.slice(1), path)
    with pytest.raises(FormatError, match="missing or in another order"):
        read_boxes(path)
