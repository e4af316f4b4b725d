"""Simulated mice as files."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from boutwise.errors import UsageError
from boutwise.synthetic import simulate, write


@pytest.fixture(scope="module")
def mice():
    return simulate(animals=2, minutes=0.3, seed=4)


def test_tracks_come_back_from_the_dlc_layout(mice, tmp_path):
    write(mice, tmp_path)
    for item in mice:
        table = pd.read_csv(
            tmp_path / "pose" / f"{item.recording.id}.csv", header=[0, 1, 2], index_col=0
        )
        assert table.columns.names == ["scorer", "bodyparts", "coords"]
        assert table.index.tolist() == list(range(item.recording.n_frames))
        for place, name in enumerate(item.pose.keypoints):
            found = table["simulated"][name]
            expected = item.pose.positions[:, 0, place]
            np.testing.assert_allclose(found[["x", "y"]], expected, atol=1e-3)
            np.testing.assert_allclose(
                found["likelihood"], item.pose.confidence[:, 0, place], atol=1e-3
            )


@pytest.mark.parametrize(("folder", "field"), [("labels", "bouts"), ("truth", "truth")])
def test_bouts_come_back_from_the_intervals(mice, tmp_path, folder, field):
    write(mice, tmp_path, truth=True)
    for item in mice:
        with (tmp_path / folder / f"{item.recording.id}.csv").open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        clock = item.recording.clock
        found = [
            (
                row["animal"],
                row["behavior"],
                int(clock.to_frame(float(row["start_s"]))),
                int(clock.to_frame(float(row["stop_s"]))),
            )
            for row in rows
        ]
        expected = [(b.animal, b.behavior, b.start, b.stop) for b in getattr(item, field).rows()]
        assert found == expected


def test_animals_are_listed(mice, tmp_path):
    write(mice, tmp_path)
    assert not (tmp_path / "truth").exists()
    animals = pd.read_csv(tmp_path / "animals.csv")
    assert animals["animal"].tolist() == ["mouse_1", "mouse_2"]
    assert "No animal was filmed" in (tmp_path / "README.txt").read_text(encoding="utf-8")


def test_the_layout_has_no_room_for_a_third_axis(tmp_path):
    with pytest.raises(UsageError, match="does not fit"):
        write(simulate(animals=1, minutes=0.1, view="3d"), tmp_path)
