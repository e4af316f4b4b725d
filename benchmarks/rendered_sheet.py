"""Drawn mice beside real ones, for people to look at: one PNG.

    python benchmarks/rendered_sheet.py OUT.png [--data DIR] [--seed N]

Each pair is a real frame and the same pose drawn by the renderer, cut to the surroundings of the
same animal. The real videos: open field from above, round arena from below, three mice from above,
and clips from below that have no pose, beside which simulated pain tests stand. Below them are the
recordings of SUBTLE, which have no video, from three sides, with coats and cages of both families.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from matplotlib.image import imsave
from numpy.typing import NDArray
from scipy.ndimage import zoom

from boutwise.formats import dlc_csv, dlc_h5, subtle
from boutwise.synthetic.pain import film as pain_film
from boutwise.synthetic.pain import simulate_pain
from boutwise.synthetic.rendering import Family, Film, Shot, Side, draw_cage, draw_coat
from boutwise.types import FrameClock, PoseTrack
from boutwise.types.roles import propose_roles
from boutwise.video import Look, Video

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
TILE = 256
Picture = NDArray[np.uint8]

VIDEOS: tuple[tuple[str, str, Callable[[Path], object], Side, int, tuple[int, ...]], ...] = (
    (
        "dlc_openfield/videos/m3v1mp4.mp4",
        "dlc_openfield/pose/openfield_dlc_inference_example.csv",
        dlc_csv.read,
        "above",
        170,
        (700, 1500, 2000),
    ),
    (
        "vame/cropped_video.mp4",
        "vame/cropped_video.csv",
        dlc_csv.read,
        "below",
        280,
        (50, 300, 600),
    ),
    (
        "mabe22_clip/EGS8X2MN4SSUGFWAV976.mp4",
        "mabe22_clip/EGS8X2MN4SSUGFWAV976.h5",
        dlc_h5.read,
        "above",
        150,
        (200, 900, 1500),
    ),
)
"""Video, pose, reader of the pose, side, pixels that are shown, frames."""
CLIPS = ("walking", "rearing", "lick hindpaw R")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--seed", type=int, default=3)
    arguments = parser.parse_args()
    rows = [*against_videos(arguments.data, arguments.seed)]
    rows.append(against_clips(arguments.data, arguments.seed))
    rows += in_space(arguments.data, arguments.seed)
    imsave(arguments.out, np.concatenate(rows), cmap="gray", vmin=0, vmax=255)


def against_videos(data: Path, seed: int) -> Iterator[Picture]:
    """Pairs of real and drawn pictures of the same pose."""
    for place, (video, track, read, side, span, frames) in enumerate(VIDEOS):
        pose: PoseTrack = read(data / track).pose  # type: ignore[attr-defined]
        pose = replace(pose, roles=propose_roles(pose.keypoints))
        with Video(data / video, look=Look(color="gray")) as real:
            height, width = real.shape[:2]
            pictures = real.read(frames).pixels
        tiles = []
        for number, frame in enumerate(frames):
            family: Family = "train" if number < 2 else "test"
            film = drawn(pose, side, (0, 0, width, height), seed + place, number, family)
            cut = around(film, frame, span)
            tiles += [tile(pictures[number][cut]), tile(film.picture(frame)[cut])]
        yield np.concatenate(tiles, axis=1)


def drawn(
    pose: PoseTrack,
    side: Side,
    window: tuple[int, int, int, int],
    seed: int,
    number: int,
    family: Family,
) -> Film:
    """A film of a flat track in the pixels of its own video."""
    return Film(
        pose,
        FrameClock.declared(pose.n_frames, 30.0),
        coats=[draw_coat(seed, number + k, family) for k in range(len(pose.animals))],
        cage=draw_cage(seed, number, side, family),
        shot=Shot(size=(window[3], window[2]), window=window),
    )


def around(film: Film, frame: int, span: int) -> tuple[slice, slice]:
    """The surroundings of the first animal that is there."""
    boxes = film.boxes
    animal = int(np.argmax(boxes.present[frame]))
    corners = np.nan_to_num(boxes.corners[frame, animal])
    height, width = film.shot.size
    x = int(np.clip((corners[0] + corners[2]) / 2 - span / 2, 0, width - span))
    y = int(np.clip((corners[1] + corners[3]) / 2 - span / 2, 0, height - span))
    return slice(y, y + span), slice(x, x + span)


def tile(picture: Picture) -> Picture:
    """A picture of the size of a tile, with a line around it."""
    scaled = zoom(picture.astype(np.float32), TILE / picture.shape[0], order=1)
    made = np.clip(scaled, 0, 255).astype(np.uint8)[:TILE, :TILE]
    made[:2], made[:, :2] = 128, 128
    return made


def against_clips(data: Path, seed: int) -> Picture:
    """Real clips from below, and simulated pain tests."""
    tests = simulate_pain(animals=3, test_animals=1, videos=1, seed=seed)
    tiles = []
    for test, name in zip(tests, CLIPS, strict=True):
        with Video(data / "lupe_clips" / f"{name}.mp4", look=Look(color="gray")) as real:
            tiles.append(tile(real.read([25]).pixels[0]))
        film = pain_film(test, seed=seed)
        tiles.append(tile(film.picture(120)[around(film, 120, 300)]))
    return np.concatenate(tiles, axis=1)


def in_space(data: Path, seed: int) -> Iterator[Picture]:
    """Recordings in space, from three sides."""
    path = data / "subtle" / "labelled" / "coords" / "adult_6112.csv"
    pose = subtle.read(path).pose
    assert pose is not None
    pose = pose.frames(0, 3000)
    clock = FrameClock.declared(pose.n_frames, subtle.FPS)
    sides: tuple[tuple[Side, float], ...] = (("below", 0), ("above", 35), ("side", 15))
    for side, tip in sides:
        tiles = []
        for number in range(6):
            family: Family = "train" if number < 3 else "test"
            film = Film(
                pose,
                clock,
                coats=[draw_coat(seed, number, family)],
                cage=draw_cage(seed, number, side, family),
                shot=Shot(size=(512, 512), tip_deg=tip),
            )
            frame = 300 + 450 * number
            tiles.append(tile(film.picture(frame)[around(film, frame, 256)]))
        yield np.concatenate(tiles, axis=1)


if __name__ == "__main__":
    main()
