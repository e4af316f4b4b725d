"""How pictures are made of a video: the steps of a recipe, and what a bundle keeps of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.errors import BundleError, RecipeError, did_you_mean
from boutwise.prepare.boxes import VERSION as BOXES
from boutwise.prepare.boxes import Detect
from boutwise.prepare.crops import VERSION as CROPS
from boutwise.prepare.crops import Crop
from boutwise.prepare.detectors import Scene
from boutwise.prepare.facing import VERSION as FACING
from boutwise.prepare.facing import trunk_facing
from boutwise.prepare.outlines import VERSION as OUTLINES
from boutwise.prepare.outlines import Outline
from boutwise.prepare.tracking import VERSION as TRACKING
from boutwise.types import Subject
from boutwise.types.recipe import Part, Recipe

VERSION = 1
"""Raised when the same video would be kept as other pictures."""

DETECT, CROP, OUTLINE = "detect", "crop", "outline"
STEPS = (DETECT, CROP, OUTLINE)
"""What ``prepare`` of a recipe may hold for videos, beside the preparations of poses."""


@dataclass(frozen=True)
class PictureSteps:
    """How pictures are made of a video.

    Attributes:
        detect: How animals are found; None = the whole picture is taken.
        crop: What is cut out.
        outline: How the outlines of animals are found; None = they are not.
    """

    detect: Detect | None
    crop: Crop
    outline: Outline | None = None

    @classmethod
    def of(cls, parts: Sequence[Part]) -> PictureSteps:
        """From the steps of a recipe.

        Raises:
            RecipeError: A step has no such option, or an option cannot have that value.
        """
        known = {part.part: part for part in parts if part.part in STEPS}
        detect = _settings(Detect, known[DETECT]) if DETECT in known else None
        crop = _settings(Crop, known[CROP]) if CROP in known else Crop()
        outline = _settings(Outline, known[OUTLINE]) if OUTLINE in known else None
        if outline is not None and detect is None:
            raise RecipeError(
                "outlines need to know where the animals are",
                expected="prepare: [{detect: {...}}, {outline: {...}}]",
            )
        if crop.facing != "none" and detect is None:
            raise RecipeError(
                f"'crop' cannot turn to '{crop.facing}' what it does not find",
                expected="prepare: [{detect: {...}}, {crop: {facing: heading}}], or facing: none",
            )
        return cls(detect, crop, outline)

    def needs_outlines(self, scene: Scene) -> bool:
        """Whether the outlines of a recording are looked for.

        Outlines also tell where an animal faces, wherever keypoints did not find it.
        """
        return self.outline is not None or self.faces_by(scene) == "outlines"

    def faces_by(self, scene: Scene) -> Literal["nothing", "pose", "outlines"]:
        """What tells where the animals of a recording face: the points that find them."""
        if self.crop.facing == "none" or self.detect is None:
            return "nothing"
        return "pose" if self.detect.chosen_for(scene).name == "pose" else "outlines"

    def facing_by_pose(self, scene: Scene, subject: Subject) -> NDArray[np.float64]:
        """Where a subject faces in each frame, told by the keypoints that found it.

        Raises:
            DataError: They do not tell it.
        """
        assert scene.pose is not None
        assert self.detect is not None
        options = self.detect.chosen_for(scene).options
        known = {name: options[name] for name in ("least_confidence",) if name in options}
        return trunk_facing(scene.pose, subject, scene.index.clock, **known)


def _settings(kind: Callable[..., Any], part: Part) -> Any:
    names = [each.name for each in fields(kind)]  # type: ignore[arg-type]
    for option in part.options:
        if option not in names:
            raise RecipeError(
                f"'{part.part}' has no option '{option}'",
                expected=", ".join(names),
                todo=did_you_mean(option, names),
            )
    return kind(**part.options)


def pictures_need(recipe: Recipe) -> dict[str, Any]:
    """For ``bundle.json``: how the pictures of a recipe are made."""
    steps = [part.model_dump() for part in recipe.prepare if part.part in STEPS]
    detect = PictureSteps.of(recipe.prepare).detect
    chosen = None if detect is None else detect.chosen(has_pose=False, fps=1)
    made_by: dict[str, Any] = {}
    if chosen is not None:
        made_by = {"detector": chosen.name, "weights": chosen.content()}
        module = registry.load("detector", chosen.name)
        if made_by["weights"] and hasattr(module, "origin"):
            made_by["origin"] = module.origin(**chosen.options)
    return {"steps": steps, "versions": _versions(recipe.prepare), **made_by}


def _versions(prepare: Sequence[Part]) -> dict[str, int]:
    steps = PictureSteps.of(prepare)
    detect, turned = steps.detect, steps.crop.facing != "none"
    known = {"pictures": VERSION, "crop": CROPS}
    if steps.outline is not None:
        known["outline"] = OUTLINES
    if detect is not None:
        name = detect.chosen(has_pose=False, fps=1).name
        if turned:
            known["facing"] = FACING
        if turned and name != "pose":
            known["outline"] = OUTLINES
        known["boxes"], known["tracking"] = BOXES, TRACKING
        known[name] = registry.load("detector", name).VERSION
    return known


def bundle_steps(need: Mapping[str, Any], *, instead: Part | None = None) -> tuple[Part, ...]:
    """The steps that a bundle was trained with.

    Args:
        need: As :func:`pictures_need` gave it.
        instead: In place of its own ``detect``: another detector, of whatever version.

    Raises:
        BundleError: This release makes other pictures of the same video.
    """
    steps = tuple(Part.model_validate(step) for step in need["steps"])
    then = dict(need["versions"])
    if instead is not None:
        steps = tuple(instead if step.part == DETECT else step for step in steps)
        then.pop(need.get("detector", ""), None)
    now = _versions(steps)
    if instead is not None:
        # Another detector may need outlines where the first needed none, and the other way round.
        now, then = ({k: v for k, v in a.items() if k in b} for a, b in ((now, then), (then, now)))
    for what in now | then:
        if now.get(what) != then.get(what):
            raise BundleError(
                f"the bundle needs version {then.get(what)} of '{what}', and this release has "
                f"{now.get(what)}: it would see other pictures than in training",
                todo="use the release of boutwise that trained it, or train again",
            )
    if instead is None:
        _refuse_other_weights(steps, need)
    return steps


def _refuse_other_weights(steps: Sequence[Part], need: Mapping[str, Any]) -> None:
    """Other weights under the same name would find other boxes, and nobody would be told.

    Raises:
        BundleError: They are not those of training.
    """
    detect = PictureSteps.of(steps).detect
    if detect is None or not need.get("weights"):
        return
    now = detect.chosen(has_pose=False, fps=1).content()
    if now != need["weights"]:
        raise BundleError(
            "the weights of the detector are not those that the bundle was trained with",
            expected=f"weights with the digest {need['weights']}, not {now}",
            todo="bring back the folder that the recipe names; name these weights (--detector "
            '"{rtdetr: {weights: PATH}}"), which is then written down; or train again with them',
        )


def describe_pictures(need: Mapping[str, Any]) -> str:
    """How pictures are made, in words.

    >>> describe_pictures({"steps": [{"part": "crop", "options": {"size": 64, "color": "gray"}}]})
    'the whole picture, 64 x 64 gray'
    """
    steps = PictureSteps.of([Part.model_validate(step) for step in need["steps"]])
    what = "the whole picture"
    if steps.detect is not None:
        what = f"a square around the animal, found by '{need.get('detector', 'auto')}'"
    if steps.outline is not None:
        return f"points on the outline of the animal, found by '{need.get('detector', 'auto')}'"
    turned = ", turned so that it faces up" if steps.crop.facing == "heading" else ""
    return f"{what}{turned}, {steps.crop.size} x {steps.crop.size} {steps.crop.color}"
