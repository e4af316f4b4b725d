"""Write a prediction: bouts, what was examined, every frame, and how it came about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from boutwise import __version__, registry
from boutwise.bundle import Bundle
from boutwise.formats._prediction import file_stem, write_frames
from boutwise.types import Bout, Bouts, Observed, Prediction
from boutwise.types.bouts import runs


def prediction_bouts(prediction: Prediction) -> Bouts:
    """The decided bouts, with their mean probability as confidence, and the observed ranges."""
    rows: list[Bout] = []
    observed: list[Observed] = []
    for place, subject in enumerate(prediction.subjects):
        for column, behavior in enumerate(prediction.ethogram.names):
            chance = prediction.probabilities[place, :, column]
            rows += [
                Bout(
                    subject.recording,
                    subject.animal,
                    behavior,
                    start,
                    stop,
                    target=subject.target,
                    source=prediction.bundle,
                    confidence=float(chance[start:stop].mean(dtype=np.float64)),
                )
                for start, stop in runs(prediction.decided[place, :, column])
            ]
            observed += [
                Observed(subject.recording, subject.animal, behavior, start, stop, subject.target)
                for start, stop in runs(prediction.observed[place])
            ]
    rows.sort(key=lambda bout: (bout.animal, bout.target, bout.start, bout.stop))
    return Bouts.from_rows(rows, observed)


def write_prediction(prediction: Prediction, directory: Path) -> list[Path]:
    """Write ``.bouts.csv``, ``.observed.csv`` and ``.frames.parquet`` of one recording."""
    directory.mkdir(parents=True, exist_ok=True)
    stem = file_stem(prediction.recording)
    writer = registry.load("format", "bouts_csv")
    bouts_path = directory / f"{stem}.bouts.csv"
    writer.write(prediction_bouts(prediction), bouts_path, clock=prediction.clock)
    frames_path = directory / f"{stem}.frames.parquet"
    write_frames([prediction], frames_path)
    return [bouts_path, directory / f"{stem}.observed.csv", frames_path]


def write_manifest(
    directory: Path, bundles: Sequence[Bundle], recordings: Sequence[dict[str, Any]]
) -> Path:
    """Write ``manifest.json``: which bundle predicted what, and how good it is known to be."""
    manifest = {
        "boutwise": __version__,
        "bundles": [
            {
                "id": bundle.id,
                "name": bundle.manifest["name"],
                "animals": list(bundle.animals),
                "headline": bundle.manifest["scores"]["headline"],
            }
            for bundle in bundles
        ],
        "recordings": list(recordings),
    }
    path = directory / "manifest.json"
    temporary = path.with_name(".manifest.json.tmp")
    temporary.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    temporary.replace(path)
    return path
