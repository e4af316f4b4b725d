"""A run folder made of simulated labels and predictions, scored by the real metrics."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from boutwise.formats._prediction import write_frames
from boutwise.metrics import ScoredSubject, ScoreOptions, score_recordings
from boutwise.types import (
    Behavior,
    Ethogram,
    ExclusiveGroup,
    FrameClock,
    FrameState,
    Prediction,
    Problem,
    Severity,
    Subject,
)
from boutwise.types.frame_states import runs

FPS = 20.0
MOUSE = Ethogram(
    tuple(Behavior(name) for name in ("walk", "rear", "groom", "dig", "other")),
    (ExclusiveGroup("activity", ("walk", "rear", "groom", "dig", "other"), "other"),),
)
LENGTHS_S = {"walk": 2.0, "rear": 1.5, "groom": 5.0, "dig": 3.0, "other": 1.5}


@dataclass
class Folder:
    """What a test may vary."""

    ethogram: Ethogram = MOUSE
    n_animals: int = 6
    n_frames: int = 3000
    split: str = "animal"
    never: tuple[str, ...] = ()  # behaviors that are never predicted
    absent: tuple[str, ...] = ()  # behaviors that never occur
    probabilities: bool = True
    human: bool = True
    unlabelled: int = 0  # last frames without labels
    unscorable: tuple[int, int] = (0, 0)
    null_control: dict | None = field(default_factory=lambda: null_control(leaks=False))
    problems: list[Problem] | None = None
    sync: list[dict] | None = field(default_factory=list)
    holdout: bool = False
    targets: bool = False
    recordings_each: int = 1  # recordings of one animal
    cohort_probe: dict | None = None
    seed: int = 1


def null_control(*, leaks: bool) -> dict:
    words = "above chance: the split LEAKS" if leaks else "at chance, as it must be"
    return {
        "macro_f1": 0.62 if leaks else 0.187,
        "chance": 0.184,
        "excess": 0.436 if leaks else 0.003,
        "low": 0.31 if leaks else -0.011,
        "high": 0.52 if leaks else 0.017,
        "leaks": leaks,
        "text": f"null control (labels shifted within each recording): {words}",
    }


PROBLEMS = [
    Problem(
        "sync",
        Severity.WARNING,
        "the labels drift against the pose",
        recording="day1/cage0",
        value=7.2,
        todo="align them, or label the recording again",
    ),
    Problem("label_end", Severity.WARNING, "a label ends after the pose", file="a.csv", row=12),
]
SYNC = [
    {
        "recording": "day1/cage0",
        "annotator": "",
        "offset_frames": 3.1,
        "offset_error_frames": 0.4,
        "drift_frames_per_minute": 0.72,
        "at_start_frames": -0.5,
        "at_end_frames": 6.7,
        "cannot_tell": "",
    },
    {
        "recording": "day1/cage1",
        "annotator": "",
        "offset_frames": 0.0,
        "offset_error_frames": None,
        "drift_frames_per_minute": 0.0,
        "at_start_frames": 0.0,
        "at_end_frames": 0.0,
        "cannot_tell": "fewer than 20 changes",
    },
]


def _sequence(rng, names, weights, n_frames, skill):
    """A semi-Markov sequence of codes, (frames,)."""
    codes = np.empty(0, dtype=int)
    while len(codes) < n_frames:
        name = rng.choice(len(names), p=weights)
        mean = LENGTHS_S.get(names[name], 0.5) * FPS
        codes = np.append(codes, np.full(max(2, int(rng.gamma(2.0, mean / 2))), name))
    return codes[:n_frames]


def _smooth(noise, width):
    kernel = np.hanning(width) / np.sqrt((np.hanning(width) ** 2).sum())
    return np.apply_along_axis(lambda x: np.convolve(x, kernel, "same"), 0, noise)


def _exclusive(rng, group, spec, skill):
    names = list(group.behaviors)
    weights = np.array([0.0 if n in spec.absent else (2.0 if n == "other" else 1.0) for n in names])
    codes = _sequence(rng, names, weights / weights.sum(), spec.n_frames, skill)
    logits = skill * np.eye(len(names))[codes] + 1.6 * _smooth(
        rng.normal(size=(spec.n_frames, len(names))), 81
    )
    for name in spec.never:
        if name in names:
            logits[:, names.index(name)] -= 20
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    return (
        np.eye(len(names), dtype=bool)[codes],
        p,
        np.eye(len(names), dtype=bool)[p.argmax(axis=1)],
    )


def _independent(rng, name, spec, skill):
    truth = np.zeros(spec.n_frames, dtype=bool)
    if name not in spec.absent:
        for start in rng.integers(0, spec.n_frames - 12, size=spec.n_frames // 250):
            truth[start : start + rng.integers(5, 11)] = True
    logit = skill * truth - 3 + 1.2 * _smooth(rng.normal(size=(spec.n_frames, 1)), 7)[:, 0]
    p = 1 / (1 + np.exp(-logit))
    if name in spec.never:
        p *= 0.01
    return truth[:, None], p[:, None], (p > 0.5)[:, None]


def simulate(spec: Folder):
    """Subjects with their truth (frames, behaviors), probabilities and decisions."""
    grouped = {name for group in spec.ethogram.groups for name in group.behaviors}
    for place in range(spec.n_animals):
        rng = np.random.default_rng([spec.seed, place])
        skill = rng.uniform(2.2, 3.4)
        columns: dict[str, tuple] = {}
        for group in spec.ethogram.groups:
            parts = _exclusive(rng, group, spec, skill)
            for column, name in enumerate(group.behaviors):
                columns[name] = tuple(part[:, column] for part in parts)
        for name in spec.ethogram.names:
            if name not in grouped:
                parts = _independent(rng, name, spec, skill + 2)
                columns[name] = tuple(part[:, 0] for part in parts)
        truth, p, decided = (
            np.stack([columns[name][k] for name in spec.ethogram.names], axis=1) for k in range(3)
        )
        states = truth.astype(np.int8)
        start, stop = spec.unscorable
        states[start:stop] = FrameState.UNSCORABLE
        if spec.unlabelled:
            states[-spec.unlabelled :] = FrameState.UNLABELLED
        target = f"m{place}b" if spec.targets else ""
        animal = f"m{place // spec.recordings_each}"
        yield Subject(f"day1/cage{place}", animal, target), states, p, decided


def label_table(items, behaviors):
    rows = [
        (s.recording, s.animal, s.target, behavior, start, stop, int(state))
        for s, states, _, _ in items
        for column, behavior in enumerate(behaviors)
        for state in (FrameState.YES, FrameState.NO, FrameState.UNSCORABLE)
        for start, stop in runs(states[:, column] == state)
    ]
    columns = ["recording", "animal", "target", "behavior", "start", "stop", "state"]
    return pd.DataFrame(rows, columns=columns)


def plan_dict(spec: Folder, animals) -> dict:
    return {
        "name": "pose",
        "seed": 0,
        "fps": FPS,
        "recipe": {
            "name": "pose",
            "split": {"by": spec.split, "folds": len(animals), "holdout": "none"},
            "members": [
                {
                    "learner": "trees",
                    "features": [{"part": "egocentric", "options": {}}],
                    "optim": {"lr": 0.08, "rounds": 200, "leaves": 12},
                }
            ],
            "combine": "mean",
        },
        "reasons": {
            "split.folds": f"leave one animal out: {len(animals)} animals",
            "members.0.optim.leaves": "few animals: strong regularisation",
            "combine": "fewer than 15 animals: learned combiners lost there",
        },
        "fingerprint": {"animals": len(animals), "rates": [FPS], "classes": {"walk": {"bouts": 3}}},
        "folds": [{"name": str(k + 1), "test": [a]} for k, a in enumerate(animals)],
        "holdout": [],
    }


def write_run(directory: Path, spec: Folder | None = None) -> Path:
    """Write the run folder and return it."""
    spec = spec or Folder()
    items = list(simulate(spec))
    (directory / "data").mkdir(parents=True)
    (directory / "oof").mkdir()
    label_table(items, spec.ethogram.names).to_parquet(directory / "data/labels.parquet")
    scored = []
    for subject, states, p, decided in items:
        shown = p if spec.probabilities else None
        scored.append(
            ScoredSubject(subject, subject.animal, states, decided, FPS, shown, spec.human)
        )
        path = directory / "oof" / f"{subject.recording.replace('/', '__')}.frames.parquet"
        prediction = Prediction(
            subject.recording,
            (subject,),
            FrameClock.declared(spec.n_frames, FPS),
            spec.ethogram,
            p[None].astype(np.float32),
            decided[None],
            np.ones((1, spec.n_frames), dtype=bool),
        )
        write_frames([prediction], path)
        if not spec.probabilities:
            table = pd.read_parquet(path)
            table[[c for c in table.columns if not c.startswith("p:")]].to_parquet(path)
    options = ScoreOptions(declared={"pain": ("groom", "rear")} if spec.ethogram is MOUSE else {})
    scores = score_recordings(scored, spec.ethogram, options=options).as_dict()
    if spec.cohort_probe:
        scores["cohort_probe"] = spec.cohort_probe
    if spec.null_control:
        scores["null_control"] = spec.null_control
    if spec.problems is not None:
        scores["problems"] = [problem.as_dict() for problem in spec.problems]
    if spec.sync is not None:
        scores["sync"] = spec.sync
    if spec.holdout:
        scores["holdout"] = score_recordings(scored[-1:], spec.ethogram).as_dict()
    animals = [subject.animal for subject, *_ in items]
    _dump(directory / "scores.json", json.dumps(scores, allow_nan=False))
    _dump(directory / "plan.yaml", yaml.safe_dump(plan_dict(spec, animals), sort_keys=False))
    environment = {"python": "3.11.7", "packages": {"numpy": "2.0"}, "cores": 2}
    _dump(directory / "environment.json", json.dumps(environment))
    return directory


def _dump(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
