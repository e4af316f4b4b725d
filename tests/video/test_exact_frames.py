"""Every frame of every kind of video is the frame that was asked for."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from tests.video import burnt

from boutwise.errors import DataError, FormatError
from boutwise.store import Store
from boutwise.video import (
    EXACT_GRAY,
    EXACT_RGB,
    Look,
    Video,
    VideoWriter,
    cached_index,
    index_video,
)

UNEVEN = np.cumsum(np.random.default_rng(0).integers(20, 60, 60)).tolist()
OPEN_GOP = {"x264-params": "open-gop=1:bframes=3:keyint=20:min-keyint=20:scenecut=0"}
KINDS = {
    "h264.mp4": {},
    "h264.mkv": {},
    "h264.avi": {},
    "h264.ts": {},
    "hevc.ts": {"codec": "libx265", "options": {"x265-params": "log-level=none"}},
    "open_gop.mp4": {"options": OPEN_GOP},
    "open_gop.avi": {"options": OPEN_GOP},
    "ten_bit.mp4": {"pixel_format": "yuv420p10le"},
    "hevc.mp4": {"codec": "libx265", "options": {"x265-params": "log-level=none"}},
    "mpeg4.avi": {"codec": "mpeg4", "b_frames": 2},
    "mjpeg.avi": {"codec": "mjpeg", "pixel_format": "yuvj420p"},
    "vp9.webm": {"codec": "libvpx-vp9"},
    "uneven.mp4": {"milliseconds": UNEVEN},
    "uneven.mkv": {"milliseconds": UNEVEN},
}


@pytest.fixture(scope="session")
def videos(tmp_path_factory):
    """Folder of one video of each kind."""
    folder = tmp_path_factory.mktemp("videos")
    for name, settings in KINDS.items():
        burnt.write(folder / name, **settings)
    return folder


def read_all(path, numbers):
    with Video(path, look=Look("gray")) as video:
        found = video.read(numbers, broken="mask")
    shown = [burnt.number_in(pixels) for pixels in found.pixels]
    return np.array(shown), found.decoded


@pytest.mark.parametrize("kind", KINDS)
def test_frames_in_order_are_the_frames(videos, kind):
    index = index_video(videos / kind)
    assert index.n_frames == 60
    shown, decoded = read_all(videos / kind, np.arange(60))
    assert decoded.all()
    assert shown.tolist() == list(range(60))


@pytest.mark.parametrize("kind", KINDS)
def test_frames_at_random_are_the_frames(videos, kind):
    wanted = np.random.default_rng(1).integers(0, 60, 80)
    shown, decoded = read_all(videos / kind, wanted)
    assert decoded.all()
    assert shown.tolist() == wanted.tolist()


@pytest.mark.parametrize("kind", ["uneven.mp4", "uneven.mkv"])
def test_times_are_those_of_the_frames(videos, kind):
    index = index_video(videos / kind)
    assert index.variable_rate
    expected = (np.array(UNEVEN) - UNEVEN[0]) / 1000
    assert index.clock.times_s == pytest.approx(expected, abs=6e-4)
    assert not index_video(videos / "h264.mp4").variable_rate


def test_a_cut_file_begins_with_what_is_shown(videos, tmp_path):
    path = burnt.cut(videos / "h264.mp4", tmp_path / "cut.mp4", second=20 / 30)
    index = index_video(path)
    assert (index.n_frames, index.facts.discarded) == (40, index.facts.packets - 40)
    assert index.facts.discarded > 0
    for wanted in (np.arange(40), np.arange(40)[::-1]):
        shown, decoded = read_all(path, wanted)
        assert decoded.all()
        assert (shown - 20).tolist() == wanted.tolist()


@pytest.mark.parametrize("kind", ["mpeg4.avi", "h264.avi", "h264.ts", "hevc.ts"])
@pytest.mark.parametrize("share", [0.6, 0.64, 0.7, 0.83, 0.98])
def test_a_file_that_breaks_off_gives_what_it_has(videos, tmp_path, kind, share):
    """The last frame may be cut, and those stored before missing ones may not be in their place.

    A file without its index jumps to other key frames than asked for.
    """
    path = burnt.shorten(videos / kind, tmp_path / kind, share=share)
    index = index_video(path)
    assert 3 < index.n_frames <= 60
    for wanted in (
        np.arange(index.n_frames),
        np.random.default_rng(4).permutation(index.n_frames),
    ):
        shown, decoded = read_all(path, wanted)
        assert (~decoded).sum() <= 3
        assert shown[decoded].tolist() == wanted[decoded].tolist()


def test_after_a_broken_packet_nothing_is_trusted_before_the_next_key_frame(videos, tmp_path):
    path = burnt.spoil(videos / "h264.mp4", tmp_path / "spoilt.mp4", packet=29)
    for wanted in (np.arange(60), np.random.default_rng(2).permutation(60)):
        shown, decoded = read_all(path, wanted)
        assert shown[decoded].tolist() == wanted[decoded].tolist()
        broken = np.sort(wanted[~decoded])
        assert 1 <= broken.size < 12
        assert broken[-1] == 35  # the next key frame is 36
    with Video(path) as video, pytest.raises(DataError, match="cannot be decoded") as told:
        video.read([35])
    assert told.value.frame == 35


@pytest.mark.parametrize("kind", ["h264.avi", "mpeg4.avi"])
@pytest.mark.parametrize("packet", [2, 7, 24, 29, 36, 50])
def test_a_packet_that_is_lost_moves_no_other_frame(videos, tmp_path, kind, packet):
    """Where frames are told apart by counting, all after a lost one would get its number."""
    path = burnt.spoil(videos / kind, tmp_path / kind, packet=packet)
    for wanted in (np.arange(60), np.random.default_rng(2).permutation(60)):
        shown, decoded = read_all(path, wanted)
        assert shown[decoded].tolist() == wanted[decoded].tolist()
        assert 1 <= (~decoded).sum() <= 24


def test_what_the_first_packet_tells_is_known_after_a_jump(shared):
    """A lossless 4:4:4 file of an old x264: decoders misread it from any later key frame on."""
    path = shared("dlc_openfield/videos/m3v1mp4.mp4")
    import av

    wanted = [1383, 1384, 1400]
    with Video(path, look=Look("gray")) as video:
        jumped = video.read(wanted).pixels
    with av.open(str(path)) as container:
        stepped = {
            number: frame.to_ndarray(format="gray")
            for number, frame in zip(range(1401), container.decode(video=0), strict=False)
            if number in wanted
        }
    assert (jumped == np.stack([stepped[number] for number in wanted])).all()


def test_pictures_are_cropped_then_resized(videos):
    whole = Video(videos / "h264.mp4", look=Look("rgb")).read([7]).pixels[0]
    assert whole.shape == (burnt.HEIGHT, burnt.WIDTH, 3)
    box = (8, 8, 40, 72)
    part = Video(videos / "h264.mp4", look=Look("rgb", crop=box)).read([7]).pixels[0]
    assert (part == whole[8:72, 8:40]).all()
    small = Video(videos / "h264.mp4", look=Look("gray", size=(32, 16), crop=box)).read([7])
    assert small.pixels.shape == (1, 32, 16)


def test_an_index_is_kept_until_the_file_changes(videos, tmp_path, monkeypatch):
    path, store = tmp_path / "video.mp4", Store(tmp_path / "store")
    path.write_bytes((videos / "open_gop.mp4").read_bytes())
    first = cached_index(path, store)
    with monkeypatch.context() as patch:
        patch.setattr("boutwise.video.cached.index_video", None)  # nothing is gone through again
        again = cached_index(path, store)
    assert again.digest == first.digest
    assert again.facts == first.facts
    assert (again.pts == first.pts).all()
    assert (again.key_seek == first.key_seek).all()
    path.write_bytes((videos / "uneven.mp4").read_bytes())
    assert cached_index(path, store).digest != first.digest


def test_videos_of_equal_packets_have_digests_of_their_own(tmp_path):
    """Pictures without compression all have one size."""
    raw = {"codec": "rawvideo", "pixel_format": "gray"}
    one = burnt.write(tmp_path / "one.avi", 20, **raw)
    other = burnt.write(tmp_path / "other.avi", 20, first=40, **raw)
    copy = tmp_path / "copy.avi"
    copy.write_bytes(one.read_bytes())
    digests = [index_video(path).digest for path in (one, copy, other)]
    assert digests[0] == digests[1] != digests[2]
    shown, decoded = read_all(other, [19, 3])
    assert decoded.all()
    assert shown.tolist() == [59, 43]


@pytest.mark.parametrize("kind", ["h264.mp4", "uneven.mp4", "hevc.mp4"])
def test_a_written_video_keeps_the_times_and_the_frames(videos, tmp_path, kind):
    source, path = videos / kind, tmp_path / "proxy.mp4"
    index = index_video(source)
    with Video(source, index) as video, VideoWriter(path, (64, 80), index.time_base) as writer:
        small = Video(source, index, look=Look("rgb", size=(64, 80)))
        for number, pts in enumerate(index.pts):
            writer.write(small.read([number]).pixels[0], int(pts))
        assert video.index.n_frames == index.n_frames
    written = index_video(path)
    assert written.clock.times_s == pytest.approx(index.clock.times_s, abs=1e-9)
    assert np.diff(np.searchsorted(written.pts, written.key_pts)).max() <= 12
    back = Video(path, look=Look("gray", size=(burnt.HEIGHT, burnt.WIDTH))).read(range(60))
    assert [burnt.number_in(pixels) for pixels in back.pixels] == list(range(60))


def test_no_half_written_video_stays(tmp_path):
    from fractions import Fraction

    with pytest.raises(RuntimeError), VideoWriter(tmp_path / "x.mp4", (16, 16), Fraction(1, 30)):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_video_is_refused(tmp_path):
    text = tmp_path / "notes.mp4"
    text.write_text("no video", encoding="utf-8")
    for path in (text, tmp_path / "missing.mp4"):
        with pytest.raises(FormatError) as told:
            index_video(path)
        assert told.value.file == str(path)


def test_a_frame_that_is_not_there_is_refused(videos):
    with Video(videos / "h264.mp4") as video, pytest.raises(DataError, match="no such frame"):
        video.read([60])


@pytest.mark.parametrize(("encoding", "axes"), [(EXACT_GRAY, ()), (EXACT_RGB, (3,))])
def test_exact_videos_give_back_every_bit(tmp_path, encoding, axes):
    rng = np.random.default_rng(0)
    # Noise of one level, on a ramp over the whole range: nothing may be clipped or averaged.
    ramp = np.linspace(0, 255, 64).reshape(64, *(1 for _ in (0, *axes)))
    written = (ramp + rng.integers(-1, 2, (40, 64, 48, *axes))).clip(0, 255).astype(np.uint8)
    path = tmp_path / "exact.mp4"
    with VideoWriter(path, (64, 48), Fraction(1, 1000), encoding=encoding) as writer:
        for place, picture in enumerate(written):
            writer.write(picture, 33 * place)
    color = "rgb" if axes else "gray"
    with Video(path, look=Look(color=color)) as video:
        np.testing.assert_array_equal(video.read(range(40)).pixels, written)
        np.testing.assert_array_equal(video.read([31, 7]).pixels, written[[31, 7]])
