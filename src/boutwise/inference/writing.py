"""Write a prediction: bouts, what was examined, every frame, and how it came about."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from boutwise import __version__, registry
from boutwise.bundle import Bundle
from boutwise.formats._boxes import write_boxes
from boutwise.formats._prediction import file_stem, read_facts, write_frames
from boutwise.formats._trial_prediction import ENDING, read_trial_facts
from boutwise.types import Bout, Bouts, Observed, Prediction
from boutwise.types.frame_states import runs


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
                    confidence=float(chance[start:stop].mean(dtype="float64")),
                )
                for start, stop in runs(prediction.decided[place, :, column])
            ]
            observed += [
                Observed(subject.recording, subject.animal, behavior, start, stop, subject.target)
                for start, stop in runs(prediction.observed[place])
            ]
    rows.sort(key=lambda bout: (bout.animal, bout.target, bout.start, bout.stop))
    return Bouts.from_rows(rows, observed)


def write_prediction(
    prediction: Prediction, directory: Path, *, facts: dict[str, Any] | None = None
) -> list[Path]:
    """Write ``.bouts.csv``, ``.observed.csv`` and, last, ``.frames.parquet`` of one recording.

    Where animals were looked for in a video, there is ``.boxes.parquet`` as well.

    The frames file tells by its metadata which bundle made it from what; where it is there, the
    recording is done.
    """
    directory.mkdir(parents=True, exist_ok=True)
    stem = file_stem(prediction.recording)
    bouts = prediction_bouts(prediction)
    clocks = {prediction.recording: prediction.clock}
    writer = registry.load("format", "bouts_csv")
    written = writer.write(directory / f"{stem}.bouts.csv", bouts, clocks=clocks)
    if prediction.boxes is not None:
        path = directory / f"{stem}.boxes.parquet"
        write_boxes(prediction.boxes, prediction.clock, path)
        written.append(path)
    frames_path = directory / f"{stem}.frames.parquet"
    write_frames([prediction], frames_path, facts=facts)
    return [*written, frames_path]


def write_manifest(directory: Path, bundles: Sequence[Bundle], failed: Mapping[str, str]) -> Path:
    """Write ``manifest.json``: which bundle predicted what, and how good it is known to be.

    It lists every frames file in the folder, so that processes that share the work agree.
    """
    recordings = [read_facts(path) for path in sorted(directory.glob("*.frames.parquet"))]
    rows = [read_trial_facts(path) for path in sorted(directory.glob(f"*{ENDING}"))]
    recordings += [{k: row[k] for k in ("recording", "bundle", "pose", "source")} for row in rows]
    directory.mkdir(parents=True, exist_ok=True)
    manifest = {
        "boutwise": __version__,
        "bundles": [
            {
                "id": bundle.id,
                "name": bundle.manifest["name"],
                "animals": list(bundle.animals),
                "headline": bundle.manifest["scores"]["headline"],
                "split": bundle.manifest["split"]["split"],
                "leaks": bundle.manifest["split"]["leaks"],
                "personal": bundle.manifest.get("personal") is not None,
            }
            for bundle in bundles
        ],
        "recordings": [facts for facts in recordings if facts],
        "failed": dict(failed),
    }
    path = directory / "manifest.json"
    temporary = path.with_name(f".manifest.json.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    temporary.replace(path)
    return path
