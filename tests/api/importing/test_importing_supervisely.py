"""A Supervisely project: videos, tags and boxes, nested data sets, and what is added later."""

import json

import numpy as np
import pytest
from tests.api.importing._lab_files import row_of, run, spans
from tests.video import burnt

from boutwise.api.importing.verbs import plan_import
from boutwise.errors import ProjectError
from boutwise.types import Severity

N_FRAMES = 60


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    return [burnt.write(folder / f"{place}.mp4", N_FRAMES - place) for place in range(4)]


class Lab:
    """A Supervisely project that grows."""

    def __init__(self, root, videos):
        self.root, self._videos = root, list(videos)
        root.mkdir()
        tags = [{"name": name, "value_type": "none"} for name in ("twitch", "groom")]
        meta = {"classes": [{"title": "mouse", "shape": "rectangle"}], "tags": tags}
        (root / "meta.json").write_text(json.dumps(meta), encoding="utf-8")

    def add(self, place, *tags, boxes=(), video=True):
        """Add a video with tags (name, first, last) and frames with a box."""
        folder, name = (self.root / place).parent, (self.root / place).name
        (folder / "video").mkdir(parents=True, exist_ok=True)
        (folder / "ann").mkdir(exist_ok=True)
        source = self._videos.pop(0)
        if video:
            (folder / "video" / name).write_bytes(source.read_bytes())
        corners = {"points": {"exterior": [[10, 20], [49, 59]], "interior": []}}
        figure = {"objectKey": "o", "geometryType": "rectangle", "geometry": corners}
        annotation = {
            "size": {"height": burnt.HEIGHT, "width": burnt.WIDTH},
            "tags": [{"name": n, "frameRange": [first, last]} for n, first, last in tags],
            "objects": [{"key": "o", "classTitle": "mouse", "tags": []}] if boxes else [],
            "frames": [{"index": index, "figures": [figure]} for index in boxes],
            "framesCount": N_FRAMES - (3 - len(self._videos)),
        }
        text = json.dumps(annotation)
        (folder / "ann" / f"{name}.json").write_text(text, encoding="utf-8")


@pytest.fixture
def sly(lab, made):
    return Lab(lab / "lab", made)


def test_videos_tags_and_boxes_come_in_together(project, sly):
    sly.add("day1/m1.mp4", ("twitch", 10, 14), boxes=(3, 4))
    sly.add("day1/datasets/evening/m1.mp4", ("groom", 20, 50))
    plan, result = run(project, sly.root)
    assert [r.id for r in project.recordings()] == ["day1/evening/m1", "day1/m1"]
    assert [(row.kind, row.matched) for row in plan.rows] == [
        ("labels", True),
        ("labels", True),
        ("video", True),
        ("video", True),
    ]
    assert spans(project, "day1/m1") == [("twitch", 10, 15)]
    assert spans(project, "day1/evening/m1") == [("groom", 20, 51)]
    observed = project.bouts("day1/m1").observed
    assert {(o.behavior, o.start, o.stop) for o in observed} == {
        ("twitch", 0, 60),
        ("groom", 0, 60),
    }
    assert project.ethogram.names == ("twitch", "groom")
    boxes = project.boxes("day1/m1")
    assert boxes.animals == project.recording("day1/m1").animals
    assert np.flatnonzero(boxes.present[:, 0]).tolist() == [3, 4]
    assert boxes.n_frames == 60
    assert project.boxes("day1/evening/m1") is None
    assert result.added == 2


def test_only_what_is_new_is_imported_again(project, sly, monkeypatch):
    sly.add("day1/m1.mp4", ("twitch", 10, 14))
    run(project, sly.root)
    sly.add("day1/m2.mp4", ("groom", 0, 9))
    indexed = []
    from boutwise.video import cached

    index_video = cached.index_video
    monkeypatch.setattr(cached, "index_video", lambda p: indexed.append(p.name) or index_video(p))
    plan, result = run(project, sly.root)
    assert indexed == ["m2.mp4"]
    assert (result.recordings, result.added, result.unchanged) == (("day1/m2",), 1, 1)
    assert row_of(plan, "m1.mp4").news == row_of(plan, "m1.mp4.json").news == "unchanged"


def test_a_video_without_tags_is_there_and_not_labeled(project, sly):
    sly.add("day1/m1.mp4", ("twitch", 10, 14))
    sly.add("day1/m2.mp4")
    sly.add("day1/m3.mp4", boxes=(5,))
    plan, _ = run(project, sly.root)
    assert len(project.recordings()) == 3
    assert [r.id for r in project.recordings("labelled")] == ["day1/m1"]
    row = row_of(plan, "m2.mp4.json")
    assert (row.matched, row.why) == (False, "no tag yet: the video counts as not labeled")
    assert row_of(plan, "m3.mp4.json").why.startswith("boxes: ")
    assert project.boxes("day1/m3").present.sum() == 1
    assert not [p for p in plan.problems if p.severity is Severity.BLOCKING]


def test_labels_go_to_the_very_video_and_to_none_of_its_name(project, sly):
    sly.add("train/m1.mp4", ("twitch", 10, 14))
    sly.add("test/m1.mp4", ("twitch", 30, 31))
    (sly.root / "train" / "video" / "m1.mp4").write_bytes(b"no video")
    plan, _ = run(project, sly.root)
    assert [r.id for r in project.recordings()] == ["test/m1"]
    assert spans(project) == [("twitch", 30, 32)]
    row = row_of(plan, "train/ann/m1.mp4.json")
    assert (row.matched, row.why) == (False, "its video cannot be used: m1.mp4")


def test_boxes_of_a_changed_file_are_refused_until_it_is_imported(project, sly):
    sly.add("day1/m1.mp4", ("twitch", 10, 14), boxes=(3,))
    run(project, sly.root)
    path = sly.root / "day1" / "ann" / "m1.mp4.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"index": 3', '"index": 9'))
    with pytest.raises(ProjectError, match="changed since"):
        project.boxes("day1/m1")
    run(project, sly.root)
    assert np.flatnonzero(project.boxes("day1/m1").present[:, 0]).tolist() == [9]


def test_a_dry_run_changes_nothing(project, sly):
    sly.add("day1/m1.mp4", ("twitch", 10, 14))
    plan = plan_import(project, sly.root)
    assert len(plan.matched) == 2
    assert project.recordings() == []


def test_frames_that_were_counted_otherwise_are_told(project, sly):
    sly.add("day1/m1.mp4", ("twitch", 10, 14))
    path = sly.root / "day1" / "ann" / "m1.mp4.json"
    text = path.read_text(encoding="utf-8").replace('"framesCount": 60', '"framesCount": 61')
    path.write_text(text, encoding="utf-8")
    plan, _ = run(project, sly.root)
    (told,) = [p for p in plan.problems if "were made on 61 frames" in p.what]
    assert (told.severity, told.recording) == (Severity.WARNING, "day1/m1")
