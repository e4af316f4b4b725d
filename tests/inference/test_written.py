"""``predict --write`` with the formats of other programs, from a bundle to files and back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest

from boutwise import api, formats
from boutwise.bundle import Bundle
from boutwise.cli import main
from boutwise.errors import PartError, UsageError

SCHEMAS = Path(__file__).parents[1] / "formats" / "schemas"
ENDINGS = {"clip3d-json": ".clip3d.json", "multitask-csv": ".multitask.csv"}


@pytest.fixture(scope="module")
def bundle(trained):
    return Bundle.open(trained[2].bundle)


def schema(name):
    return json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ENDINGS)
def test_classes_by_frame_say_what_the_table_says(name, trained, tmp_path, capsys):
    project, out = trained[0], tmp_path / "out"
    words = ["predict", str(trained[2].bundle), str(project.root), "--out", str(out)]
    assert main([*words, "--write", name, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["done"]) == len(project.recordings())
    record = project.recordings()[0]
    path = out / f"{record.id}{ENDINGS[name]}"
    table = pd.read_parquet(out / f"{record.id}.frames.parquet")
    contents = formats.read(path)
    (columns,) = contents.probabilities.values()
    for behavior in project.ethogram.names:
        np.testing.assert_allclose(columns[behavior], table[f"p:{behavior}"], atol=1e-7)
    said = np.full(record.n_frames, "", dtype=object)
    for row in contents.labels[0].rows:
        said[int(row.start) : int(row.stop)] = row.behavior
    assert said.tolist() == table["label"].tolist()


@pytest.mark.parametrize("name", ENDINGS)
def test_what_is_written_scores_as_the_table_does(name, trained, bundle, tmp_path):
    project = trained[0]
    record = project.recordings()[0]
    api.predict_files([bundle], project, tmp_path / "out", only=f"id={record.id}", write=name)
    for file in (tmp_path / "out").iterdir():  # without the manifest nobody knows who was seen
        shutil.copyfile(file, tmp_path / file.name)
    (tmp_path / "manifest.json").unlink()
    api.export(project, tmp_path / "truth", format="bouts_csv", only=f"id={record.id}")
    truth = tmp_path / "truth" / f"{record.id}.bouts.csv"
    background = project.ethogram.groups[0].background
    one, other = (
        api.score(truth, tmp_path / f"{record.id}{ending}", fps=30, background=background)
        for ending in (".frames.parquet", ENDINGS[name])
    )
    assert other.frames.macro_f1.value == one.frames.macro_f1.value
    assert np.isfinite(one.frames.macro_average_precision)
    assert other.frames.macro_average_precision == pytest.approx(
        one.frames.macro_average_precision, abs=1e-6
    )


def test_a_file_of_another_bundle_or_stride_is_written_anew(trained, bundle, tmp_path):
    project = trained[0]
    record = project.recordings()[0]
    given = {"only": f"id={record.id}"}
    path = tmp_path / f"{record.id}.clip3d.json"
    api.predict_files([bundle], project, tmp_path, write="clip3d_json", **given)
    first = path.read_bytes()
    api.predict_files([bundle], project, tmp_path, stride=40, **given)
    assert path.read_bytes() == first  # it was not asked for, and is of the prediction before
    api.predict_files([bundle], project, tmp_path, stride=40, write="clip3d_json", **given)
    assert path.read_bytes() != first
    again = api.predict_files([bundle], project, tmp_path, stride=40, write="events-json", **given)
    assert again.done == (record.id,)
    for name in ("clip3d_json", "events_json"):
        kept = api.predict_files([bundle], project, tmp_path, stride=40, write=name, **given)
        assert kept.kept == (record.id,)


def test_events_of_pairs_name_both_animals(social, tmp_path):
    project, _, result = social
    bundle = Bundle.open(result.bundle)
    api.predict_files([bundle], project, tmp_path, write="events-json")
    record = project.recordings()[0]
    path = tmp_path / "events" / f"{record.id}.json"
    events = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.validate(events, schema("events_json"))
    bouts = pd.read_csv(tmp_path / f"{record.id}.bouts.csv", keep_default_na=False)
    found = {(e["animal"], e["target"], e["label_name"], *e["frame_range"]) for e in events}
    columns = ["animal", "target", "behavior", "start_frame", "stop_frame"]
    wanted = bouts[columns].itertuples(index=False)
    assert found == {(a, t, b, start, stop - 1) for a, t, b, start, stop in wanted}
    assert len(events) == len(bouts)
    assert {event["bbox"] for event in events} == {None}


def test_a_format_that_cannot_be_written_is_named_before_the_work(bundle, trained, tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        api.predict_files([bundle], trained[0], tmp_path, write="sleap_h5")
    with pytest.raises(PartError, match="did you mean 'clip3d_json'"):
        api.predict_files([bundle], trained[0], tmp_path, write="clip3d-jsn")
    assert not list(tmp_path.iterdir())


def test_supervisely_needs_a_video(bundle, trained, tmp_path):
    result = api.predict_files([bundle], trained[0], tmp_path / "out", write="supervisely")
    assert not result.done
    assert all("there is no video" in why for why in result.failed.values())


def test_formats_say_who_writes_predictions(capsys):
    assert main(["formats", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["formats"]}
    assert (rows["clip3d_json"]["writes"], rows["clip3d_json"]["writes_predictions"]) == (
        False,
        True,
    )
    assert rows["bouts_csv"]["writes_predictions"]
    assert not rows["sleap_h5"]["writes_predictions"]
