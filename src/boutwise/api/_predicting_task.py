"""One recording of a prediction: whether it is done, and the files that it gets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from boutwise.api._tasks import Task
from boutwise.api._written import origin_of, write_format, written_path
from boutwise.bundle.fitting import absent_roles, crowd, unknown_keypoints
from boutwise.errors import DataError
from boutwise.formats._predicted import Origin
from boutwise.formats._prediction import file_stem, read_facts
from boutwise.formats._trial_prediction import ENDING, read_trial_facts
from boutwise.inference import (
    Predictor,
    answers_trials,
    explained_from,
    predict_trials,
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

    def names(self) -> set[str]:
        """Of what the facts of a prediction say that it was written from the same scores."""
        return {name for name in (self.write, "overlay" if self.overlay else None) if name}

    def files(self, stem: Path, origin: Origin) -> list[Path]:
        """All files of a recording that is done.

        Raises:
            DataError: The recording lacks what a format needs.
        """
        endings = [*TABLES, *([OVERLAY] if self.overlay else [])]
        found = [Path(f"{stem}{ending}") for ending in endings]
        return found if self.write is None else [*found, written_path(self.write, stem, origin)]


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
    made_of = {**predictor.made_of, **material.content}
    same = all(before.get(what) == value for what, value in made_of.items())
    written = set(before.get("written", ())) if same else set()
    files = more.files(stem, origin_of(predictor, material))
    done = same and more.names() <= written and all(file.exists() for file in files)
    if more.explain:
        done &= explained_from(Path(f"{stem}.explained.json")) == made_of
    if done:
        return False
    prediction = predictor.predict(material)
    out.mkdir(parents=True, exist_ok=True)
    _write_more(predictor, material, prediction, stem, more, say)
    facts = _facts(predictor, material) | {"written": sorted(written | more.names())}
    write_prediction(prediction, out, facts=facts)
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
        origin = origin_of(predictor, material)
        write_format(more.write, written_path(more.write, stem, origin), prediction, origin)
    if more.explain:
        why = explain_recording(predictor, material)
        made_of = {**predictor.made_of, **material.content}
        write_explanations(why, material.recording, material.clock, stem.parent, facts=made_of)
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
    made_of = {what: value for what, value in predictor.made_of.items() if value is not None}
    facts: dict[str, Any] = {**made_of, **material.content, "source": material.source}
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
