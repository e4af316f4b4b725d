"""Predict the trials of a recording with a bundle that answers whole trials."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.bundle import Bundle
from boutwise.errors import BundleError
from boutwise.formats._prediction import file_stem
from boutwise.formats._trial_prediction import ENDING, write_trials
from boutwise.inference.predictor import Predictor, member_streams
from boutwise.learners import score_subject
from boutwise.prepare import Material, present_frames
from boutwise.prepare.trials import (
    ROWS_PER_S,
    VERSION,
    PreparedTrials,
    trial_clock,
    trials_of,
)
from boutwise.types import FrameClock, PoseTrack, Prediction, Subject, Trial, TrialPrediction


def predict_trials(
    predictor: Predictor,
    recording: str,
    pose: PoseTrack,
    clock: FrameClock,
    trials: Sequence[Trial] = (),
) -> TrialPrediction:
    """Answer every trial of a recording.

    Args:
        predictor: Of bundles that answer trials; several are averaged.
        recording: Its id.
        pose: With roles; one row a frame of the clock.
        clock: The recording's own.
        trials: In order; without any the whole recording is one.

    Raises:
        BundleError: A bundle answers frames, or refuses the recording.
        DataError: The model compares the trials of an animal, and there is one only.
    """
    for bundle in predictor.bundles:
        refuse_frames(bundle)
        bundle.refuse_clock(recording, clock)
    found = trials_of(trials, clock.n_frames)
    subjects = predictor.subjects(Material.of_pose(recording, pose, clock))
    first = predictor.bundles[0]
    counting = trial_clock(found)
    shape = (len(subjects), len(found), len(first.ethogram.names))
    probabilities = np.zeros(shape, dtype=np.float32)
    observed = np.ones(shape[:2], dtype=bool)
    for number, bundle in enumerate(predictor.bundles):
        prepared = PreparedTrials(
            pose,
            clock,
            found,
            bundle.fps,
            bundle.prepare,
            relative=bundle.manifest["trials"]["relative"] is True,
            store=predictor.store,
        )
        for place, subject in enumerate(subjects):
            chance, present = _score(predictor, number, prepared, subject)
            probabilities[place] += chance / len(predictor.bundles)
            observed[place] &= present
    decided = np.stack([first.decision.decide(rows, ROWS_PER_S) for rows in probabilities])
    answers = Prediction(
        recording,
        subjects,
        counting,
        first.ethogram,
        probabilities,
        decided & observed[:, :, None],
        observed,
        predictor.id,
    )
    return TrialPrediction(answers, found, clock)


def answers_trials(bundle: Bundle) -> bool:
    """Whether a bundle answers whole trials, not frames."""
    return "trials" in bundle.manifest


def refuse_frames(bundle: Bundle) -> None:
    """Refuse a bundle that answers frames, or whose rows this release makes otherwise.

    Raises:
        BundleError: It does.
    """
    if not answers_trials(bundle):
        raise BundleError(
            "the bundle answers frames, and the others whole trials",
            file=bundle.path,
            todo="predict with each of them on its own",
        )
    if bundle.manifest["trials"]["version"] != VERSION:
        raise BundleError(
            f"the bundle needs version {bundle.manifest['trials']['version']} of the rows of "
            f"trials, and this is version {VERSION}",
            file=bundle.path,
            todo=f"use boutwise {bundle.manifest.get('boutwise')}, or train again",
        )


def _score(
    predictor: Predictor, number: int, prepared: PreparedTrials, subject: Subject
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Probabilities of one animal, (trials, values), and the trials that can be judged."""
    bundle = predictor.bundles[number]
    raw, present = [], np.ones(len(prepared.trials), dtype=bool)
    for member in predictor.members[number]:
        streams = member_streams(bundle, member, prepared, subject)
        raw.append(score_subject(member.fitted, subject, ROWS_PER_S, streams))
        present &= present_frames(streams)
    return bundle.decision.probabilities(raw, ROWS_PER_S), present


def write_trial_prediction(
    prediction: TrialPrediction, directory: Path, *, facts: dict[str, Any]
) -> Path:
    """Write ``<recording>.trials.csv``; where it is there, the recording is done."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{file_stem(prediction.answers.recording)}{ENDING}"
    write_trials([prediction], path, facts=facts)
    return path
