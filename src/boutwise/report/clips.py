"""Short clips of bouts: the animal in its box, and above what was labelled and how likely it was.

A clip is a small H.264 file in the run folder (``clips/``), so that a page can be written again
where the video is not, and stands in the page itself as text.
"""

from __future__ import annotations

import io
from base64 import b64encode
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.report.colors import mixed
from boutwise.report.figures.raster import Track
from boutwise.report.mistakes import Mistake
from boutwise.report.videos import Film
from boutwise.store import Store
from boutwise.types import FrameClock
from boutwise.video import Encoding, Look, Video, VideoWriter

VERSION = 1
FOLDER = "clips"
PACKED = Encoding(crf=28, gop=30, b_frames=2, preset="slow")
UNIT_S = Fraction(1, 90_000)

AROUND_S = 0.5
"""Shown before and after a bout."""
LONGEST_S = 4.0
"""Of a longer bout its beginning is shown."""
BRIEF_S, SLOWED = 0.5, 4
"""Shorter bouts are over before one has seen them: they are shown so many times as slowly."""
FASTEST = 30.0
"""Frames a second of a clip; of a faster video frames are left out."""
SIDE, LEAST_SIDE = 240, 120
"""Pixels of the longer side of the picture, and the least of the shorter one."""
MARGIN = 0.3
"""Around the animal, in shares of the longer side of where it is during the clip."""
LANE, CHANCE = 10, 24
"""Height of the two bars above the picture, pixels: a player's buttons lie at its lower end."""
GROUND, PLAYHEAD = (38, 44, 52), (255, 255, 255)


@dataclass(frozen=True)
class Clip:
    """A clip as text.

    Attributes:
        video: ``data:`` address of the MP4.
        still: ``data:`` address of one picture of it.
        size: (height, width).
        slowed: How many times slower than real.
        cut_off: Whether only the beginning of the bout is shown.
    """

    video: str
    still: str
    size: tuple[int, int]
    slowed: int
    cut_off: bool

    @property
    def n_bytes(self) -> int:
        """What it adds to a page."""
        return len(self.video) + len(self.still)


@dataclass(frozen=True, eq=False)
class Scene:
    """What a clip shows: the bout, its film, and what is known of its frames.

    Attributes:
        mistake: The bout.
        film: Where its pictures are.
        labelled: Whether the behavior was labelled, (frames of the recording,).
        decided: Whether it was decided.
        chance: Its probability; NaN where nothing was judged.
        times_s: Of the frames, seconds.
        color: Of the behavior, ``#rrggbb``.
    """

    mistake: Mistake
    film: Film
    labelled: NDArray[np.bool_]
    decided: NDArray[np.bool_]
    chance: NDArray[np.float32]
    times_s: NDArray[np.float64]
    color: str

    @classmethod
    def of(
        cls, mistake: Mistake, film: Film, track: Track, chance: NDArray[np.float32], color: str
    ) -> Scene:
        """From the lane of the behavior."""
        lane = next(lane for lane in track.lanes if mistake.behavior in lane.behaviors)
        code = lane.behaviors.index(mistake.behavior)
        flags = (np.asarray(lane.truth == code), np.asarray(lane.predicted == code))
        return cls(mistake, film, *flags, chance, track.times_s, color)

    @property
    def frames(self) -> NDArray[np.int64]:
        """Frames of the clip."""
        clock = FrameClock.from_pts(self.times_s)
        around = max(round(AROUND_S * clock.fps), 1)
        start = max(self.mistake.start - around, 0)
        stop = min(self.mistake.stop + around, len(self.times_s))
        stop = min(stop, start + max(int(LONGEST_S * clock.fps), 2))
        return np.arange(start, stop, max(1, round(clock.fps / FASTEST)))

    @property
    def slowed(self) -> int:
        """How many times slower than real it is shown."""
        return SLOWED if self.mistake.stop_s - self.mistake.start_s < BRIEF_S else 1

    @property
    def key(self) -> str:
        """Names the clip by its content."""
        frames = self.frames
        return Store.key(
            "clip",
            VERSION,
            self.film.digest,
            [self.mistake.animal, self.mistake.target, self.color, self.slowed],
            frames,
            [self.labelled[frames], self.decided[frames], np.nan_to_num(self.chance[frames])],
        )[:20]


def clip_of(scene: Scene, run_directory: Path) -> Clip | None:
    """The clip of a bout, from the run folder or cut from the video.

    Returns:
        None where it was never cut and ``scene.film.gone`` says why it cannot be now.
    """
    path = run_directory / FOLDER / f"{scene.key}.mp4"
    still = path.with_suffix(".jpg")
    if not (path.is_file() and still.is_file()):
        if scene.film.gone:
            return None
        path.parent.mkdir(exist_ok=True)
        _write(scene, path, still)
    from PIL import Image

    with Image.open(still) as image:
        width, height = image.size
    cut_off = int(scene.frames[-1]) < scene.mistake.stop - 1
    return Clip(
        _address("video/mp4", path.read_bytes()),
        _address("image/jpeg", still.read_bytes()),
        (height, width),
        scene.slowed,
        cut_off,
    )


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{b64encode(content).decode('ascii')}"


def _write(scene: Scene, path: Path, still: Path) -> None:
    from PIL import Image

    frames, box = scene.frames, _window(scene)
    size = _shown(box)
    band = _band(scene, size[1])
    seconds = (scene.times_s[frames] - scene.times_s[frames[0]]) * scene.slowed
    ticks = np.round(seconds / float(UNIT_S)).astype(np.int64)
    middle = min(int(np.searchsorted(frames, scene.mistake.start)) + 1, len(frames) - 1)
    look = Look(color="rgb", crop=box, size=size)
    height = size[0] + len(band)
    with (
        Video(scene.film.path, scene.film.index, look=look) as video,
        VideoWriter(path, (height, size[1]), UNIT_S, encoding=PACKED) as writer,
    ):
        for place, picture in enumerate(video.pictures(frames)):
            frame = int(frames[place])
            shown = np.full((*size, 3), 128, np.uint8) if picture is None else picture.copy()
            _outline(shown, scene, frame, box)
            at = int((place + 0.5) * size[1] / len(frames))
            above = band.copy()
            above[:, max(at - 1, 0) : at + 1] = PLAYHEAD
            whole = np.concatenate([above, shown])
            writer.write(whole, int(ticks[place]))
            if place == middle:
                buffer = io.BytesIO()
                Image.fromarray(whole).save(buffer, "JPEG", quality=70)
                still.write_bytes(buffer.getvalue())


def _window(scene: Scene) -> tuple[int, int, int, int]:
    """The part of the picture in which the clip happens: x1, y1, x2, y2 within it."""
    index = scene.film.index
    assert index is not None
    width, height = index.facts.width, index.facts.height
    corners = _corners(scene, scene.frames)
    corners = corners[np.isfinite(corners).all(axis=1)]
    if not len(corners):
        return 0, 0, width, height
    low, high = corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
    longer = float((high - low).max())
    sides = np.maximum(high - low + 2 * MARGIN * longer, LEAST_SIDE / SIDE * longer)
    sides = np.minimum(np.maximum(sides, 16.0), (width, height))
    first = np.clip((low + high - sides) / 2, 0, np.array((width, height)) - sides)
    x1, y1 = np.floor(first).astype(int).tolist()
    x2, y2 = np.minimum(np.ceil(first + sides), (width, height)).astype(int).tolist()
    return x1, y1, x2, y2


def _corners(scene: Scene, frames: NDArray[np.int64]) -> NDArray[np.float32]:
    """Boxes of the animal and of its target in some frames, (boxes, 4)."""
    boxes, none = scene.film.boxes, np.zeros((0, 4), np.float32)
    if boxes is None:
        return none
    who = [name for name in (scene.mistake.animal, scene.mistake.target) if name in boxes.animals]
    return np.concatenate([none, *(boxes.corners[frames, boxes.index(name)] for name in who)])


def _shown(box: tuple[int, int, int, int]) -> tuple[int, int]:
    """(height, width) of the picture in the clip, both even."""
    sides = np.array([box[3] - box[1], box[2] - box[0]], dtype=float)
    sides *= SIDE / sides.max()
    height, width = (int(max(round(side / 2) * 2, LEAST_SIDE)) for side in sides)
    return height, width


def _band(scene: Scene, width: int) -> NDArray[np.uint8]:
    """What was labelled over how likely it was, (height, width, 3): one column a moment."""
    frames = scene.frames
    places = (np.arange(width) * len(frames) / width).astype(int)
    columns = frames[places]
    color = _rgb(scene.color)
    pale = _rgb(mixed(scene.color, "#262C34", share=0.55))
    band = np.full((LANE + CHANCE + 4, width, 3), GROUND, np.uint8)
    band[2 : 2 + LANE, scene.labelled[columns]] = color
    chance = np.nan_to_num(scene.chance[columns])
    rows = np.arange(CHANCE)[:, None] >= CHANCE * (1 - chance)[None]
    fill = np.where(scene.decided[columns][:, None], color, pale)
    part = band[4 + LANE :]
    part[rows[: len(part)]] = np.broadcast_to(fill, part.shape)[rows[: len(part)]]
    return band


def _outline(
    picture: NDArray[np.uint8], scene: Scene, frame: int, box: tuple[int, int, int, int]
) -> None:
    """Draw the box of the animal into a picture, in place; a pair has two."""
    scale = np.array(picture.shape[1::-1]) / (box[2] - box[0], box[3] - box[1])
    for corners in _corners(scene, np.array([frame])):
        if not np.isfinite(corners).all():
            continue
        points = (corners.reshape(2, 2) - np.array(box[:2])) * scale
        limits = np.array(picture.shape[1::-1]) - 1
        (left, top), (right, bottom) = np.clip(points, 0, limits).astype(int).tolist()
        for rows, columns in (
            (slice(top, bottom + 1), [left, right]),
            ([top, bottom], slice(left, right + 1)),
        ):
            picture[rows, columns] = _rgb(scene.color)


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = (int(color[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
