"""A small RT-DETRv2 of random weights, trained on drawn and real boxes: AP@.5 on held-out ones.

``python benchmarks/detector.py`` prints a table, ``--json`` one object ``{"machine": ..., "rows":
[...]}``. Drawn pictures are of pairs of simulated mice; those held out have coats and cages of
kinds that were not trained on. Real pictures are frames of ``dlc_openfield``, ``vame`` and
``mabe22_clip`` with boxes from their pose: trained on the first 60 % of each recording, tested on
its last 30 %. That is another time and the same animal: a real test of other animals would need
other recordings, and there are none. Settings were chosen before: there is one run for each seed.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _drawn_pairs import true_pose
from _rows import tell
from boxes import DATA, FILMS, scene_of

from boutwise.prepare.boxes import Detect, boxes_of
from boutwise.prepare.detectors._rtdetr_training import detector_precision
from boutwise.prepare.detectors.rtdetr import DetectorTraining, train_detector
from boutwise.synthetic import simulate_pairs
from boutwise.synthetic.rendering import Film, Shot, draw_cage, draw_coat
from boutwise.video import Look, Video

SEED = 57
REAL = ("dlc_openfield", "vame", "mabe22_clip")
TRAINED, TESTED = (0.0, 0.6), (0.7, 1.0)
Pictures = list[tuple[np.ndarray, np.ndarray]]


def drawn(n_films: int, n_each: int, family: str) -> Pictures:
    """Pictures of pairs, each film with its own coats and cage, and the true boxes."""
    pairs = simulate_pairs("easy", pairs=n_films, minutes=0.5, seed=SEED + (family == "test"))
    found: Pictures = []
    for number, pair in enumerate(pairs):
        film = Film(
            true_pose(pair),
            pair.recording.clock,
            coats=[draw_coat(SEED, 2 * number + k, family) for k in range(2)],
            cage=draw_cage(SEED, number, "above", family),
            shot=Shot(size=(256, 256)),
            seed=SEED + number,
        )
        for frame in np.linspace(0, film.n_frames - 1, n_each).astype(int):
            boxes = film.boxes.corners[frame]
            found.append((colored(film.picture(frame)), boxes[np.isfinite(boxes).all(axis=1)]))
    return found


def colored(picture: np.ndarray) -> np.ndarray:
    return picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)


def real(name: str, span: tuple[float, float], n_pictures: int) -> Pictures:
    """Frames in which every animal has a box from its pose."""
    film = next(film for film in FILMS if film.name == name)
    scene = scene_of(film)
    boxes = boxes_of(scene, Detect("pose"))
    first, last = (int(share * (boxes.n_frames - 1)) for share in span)
    good = np.flatnonzero(boxes.present.all(axis=1))
    good = good[(good >= first) & (good <= last)]
    frames = good[np.linspace(0, good.size - 1, n_pictures).astype(int)]
    scale = 320 / max(scene.size)
    height, width = (round(side * scale) for side in scene.size)
    with Video(scene.path, scene.index, look=Look("rgb", size=(height, width))) as video:
        pictures = video.read(frames).pixels
    scales = np.tile([width / scene.size[1], height / scene.size[0]], 2)
    return [(p, boxes.corners[f] * scales) for p, f in zip(pictures, frames, strict=True)]


def held_out() -> Iterator[tuple[str, Pictures]]:
    yield "drawn, other coats and cages", drawn(6, 20, "test")
    for name in REAL:
        if (DATA / next(film.video for film in FILMS if film.name == name)).exists():
            yield f"{name}, later frames", real(name, TESTED, 60)


def rows_of(settings: DetectorTraining, tests: list[tuple[str, Pictures]]) -> list[dict[str, Any]]:
    """Train once, and test before and after."""
    trained = drawn(12, 40, "train")
    for name, _ in tests[1:]:
        trained += real(name.partition(",")[0], TRAINED, 160)
    pictures, boxes = zip(*trained, strict=True)
    said: dict[str, Any] = {"seed": settings.seed, "size": settings.size, "steps": settings.steps}
    rows = [{**said, "held_out": name, "pictures": len(test)} for name, test in tests]
    for when, steps in (("before", 1), ("after", settings.steps)):
        with tempfile.TemporaryDirectory() as folder:
            begun = time.process_time()
            changed = replace(settings, steps=steps)
            train_detector(pictures, boxes, Path(folder), settings=changed)
            seconds = time.process_time() - begun
            for row, (_, test) in zip(rows, tests, strict=True):
                row[f"ap50_{when}"] = detector_precision(folder, *zip(*test, strict=True))
                row["train_cpu_s"] = seconds
    return rows


def table(rows: list[dict[str, Any]]) -> str:
    """In Markdown."""
    lines = ["| held out | pictures | seed | AP@.5 before | after |", "|---|---|---|---|---|"]
    lines += [
        f"| {row['held_out']} | {row['pictures']} | {row['seed']} | {row['ap50_before']:.3f} | "
        f"{row['ap50_after']:.3f} |"
        for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steps", type=int, default=1200)
    parser.add_argument("--size", type=int, default=160)
    options = parser.parse_args()
    tests = list(held_out())
    rows = []
    for seed in range(options.seeds):
        settings = DetectorTraining(
            size=options.size, steps=options.steps, batch=8, lr=1e-3, seed=seed
        )
        rows += rows_of(settings, tests)
    cpu = sum(row["train_cpu_s"] for row in rows[:: len(tests)]) / options.seeds
    title = f"{options.steps} steps of 8 pictures at {options.size} px, {cpu:.0f} CPU s a run"
    tell(rows, as_json=options.json, title=title, table=table(rows))


if __name__ == "__main__":
    main()
