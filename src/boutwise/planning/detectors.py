"""The plan of a detector: whose boxes it learns, what is kept apart, and every setting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from boutwise import __version__
from boutwise.errors import DataError, RecipeError, did_you_mean
from boutwise.planning.recipes import load_detector_recipe
from boutwise.prepare.detectors.rtdetr import DetectorTraining, input_size
from boutwise.prepare.detectors.rtdetr import content as weights_content
from boutwise.project import Project
from boutwise.store import Store
from boutwise.types import Recording
from boutwise.types.detector_recipe import DetectorRecipe

MOST_PICTURES = 600
"""To learn from: at 640 pixels half a gigabyte."""
EACH = 120
"""Pictures of one recording: neighbors look alike."""
SMALL_SIZE, SMALL_STEPS, SMALL_LR = 160, 1200, 1e-3
"""With which small networks of random weights were measured (``benchmarks/detector.py``)."""
STEPS, LR, BATCH = 1000, 1e-4, 8
HELD_OUT = 0.2
"""Share of the animals that is kept apart."""


@dataclass(frozen=True)
class DetectorPlan:
    """Everything that is decided before a detector is trained.

    Attributes:
        recipe: Without any ``auto``.
        reasons: Dotted path of each setting that was ``auto`` -> why it has its value.
        train: Recordings that it learns from.
        test: Recordings that it is judged by; none of their animals is learned from.
        holdout: Animals, or recordings, that are kept apart.
        seed: Of the split, new weights, order and augmentation.
        begun_from: Digest of the weights that are gone on from; empty for random ones.
    """

    recipe: DetectorRecipe
    reasons: Mapping[str, str]
    train: tuple[str, ...]
    test: tuple[str, ...]
    holdout: tuple[str, ...]
    seed: int
    begun_from: str = ""

    @property
    def training(self) -> DetectorTraining:
        """The settings of the training."""
        told = self.recipe.detector
        return DetectorTraining(
            size=int(told.size),
            steps=int(told.steps),
            batch=int(told.batch),
            lr=float(told.lr),
            weight_decay=told.weight_decay,
            seed=self.seed,
            weights=None if told.weights == "none" else told.weights,
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain values, in the order in which people read them."""
        return {
            "name": self.recipe.name,
            "boutwise": __version__,
            "seed": self.seed,
            "recipe": self.recipe.model_dump(mode="json"),
            "reasons": dict(self.reasons),
            "train": list(self.train),
            "test": list(self.test),
            "holdout": list(self.holdout),
            "begun_from": self.begun_from,
        }

    def key(self) -> str:
        """Digest of all that decides about the result."""
        return Store.key(self.as_dict())

    def save(self, path: Path) -> None:
        """Write ``plan.yaml``; it appears under its name when it is whole."""
        text = yaml.safe_dump(self.as_dict(), sort_keys=False, allow_unicode=True, width=100)
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)


def make_detector_plan(
    project: Project, recipe: str | Path, *, settings: Iterable[str] = (), seed: int = 0
) -> DetectorPlan:
    """Decide every ``auto``, and which recordings are learned from.

    Args:
        project: With videos, and with drawn boxes or pose.
        recipe: Name or YAML file.
        settings: ``a.b=c`` each.
        seed: 0 or more.

    Raises:
        DataError: There are no boxes to learn from, or nobody to keep apart.
        RecipeError: A setting cannot be heeded.
    """
    asked = load_detector_recipe(recipe, settings)
    reasons: dict[str, str] = {}
    source, recordings = _sources(project, asked, reasons)
    train, test, holdout = _divided(recordings, asked, seed, reasons)
    told = asked.detector
    chosen = {"boxes": source} | _settings(asked, len(train), reasons)
    begun = "" if told.weights == "none" else weights_content(weights=told.weights)
    split = asked.split.model_copy(update={"holdout": list(holdout) or "none"})
    resolved = asked.model_copy(update={"split": split, "detector": told.model_copy(update=chosen)})
    plan = DetectorPlan(resolved, reasons, train, test, holdout, seed, begun)
    return replace(plan, reasons={path: reasons[path] for path in sorted(reasons)})


def _sources(
    project: Project, asked: DetectorRecipe, reasons: dict[str, str]
) -> tuple[str, list[Recording]]:
    """Where boxes come from, and the recordings that have a video and such boxes.

    Raises:
        DataError: None has.
    """
    filmed = [each for each in project.recordings() if project.has_video(each.id)]
    drawn = [each for each in filmed if project.boxes(each.id) is not None]
    posed = [each for each in filmed if project.has_pose(each.id)]
    source = asked.detector.boxes
    if source == "auto":
        source = "drawn" if drawn else "pose"
        reasons["detector.boxes"] = (
            f"people drew boxes in {len(drawn)} of {len(filmed)} recordings with a video"
            if drawn
            else f"nobody drew boxes, and {len(posed)} recordings with a video have pose"
        )
    found = drawn if source == "drawn" else posed
    if not found:
        raise DataError(
            "there are no boxes to learn from: "
            + ("nobody drew any" if source == "drawn" else "no recording has pose and video"),
            file=project.root,
            expected="videos, and rectangles in their label files (Supervisely) or pose in pixels",
            todo="import them; a detector without training is 'background'",
        )
    return source, found


def _groups(recordings: Sequence[Recording], by: str) -> dict[str, tuple[str, ...]]:
    """Recordings that are kept together -> the animals, or the recording, that they are of.

    Animals that met in a recording are kept together: in its pictures both are seen.
    """
    if by == "recording":
        return {each.id: (each.id,) for each in recordings}
    together: dict[str, set[str]] = {}
    for each in recordings:
        union = set(each.animals).union(*(together.get(animal, ()) for animal in each.animals))
        for animal in union:
            together[animal] = union
    return {each.id: tuple(sorted(together[each.animals[0]])) for each in recordings}


def _divided(
    recordings: Sequence[Recording], asked: DetectorRecipe, seed: int, reasons: dict[str, str]
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Recordings to learn from, recordings to be judged by, and who is kept apart.

    Raises:
        DataError: Nobody would be left to learn from.
        RecipeError: A name is unknown.
    """
    groups = _groups(recordings, asked.split.by)
    units = sorted(set(groups.values()))
    wanted = asked.split.holdout
    if wanted == "none":
        return tuple(groups), (), ()
    if isinstance(wanted, list):
        apart = {unit for unit in units if set(unit) & set(wanted)}
        _refuse_unknown(wanted, units, asked.split.by)
    else:
        count = max(1, round(HELD_OUT * len(units))) if wanted == "auto" else int(wanted)
        order = np.random.default_rng(seed).permutation(len(units))
        apart = {units[place] for place in order[:count]}
        if wanted == "auto":
            reasons["split.holdout"] = (
                f"a fifth of {len(units)} {asked.split.by}s, at least one, by the seed"
            )
    if len(apart) >= len(units):
        raise DataError(
            f"there are boxes of {len(units)} {asked.split.by}{'s' if len(units) > 1 else ''} "
            "(those that met count as one), and nobody is left to learn from",
            expected="one that is kept apart, to say how good the detector is, and others",
            todo="--split recording keeps a recording apart; --holdout none trains on all and "
            "says nothing of how good it is",
        )
    train = tuple(name for name, unit in groups.items() if unit not in apart)
    test = tuple(name for name, unit in groups.items() if unit in apart)
    return train, test, tuple(sorted(name for unit in apart for name in unit))


def _refuse_unknown(wanted: Sequence[str], units: Sequence[tuple[str, ...]], by: str) -> None:
    known = {name for unit in units for name in unit}
    for name in wanted:
        if name not in known:
            raise RecipeError(
                f"there is no {by} '{name}' with boxes to keep apart",
                expected=", ".join(sorted(known)),
                todo=did_you_mean(name, known),
            )


def _settings(asked: DetectorRecipe, n_train: int, reasons: dict[str, str]) -> dict[str, Any]:
    """Every number that was ``auto``."""
    told = asked.detector
    new = told.weights == "none"
    each = max(1, min(EACH, MOST_PICTURES // max(n_train, 1)))
    small = "a small network of random weights: as measured in benchmarks/detector.py"
    values: dict[str, tuple[Any, str]] = {
        "pictures": (
            each,
            f"evenly over each recording; {n_train} recordings to learn from, "
            f"{MOST_PICTURES} pictures at most",
        ),
        "size": (SMALL_SIZE, small)
        if new
        else (input_size(told.weights), "what the weights were trained with"),
        "steps": (SMALL_STEPS, small) if new else (STEPS, "weights that were trained before"),
        "batch": (BATCH, "pictures a step"),
        "lr": (SMALL_LR, small) if new else (LR, "as RT-DETR is trained on from weights"),
    }
    chosen = {}
    for name, (value, reason) in values.items():
        if getattr(told, name) == "auto":
            chosen[name] = value
            reasons[f"detector.{name}"] = reason
    return chosen
