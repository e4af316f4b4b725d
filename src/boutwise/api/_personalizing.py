"""``personalize``: a bundle for a new animal, of which a few minutes are labelled."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.api._evaluating import refuse_refused, truth_of
from boutwise.bundle import Bundle, pack
from boutwise.decision.personal import fit_biases, personal
from boutwise.errors import DataError, UsageError
from boutwise.inference import Predictor, answers_trials
from boutwise.planning import LabelledSubject
from boutwise.prepare import has_all, material_of
from boutwise.project import Project
from boutwise.types import FrameState

Say = Callable[[int, int, str], None]

LEAST_S = 30.0
"""Labelled seconds below which nothing is fitted."""


def personalize(
    bundle: Bundle | str | Path,
    project: Project,
    out: str | Path,
    *,
    only: str | None = None,
    annotators: str = "auto",
    say: Say | None = None,
) -> Bundle:
    """Write a bundle whose probabilities are fitted to one new animal.

    Args:
        bundle: Opened, or its path.
        project: Has recordings of the animal, with some labelled minutes.
        out: The new bundle.
        only: Query that leaves the recordings of one animal (or pair).
        annotators: Whose labels count: ``auto``, ``majority`` or a name.
        say: Called with (done, total, words).

    Returns:
        The new bundle. The animal is among those that it has seen.

    Raises:
        BundleError: The bundle was trained on the animal, or does not fit a recording.
        DataError: No labels, too few, or of several animals.
        UsageError: The file is there already.
    """
    say = say or (lambda done, total, words: None)
    path = Path(out)
    if path.exists():
        raise UsageError("there is such a file", file=path, todo="choose another name for --out")
    bundle = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
    if answers_trials(bundle):
        raise UsageError(
            "a bundle that answers whole trials is not fitted to one animal",
            file=bundle.path,
            expected="a bundle that answers frames",
            todo="predict with it as it is; with target.ratings.relative it compares the trials of "
            "each animal by itself",
        )
    recordings = [r for r in project.recordings(only) if has_all(project, r.id, bundle.reads)]
    subjects = truth_of(bundle, project, recordings, annotators=annotators)
    animals = _one_animal(project, bundle, subjects)
    refuse_refused(bundle, project, subjects, say=say)
    probabilities = []
    for done, item in enumerate(subjects):
        say(done, len(subjects), str(item.subject))
        probabilities.append(_predicted(bundle, project, item))
    say(len(subjects), len(subjects), "done")
    rates = [item.recording.clock.fps for item in subjects]
    biases = fit_biases(bundle.decision, probabilities, [item.states for item in subjects], rates)
    return _written(bundle, path, biases, animals, _labelled_s(subjects))


def _one_animal(
    project: Project, bundle: Bundle, subjects: Sequence[LabelledSubject]
) -> tuple[str, ...]:
    """The animal, or the animals that were filmed together.

    Raises:
        DataError: There is none, there are several, or too little is labelled.
    """
    if not subjects:
        raise DataError(
            f"no recording has {', '.join(bundle.reads)} and labels",
            file=project.root,
            todo="import both, or change --only",
        )
    met = {item.recording.animals for item in subjects}
    if len(met) > 1:
        names = ", ".join(sorted(" with ".join(animals) for animals in met))
        raise DataError(
            f"the labelled recordings are of several animals: {names}",
            expected="those of one animal, or of animals that were filmed together",
            todo="name them by --only, such as --only animal=NAME",
        )
    animals = tuple(sorted(met.pop()))
    bundle.refuse_animals(animals)
    labelled_s = _labelled_s(subjects)
    if labelled_s < LEAST_S:
        raise DataError(
            f"{labelled_s:.0f} seconds of {', '.join(animals)} are labelled",
            expected=f"{LEAST_S:.0f} or more; two minutes are good",
            todo="label more of it",
        )
    return animals


def _labelled_s(subjects: Sequence[LabelledSubject]) -> float:
    """Labelled time in seconds; a frame in which several pairs are labelled counts once."""
    labelled: dict[str, NDArray[np.bool_]] = {}
    for item in subjects:
        mine = np.asarray((item.states >= FrameState.NO).any(axis=1))
        name = item.recording.id
        labelled[name] = np.asarray(labelled[name] | mine) if name in labelled else mine
    rates = {item.recording.id: item.recording.clock.fps for item in subjects}
    return sum(float(flags.sum()) / rates[name] for name, flags in labelled.items())


def _predicted(bundle: Bundle, project: Project, item: LabelledSubject) -> NDArray[np.float32]:
    predictor = Predictor((bundle,), store=project.store)
    prediction = predictor.predict(material_of(project, item.recording, reads=bundle.reads))
    mine: NDArray[np.float32] = prediction.probabilities[prediction.subjects.index(item.subject)]
    return mine


def _written(
    bundle: Bundle,
    path: Path,
    biases: Sequence[float],
    animals: Sequence[str],
    labelled_s: float,
) -> Bundle:
    facts = {
        "bundle": bundle.id,
        "animals": list(animals),
        "labelled_s": round(labelled_s, 1),
        "biases": dict(zip(bundle.ethogram.names, biases, strict=True)),
    }
    manifest = dict(bundle.manifest)
    manifest["animals"] = sorted({*bundle.animals, *animals})
    manifest["personal"] = facts
    note = (
        f"\n## For {', '.join(animals)} only\n"
        f"Its biases were fitted to {labelled_s / 60:.1f} labelled minutes of "
        f"{', '.join(animals)}. The scores above are those of bundle {bundle.id}, before that.\n"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        staging = Path(name) / "bundle"
        shutil.copytree(bundle.directory, staging)
        personal(bundle.decision, biases).save(staging)
        (staging / "bundle.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        card = staging / "card.md"
        card.write_text(card.read_text(encoding="utf-8") + note, encoding="utf-8")
        pack(staging, path)
    return Bundle.open(path)
