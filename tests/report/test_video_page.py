"""What the page tells of videos and networks: mistakes as clips, boxes, curves of training."""

from __future__ import annotations

import base64
import json
import re
import shutil

import numpy as np
import pytest
from tests.prepare import scenes
from tests.report.run_builder import FPS, Folder, write_run
from tests.report.test_page import read

from boutwise.errors import DataError
from boutwise.formats._boxes import write_boxes
from boutwise.report import write_report
from boutwise.report.clips import CHANCE, LANE, Scene, _window, clip_of
from boutwise.report.detection import found_in
from boutwise.report.figures.raster import NEITHER, UNKNOWN, Lane, Track
from boutwise.report.mistakes import FALSE, MISSED, mistakes_in, worst
from boutwise.report.videos import read_films
from boutwise.types import Boxes, FrameClock
from boutwise.video import Look, Video, index_video

N_FRAMES = 500


def make_run(folder, *, without=(100, 190), jump=False):
    """A run of three animals, one of them filmed; its boxes are known but for a stretch."""
    run = write_run(folder / "run", Folder(n_animals=3, n_frames=N_FRAMES))
    places = scenes.wander(N_FRAMES, seed=4)
    path = folder / "cage0.mp4"
    scenes.film(path, [places])
    corners = scenes.boxes_of(places)[:, None].astype(np.float32)
    corners[slice(*without)] = np.nan
    if jump:
        corners[300:, 0, ::2] = 225 - corners[300:, 0, [2, 0]]
    detected = np.isfinite(corners[..., 0]) & (np.arange(N_FRAMES) % 3 == 0)[:, None]
    scores = np.where(np.isfinite(corners[..., 0]), 0.9, np.nan)
    boxes = Boxes(corners, scores, detected, ("m0",), (scenes.HEIGHT, scenes.WIDTH), "background")
    (run / "data" / "boxes").mkdir()
    write_boxes(boxes, FrameClock.declared(N_FRAMES, FPS), run / "data/boxes/a.boxes.parquet")
    entry = {
        "path": str(path),
        "digest": index_video(path).digest,
        "frames": N_FRAMES,
        "fps": FPS,
        "damaged": 0,
        "boxes": "boxes/a.boxes.parquet",
    }
    text = json.dumps({"day1/cage0": entry})
    (run / "data" / "videos.json").write_text(text, encoding="utf-8")
    return run


@pytest.fixture(scope="module")
def filmed_run(tmp_path_factory):
    run = make_run(tmp_path_factory.mktemp("filmed_run"))
    return run, read(write_report(run))


def lane(truth, predicted):
    return Lane("shake", ("shake",), np.array(truth), np.array(predicted))


def test_bouts_that_are_wrong_as_a_whole_are_mistakes_and_others_are_not():
    no, yes = NEITHER, 0
    truth = [no] * 10 + [yes] * 10 + [no] * 10 + [yes] * 10 + [UNKNOWN] * 10
    said = [no] * 2 + [yes] * 6 + [no] * 24 + [yes] * 4 + [no] * 4 + [yes] * 10
    chance = np.where(np.array(said) == yes, 0.9, 0.2).astype(np.float32)
    track = Track("r", "m", "", np.arange(50) / 10, (lane(truth, said),))
    found = list(mistakes_in(track, {"shake": chance}, backgrounds=[]))
    # The last bout was never labelled, and the one before is found in part.
    assert [(m.kind, m.start, m.stop) for m in found] == [(FALSE, 2, 8), (MISSED, 10, 20)]
    assert found[0].probability == pytest.approx(0.9)
    assert (found[1].labelled, found[1].decided) == ("shake", "no shake")
    assert (found[1].start_s, found[1].stop_s) == pytest.approx((1.0, 2.0))
    assert list(mistakes_in(track, {"shake": chance}, backgrounds=["shake"])) == []


def test_the_surest_mistakes_are_shown_first_and_not_too_many():
    no, yes = NEITHER, 0
    said = np.full(400, no)
    chance = np.full(400, 0.1, np.float32)
    for place, start in enumerate(range(0, 400, 40)):
        said[start : start + 10] = yes
        chance[start : start + 10] = 0.5 + place / 25
    track = Track("r", "m", "", np.arange(400) / 10, (lane([no] * 400, said),))
    found = list(mistakes_in(track, {"shake": chance}, backgrounds=[]))
    assert len(found) == 10
    assert [m.start for m in worst(found, ["shake"])] == [360, 320, 280]


def test_clips_stand_in_the_page_with_all_that_is_known_of_them(filmed_run):
    run, page = filmed_run
    text = (run / "report.html").read_text(encoding="utf-8")
    assert page.fetched == []
    clips = re.findall(r'<video [^>]*aria-label="([^"]+)" poster="([^"]+)" src="([^"]+)"', text)
    assert clips
    assert len(list((run / "clips").glob("*.mp4"))) == len(clips)
    words = page.words("gallery")
    table = [row for row in page.rows if len(row) == 11 and row[2] == "day1/cage0"]
    assert len(table) == len(clips)
    for (alt, still, video), row in zip(clips, table, strict=True):
        behavior, _, recording, animal, first, last, *_, labelled, decided, chance = row
        assert f"{recording}: {animal}, frames {first} to {last}: {behavior}" in alt
        assert f"labelled {labelled}, decided {decided}" in alt
        assert alt.endswith(chance)
        assert f"frames {first} to {last}" in words
        assert base64.b64decode(still.partition(",")[2])[:2] == b"\xff\xd8"
        assert b"ftyp" in base64.b64decode(video.partition(",")[2])[:12]


@pytest.mark.parametrize(("start", "stop", "slowed"), [(250, 275, 1), (255, 259, 4)])
def test_a_clip_shows_the_bout_at_its_time_with_what_was_labelled_above(
    filmed_run, start, stop, slowed
):
    run, _ = filmed_run
    said = np.full(N_FRAMES, NEITHER)
    said[start:stop] = 0
    times = np.arange(N_FRAMES) / FPS
    track = Track("day1/cage0", "m0", "", times, (lane(said, np.full(N_FRAMES, NEITHER)),))
    chance = np.full(N_FRAMES, 0.3, np.float32)
    (mistake,) = mistakes_in(track, {"shake": chance}, backgrounds=[])
    scene = Scene.of(mistake, read_films(run)["day1/cage0"], track, chance, "#FF0000")
    clip = clip_of(scene, run)
    assert (clip.slowed, clip.cut_off) == (slowed, False)
    first, last = start - int(FPS) // 2, stop + int(FPS) // 2
    with Video(run / "clips" / f"{scene.key}.mp4") as shown:
        assert shown.index.n_frames == last - first
        assert shown.index.clock.times_s[-1] == pytest.approx((last - first - 1) / FPS * slowed)
        pictures = shown.read(range(last - first)).pixels
    band, below = pictures[:, : LANE + CHANCE + 4], pictures[:, LANE + CHANCE + 4 :]
    box = _window(scene)
    look = Look(crop=box, size=below.shape[1:3])
    with Video(film_of(run), look=look) as video:
        real = video.read(range(first, last)).pixels.astype(int)
    distances = np.abs(below[:, None].astype(int) - real[None]).mean(axis=(2, 3, 4))
    assert (np.abs(distances.argmin(axis=1) - np.arange(last - first)) <= 1).all()
    red = (band[0, 6, :, 0].astype(int) - band[0, 6, :, 1]) > 80
    inside = np.flatnonzero(red) / band.shape[2] * (last - first)
    assert (inside.min(), inside.max()) == pytest.approx((start - first, stop - first), abs=0.7)


def film_of(run):
    return run.parent / "cage0.mp4"


def test_a_page_is_written_again_without_the_video_from_the_clips_of_the_run(tmp_path):
    run = make_run(tmp_path)
    first = write_report(run).read_text(encoding="utf-8")
    (tmp_path / "cage0.mp4").unlink()
    assert write_report(run).read_text(encoding="utf-8") == first
    for path in (run / "clips").iterdir():
        path.unlink()
    page = read(write_report(run))
    words = page.words("gallery")
    assert "There are no clips of day1/cage0: the video is no longer at" in words
    assert "No clip could be cut" in words


def test_another_video_of_the_same_name_is_not_shown(tmp_path):
    run = make_run(tmp_path)
    scenes.film(tmp_path / "cage0.mp4", [scenes.wander(N_FRAMES, seed=9)])
    assert "is another video than when the run began" in read(write_report(run)).words("gallery")
    (run / "data" / "videos.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(DataError, match="list of videos"):
        write_report(run)


def test_boxes_are_counted_and_bad_ones_are_a_warning(filmed_run):
    _, page = filmed_run
    row = next(row for row in page.rows if row[:2] == ["day1/cage0", "m0"] and "18.0 %" in row[5])
    assert row[2] == "500"
    found = sum(n % 3 == 0 and not 100 <= n < 190 for n in range(N_FRAMES))
    assert row[3].endswith(f"{found}")
    assert row[4].endswith(f"{410 - found}")
    assert row[6] == "0"
    assert "day1/cage0, m0: no box in 18 % of the frames" in page.words("detection")
    assert "animals found badly" in page.words("head")


def test_jumps_are_found_where_they_are(tmp_path):
    run = make_run(tmp_path, without=(0, 0), jump=True)
    film = read_films(run)["day1/cage0"]
    (found,) = found_in(film)
    assert found.without == 0
    assert found.jumps == (300,)
    assert "jumps a minute" in found.poor


def test_runs_without_videos_and_networks_have_no_such_sections(tmp_path):
    page = read(write_report(write_run(tmp_path / "run", Folder(n_animals=3, n_frames=900))))
    assert not {"detection", "training"} & set(page.ids)


def test_mistakes_of_runs_without_videos_stand_in_a_table(tmp_path):
    page = read(write_report(write_run(tmp_path / "run", Folder(n_animals=3, n_frames=900))))
    assert "There are no clips of any recording" in page.words("gallery")
    assert [row for row in page.rows if len(row) == 11]


def test_boxes_around_pose_are_cut_out_and_not_judged(filmed_run, tmp_path):
    run = shutil.copytree(filmed_run[0], tmp_path / "run")
    path = run / "data" / "videos.json"
    entries = json.loads(path.read_text(encoding="utf-8"))
    entries["day1/cage0"]["detected"] = False
    path.write_text(json.dumps(entries), encoding="utf-8")
    page = read(write_report(run))
    assert "detection" not in page.ids
    assert "animals found badly" not in page.words("head")
    assert "frames" in page.words("gallery")


def test_recordings_stand_in_a_table_the_worst_first(tmp_path):
    run = write_run(tmp_path / "run", Folder(n_animals=4, n_frames=900))
    page = read(write_report(run))
    scores = json.loads((run / "scores.json").read_text(encoding="utf-8"))
    entries = sorted(scores["by_recording"], key=lambda entry: entry["macro_f1"])
    rows = [row for row in page.rows if len(row) == 11 and row[0].startswith("day1")]
    assert [row[0] for row in rows] == [entry["name"] for entry in entries]
    for row, entry in zip(rows, entries, strict=True):
        assert row[6] == f"{entry['macro_f1']:.3f}"
        known = {each["name"]: each for each in entry["behaviors"] if each["name"] != "other"}
        assert row[4] == f"{sum(each['truth_bouts'] for each in known.values())}"
        walk = known["walk"]
        precision, recall = (f"{walk[key]:.2f}" for key in ("precision", "recall"))
        assert row[7] == f"{walk['f1']:.3f}P {precision} · R {recall}"


def test_curves_of_every_fold_are_drawn_and_what_was_not_learned_is_said(tmp_path):
    run = write_run(tmp_path / "run", Folder(n_animals=3, n_frames=900, never=("dig",)))
    keys = "epoch,lr,train/loss,train/loss:behavior,train/f1:walk,train/f1:dig,valid/loss"
    for fold in ("1", "2", "3"):
        folder = run / "folds" / fold / "members" / "0"
        folder.mkdir(parents=True)
        rows = [f"{n},0.1,{1 / n},{1 / n},{1 - 0.5 / n},0.05," for n in range(1, 9)]
        (folder / "curves.csv").write_text("\n".join([keys, *rows]) + "\n", encoding="utf-8")
    page = read(write_report(run))
    words = page.words("training")
    text = (run / "report.html").read_text(encoding="utf-8")
    for fold in ("1", "2", "3"):
        assert f"<title>fold {fold}: 1 to 0.125</title>" in text
    assert "dig: not learned, not even in training" in words
    assert "walk: not learned" not in words
    walk = next(row for row in page.rows if row[0] == "walk" and len(row) == 4)
    assert walk[1] == f"{1 - 0.5 / 8:.3f}"
    assert "loss over epochs" in text
