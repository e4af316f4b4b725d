"""``evaluate``: a frozen bundle on labelled recordings of animals that it has never seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from boutwise.bundle import Bundle
from boutwise.errors import DataError
from boutwise.inference import Predictor
from boutwise.metrics import ScoredSubject, Scores, score_recordings
from boutwise.planning import labelled_subjects
from boutwise.planning.folds import group_of
from boutwise.project import Project
from boutwise.types.recipe import Target

Say = Callable[[int, int, str], None]


def evaluate(
    bundle: Bundle | str | Path,
    project: Project,
    *,
    only: str | None = None,
    recordings: Sequence[str] | None = None,
    annotators: str = "auto",
    say: Say | None = None,
) -> Scores:
    """Score a bundle on the labelled recordings of a project.

    Args:
        bundle: Opened, or its path.
        project: Its labels are the truth.
        only: Query such as ``session=baseline``.
        recordings: Ids, instead of a query.
        annotators: Whose labels are the truth: ``auto``, ``majority`` or a name.
        say: Called with (done, total, words).

    Raises:
        BundleError: The bundle was trained on one of these animals, or does not fit a recording.
        DataError: No recording has both pose and labels of the bundle's behaviors.
    """
    say = say or (lambda done, total, words: None)
    bundle = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
    chosen = [
        recording
        for recording in project.recordings(only)
        if project.has_pose(recording.id) and (recordings is None or recording.id in recordings)
    ]
    target = Target(behaviors=list(bundle.ethogram.names), annotators=annotators)
    subjects = labelled_subjects(project, target, chosen)
    if not subjects:
        raise DataError(
            "no recording has both pose and labels",
            file=project.root,
            todo="import both, or change --only",
        )
    bundle.refuse_animals([item.subject.animal for item in subjects])
    units = group_of(subjects, "animal")
    predictor = Predictor((bundle,), store=project.store)
    items = []
    for done, item in enumerate(subjects):
        say(done, len(subjects), str(item.subject))
        pose = project.pose(item.recording.id)
        prediction = predictor.predict(item.recording.id, pose, item.recording.clock)
        place = prediction.subjects.index(item.subject)
        items.append(
            ScoredSubject(
                item.subject,
                units[item.subject],
                item.states,
                prediction.decided[place],
                item.recording.clock.fps,
                prediction.probabilities[place],
            )
        )
    say(len(subjects), len(subjects), "done")
    return score_recordings(items, bundle.ethogram)
