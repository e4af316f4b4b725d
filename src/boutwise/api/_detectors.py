"""``plan`` and ``train`` of a detector: the same commands, with boxes in place of behaviors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from boutwise.errors import UsageError
from boutwise.planning.detectors import DetectorPlan, make_detector_plan
from boutwise.planning.recipes import trains_detector as trains_detector
from boutwise.prepare import material_of
from boutwise.prepare.detectors.rtdetr import fit
from boutwise.project import Project
from boutwise.report.detector_page import Sample, write_detector_page
from boutwise.video import Video

if TYPE_CHECKING:
    from boutwise.training.detectors import DetectorResult, Seen

SAMPLES = 8
"""Pictures on the page."""

Say = Callable[[int, int, str], None]


def plan_detector(
    project: Project,
    recipe: str | Path = "detector",
    *,
    settings: Iterable[str] = (),
    seed: int = 0,
) -> DetectorPlan:
    """Decide every ``auto`` of a recipe that trains a detector, with reasons.

    Args:
        project: With videos, and boxes that people drew or pose.
        recipe: Name of a recipe, or a YAML file.
        settings: ``a.b=c`` each, as for ``--set``.
        seed: Of the split, new weights, order and augmentation.

    Raises:
        DataError: There are no boxes to learn from, or nobody to keep apart.
        RecipeError: A setting cannot be heeded.
        UsageError: The seed is negative.
    """
    if seed < 0:
        raise UsageError(f"a seed of {seed} cannot be", expected="0 or more")
    return make_detector_plan(project, recipe, settings=settings, seed=seed)


def train_detector(
    project: Project,
    plan: DetectorPlan,
    *,
    out: str | None = None,
    resume: bool = False,
    say: Say | None = None,
) -> DetectorResult:
    """Train a detector into a run: weights, where they come from, AP@.5, curves and a page.

    Args:
        project: With the recordings that the plan was made for.
        plan: What to do.
        out: Name of the run; by default that of the recipe, numbered when it is taken.
        resume: Go on with the unfinished run of that name.
        say: Called with (done, total, words).

    Raises:
        DataError: There are too few pictures with boxes.
        UsageError: The name is taken; or there is nothing, or something else, to resume.
    """
    from boutwise.training.detectors import train_on_boxes  # loads torch; a plan needs none

    result = train_on_boxes(project, plan, out=out, resume=resume, say=say)
    samples = list(_samples(project, result.weights, result.held_out))
    write_detector_page(result.directory, result.scores, result.losses, samples)
    return result


def _samples(project: Project, weights: Path, held_out: Sequence[Seen]) -> Iterator[Sample]:
    """Some pictures of each recording that was kept apart, with what is found in them."""
    each = max(1, SAMPLES // max(len(held_out), 1))
    for seen in held_out[:SAMPLES]:
        scene = material_of(project, project.recording(seen.recording)).scene
        assert scene is not None
        detector = fit(scene, weights=str(weights))
        places = np.unique(np.linspace(0, len(seen.frames) - 1, each).round().astype(int))
        with Video(scene.path, scene.index, look=detector.look) as video:
            for place, picture in zip(places, video.pictures(seen.frames[places]), strict=True):
                if picture is None:
                    continue
                shown = seen.pictures[place]
                found = detector.find(picture)
                scale = shown.shape[1] / scene.size[1]
                yield Sample(
                    f"{seen.recording}, frame {seen.frames[place]}",
                    shown,
                    seen.boxes[place],
                    found.corners * scale,
                    found.scores,
                )
