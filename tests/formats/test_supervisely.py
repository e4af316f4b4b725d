"""Tags and boxes of Supervisely projects of videos."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from _samples import write_supervisely

from boutwise import formats
from boutwise.errors import FormatError, UsageError
from boutwise.types import Severity


@pytest.fixture
def annotation(tmp_path):
    path = tmp_path / "lab" / "day1" / "ann" / "cage 3.mp4.json"
    path.parent.mkdir(parents=True)
    write_supervisely(path)
    return path


def change(path, **parts):
    data = json.loads(path.read_text(encoding="utf-8")) | parts
    path.write_text(json.dumps(data), encoding="utf-8")
    return path


def figure(key, corners, kind="rectangle"):
    points = {"exterior": corners, "interior": []}
    return {"objectKey": key, "geometryType": kind, "geometry": {"points": points}}


def test_last_frames_lie_inside_and_tags_without_frames_are_ratings(annotation):
    contents = formats.read(annotation)
    (track,) = contents.labels
    assert (track.recording, track.unit, track.length) == ("cage 3", "frame", 90)
    assert [(row.behavior, row.start, row.stop) for row in track.rows] == [
        ("twitch", 10, 15),
        ("groom", 30, 31),
    ]
    assert [row.modifiers for row in track.rows] == ["", "face"]
    assert track.behaviors == ("twitch", "groom", "rear")
    assert track.annotator == "anna"
    (rating,) = contents.ratings
    assert (rating.scale, rating.value) == ("drug", "CFA")
    assert contents.video == annotation.parents[1] / "video" / "cage 3.mp4"


def test_boxes_end_just_outside_the_last_pixel(annotation):
    boxes = formats.read(annotation).boxes
    assert (boxes.animals, boxes.size, boxes.n_frames) == (("mouse",), (128, 160), 90)
    assert np.flatnonzero(boxes.present[:, 0]).tolist() == [3, 4]
    assert boxes.corners[3, 0].tolist() == [10, 20, 50, 60]
    assert (boxes.detected == boxes.present).all()


def test_nested_data_sets_belong_to_a_project(annotation):
    nested = annotation.parents[1] / "datasets" / "evening" / "ann" / "cage 4.mp4.json"
    nested.parent.mkdir(parents=True)
    nested.write_bytes(annotation.read_bytes())
    root = annotation.parents[2]
    assert formats.sniff(root) == "supervisely"
    assert formats.files(root) == sorted([annotation, nested])
    assert formats.read(nested).labels[0].behaviors == ("twitch", "groom", "rear")


def test_pieces_of_one_animal_are_one_and_animals_at_once_are_several(annotation):
    objects = [
        {"key": key, "classTitle": "mouse", "tags": [{"name": "rear", "frameRange": [5, 6]}]}
        for key in ("o", "p")
    ]
    box = [[0, 0], [9, 9]]
    apart = [
        {"index": 3, "figures": [figure("o", box)]},
        {"index": 4, "figures": [figure("p", box)]},
    ]
    contents = formats.read(change(annotation, objects=objects, frames=apart))
    assert contents.boxes.animals == ("mouse",)
    assert {row.animal for row in contents.labels[0].rows} == {""}
    together = [{"index": 3, "figures": [figure("o", box), figure("p", box)]}]
    contents = formats.read(change(annotation, frames=together))
    assert contents.boxes.animals == ("mouse_1", "mouse_2")
    assert [row.animal for row in contents.labels[0].rows] == ["", "", "mouse_1", "mouse_2"]


def test_outlines_get_boxes_and_other_figures_are_told(annotation):
    figures = [figure("o", [[5, 5], [20, 8], [9, 30]], "polygon")]
    frames = [
        {"index": 1, "figures": figures},
        {"index": 2, "figures": [{"objectKey": "o", "geometryType": "bitmap", "geometry": {}}]},
    ]
    contents = formats.read(change(annotation, frames=frames))
    assert contents.boxes.corners[1, 0].tolist() == [5, 5, 21, 31]
    (problem,) = contents.problems
    assert "1 of the kind 'bitmap'" in problem.what


def test_a_video_without_a_tag_is_not_labeled_unless_somebody_says_so(annotation):
    contents = formats.read(change(annotation, tags=[]))
    assert contents.labels == ()
    assert contents.problems[0].severity is Severity.NOTE
    (track,) = formats.read(annotation, examined="all").labels
    assert (track.rows, track.behaviors) == ((), ("twitch", "groom", "rear", "drug")[:3])
    with pytest.raises(UsageError):
        formats.read(annotation, examined="some")


@pytest.mark.parametrize("ends", [[5], [9, 3], [-1, 4], ["1", "2"], [1.5, 3], "5", [True, 4]])
def test_a_tag_without_a_place_is_told_with_its_number(annotation, ends):
    tags = [{"name": "rear", "frameRange": [1, 2]}, {"name": "rear", "frameRange": ends}]
    change(annotation, tags=tags)
    with pytest.raises(FormatError, match="tag 2, 'rear'") as told:
        formats.read(annotation)
    assert (told.value.file, told.value.row) == (str(annotation), 2)
    contents = formats.read(annotation, strict=False)
    assert len(contents.labels[0].rows) == 1
    assert [row.behavior for row in contents.labels[0].lost] == ["rear"]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"framesCount": None}, "how many frames"),
        ({"size": {}}, "how large the pictures are"),
        ({"objects": "x"}, "'objects' is no list"),
        ({"frames": [{"index": 90, "figures": []}]}, "frame 90"),
        ({"tags": [{"value": 1}]}, "no name"),
    ],
)
def test_what_is_no_annotation_of_a_video_is_refused(annotation, parts, words):
    with pytest.raises(FormatError, match=words):
        formats.read(change(annotation, **parts))


def test_a_broken_table_of_tags_is_named(annotation):
    meta = annotation.parents[2] / "meta.json"
    meta.write_text('{"tags": ', encoding="utf-8")
    with pytest.raises(FormatError) as told:
        formats.read(annotation)
    assert told.value.file == str(meta)
