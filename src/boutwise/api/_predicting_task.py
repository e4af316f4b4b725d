"""One recording of a prediction: whether it is done, and the files that it gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from boutwise import registry
from boutwise.api._tasks import Task
from boutwise.bundle.fitting import absent_roles, crowd, unknown_keypoints
from boutwise.errors import DataError, UsageError, did_you_mean
from boutwise.formats._prediction import file_stem, read_facts
from boutwise.formats._trial_prediction import ENDING, read_trial_facts
from boutwise.inference import (
    Predictor,
    answers_trials,
    explained_from,
    predict_trials,
    prediction_bouts,
    write_explanations,
    write_prediction,
    write_trial_prediction,
)
from boutwise.inference import explain as explain_recording
from boutwise.prepare import Material
from boutwise.report.overlay import write_overlay
from boutwise.store import Store
from boutwise.types import Prediction

TABLES = (".bouts.csv", ".observed.csv")
"""What lies beside the frames of a recording that is done."""
OVERLAY = ".overlay.mp4"

Say = Callable[[str], None]


@dataclass(frozen=True)
class More:
    """What is written beside the files that every prediction has.

    Attributes:
        write: Name of one more format.
        explain: What the scores were made of.
        overlay: The video with its prediction drawn into it.
    """

    write: str | None = None
    explain: bool = False
    overlay: bool = False

    def endings(self) -> list[str]:
        """Of the files."""
        found = list(TABLES)
        if self.write is not None:
            found.append(f".{self.write}{suffix_of(self.write)}")
        return [*found, *([OVERLAY] if self.overlay else [])]


def predict_task(
    predictor: Predictor, task: Task, out: Path, more: More, *, say: Say = lambda words: None
) -> bool:
    """Predict one recording and write its files; False when they were there already."""
    material = task.load()
    if answers_trials(predictor.bundles[0]):
        return _predict_trials(predictor, task, material, out)
    if more.overlay and material.scene is None:
        raise DataError(
            "there is no video to draw the prediction into",
            recording=task.recording,
            todo="leave --overlay out, or predict a project that has the video",
        )
    stem = out / file_stem(task.recording)
    before = read_facts(Path(f"{stem}.frames.parquet"))
    origin = {"bundle": predictor.id, **material.content}
    same = all(before.get(what) == digest for what, digest in origin.items())
    if more.explain:
        same &= explained_from(Path(f"{stem}.explained.json")) == origin
    if same and all(Path(f"{stem}{ending}").exists() for ending in more.endings()):
        return False
    prediction = predictor.predict(material)
    out.mkdir(parents=True, exist_ok=True)
    _write_more(predictor, material, prediction, stem, more, say)
    write_prediction(prediction, out, facts=_facts(predictor, material))
    return True


# Six parameters: who predicts what, what came of it, and where it goes.
def _write_more(
    predictor: Predictor,
    material: Material,
    prediction: Prediction,
    stem: Path,
    more: More,
    say: Say,
) -> None:
    if more.write is not None:
        part = registry.load("format", more.write)
        file = Path(f"{stem}.{more.write}{suffix_of(more.write)}")
        part.write(file, prediction_bouts(prediction), clocks={material.recording: material.clock})
    if more.explain:
        why = explain_recording(predictor, material)
        origin = {"bundle": predictor.id, **material.content}
        write_explanations(why, material.recording, material.clock, stem.parent, facts=origin)
    if more.overlay and material.scene is not None:
        scene = material.scene
        write_overlay(
            prediction,
            scene.path,
            scene.index,
            Path(f"{stem}{OVERLAY}"),
            say=partial(_told, say, material.recording),
        )


def _told(say: Say, recording: str, done: int, total: int) -> None:
    if done % 500 == 0:
        say(f"drawing {recording}: {done} of {total} frames")


def _facts(predictor: Predictor, material: Material) -> dict[str, Any]:
    """What the files of a prediction say of where it came from, and of how it differs."""
    facts: dict[str, Any] = {**material.content, "source": material.source}
    bundles, pose = predictor.bundles, material.pose
    if pose is not None:
        lacks = sorted({role for b in bundles for role in absent_roles(b, pose.roles)})
        strange = {name for b in bundles for name in unknown_keypoints(b, pose)}
        if strange:
            facts["unused_keypoints"] = sorted(strange)
        if lacks:  # as some recordings of training were; said in the manifest
            facts["without_roles"] = lacks
    known = [most for b in bundles if (most := crowd(b, material.animals)) is not None]
    if known:
        facts["more_animals"] = {"here": len(material.animals), "in_training": min(known)}
    return facts


def _predict_trials(predictor: Predictor, task: Task, material: Material, out: Path) -> bool:
    """Answer the trials of one recording and write its file; False when it was there already."""
    pose, trials = material.pose, task.trials()
    assert pose is not None  # only pose is read of trials
    known = read_trial_facts(out / f"{file_stem(task.recording)}{ENDING}")
    bounds = [[trial.number, trial.first_frame, trial.n_frames] for trial in trials]
    facts = {"pose": Store.key(material.content["pose"], bounds), "source": material.source}
    if known.get("bundle") == predictor.id and known.get("pose") == facts["pose"]:
        return False
    prediction = predict_trials(predictor, task.recording, pose, material.clock, trials)
    write_trial_prediction(prediction, out, facts=facts)
    return True


def suffix_of(write: str) -> str:
    """The ending of the files of a format.

    Raises:
        UsageError: It cannot be written.
    """
    part = registry.load("format", write)
    if not hasattr(part, "write"):
        writable = [
            n for n in registry.names("format") if hasattr(registry.load("format", n), "write")
        ]
        raise UsageError(
            f"the format '{write}' cannot be written", todo=did_you_mean(write, writable)
        )
    return str(getattr(part, "SUFFIX", ".csv"))
