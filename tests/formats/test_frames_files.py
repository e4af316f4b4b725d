"""Predictions frame by frame, as ``predict`` writes them."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from boutwise.formats import _prediction
from boutwise.formats._prediction import read_facts, write_frames
from boutwise.types import Behavior, Ethogram, FrameClock, Prediction, Subject


def predicted(n_frames: int) -> Prediction:
    rng = np.random.default_rng(n_frames)
    shape = (2, n_frames, 3)
    return Prediction(
        "r",
        (Subject("r", "a"), Subject("r", "b")),
        FrameClock.declared(n_frames, 25),
        Ethogram(tuple(map(Behavior, ("rear", "groom", "walk")))),
        rng.random(shape, dtype=np.float32),
        rng.random(shape) > 0.5,
        rng.random(shape[:2]) > 0.1,
        "b",
    )


def test_frames_are_written_some_at_a_time(tmp_path, monkeypatch):
    twice = [predicted(20), predicted(20)]
    write_frames(twice, tmp_path / "whole.frames.parquet", facts={"source": "x.mp4"})
    monkeypatch.setattr(_prediction, "ROWS", 7)
    write_frames(twice, tmp_path / "pieces.frames.parquet", facts={"source": "x.mp4"})
    whole, pieces = (pq.read_table(tmp_path / f"{n}.frames.parquet") for n in ("whole", "pieces"))
    assert whole.num_rows == 80
    assert whole.equals(pieces, check_metadata=True)
    assert read_facts(tmp_path / "pieces.frames.parquet")["source"] == "x.mp4"
    frames = whole.to_pandas()
    assert frames["frame"].tolist() == [*range(20)] * 4
    assert frames["animal"].tolist() == (["a"] * 20 + ["b"] * 20) * 2
    for column, name in enumerate(("rear", "groom", "walk")):
        said = frames[f"p:{name}"].to_numpy()[:40].reshape(2, 20)
        np.testing.assert_array_equal(said, twice[0].probabilities[..., column])


def test_a_write_that_fails_half_way_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "r.frames.parquet"
    write_frames([predicted(20)], path)
    before = path.read_bytes()
    monkeypatch.setattr(_prediction, "ROWS", 7)
    whole = _prediction.pq.ParquetWriter.write_table
    written = []

    def fails(self, table, *args, **options):
        written.append(table.num_rows)
        if len(written) == 3:
            raise OSError("no space left")
        return whole(self, table, *args, **options)

    monkeypatch.setattr(_prediction.pq.ParquetWriter, "write_table", fails)
    with pytest.raises(OSError, match="no space"):
        write_frames([predicted(30)], path)
    assert len(written) == 3
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
