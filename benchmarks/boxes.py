"""Boxes of real mice without any weights, beside boxes from their pose.

``python benchmarks/boxes.py`` prints a table, ``--json`` one object ``{"machine": ..., "rows":
[...]}``, ``--sheet FILE`` draws what a network would see of every recording. The real videos are
those of ``../shared/data``; one that is missing is left out and named. Detection by background and
tracking are compared with boxes around the keypoints in the frames that both have: the pose of
``vame`` has one row more than its video has frames, that of ``mabe22_clip`` one row less.

Of several animals, each frame's boxes are matched to the true ones as well as they can be. How
often a track goes over to another animal is counted beside it, over the frames in which no true
boxes overlap, and how often they part; two mice that exchange their names count twice. Drawn pairs
(``--drawn``) are simulated mice of one coat, filmed from above, whose boxes are known exactly.

CPU seconds are of one thread, getting to know the cage, decoding and tracking included, and stand
beside those of decoding all frames at the same size.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _drawn_pairs import drawn_pairs
from _rows import tell
from scipy.optimize import linear_sum_assignment

from boutwise import formats
from boutwise.errors import DataError
from boutwise.metrics import box_ious
from boutwise.prepare.boxes import Detect, boxes_of
from boutwise.prepare.crops import Crop, crop_squares
from boutwise.prepare.cutting import cut
from boutwise.prepare.detectors import Scene
from boutwise.types import Boxes, PoseTrack, Subject
from boutwise.video import Look, Video, index_video

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CLEARLY = 0.3
"""Overlap from which a track counts as being on an animal."""
CROPS = 12
"""Of each recording on the contact sheet."""


@dataclass(frozen=True)
class Film:
    """A real video, and the pose that belongs to it."""

    name: str
    video: str
    pose: str = ""
    animals: int = 1


LUPE = ("walking", "rearing", "still", "lick hindpaw R", "body groom L", "body groom R")
FILMS = (
    Film(
        "dlc_openfield",
        "dlc_openfield/videos/m3v1mp4.mp4",
        "dlc_openfield/pose/openfield_dlc_inference_example.csv",
    ),
    Film("vame", "vame/cropped_video.mp4", "vame/cropped_video.csv"),
    Film(
        "mabe22_clip",
        "mabe22_clip/EGS8X2MN4SSUGFWAV976.mp4",
        "mabe22_clip/EGS8X2MN4SSUGFWAV976.h5",
        3,
    ),
    Film("lightning_pose", "lightning_pose/mirror-mouse-example/videos/test_vid.mp4"),
    *(Film(f"lupe: {name}", f"lupe_clips/{name}.mp4") for name in LUPE),
    Film("lupe: genitalia groom", "lupe_clips/genitalia groom.mp4"),
    Film("lupe: genitalia groom L", "lupe_clips/genitalia groom L.mp4"),
)


def scene_of(film: Film) -> Scene:
    """The video with the pose of its frames; missing rows have no points, others are left out."""
    path = DATA / film.video
    index = index_video(path)
    if not film.pose:
        return Scene(
            path, index, tuple(f"mouse{n + 1}" for n in range(film.animals)), None, film.name
        )
    pose = formats.read(DATA / film.pose).pose
    assert isinstance(pose, PoseTrack)
    missing = index.n_frames - pose.n_frames
    if missing > 0:
        empty = np.full((missing, *pose.positions.shape[1:]), np.nan, np.float32)
        sure = pose.confidence
        none = None if sure is None else np.zeros((missing, *sure.shape[1:]), np.float32)
        pose = replace(
            pose,
            positions=np.concatenate([pose.positions, empty]),
            confidence=None if sure is None else np.concatenate([sure, none]),
        )
    return Scene(path, index, pose.animals, pose.frames(0, index.n_frames), film.name)


def row_of(
    scene: Scene, every: int | str, truth: Boxes | None
) -> tuple[dict[str, Any], Boxes | None]:
    """What is said of one film, and its boxes where there are any."""
    n_frames = scene.index.n_frames
    detect = Detect("background", every=every)
    row: dict[str, Any] = {
        "video": scene.recording,
        "frames": n_frames,
        "animals": len(scene.animals),
        "every": detect.chosen(has_pose=False, fps=scene.index.clock.fps).every,
    }
    before = time.process_time()
    try:
        boxes = boxes_of(replace(scene, pose=None), detect)
    except DataError as error:
        row["refused"] = error.what
        return row, None
    row["cpu_ms_a_frame"] = 1000 * (time.process_time() - before) / n_frames
    row["decode_ms_a_frame"] = decoding_ms(scene)
    row["no_box"] = float((~boxes.present).mean())
    if truth is not None:
        row |= compared(boxes, truth)
    if "switches" in row:
        row["minutes"] = n_frames / scene.index.clock.fps / 60
        row["switches_a_minute"] = row["switches"] / row["minutes"]
        row["switches_a_parting"] = row["switches"] / max(row["partings"], 1)
    return row, boxes


def scenes(drawn: int, minutes: float, only: str, folder: Path) -> Iterator[tuple[Scene, Any]]:
    """Every recording with its true boxes; None where nobody knows them."""
    for film in FILMS:
        if only not in film.name:
            continue
        if not (DATA / film.video).exists():
            print(f"{film.name}: not on this machine", file=sys.stderr)
            continue
        scene = scene_of(film)
        yield scene, None if scene.pose is None else boxes_of(scene, Detect("pose"))
    if drawn and only in "drawn pair":
        for name, path, boxes in drawn_pairs(folder, pairs=drawn, minutes=minutes):
            yield Scene(path, index_video(path), boxes.animals, recording=name), boxes


def decoding_ms(scene: Scene) -> float:
    """CPU milliseconds to decode a frame, gray, at its own size."""
    before = time.process_time()
    with Video(scene.path, scene.index, look=Look("gray")) as video:
        for _ in video.pictures(np.arange(scene.index.n_frames)):
            pass
    return 1000 * (time.process_time() - before) / scene.index.n_frames


def compared(boxes: Boxes, truth: Boxes) -> dict[str, float]:
    """Overlap with true boxes, and how often a track goes over to another animal."""
    nearest = np.full(boxes.present.shape, -1)
    ious = []
    apart = np.ones(boxes.n_frames, dtype=bool)
    for frame, corners in enumerate(boxes.corners):
        overlaps = box_ious(corners, truth.corners[frame])
        one, other = linear_sum_assignment(-overlaps)
        there = boxes.present[frame, one] & truth.present[frame, other]
        ious += overlaps[one, other][there].tolist()
        apart[frame] = np.triu(box_ious(*[truth.corners[frame]] * 2), 1).max() == 0
        clear = (overlaps[one, other] > CLEARLY) & apart[frame]
        nearest[frame, one[clear]] = other[clear]
    found: dict[str, float] = {
        "iou_median": float(np.median(ious)),
        "iou_p5": float(np.quantile(ious, 0.05)),
        "no_true_box": float((~truth.present).mean()),
    }
    if len(boxes.animals) > 1:
        found["partings"] = int((np.diff(apart.astype(int)) == 1).sum())
        found["switches"] = sum(changes(track) for track in nearest.T)
    return found


def changes(track: np.ndarray) -> int:
    """How often a track goes from one animal to another; frames on none are left out."""
    known = track[track >= 0]
    return int((np.diff(known) != 0).sum())


def strips(scene: Scene, boxes: Boxes, crop: Crop) -> Iterator[np.ndarray]:
    """A row of crops of each animal, evenly spread; a frame without a box is crossed out."""
    numbers = np.linspace(0, boxes.n_frames - 1, CROPS).round().astype(int)
    with Video(scene.path, scene.index, look=Look(crop.color)) as video:
        pictures = video.read(numbers, broken="mask")
    for animal in boxes.animals:
        squares = crop_squares(boxes, Subject("", animal), crop, scene.index.clock)
        row = np.full((crop.size + 4, CROPS * (crop.size + 4)), 255, np.uint8)
        for place, number in enumerate(numbers):
            left = place * (crop.size + 4)
            shown = row[: crop.size, left : left + crop.size]
            if squares.present[number]:
                shown[:] = cut(pictures.pixels[place], squares.corners[number], crop.size)
            else:
                shown[:] = np.where(np.eye(crop.size) + np.eye(crop.size)[::-1] > 0, 0, 230)
        yield row


def together(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """All drawn pairs as one row: how often two mice of one coat are exchanged."""
    pairs = [row for row in rows if row["video"].startswith("drawn") and "switches" in row]
    if len(pairs) < 2:
        return None
    sums = {key: sum(row[key] for row in pairs) for key in ("frames", "partings", "switches")}
    minutes = sum(row["minutes"] for row in pairs)
    return {
        "video": f"all {len(pairs)} drawn pairs",
        "animals": 2,
        "every": pairs[0]["every"],
        **sums,
        "switches_a_minute": sums["switches"] / minutes,
        "switches_a_parting": sums["switches"] / max(sums["partings"], 1),
    }


def table(rows: list[dict[str, Any]]) -> str:
    """In Markdown."""
    heads = (
        "iou_median",
        "iou_p5",
        "no_box",
        "partings",
        "switches",
        "switches_a_minute",
        "switches_a_parting",
        "cpu_ms_a_frame",
        "decode_ms_a_frame",
    )
    lines = [
        "| video | frames | animals | every | " + " | ".join(heads) + " |",
        "|---" * (4 + len(heads)) + "|",
    ]
    for row in rows:
        head = f"| {row['video']} | {row['frames']} | {row['animals']} | {row['every']} | "
        if "refused" in row:
            lines.append(head + f"refused: {row['refused']}" + " |" * len(heads))
            continue
        cells = [row.get(name) for name in heads]
        shown = [
            "-" if cell is None else str(cell) if isinstance(cell, int) else f"{cell:.3f}"
            for cell in cells
        ]
        lines.append(head + " | ".join(shown) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", default="", help="videos whose name contains this")
    parser.add_argument("--every", type=int, nargs="*", default=[], help="frames between looks")
    parser.add_argument("--sheet", type=Path, help="PNG of what a network would see")
    parser.add_argument("--drawn", type=int, default=4, help="pairs of drawn mice")
    parser.add_argument("--minutes", type=float, default=1.0, help="of each drawn pair")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    sheet: list[np.ndarray] = []
    with tempfile.TemporaryDirectory() as folder:
        wanted = scenes(options.drawn, options.minutes, options.only, Path(folder))
        for scene, truth in wanted:
            for every in options.every or ["auto"]:
                row, boxes = row_of(scene, every, truth)
                rows.append(row)
            if boxes is not None and options.sheet:
                sheet += strips(scene, boxes, Crop())
    if options.sheet and sheet:
        from PIL import Image

        Image.fromarray(np.concatenate(sheet)).save(options.sheet)
    if total := together(rows):
        rows.append(total)
    title = "Detection by background and tracking, against boxes from pose or true boxes"
    tell(rows, as_json=options.json, title=title, table=table(rows))


if __name__ == "__main__":
    main()
