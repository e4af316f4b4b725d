"""Simulated trials of a hind paw: a brush lifts it slowly, a needle makes it jump and shake."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from boutwise.api.importing.verbs import apply_import, plan_import
from boutwise.project import Project

FPS = 500.0
STIMULI = ("brush", "cotton", "light", "heavy")
SHAKE_HZ = 25.0


def withdrawal(kind: str, rng: np.random.Generator, *, gain: float = 1.0) -> np.ndarray:
    """One trial: horizontal place and height, (frames, 2); up is positive, as in the file."""
    needle = kind in ("light", "heavy")
    rise_s = rng.uniform(0.015, 0.03) if needle else rng.uniform(0.12, 0.2)
    high = gain * rng.uniform(8, 10) * (1.4 if kind in ("heavy", "cotton") else 1.0)
    stay_s, fall_s = rng.uniform(0.2, 0.3), 0.1
    still = np.zeros(int(0.1 * FPS))
    up = high * np.linspace(0, 1, max(3, int(rise_s * FPS)))
    stay = high * np.ones(int(stay_s * FPS))
    down = high * np.linspace(1, 0, int(fall_s * FPS))
    if needle:
        time = np.arange(stay.size) / FPS
        stay = stay + 0.35 * high * np.sin(2 * np.pi * SHAKE_HZ * time)
    y = np.concatenate([still, up, stay, down, still])
    x = 0.5 * y + gain * rng.normal(0, 0.02, y.size)
    return np.stack([x, y], axis=1).astype(np.float32)


def write_trials(path: Path, *, mice: int = 8, first: int = 1, seed: int = 0) -> Path:
    """A file in the layout of PAWS, one trial of each stimulus a mouse, in the same order."""
    rng = np.random.default_rng(seed)
    tracks, ids, stimuli = [], [], []
    for mouse in range(first, first + mice):
        gain = rng.uniform(0.6, 1.6)
        for kind in STIMULI:
            tracks.append(withdrawal(kind, rng, gain=gain))
            ids.append(str(mouse))
            stimuli.append(kind)
    np.savez(
        path,
        xy=np.concatenate(tracks),
        length=np.array([len(track) for track in tracks]),
        id=np.array(ids),
        strain=np.array(["B6"] * len(ids)),
        stimulus=np.array(stimuli),
    )
    return path


def trial_project(root: Path, **options: int) -> Project:
    """A project of simulated trials."""
    path = write_trials(root.parent / f"{root.name}.npz", **options)
    project = Project.create(root)
    apply_import(project, plan_import(project, path, fps=FPS))
    return project
