"""A project of filmed mice that shake now and then; the labels are those of the simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from tests.prepare import scenes

from boutwise import api
from boutwise.project import Project

SMALL = [
    "prepare.0.detect.every=3",
    "prepare.1.crop.size=32",
    "members.0.streams.video.encoder={spotter: {stages: [8, 16], width: 16}}",
    "members.0.temporal.0.tcn.dilations=[1, 2, 4]",
    "members.0.temporal.0.tcn.channels=16",
    "members.0.windows.length=32",
    "members.0.optim.batch=4",
    "members.0.optim.precision=32",
    "members.0.augment=[]",
    "members.0.average=[]",
]
"""Settings of ``spotter`` with which a fold trains in seconds."""


def shaking(n_frames: int, *, seed: int) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Places of an animal, (frames, 3), and the frames [start, stop) in which it shakes."""
    rng = np.random.default_rng(seed)
    places = scenes.wander(n_frames, seed=seed)
    bouts = []
    start = 20 + int(rng.integers(20))
    while start + 30 < n_frames:
        stop = start + int(rng.integers(15, 30))
        time = np.arange(stop - start) / scenes.FPS
        places[start:stop, 2] += 1.2 * np.sin(2 * np.pi * 6 * time)
        bouts.append((start, stop))
        start = stop + int(rng.integers(20, 40))
    return places, bouts


def write_films(folder: Path, *, animals: int = 3, n_frames: int = 240) -> Path:
    """Videos and a table of bouts for each animal."""
    folder.mkdir(parents=True)
    for number in range(1, animals + 1):
        places, bouts = shaking(n_frames, seed=number)
        scenes.film(folder / f"mouse_{number}.mp4", [places])
        rows = [f"shake,{a / scenes.FPS:.4f},{b / scenes.FPS:.4f}" for a, b in bouts]
        text = "\n".join(["behavior,start_s,stop_s", *rows])
        (folder / f"mouse_{number}.csv").write_text(text + "\n", encoding="utf-8")
    return folder


def import_films(root: Path, folder: Path) -> Project:
    """Import them into a new project."""
    project = api.initialize(root)
    plan = api.plan_import(project, [folder], strict=True)
    api.apply_import(project, plan)
    return project
