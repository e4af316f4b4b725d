"""Long recordings: rare short events that are seen where their tags say, and files of them."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

from boutwise.errors import UsageError
from boutwise.formats import supervisely
from boutwise.synthetic.rendering import Shot
from boutwise.synthetic.rendering.films import Film
from boutwise.synthetic.twitches import (
    TWITCH_VERSION,
    acts,
    film,
    simulate_twitches,
    write_supervisely,
)
from boutwise.video import index_video


@pytest.fixture(scope="module")
def items():
    return simulate_twitches(animals=4, test_animals=2, minutes=4)


def tags_of(item, name):
    return [row for row in item.truth.rows() if row.behavior == name]


def test_twitches_are_short_and_grooming_is_long(items):
    twitches = [row.stop - row.start for item in items for row in tags_of(item, "twitch")]
    grooming = [row.stop - row.start for item in items for row in tags_of(item, "grooming")]
    assert set(twitches) <= {4, 5, 6}
    assert np.median(twitches) == 5
    assert np.median(grooming) > 4 * 30
    assert min(len(tags_of(item, "twitch")) for item in items) > 15
    for item in items:
        states = np.zeros((item.recording.n_frames, 2), dtype=bool)
        for row in item.truth.rows():
            states[row.start : row.stop, ("grooming", "twitch").index(row.behavior)] = True
        assert not states.all(axis=1).any()
        assert states.any(axis=1).mean() < 0.8


def test_the_head_jerks_during_a_twitch_and_not_around_it(items):
    for item in items:
        at = {name: item.pose.positions[:, 0, k] for k, name in enumerate(item.pose.keypoints)}
        head = np.diff(at["nose"] - at["center"], axis=0)
        speed = np.append(np.linalg.norm(head, axis=1), 0)
        inside = [
            speed[row.start - 1 : row.stop].max()
            for row in tags_of(item, "twitch")
            if row.start > 15
        ]
        around = [
            np.r_[speed[row.start - 12 : row.start - 2], speed[row.stop + 2 : row.stop + 12]].max()
            for row in tags_of(item, "twitch")
            if row.start > 15
        ]
        assert np.median(inside) > 2 * np.median(around)


@pytest.mark.parametrize("side", ["above", "side"])
def test_the_picture_moves_where_the_tags_say(items, side):
    ratios = []
    for item in items:
        drawn = film(item, side, size=(96, 128))
        for row in tags_of(item, "twitch")[1:4]:
            pictures = [drawn.picture(k).astype(float) for k in range(row.start - 8, row.stop + 1)]
            energy = np.abs(np.diff(pictures, axis=0)).mean(axis=(1, 2))
            ratios.append(energy[7:].max() / np.median(energy[:6]))
    assert np.median(ratios) > 1.1


def test_the_project_is_read_back_with_its_tags_and_boxes(items, tmp_path):
    short = simulate_twitches(animals=3, test_animals=1, minutes=0.1, per_minute=90, seed=3)
    films = [(item, film(item, size=(48, 64))) for item in short]
    write_supervisely(films, tmp_path, datasets=("week_1", "week_2/cage_1"))
    assert supervisely.sniff(tmp_path)
    found = supervisely.files(tmp_path)
    assert [path.name for path in found] == [
        "long_1.mp4.json",
        "long_3.mp4.json",
        "long_2.mp4.json",
    ]
    assert found[2].parent == tmp_path / "week_2" / "datasets" / "cage_1" / "ann"
    for path in found:
        item = short[int(path.name.split("_")[1][0]) - 1]
        contents = supervisely.read(path)
        rows = [(r.behavior, int(r.start), int(r.stop)) for r in contents.labels[0].rows]
        assert sorted(rows) == sorted((r.behavior, r.start, r.stop) for r in item.truth.rows())
        assert contents.video is not None
        index = index_video(contents.video)
        assert index.n_frames == item.recording.n_frames == 180
        assert contents.boxes is not None
        assert contents.boxes.present.sum() == 6
    tags = json.loads(found[0].read_text(encoding="utf-8"))["tags"]
    assert all(tag["frameRange"][1] - tag["frameRange"][0] <= 5 for tag in tags
               if tag["name"] == "twitch")  # fmt: skip


def test_a_later_recording_is_added_to_the_same_project(tmp_path):
    items = simulate_twitches(animals=2, test_animals=0, minutes=0.05)
    for item in items:
        write_supervisely([(item, film(item, size=(32, 32)))], tmp_path)
    assert len(supervisely.files(tmp_path)) == 2
    listed = (tmp_path / "animals.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:2] for line in listed[1:]] == [
        ["long_1", "mouse_1"],
        ["long_2", "mouse_2"],
    ]


def test_a_recording_does_not_depend_on_how_many_there_are(items):
    again = simulate_twitches(animals=2, test_animals=0, minutes=4)
    np.testing.assert_array_equal(again[1].pose.positions, items[1].pose.positions)
    assert items[3].family == "test"
    assert isinstance(film(items[3]), Film)
    assert film(items[3]).shot == Shot(size=(240, 320))


def test_what_cannot_be_is_refused():
    with pytest.raises(UsageError, match="cannot be"):
        simulate_twitches(minutes=0)
    with pytest.raises(UsageError, match="cannot be"):
        simulate_twitches(animals=1, test_animals=2)


def test_version_1_is_frozen(items):
    assert TWITCH_VERSION == 1
    tables = (acts.LENGTHS_S, acts.NEXT, acts.TWITCH_FRAMES, acts._ADDED, acts._TWITCH, acts._HZ)
    assert hashlib.sha256(repr(tables).encode()).hexdigest()[:16] == "57a98c5822021807"
    assert [len(tags_of(item, "twitch")) for item in items] == [37, 55, 46, 36]
    assert [len(tags_of(item, "grooming")) for item in items] == [8, 6, 7, 12]
    reach = [float(np.linalg.norm(np.ptp(i.pose.positions[:, 0, 0], axis=0))) for i in items[:2]]
    assert reach == pytest.approx([497.761, 563.468], rel=1e-3)
