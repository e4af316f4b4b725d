"""What ``benchmarks/rendered.py`` writes: videos, pose and labels of the same frames."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest

import boutwise as bw
from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.formats._boxes import read_boxes
from boutwise.types import Subject


@pytest.fixture
def rendered(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    return importlib.import_module("_rendered_data")


def test_test_animals_look_unlike_and_training_animals_unlike_each_other(rendered, shared):
    data = shared("subtle/labelled")
    taking = rendered.Taking(frames=40, size=32)
    films = {name: rendered.film_of(name, data, taking) for name in rendered.RECORDINGS}
    coats = {name: film.coats[0].kind for name, film in films.items()}
    tested = {coats[name] for name in rendered.TEST}
    learned = {kind for name, kind in coats.items() if name not in rendered.TEST}
    assert len(tested) == 2
    assert len(learned) == 4
    assert not tested & learned
    animals = {rendered.family_of(name): name.split("_")[0] for name in rendered.RECORDINGS}
    assert set(animals) == {"train", "test"}
    assert {name.split("_")[0] for name in rendered.TEST} == {"adult", "young"}


def test_the_folder_is_imported_as_it_is(rendered, shared, tmp_path):
    data = shared("subtle/labelled")
    taking = rendered.Taking(frames=60, size=48)
    names = ("adult_6112", "young_8301")
    rows = rendered.render(tmp_path / "files", data, taking, recordings=names)
    assert [(row["n_frames"], row["family"]) for row in rows] == [(60, "train"), (60, "test")]
    folders = [tmp_path / "files" / name for name in ("videos", "coords", "annots")]
    with bw.Project.create(tmp_path / "project") as project:
        apply_import(project, plan_import(project, folders))
        assert [r.id for r in project.recordings()] == list(names)
        for record in project.recordings():
            assert record.n_frames == 60
            assert record.clock.kind == "pts"
            assert record.clock.fps == pytest.approx(20)
            subject = Subject(record.id, record.animals[0])
            states = project.bouts().to_frames(subject, project.ethogram, 60)
            assert (states == 1).sum(axis=1).tolist() == [1] * 60
            boxes = read_boxes(tmp_path / "files" / "truth" / f"{record.id}.boxes.parquet")
            assert boxes.present.all()
    before = (tmp_path / "files" / "videos" / "adult_6112.mp4").stat().st_mtime_ns
    rendered.render(tmp_path / "files", data, taking, recordings=names)
    assert (tmp_path / "files" / "videos" / "adult_6112.mp4").stat().st_mtime_ns == before
    assert np.isfinite(before)
