"""Outlines of real mice, found without any weights, beside the pose that a tracker gave.

``python benchmarks/outlines.py`` prints a table, ``--json`` one object ``{"machine": ..., "rows":
[...]}``, ``--sheet FILE`` draws the points of every recording. The real videos with one mouse and a
pose are those of ``../shared/data``; one that is missing is left out and named. Compared are the
direction from the tail base to the nose, and where these two are, in lengths of the body.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _rows import tell
from boxes import DATA, FILMS, scene_of
from PIL import Image, ImageDraw

from boutwise.prepare._outline_points import POINTS
from boutwise.prepare.detectors import Scene
from boutwise.prepare.picture_steps import PictureSteps
from boutwise.prepare.pictures import PreparedVideo
from boutwise.types import PoseTrack
from boutwise.types.recipe import Part
from boutwise.types.roles import propose_roles
from boutwise.video import Video

STEPS = PictureSteps.of(
    [Part(part="detect", options={"detector": "background"}), Part(part="outline", options={})]
)
SURE = 0.6
"""Confidence from which a keypoint of the tracker is compared."""
SHOWN = 8
"""Frames of each recording on the sheet."""


def row_of(scene: Scene) -> tuple[dict[str, Any], PoseTrack]:
    """What is said of one film, and its outlines."""
    before = time.process_time()
    bare = Scene(scene.path, scene.index, scene.animals, None, scene.recording)
    clock = scene.index.clock
    outlines = PreparedVideo(bare, clock, fps=clock.fps, steps=STEPS).outlines
    spent = time.process_time() - before
    assert scene.pose is not None
    truth = {role: of_role(scene.pose, role) for role in ("nose", "tail_base")}
    found = {name: outlines.positions[:, 0, POINTS.index(name)] for name in truth}
    true_way, way = (ends["nose"] - ends["tail_base"] for ends in (truth, found))
    known = np.isfinite(true_way).all(axis=1) & np.isfinite(way).all(axis=1)
    body = float(np.nanmedian(np.linalg.norm(true_way, axis=1)))
    turned = np.arctan2(*way[known].T[::-1]) - np.arctan2(*true_way[known].T[::-1])
    row = {
        "video": scene.recording,
        "frames": scene.index.n_frames,
        "compared": int(known.sum()),
        "no_outline": float((~np.isfinite(way).all(axis=1)).mean()),
        "head_is_head": float((np.cos(turned) > 0).mean()),
        "axis_degrees": float(np.degrees(np.median(np.arcsin(np.abs(np.sin(turned)))))),
        **{
            f"{name}_bodies": float(np.nanmedian(np.linalg.norm(truth[name] - at, axis=1)) / body)
            for name, at in found.items()
        },
        "cpu_ms_a_frame": 1000 * spent / scene.index.n_frames,
    }
    return row, outlines


def of_role(pose: PoseTrack, role: str) -> np.ndarray:
    """Where a keypoint is where the tracker is sure, (frames, 2)."""
    roles = dict(pose.roles) or propose_roles(pose.keypoints)
    place = next(n for n, name in enumerate(pose.keypoints) if roles.get(name) == role)
    at = pose.positions[:, 0, place].copy()
    if pose.confidence is not None:
        at[pose.confidence[:, 0, place] < SURE] = np.nan
    return at


def strip(scene: Scene, outlines: PoseTrack) -> np.ndarray:
    """Frames, evenly spread, with the points; the nose is larger."""
    numbers = np.linspace(0, scene.index.n_frames - 1, SHOWN + 2).round().astype(int)[1:-1]
    with Video(scene.path, scene.index) as video:
        pictures = video.read(numbers, broken="mask").pixels
    around = 80
    shown = []
    for number, picture in zip(numbers, pictures, strict=True):
        image = Image.fromarray(picture)
        draw = ImageDraw.Draw(image)
        for name, (x, y) in zip(POINTS, outlines.positions[number, 0], strict=True):
            if np.isfinite(x):
                size = 4 if name == "nose" else 2
                color = "red" if name == "nose" else "cyan" if "edge" in name else "yellow"
                draw.ellipse((x - size, y - size, x + size, y + size), fill=color)
        x, y = np.nan_to_num(outlines.positions[number, 0, POINTS.index("middle")])
        box = (x - around, y - around, x + around, y + around)
        shown.append(np.asarray(image.crop(tuple(round(each) for each in box))))
    return np.concatenate(shown, axis=1)


def table(rows: list[dict[str, Any]]) -> str:
    """In Markdown."""
    names = list(rows[0]) if rows else []
    lines = ["| " + " | ".join(names) + " |", "|---" * len(names) + "|"]
    for row in rows:
        cells = [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row.values()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sheet", type=Path, help="PNG of the points on frames")
    options = parser.parse_args()
    rows, sheet = [], []
    for film in FILMS:
        if not film.pose or film.animals > 1:
            continue
        if not (DATA / film.video).exists():
            print(f"{film.name}: not on this machine", file=sys.stderr)
            continue
        scene = scene_of(film)
        row, outlines = row_of(scene)
        rows.append(row)
        sheet.append(strip(scene, outlines))
    if options.sheet and sheet:
        width = min(each.shape[1] for each in sheet)
        Image.fromarray(np.concatenate([each[:, :width] for each in sheet])).save(options.sheet)
    tell(rows, as_json=options.json, title="Outlines against a tracker", table=table(rows))


if __name__ == "__main__":
    main()
