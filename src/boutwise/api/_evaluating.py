"""``evaluate``: a frozen bundle on labelled recordings of animals that it has never seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from boutwise.api._predicting_one import given_detector
from boutwise.bundle import Bundle
from boutwise.errors import DataError, LabelError
from boutwise.inference import Predictor, answers_trials, predict_trials
from boutwise.metrics import ScoredSubject, ScoreOptions, Scores, score_recordings
from boutwise.planning import LabelledSubject, labelled_subjects
from boutwise.planning.folds import group_of
from boutwise.planning.refused import refused_recordings
from boutwise.planning.trials import subjects_of
from boutwise.prepare import has_all, material_of
from boutwise.prepare.other_detector import OtherDetector, instead_words, steps_with
from boutwise.project import Project
from boutwise.training.assess import OF_TRIALS
from boutwise.types import Recording
from boutwise.types.recipe import RatedTrials, Target

Say = Callable[[int, int, str], None]


def evaluate(
    bundle: Bundle | str | Path,
    project: Project,
    *,
    only: str | None = None,
    recordings: Sequence[str] | None = None,
    annotators: str = "auto",
    detector: str | Mapping[str, Any] | None = None,
    say: Say | None = None,
) -> Scores:
    """Score a bundle on the labelled recordings of a project.

    Args:
        bundle: Opened, or its path.
        project: Its labels are the truth.
        only: Query such as ``session=baseline``.
        recordings: Ids, instead of a query.
        annotators: Whose labels are the truth: ``auto``, ``majority`` or a name.
        detector: How animals are found in the videos, in place of what the bundle was trained with:
            a name, or ``{NAME: {option: value}}``.
        say: Called with (done, total, words).

    Raises:
        BundleError: The bundle was trained on one of these animals, or does not fit a recording.
        DataError: No recording has both pose and labels of the bundle's behaviors; or no animals
            can be found in some of them: all of these are told.
    """
    say = say or (lambda done, total, words: None)
    bundle = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
    other = given_detector((bundle,), detector)
    chosen = [
        recording
        for recording in project.recordings(only)
        if has_all(project, recording.id, bundle.reads)
        and (recordings is None or recording.id in recordings)
    ]
    subjects = truth_of(bundle, project, chosen, annotators=annotators)
    if not subjects:
        raise DataError(
            f"no recording has {', '.join(bundle.reads)} and labels",
            file=project.root,
            todo="import both, or change --only",
        )
    # Who was filmed together counts as one, as in the folds.
    bundle.refuse_animals([animal for item in subjects for animal in item.recording.animals])
    refuse_refused(bundle, project, subjects, detector=other, say=say)
    scores = score_on(bundle, project, subjects, detector=other, say=say)
    words = instead_words([bundle.pictures or {}], other)
    return replace(scores, notes=(*words, *scores.notes))


def refuse_refused(
    bundle: Bundle,
    project: Project,
    subjects: Sequence[LabelledSubject],
    *,
    detector: OtherDetector | None = None,
    say: Say,
) -> None:
    """Refuse at once, and not one by one, what the detector of a bundle refuses.

    Raises:
        DataError: Telling of all these recordings.
    """
    if bundle.pictures is None:
        return
    used = {item.recording.id: item.recording for item in subjects}
    steps = steps_with(bundle.pictures, detector)
    refused = refused_recordings(project, steps, list(used.values()), say=say)
    if refused.reasons:
        raise refused.error(
            cannot="be predicted",
            without=f"go on without them: --only '!id={'|'.join(refused.reasons)}'",
        )


def truth_of(
    bundle: Bundle, project: Project, recordings: Sequence[Recording], *, annotators: str
) -> list[LabelledSubject]:
    """Labels of a project in the behaviors, the order and the groups of a bundle.

    Raises:
        LabelError: The project does not know a behavior of the bundle, or its labels do not fit.
    """
    if answers_trials(bundle):
        rated = {k: v for k, v in bundle.manifest["trials"].items() if k != "version"}
        target = Target(annotators=annotators, ratings=RatedTrials.model_validate(rated))
        return subjects_of(project, target, recordings, ethogram=bundle.ethogram)
    names = bundle.ethogram.names
    _refuse_unknown(names, project)
    own = project.ethogram.only(names)
    merges = {old: new for old, new in own.merges.items() if old not in names}
    ethogram = replace(bundle.ethogram, merges=merges)
    target = Target(behaviors=list(names), annotators=annotators)
    return labelled_subjects(project, target, recordings, ethogram=ethogram)


def _refuse_unknown(names: Sequence[str], project: Project) -> None:
    """A behavior that never occurred in a few minutes is not known to the project's ethogram."""
    known = project.ethogram.names
    unknown = [name for name in names if name not in known]
    if unknown:
        raise LabelError(
            f"the bundle predicts {', '.join(repr(name) for name in unknown)}, which this project "
            "does not know",
            file=project.root / "boutwise.yaml",
            expected=f"the behaviors of the bundle: {', '.join(names)}",
            todo="where somebody looked for them and saw none, list them there under behaviors, "
            "and under directed and groups like the others; where a behavior has another name "
            "there, under merges",
        )


def score_on(
    bundle: Bundle,
    project: Project,
    subjects: Sequence[LabelledSubject],
    *,
    detector: OtherDetector | None = None,
    say: Say | None = None,
) -> Scores:
    """Predict subjects and score them against their labels, whoever they are."""
    say = say or (lambda done, total, words: None)
    units = group_of(subjects, "animal")
    predictor = Predictor((bundle,), store=project.store, detector=detector)
    items = []
    of_trials = answers_trials(bundle)
    for done, item in enumerate(subjects):
        say(done, len(subjects), str(item.subject))
        name, clock = item.recording.id, item.recording.clock
        if of_trials:
            pose = project.pose(name)
            prediction = predict_trials(predictor, name, pose, clock, item.trials).answers
        else:
            material = material_of(project, item.recording, reads=bundle.reads)
            prediction = predictor.predict(material)
        place = prediction.subjects.index(item.subject)
        items.append(
            ScoredSubject(
                item.subject,
                units[item.subject],
                item.states,
                prediction.decided[place],
                math.nan if of_trials else clock.fps,
                prediction.probabilities[place],
                item.human,
            )
        )
    say(len(subjects), len(subjects), "done")
    if of_trials:
        options = ScoreOptions(quoted=OF_TRIALS, rows="trials")
        return score_recordings(items, bundle.ethogram, options=options)
    return score_recordings(items, bundle.ethogram)
