"""Scores by animal beside those by recording, and what the cohort probe says."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.report.run_builder import Folder, write_run
from tests.report.test_page import read

from boutwise.metrics import mean_interval
from boutwise.metrics._scores import as_plain
from boutwise.report import write_report
from boutwise.training.cohorts import words


def probe(*, state="tells", confounded=()):
    rows = [
        {
            "what": what,
            "right": right,
            "animals": 12,
            "accuracy": right / 12,
            "by_chance": 0.45,
            "p": p,
            "telling": ["median of speed.nose@0.1s", "<b>spread</b>"],
        }
        for what, right, p in (
            ("features", 11, 0.002),
            ("predictions", 7, 0.31),
            ("labels", 5, 0.7),
        )
    ]
    interval = as_plain(mean_interval(np.array([0.5, 0.6, 0.7])))
    cohorts = [
        {"name": name, "animals": [f"{name}{k}" for k in range(6)], "macro_f1": value}
        | {"interval": interval}
        for name, value in (("may", 0.612), ("june", 0.587))
    ]
    found = {
        "state": state,
        "smallest_p": 0.0022,
        "level": 0.01,
        "probes": rows,
        "cohorts": cohorts,
        "confounded": list(confounded),
        "left_out": {},
    }
    return {**found, "text": words(found)}


def test_animals_and_recordings_stand_side_by_side(tmp_path):
    run = write_run(tmp_path / "run", Folder(n_animals=6, recordings_each=2))
    scores = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    assert [len(scores[key]) for key in ("by_animal", "by_recording")] == [3, 6]
    page = read(write_report(run))
    spread = page.words("spread")
    assert "By animal" in spread
    assert "By recording" in spread
    rows = {row[0]: row for row in page.rows if row}
    for unit in ("animal", "recording"):
        shown = rows[f"macro-F1 by {unit}"]
        found = scores["frames"][f"by_{unit}"]
        assert shown[1].startswith(f"{found['mean']:.3f}")
        assert shown[-1] == str(found["n"])
        for entry in scores[f"by_{unit}"]:
            assert f"{entry['macro_f1']:.3f}" in spread


def test_the_probe_is_told_with_its_numbers(tmp_path):
    drug = {"factor": "treatment", "cohorts": {"may": ["CFA"], "june": ["saline"]}}
    found = probe(confounded=[drug])
    page = read(write_report(write_run(tmp_path / "run", Folder(cohort_probe=found))))
    text = page.words("spread")
    assert (
        "Cohort probe: features tell the cohort of an animal (features right for 11 of 12" in text
    )
    assert "The treatment goes with the cohort (may: CFA; june: saline)" in text
    rows = {row[0]: row for row in page.rows if row}
    assert rows["features"][1:5] == ["11 of 12", "0.92", "0.45", "0.002"]
    assert "<b>spread</b>" in rows["features"][5]  # escaped, so it is read as text
    assert rows["may"][2] == "6"
    assert rows["may"][3].startswith("0.612")


@pytest.mark.parametrize("state", ["silent", "cannot tell"])
def test_the_sentence_fits_the_state(tmp_path, state):
    found = probe(state=state)
    page = read(write_report(write_run(tmp_path / "run", Folder(cohort_probe=found))))
    wanted = {"silent": "neither features nor predictions tell", "cannot tell": "smallest p"}
    assert wanted[state] in page.words("spread")


def test_that_nothing_was_asked_is_said(tmp_path):
    page = read(write_report(write_run(tmp_path / "run")))
    assert "cohort probe was not asked" in page.words("spread")
