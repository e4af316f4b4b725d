"""Train a detector: pictures with boxes out of a project, weights and how good they are into a run.

The weights that are judged are those that are kept: no second training on all animals follows.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise import __version__
from boutwise.errors import DataError
from boutwise.planning.detectors import DetectorPlan
from boutwise.prepare import material_of
from boutwise.prepare.boxes import Detect, boxes_of
from boutwise.prepare.detectors import Scene
from boutwise.prepare.detectors._rtdetr_training import detector_precision
from boutwise.prepare.detectors.rtdetr import content, train_detector
from boutwise.project import Project
from boutwise.training._lock import only_one
from boutwise.training.opening import open_run, write_json
from boutwise.types import Boxes
from boutwise.video import Look, Video

WEIGHTS, SCORES, CURVES, CHECKPOINT = "detector", "detector.json", "curves.csv", "checkpoint.pt"
FEWEST = 4
"""Pictures with boxes; fewer are no recording to learn from or to be judged by."""

Say = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class Seen:
    """Pictures of one recording with their boxes.

    Attributes:
        recording: Its id.
        frames: (pictures,): which of its frames.
        pictures: (height, width, 3) each.
        boxes: Of each picture (animals, 4), in its pixels.
    """

    recording: str
    frames: NDArray[np.int64]
    pictures: Sequence[NDArray[np.uint8]]
    boxes: Sequence[NDArray[np.float32]]


@dataclass(frozen=True)
class DetectorResult:
    """What a training left behind.

    Attributes:
        directory: The run folder.
        weights: The folder that a recipe names: ``detect: {detector: {rtdetr: {weights: ...}}}``.
        digest: Of the weights.
        scores: What ``detector.json`` holds.
        losses: Of each step.
        held_out: Pictures that it was judged by, for the page.
    """

    directory: Path
    weights: Path
    digest: str
    scores: Mapping[str, Any]
    losses: Sequence[float]
    held_out: Sequence[Seen] = field(default_factory=tuple, repr=False)


def train_on_boxes(
    project: Project,
    plan: DetectorPlan,
    *,
    out: str | None = None,
    resume: bool = False,
    say: Say | None = None,
) -> DetectorResult:
    """Train a detector, and judge it by what was kept apart.

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
    say = say or (lambda done, total, words: None)
    run = open_run(project, plan, out, resume)
    with only_one(run):
        trained = [_seen(project, name, plan, say) for name in plan.train]
        folder = run / WEIGHTS
        pictures = [picture for each in trained for picture in each.pictures]
        boxes = [of_picture for each in trained for of_picture in each.boxes]
        losses = train_detector(
            pictures,
            boxes,
            folder,
            settings=plan.training,
            checkpoint=run / CHECKPOINT,
            say=lambda done, total, words: say(done, total, f"training the detector, {words}"),
        )
        _write_curve(run / CURVES, losses)
        held_out = [_seen(project, name, plan, say) for name in plan.test]
        digest = content(weights=str(folder))
        scores = _scores(plan, digest, trained, held_out, folder=folder, losses=losses)
        write_json(run / SCORES, scores)
        # Beside the weights, so that a copy of them still says where they come from.
        write_json(folder / SCORES, scores)
    return DetectorResult(run, folder, digest, scores, losses, held_out)


def _seen(project: Project, name: str, plan: DetectorPlan, say: Say) -> Seen:
    """Pictures of a recording, evenly spread over those in which every animal has a box.

    Where one animal has a box and another has none, the other would be taught as background.

    Raises:
        DataError: There are too few of them.
    """
    say(0, 1, f"pictures of {name}")
    scene = material_of(project, project.recording(name)).scene
    assert scene is not None  # the plan names recordings with a video only
    boxes = _boxes(project, name, scene, plan)
    good = np.flatnonzero((boxes.present & boxes.detected).all(axis=1))
    good = np.setdiff1d(good, scene.index.damaged)
    if good.size < FEWEST:
        raise DataError(
            f"in {good.size} of {boxes.n_frames} frames every animal has a box",
            file=scene.path,
            recording=name,
            expected=f"{FEWEST} at least",
            todo="draw more boxes, or take the recording out: --set split.holdout=[...] of a "
            "project without it",
        )
    count = min(int(plan.recipe.detector.pictures), good.size)
    frames = good[np.unique(np.linspace(0, good.size - 1, count).round().astype(int))]
    scale = int(plan.recipe.detector.size) / max(scene.size)
    height, width = (max(1, round(side * min(scale, 1.0))) for side in scene.size)
    with Video(scene.path, scene.index, look=Look("rgb", size=(height, width))) as video:
        found = [
            (f, p) for f, p in zip(frames, video.pictures(frames), strict=True) if p is not None
        ]
    by = np.tile([width / scene.size[1], height / scene.size[0]], 2).astype(np.float32)
    return Seen(
        name,
        np.array([frame for frame, _ in found], dtype=np.int64),
        [picture for _, picture in found],
        [boxes.corners[frame] * by for frame, _ in found],
    )


def _boxes(project: Project, name: str, scene: Scene, plan: DetectorPlan) -> Boxes:
    if plan.recipe.detector.boxes == "pose":
        return boxes_of(scene, Detect("pose"), store=project.store)
    drawn = project.boxes(name)
    if drawn is None:
        raise DataError("the boxes that the plan was made for are gone", recording=name)
    return drawn


def _write_curve(path: Path, losses: Sequence[float]) -> None:
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("step", "loss"))
        writer.writerows((step, f"{loss:.6f}") for step, loss in enumerate(losses, start=1))
    temporary.replace(path)


# Six parameters: what was done, with what, and what came of it.
def _scores(
    plan: DetectorPlan,
    digest: str,
    trained: Sequence[Seen],
    held_out: Sequence[Seen],
    *,
    folder: Path,
    losses: Sequence[float],
) -> dict[str, Any]:
    """Where the weights come from, and their AP@.5 on what was kept apart."""

    def precision(seen: Sequence[Seen]) -> float | None:
        pictures = [picture for each in seen for picture in each.pictures]
        boxes = [of_picture for each in seen for of_picture in each.boxes]
        found = detector_precision(str(folder), pictures, boxes) if pictures else float("nan")
        return round(found, 4) if np.isfinite(found) else None

    rows = [
        {
            "recording": each.recording,
            "pictures": len(each.pictures),
            "boxes": sum(map(len, each.boxes)),
            "ap50": precision([each]),
        }
        for each in held_out
    ]
    return {
        "boutwise": __version__,
        "detector": "rtdetr",
        "digest": digest,
        "ap50": precision(held_out) if held_out else None,
        "held_out": rows,
        "kept_apart": list(plan.holdout),
        "by": plan.recipe.split.by,
        "loss": {"first": _mean(losses[:20]), "last": _mean(losses[-20:])},
        "origin": {
            "boxes": plan.recipe.detector.boxes,
            "recordings": {each.recording: len(each.pictures) for each in trained},
            "begun_from": plan.recipe.detector.weights,
            "begun_from_digest": plan.begun_from,
            "settings": json.loads(plan.recipe.detector.model_dump_json()),
            "seed": plan.seed,
        },
    }


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 4)
