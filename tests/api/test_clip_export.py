"""``export --format clips``: class folders of short videos that show what their names say."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest
from tests.filmed import import_films, write_films

from boutwise import api
from boutwise.errors import DataError, FormatError, UsageError
from boutwise.prepare import material_of
from boutwise.prepare.boxes import Detect, boxes_of
from boutwise.types import Behavior, Bout, Bouts, Ethogram, Subject
from boutwise.types.frame_states import runs
from boutwise.video import Video


@pytest.fixture
def project(tmp_path, filmed):
    shutil.copytree(filmed[0], tmp_path / "films")
    return import_films(tmp_path / "project", tmp_path / "films")


def table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shakes(project, recording):
    record = project.recording(recording)
    subject = Subject(recording, record.animals[0])
    states = project.bouts(recording).to_frames(subject, project.ethogram, record.n_frames)
    return runs(states[:, project.ethogram.names.index("shake")] == 1)


def test_clips_lie_in_folders_of_their_class_and_the_list_says_where_they_are_from(
    project, tmp_path
):
    out = tmp_path / "out"
    told = []
    done = api.export_clips(project, out, say=lambda *each: told.append(each))
    rows = table(out / "manifest.csv")
    assert done.counts["shake"] == sum(row["behavior"] == "shake" for row in rows) > 4
    assert {str(path.relative_to(out).as_posix()) for path in out.rglob("*.mp4")} == {
        row["file"] for row in rows
    }
    assert len(done.test) == 1
    assert done.test[0] not in {row["recording"] for row in rows}
    for row in rows:
        assert row["file"].startswith(f"{row['behavior']}/")
        start, stop = int(row["start_frame"]), int(row["stop_frame"])
        if row["why"] == "whole":
            assert (start, stop) in shakes(project, row["recording"])
        else:
            # These shaking mice pause for less than three seconds.
            assert row["why"] == "idle"
        with Video(out / row["file"]) as clip:
            assert clip.index.n_frames == stop - start
            assert clip.index.facts.codec == "h264"
            assert clip.index.facts.width == clip.index.facts.height
    assert told[-1][:2] == (len(rows), len(rows))


def test_a_clip_shows_the_square_around_the_animal_at_those_very_frames(project, tmp_path):
    out = tmp_path / "out"
    api.export_clips(project, out)
    row = next(row for row in table(out / "manifest.csv") if row["behavior"] == "shake")
    record = project.recording(row["recording"])
    scene = material_of(project, record).scene
    start, stop = int(row["start_frame"]), int(row["stop_frame"])
    corners = boxes_of(scene, Detect(), store=project.store).corners[start:stop, 0]
    low, high = corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
    side = 1.2 * (high - low).max()
    middle = (low + high) / 2
    with Video(out / row["file"]) as clip, Video(scene.path) as whole:
        shown = clip.read(range(stop - start)).pixels.astype(int)
        pictures = whole.read(range(start, stop)).pixels.astype(int)
        times = np.diff(clip.index.clock.times_s)
        np.testing.assert_allclose(times, np.diff(record.clock.times_s[start:stop]), atol=2e-5)
    assert abs(shown.shape[1] - side) <= 2
    left, top = np.round(middle - side / 2).astype(int)
    size = shown.shape[1]
    inner = shown[:, 4:-4, 4:-4]

    def difference(dx, dy):
        rows_, columns = slice(top + dy + 4, top + dy + size - 4), slice(left + dx + 4, None)
        part = pictures[:, rows_, columns][:, :, : size - 8]
        return np.abs(part[: len(inner), : inner.shape[1]] - inner).mean()

    near = min(difference(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1))
    assert near < 4 < difference(12, 0)


def test_only_what_is_new_or_changed_is_cut(project, tmp_path):
    out = tmp_path / "out"
    first = api.export_clips(project, out)
    kept = {path: path.stat().st_mtime_ns for path in out.rglob("*.mp4")}
    again = api.export_clips(project, out)
    assert (again.cut, again.removed) == ((), ())
    assert sorted(again.kept) == sorted(first.cut)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.mp4")} == kept
    gone = next(path for path in kept if path.parent.name == "shake")
    gone.unlink()
    mine = out / "shake" / "mine.mp4"
    mine.write_bytes(b"of somebody else")
    recording = next(r for r in ("mouse_1", "mouse_2", "mouse_3") if r not in first.test)
    number, bout = next(iter(project.numbered_bouts(recording).items()))
    project.delete_bout(number, annotator=bout.annotator)
    third = api.export_clips(project, out)
    old = f"shake/{recording}_{bout.start:06d}-{bout.stop:06d}.mp4"
    names = {gone.relative_to(out).as_posix()} - {old}
    assert names <= set(third.cut)
    assert (old in third.removed) or gone.name in old
    assert not (out / old).exists()
    assert mine.exists()
    assert sum(name.startswith("shake") for name in third.cut) == len(names)


def test_one_more_video_is_one_video_more_to_cut(project, tmp_path):
    out = tmp_path / "out"
    wish = api.ClipWish(holdout="none")
    api.export_clips(project, out, wish=wish)
    before = {r["file"]: r["key"] for r in table(out / "manifest.csv") if r["why"] != "idle"}
    more = write_films(tmp_path / "more", animals=4)
    for number in (1, 2, 3):
        (more / f"mouse_{number}.mp4").unlink()
        (more / f"mouse_{number}.csv").unlink()
    api.apply_import(project, api.plan_import(project, [more]))
    done = api.export_clips(project, out, wish=wish)
    shaking = [name for name in done.cut if name.startswith("shake")]
    assert shaking
    assert all("mouse_4" in name for name in shaking)
    assert before.keys() <= set(done.kept)


def test_a_broken_off_export_goes_on(project, tmp_path):
    out = tmp_path / "out"

    def stop(done, total, words):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        api.export_clips(project, out, say=stop)
    assert len(table(out / "manifest.csv")) == 5
    done = api.export_clips(project, out)
    assert len(done.kept) == 5
    assert len(done.cut) > 2


def test_whole_pictures_when_nothing_is_looked_for(project, tmp_path):
    out = tmp_path / "out"
    api.export_clips(project, out, wish=api.ClipWish(detector="none", holdout=["mouse_2"]))
    rows = table(out / "manifest.csv")
    assert {row["recording"] for row in rows} <= {"mouse_1", "mouse_3"}
    source = project.video_index("mouse_1").facts
    with Video(out / rows[0]["file"]) as clip:
        assert (clip.index.facts.height, clip.index.facts.width) == (source.height, source.width)
    listed = table(out / "test" / "videos.csv")
    assert [row["recording"] for row in listed] == ["mouse_2"]
    assert listed[0]["video"].endswith("mouse_2.mp4")
    assert (out / "test" / "mouse_2.bouts.csv").is_file()
    assert not list((out / "test").glob("*.mp4"))


def test_what_cannot_be_cut_is_told(project, tmp_path, mice):
    with pytest.raises(DataError, match="has labels and no video") as told:
        api.export_clips(mice, tmp_path / "mice")
    assert "import its video" in str(told.value)
    with pytest.raises(UsageError, match="cannot be held out"):
        api.export_clips(project, tmp_path / "out", wish=api.ClipWish(holdout=["nobody"]))
    other = Bout("mouse_1", "mouse_1", "shake", 0, 3, annotator="second")
    project.add_bouts(Bouts.from_rows([other]))
    with pytest.raises(UsageError, match="2 annotators labelled 'mouse_1'") as told:
        api.export_clips(project, tmp_path / "out")
    assert "--annotator NAME" in str(told.value)
    (tmp_path / "out").mkdir(exist_ok=True)
    (tmp_path / "out" / "manifest.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(FormatError, match="no manifest of clips"):
        api.export_clips(project, tmp_path / "out", wish=api.ClipWish(annotator="second"))


def test_a_behavior_may_not_be_called_idle_or_test(project, tmp_path):
    for name in ("idle", "Test"):
        known = project.ethogram.behaviors
        project.set_ethogram(Ethogram((*known, Behavior(name))))
        with pytest.raises((DataError, UsageError), match=f"called '{name}'"):
            api.export_clips(project, tmp_path / "out")
        project.set_ethogram(Ethogram(known))
