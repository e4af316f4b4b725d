"""Whether the frame that is asked for is the frame that comes, on every kind of video file.

``python benchmarks/video_exact.py`` prints a table, ``--json`` one object
``{"machine": ..., "rows": [...]}``. Each file is written here, with the number of every frame burnt
into its pixels as twelve large squares. It is read once in order, and frames of it are read at
random by seeking. ``wrong`` counts frames that show another number than was asked for, frames of
a whole file that are said to be undecodable, and a wrong number of frames. ``masked`` counts reads
of broken files that are said to be undecodable instead of showing something else. Where OpenCV
can be imported, the same frames are asked of it, by ``CAP_PROP_POS_FRAMES`` and in order.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _rows import tell
from numpy.typing import NDArray

from boutwise.video import Look, Video

BURNT = Path(__file__).resolve().parents[1] / "tests" / "video" / "burnt.py"
N_FRAMES = 400
CUT_S = 4.2
RATE = 30


def load_burnt() -> Any:
    """The videos that the tests write too."""
    spec = importlib.util.spec_from_file_location("burnt", BURNT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["burnt"] = module
    spec.loader.exec_module(module)
    return module


burnt = load_burnt()


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        settings: What it is written with.
        change: Makes another file of it: source, place.
        first: Number that its first frame shows.
        broken: Whether frames may rightly be undecodable, or missing at the end.
    """

    settings: dict[str, Any]
    change: Callable[[Path, Path], Path] | None = None
    first: int = 0
    broken: bool = False

    def write(self, path: Path) -> Path:
        """Write the file."""
        if self.change is None:
            return burnt.write(path, N_FRAMES, **self.settings)
        whole = burnt.write(path.with_name(f"whole_{path.name}"), N_FRAMES, **self.settings)
        return self.change(whole, path)


def cut(source: Path, path: Path) -> Path:
    return burnt.cut(source, path, second=CUT_S)


def shorten(source: Path, path: Path) -> Path:
    return burnt.shorten(source, path, share=0.6)


def spoil(source: Path, path: Path) -> Path:
    return burnt.spoil(source, path, packet=200)


def uneven() -> list[int]:
    """Times in ms of a camera that hesitates, and leaves some frames out."""
    steps = np.random.default_rng(0).integers(20, 60, N_FRAMES)
    steps[::37] += 120
    return np.cumsum(steps).tolist()


OPEN_GOP = {"x264-params": "open-gop=1:bframes=3:keyint=20:min-keyint=20:scenecut=0"}
FAR_KEYS = {"x264-params": "scenecut=0", "preset": "veryfast"}
HEVC = {"codec": "libx265", "options": {"x265-params": "log-level=none"}}
FASTSTART = {"container_options": {"movflags": "faststart"}}
KINDS = {
    "h264.mp4": Kind({}),
    "h264.mkv": Kind({}),
    "h264.ts": Kind({}),
    "h264_b_frames.avi": Kind({"b_frames": 2}),
    "open_gop.mp4": Kind({"options": OPEN_GOP}),
    "open_gop.avi": Kind({"options": OPEN_GOP}),
    "key_frames_far_apart.mp4": Kind({"options": FAR_KEYS, "gop": N_FRAMES}),
    "h264_10_bit.mp4": Kind({"pixel_format": "yuv420p10le"}),
    "hevc.mp4": Kind(HEVC),
    "hevc_10_bit.mkv": Kind(HEVC | {"pixel_format": "yuv420p10le"}),
    "vp9.webm": Kind({"codec": "libvpx-vp9", "options": {"deadline": "realtime"}}),
    "mpeg4_b_frames.avi": Kind({"codec": "mpeg4", "b_frames": 2}),
    "mpeg2.mpg": Kind({"codec": "mpeg2video", "b_frames": 2}),
    "mjpeg.avi": Kind({"codec": "mjpeg", "pixel_format": "yuvj420p"}),
    "uneven.mp4": Kind({"milliseconds": uneven()}),
    "uneven.mkv": Kind({"milliseconds": uneven()}),
    "cut.mp4": Kind({}, cut, first=round(CUT_S * RATE)),
    "cut_open_gop.mp4": Kind({"options": OPEN_GOP}, cut, first=round(CUT_S * RATE)),
    "broken_off.avi": Kind({"codec": "mpeg4", "b_frames": 2}, shorten, broken=True),
    "broken_off.ts": Kind({}, shorten, broken=True),
    "broken_off.mp4": Kind(FASTSTART, shorten, broken=True),
    "damaged_packet.mp4": Kind({}, spoil, broken=True),
    "damaged_packet.avi": Kind({"b_frames": 2}, spoil, broken=True),
}


def read(path: Path, numbers: NDArray[np.int64]) -> Iterator[int | None]:
    """What frames show; None where one is said to be undecodable."""
    with Video(path, look=Look("gray")) as video:
        for picture in video.pictures(numbers):
            yield None if picture is None else burnt.number_in(picture)


def read_opencv(path: Path, numbers: NDArray[np.int64]) -> Iterator[int | None]:
    """The same by OpenCV, as its users do it."""
    import cv2

    capture, following = cv2.VideoCapture(str(path)), 0
    for number in numbers.tolist():
        if number != following:
            capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        found, picture = capture.read()
        following = number + 1
        yield burnt.number_in(picture) if found else None
    capture.release()


Reader = Callable[[Path, NDArray[np.int64]], Iterator[int | None]]


def compare(
    path: Path, kind: Kind, orders: list[NDArray[np.int64]], reader: Reader
) -> tuple[int, int]:
    """Wrong and masked reads."""
    wrong = masked = 0
    for numbers in orders:
        for number, shown in zip(numbers.tolist(), reader(path, numbers), strict=True):
            masked += shown is None
            wrong += shown is not None and shown != number + kind.first
    return wrong, masked


def measure(folder: Path, n_random: int, with_opencv: bool) -> Iterator[dict[str, Any]]:
    """One row a file."""
    for place, (name, kind) in enumerate(KINDS.items()):
        path = kind.write(folder / name)
        with Video(path) as video:
            n_frames = video.index.n_frames
        rng = np.random.default_rng(place)
        orders = [np.arange(n_frames), rng.integers(0, n_frames, n_random)]
        wrong, masked = compare(path, kind, orders, read)
        lost = N_FRAMES - kind.first - n_frames
        if not kind.broken:
            wrong, masked = wrong + masked + abs(lost), 0
        row: dict[str, Any] = {"file": name, "frames": n_frames}
        row |= {"reads": sum(order.size for order in orders), "wrong": wrong, "masked": masked}
        if with_opencv:
            theirs, missing = compare(path, kind, orders, read_opencv)
            row["opencv_wrong"] = theirs + (0 if kind.broken else missing)
        yield row


def _opencv_words() -> str:
    import cv2

    return f"beside it OpenCV {cv2.__version__}"


def main() -> None:
    """Print a row for each kind of file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--reads", type=int, default=100, help="random reads of each file")
    options = parser.parse_args()
    with_opencv = importlib.util.find_spec("cv2") is not None
    with tempfile.TemporaryDirectory() as folder:
        rows = list(measure(Path(folder), options.reads, with_opencv))
    heads = [*rows[0]]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    lines += ["| " + " | ".join(str(row[head]) for head in heads) + " |" for row in rows]
    reads, wrong = (sum(row[head] for row in rows) for head in ("reads", "wrong"))
    title = f"{wrong} wrong frames in {reads} reads of {len(rows)} files"
    title += f"; {_opencv_words() if with_opencv else 'OpenCV is not installed, and not compared'}"
    tell(rows, as_json=options.json, title=title + "\n", table="\n".join(lines))


if __name__ == "__main__":
    main()
