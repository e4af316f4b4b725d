"""What a video is said to be, and what is wrong with it."""

from __future__ import annotations

import numpy as np
import pytest
from tests.video import burnt

from boutwise.store import Store
from boutwise.types import Severity
from boutwise.video import cached_index, index_video, probe

UNEVEN = np.cumsum(np.random.default_rng(0).integers(20, 60, 60))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return burnt.write(tmp_path_factory.mktemp("probe") / "plain.mp4")


def only(path):
    """The one problem of a video."""
    (found,) = probe(path, index_video(path)).problems
    assert found.file == str(path)
    return found


def test_a_plain_video_has_no_problem(plain):
    found = probe(plain, index_video(plain), recording="cage", check="import")
    assert found.problems == ()
    assert found.words == ("60 frames, 30 frames/s, 160 x 128 pixels, h264 (yuv420p)",)


@pytest.mark.parametrize("name", ["plain.mkv", "plain.ts", "plain.webm", "thousand.mkv"])
def test_other_plain_videos_have_none_either(tmp_path, name):
    """Times in whole milliseconds are no uneven rate, and a missing header count is no fault."""
    codec = "libvpx-vp9" if name.endswith("webm") else "libx264"
    steady = np.arange(60) if name == "thousand.mkv" else None
    path = burnt.write(tmp_path / name, codec=codec, milliseconds=steady)
    assert probe(path, index_video(path)).problems == ()


def test_uneven_times_are_told_with_their_intervals(tmp_path):
    path = burnt.write(tmp_path / "uneven.mp4", milliseconds=UNEVEN.tolist())
    found = only(path)
    steps = np.diff(UNEVEN)
    assert found.severity is Severity.NOTE
    assert f"intervals of {steps.min()}.0 to {steps.max()}.0 ms" in found.what
    late = int((steps > 1.5 * np.median(steps)).sum())
    assert (f", {late} of them longer" in found.what) is bool(late)


def test_frames_that_the_camera_left_out_are_counted(tmp_path):
    times = np.delete(np.arange(80) * 40, [20, 21, 50])[:60]
    found = only(burnt.write(tmp_path / "gaps.mkv", milliseconds=times.tolist()))
    assert "intervals of 40.0 to 120.0 ms, 40.0 ms in the middle, 2 of them longer" in found.what
    assert found.value == pytest.approx(3)


def test_an_edit_list_is_told_with_what_it_hides(plain, tmp_path):
    path = burnt.cut(plain, tmp_path / "cut.mp4", second=20 / 30)
    index, found = index_video(path), only(path)
    assert found.severity is Severity.NOTE
    assert f"hides {index.facts.discarded} of {index.facts.packets} frames" in found.what
    assert "40 are shown" in found.what


@pytest.mark.parametrize(
    ("name", "codec"),
    [("short.avi", "mpeg4"), ("short.mkv", "libx264"), ("short.mp4", "libx264")],
)
def test_a_file_that_breaks_off_is_told_and_stays_told(tmp_path, name, codec):
    options = {"movflags": "faststart"} if name.endswith("mp4") else {}
    whole = burnt.write(tmp_path / f"whole_{name}", codec=codec, container_options=options)
    path = burnt.shorten(whole, tmp_path / name, share=0.6)
    store = Store(tmp_path / "store")
    first, again = cached_index(path, store), cached_index(path, store)
    assert first.facts == again.facts
    worst = probe(path, again).problems[0]
    assert worst.severity is Severity.WARNING
    assert worst.frame == again.n_frames - 1 < 59
    assert "breaks off" in worst.what or "cut off" in worst.what
    assert "copy the video again" in worst.todo


def test_damaged_packets_are_told_with_their_frames(tmp_path):
    path = burnt.write(tmp_path / "gap.ts")
    pieces = path.read_bytes()
    middle = len(pieces) // 188 // 2 * 188
    path.write_bytes(pieces[:middle] + pieces[middle + 188 :])
    index = index_video(path)
    assert index.damaged.size
    found = probe(path, index).problems[0]
    assert (found.severity, found.frame) == (Severity.WARNING, int(index.damaged[0]))
    assert str(index.damaged[0]) in found.what


def test_a_picture_that_players_turn_is_told(plain, tmp_path):
    found = only(burnt.turn(plain, tmp_path / "turned.mp4"))
    assert found.severity is Severity.WARNING
    assert found.value in (90, 270)


def test_frames_that_are_told_apart_by_counting_are_told(tmp_path):
    found = only(burnt.write(tmp_path / "plain.avi", b_frames=2))
    assert found.severity is Severity.NOTE
    assert "by counting, at 30 frames/s" in found.what


def test_key_frames_far_apart_are_told_beyond_what_encoders_usually_do(tmp_path):
    path = burnt.write(tmp_path / "far.mp4", 320, gop=310, options={"x264-params": "scenecut=0"})
    assert "up to 310 frames" in only(path).what
    usual = burnt.write(tmp_path / "usual.mp4", 290, gop=250, options={"preset": "ultrafast"})
    assert probe(usual, index_video(usual)).problems == ()
