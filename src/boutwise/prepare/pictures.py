"""The pictures of a subject: boxes found, squares cut, and kept as a small video of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.errors import BundleError, DataError, RecipeError, did_you_mean
from boutwise.prepare.boxes import VERSION as BOXES
from boutwise.prepare.boxes import Detect, boxes_key, boxes_of
from boutwise.prepare.crops import VERSION as CROPS
from boutwise.prepare.crops import Crop, Squares, crop_squares, whole_picture
from boutwise.prepare.detectors import Scene
from boutwise.prepare.outlines import VERSION as OUTLINES
from boutwise.prepare.outlines import Outline, outline_key, outline_pose
from boutwise.prepare.pixels import CutPictures, keep, kept_pictures
from boutwise.prepare.rates import nearest_frames, working_clock
from boutwise.prepare.tracking import VERSION as TRACKING
from boutwise.store import Store
from boutwise.types import Boxes, FrameClock, Pixels, PoseTrack, Subject
from boutwise.types.recipe import Part, Recipe

VERSION = 1
"""Raised when the same video would be kept as other pictures."""

DETECT, CROP, OUTLINE = "detect", "crop", "outline"
STEPS = (DETECT, CROP, OUTLINE)
"""What ``prepare`` of a recipe may hold for videos, beside the preparations of poses."""

Say = Callable[[str], None]


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
        return cls(detect, crop, outline)


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
    detect = PictureSteps.of(prepare).detect
    known = {"pictures": VERSION, "crop": CROPS}
    if any(part.part == OUTLINE for part in prepare):
        known["outline"] = OUTLINES
    if detect is not None:
        name = detect.chosen(has_pose=False, fps=1).name
        known["boxes"], known["tracking"] = BOXES, TRACKING
        known[name] = registry.load("detector", name).VERSION
    return known


def bundle_steps(need: Mapping[str, Any]) -> tuple[Part, ...]:
    """The steps that a bundle was trained with.

    Args:
        need: As :func:`pictures_need` gave it.

    Raises:
        BundleError: This release makes other pictures of the same video.
    """
    steps = tuple(Part.model_validate(step) for step in need["steps"])
    now, then = _versions(steps), dict(need["versions"])
    for what in now | then:
        if now.get(what) != then.get(what):
            raise BundleError(
                f"the bundle needs version {then.get(what)} of '{what}', and this release has "
                f"{now.get(what)}: it would see other pictures than in training",
                todo="use the release of boutwise that trained it, or train again",
            )
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
            todo="bring back the folder that the recipe names, or train again with the new weights",
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
    return f"{what}, {steps.crop.size} x {steps.crop.size} {steps.crop.color}"


class PreparedVideo:
    """The pictures of one recording at the working rate.

    Args:
        scene: The video and whom to look for.
        clock: The recording's own, with as many frames as the video.
        fps: Working rate.
        steps: How pictures are made.
        store: Where boxes and pictures are kept; None keeps none and cuts them when they are read.
        say: Called with words as the work goes on.

    Raises:
        DataError: The video has another number of frames than the recording.
    """

    def __init__(
        self,
        scene: Scene,
        clock: FrameClock,
        *,
        fps: float,
        steps: PictureSteps,
        store: Store | None = None,
        say: Say = lambda words: None,
    ) -> None:
        if scene.index.n_frames != clock.n_frames:
            raise DataError(
                f"the video has {scene.index.n_frames} frames",
                file=scene.path,
                expected=f"{clock.n_frames}, those of the recording",
                todo="find out which video belongs to the recording, and import it again",
            )
        self.scene, self.steps, self.say = scene, steps, say
        self.native, self.clock = clock, working_clock(clock, fps)
        self._store = store

    @cached_property
    def frames(self) -> NDArray[np.int64]:
        """The frame of the video that each working frame shows, (working frames,)."""
        if self.clock is self.native:
            return np.arange(self.clock.n_frames)
        return nearest_frames(self.native, self.clock.times_s)

    @cached_property
    def boxes(self) -> Boxes | None:
        """Where each animal is in each frame of the video; None where nothing is detected."""
        if self.steps.detect is None:
            return None
        return boxes_of(
            self.scene,
            self.steps.detect,
            store=self._store,
            say=lambda done, total, words: self.say(f"{words}: {done} of {total} frames"),
        )

    @cached_property
    def outlines(self) -> PoseTrack:
        """Points on the outline of each animal in each frame of the video.

        Raises:
            DataError: The cage cannot be learned from the video.
        """
        return outline_pose(self.scene, self._looked_at(), store=self._store, say=self.say)

    def _looked_at(self) -> dict[str, Squares]:
        """The square around each animal whose outline is looked for."""
        boxes, outline = self.boxes, self.steps.outline
        assert boxes is not None
        assert outline is not None
        name = self.scene.recording
        return {
            animal: crop_squares(boxes, Subject(name, animal), outline.crop, self.native)
            for animal in self.scene.animals
        }

    def squares(self, subject: Subject) -> Squares:
        """What is cut out of each working frame for a subject."""
        if self.boxes is None:
            return whole_picture(self.scene.size, len(self.frames))
        native = crop_squares(self.boxes, subject, self.steps.crop, self.native)
        return Squares(native.corners[self.frames], native.present[self.frames])

    def pictures(self, subject: Subject) -> tuple[Pixels, str]:
        """The pictures of a subject, and the key under which they are kept; empty without a store.

        Raises:
            DataError: The subject is in no frame.
        """
        squares = self.squares(subject)
        if not squares.present.any():
            raise DataError(
                f"{subject} is found in no frame of the video",
                file=self.scene.path,
                recording=subject.recording,
                expected="a box in some frames at least",
                todo="choose another detector: --set prepare.0.detect.detector=NAME",
            )
        cutting = CutPictures(self.scene, self.frames, squares, self.steps.crop)
        if self._store is None:
            return cutting, ""
        key = self._key(squares)
        kept = kept_pictures(self._store, key)
        if kept is None:
            keep(self._store, key, cutting, self.clock, lambda n: self._told(subject, n))
            kept = kept_pictures(self._store, key)
        if kept is None:
            raise DataError(
                "the pictures of a recording cannot be read back from the store",
                file=self._store.directory,
                recording=subject.recording,
                todo="check the free space of the disk",
            )
        return kept, key

    def missing(self, subject: Subject) -> list[str]:
        """What of a subject is not in the store yet: ``boxes``, ``pictures`` or ``outlines``."""
        last = "pictures" if self.steps.outline is None else "outlines"
        if self._store is None:
            return [last]
        detect = self.steps.detect
        if detect is not None:
            has_pose = self.scene.pose is not None
            chosen = detect.chosen(has_pose=has_pose, fps=self.scene.index.clock.fps)
            if self._store.array(boxes_key(self.scene, chosen)) is None:
                return ["boxes", last]
        if self.steps.outline is not None:
            lies = self._store.array(outline_key(self.scene, self._looked_at())) is not None
            return [] if lies else [last]
        key = self._key(self.squares(subject))
        return ["pictures"] if kept_pictures(self._store, key) is None else []

    def _told(self, subject: Subject, done: int) -> None:
        self.say(f"pictures of {subject.animal}: {done} of {len(self.frames)} frames")

    def _key(self, squares: Squares) -> str:
        crop = self.steps.crop
        cut_so = [VERSION, CROPS, crop.size, crop.color]
        content = (self.scene.index.digest, self.frames, squares.corners, squares.present)
        return Store.key("pictures", cut_so, *content, self.clock.times_s)
