"""Train on drawn mice, and score on those that nothing was learned from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from _clips_data import ETHOGRAM
from _rows import ends
from numpy.typing import NDArray

from boutwise import api
from boutwise.bundle import Bundle
from boutwise.inference import Predictor
from boutwise.metrics import ScoredSubject, compare_predictions, score_recordings, spans_of
from boutwise.metrics._matching import overlapping
from boutwise.prepare import material_of
from boutwise.project import Project
from boutwise.types import Subject

SMALL = (
    "split.folds=2",
    "prepare.1.crop.size=48",
    "prepare.1.crop.color=gray",
    "prepare.1.crop.padding=0",
    "members.0.streams.video.encoder={videomae: {frames: 8, rate: 1, patch: 12, width: 128, "
    "depth: 4, heads: 4, drop_path: 0, standardize: true}}",
    "members.0.windows.length=8",
    "members.0.windows.stride=3",
    "members.0.optim.batch=16",
    "members.0.optim.lr=0.001",
    "members.0.optim.epochs=1",
    "members.0.optim.precision=32",
)
"""What differs from the recipe ``clips``: chosen on other mice, of seeds 0 and 1."""

FOUND = 0.1
"""A twitch is found by an event that covers a tenth of both: of five frames one."""


def measured(
    root: Path,
    held_out: Sequence[str],
    *,
    seed: int,
    recipe: str = "clips",
    settings: Sequence[str] = (),
) -> dict[str, Any]:
    """One training, and its scores on the animals that were kept apart."""
    apart = ", ".join(f'"{name}"' for name in held_out)
    small = SMALL if recipe == "clips" else ()
    changes = [*small, *settings, f"split.holdout=[{apart}]"]
    began, busy = time.monotonic(), time.process_time()
    with Project.open(root) as project:
        plan = api.plan(project, recipe, settings=changes, seed=seed)
        bundle = api.train(project, plan, out=f"{recipe}_{seed}", workers=1)
        minutes, cpu = time.monotonic() - began, time.process_time() - busy
        scored = predicted(project, bundle, held_out)
    scores = score_recordings(scored, ETHOGRAM)
    majority = [replace(item, decided=always(item, "idle"), probabilities=None) for item in scored]
    difference = compare_predictions(scored, majority, ETHOGRAM).difference("macro_f1")
    onsets = scores.onsets
    place = onsets.tolerances_frames.index(2)
    of_twitch = next(row for row in onsets.behaviors if row.name == "twitch")
    return {
        "seed": seed,
        **ends("macro_f1", scores.frames.macro_f1),
        "majority": difference.second,
        "more": difference.difference.value,
        "more_low": difference.difference.interval.low,
        "more_high": difference.difference.interval.high,
        "f1": {row.name: row.f1.value for row in scores.behaviors},
        "precision": {row.name: row.precision for row in scores.behaviors},
        "recall": {row.name: row.recall for row in scores.behaviors},
        "f1_of_animals": {item.animal: f1_of(item) for item in scored},
        "onset_ap_2": of_twitch.average_precision[place],
        **events(scored),
        "minutes": round(minutes / 60, 1),
        "cpu_minutes": round(cpu / 60, 1),
    }


def predicted(project: Project, bundle: Bundle, animals: Sequence[str]) -> list[ScoredSubject]:
    """What the bundle says of the recordings of some animals, beside what was simulated."""
    predictor = Predictor((bundle,), store=project.store)
    found = []
    for record in project.recordings():
        if record.animals[0] not in animals:
            continue
        said = predictor.predict(material_of(project, record))
        subject = Subject(record.id, record.animals[0])
        truth = project.bouts(record.id).to_frames(subject, project.ethogram, record.n_frames)
        found.append(
            ScoredSubject(
                subject,
                subject.animal,
                truth,
                said.decided[0],
                record.clock.fps,
                said.probabilities[0],
            )
        )
    return found


def always(item: ScoredSubject, name: str) -> NDArray[np.bool_]:
    """The decision for one class in every frame."""
    decided = np.zeros(item.decided.shape, dtype=bool)
    decided[:, ETHOGRAM.names.index(name)] = True
    return decided


def f1_of(item: ScoredSubject) -> list[float]:
    """Frame F1 of each class within one animal."""
    both = (item.yes & item.decided).sum(axis=0)
    return (2 * both / np.maximum(1, item.yes.sum(axis=0) + item.decided.sum(axis=0))).tolist()


def events(scored: Sequence[ScoredSubject]) -> dict[str, Any]:
    """Twitches as events: how many are found, how many are none, and how long they are said to be.

    One to one: an event may find the twitch that it covers best.
    """
    column = ETHOGRAM.names.index("twitch")
    true = found = false = 0
    errors: list[int] = []
    hours = 0.0
    for item in scored:
        truth, said = spans_of(item.yes[:, column]), spans_of(item.decided[:, column])
        place, of, iou = overlapping(truth, said)
        used: set[int] = set()
        claimed: set[int] = set()
        for pair in np.argsort(-iou, kind="stable").tolist():
            one, other = int(place[pair]), int(of[pair])
            if iou[pair] >= FOUND and one not in used and other not in claimed:
                used.add(one)
                claimed.add(other)
                errors.append(int(np.diff(said[one])[0] - np.diff(truth[other])[0]))
        true, found, false = true + len(truth), found + len(used), false + len(said) - len(used)
        hours += len(item.decided) / item.fps / 3600
    return {
        "twitches": true,
        "twitch_recall": found / max(1, true),
        "twitch_false_an_hour": false / hours,
        "twitch_length_error_frames": float(np.mean(np.abs(errors))) if errors else None,
        "twitch_length_bias_frames": float(np.mean(errors)) if errors else None,
    }
