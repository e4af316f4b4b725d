"""The boxes of a recording: detect in some frames, track through all, keep the result."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boutwise import registry
from boutwise.errors import RecipeError, did_you_mean
from boutwise.prepare import tracking
from boutwise.prepare.detectors import Scene
from boutwise.store import Store
from boutwise.types import Boxes, PoseTrack
from boutwise.video import Video

VERSION = 1

TOLD = 100
"""Pictures from one word about the progress to the next."""

LOOKS_A_SECOND = 10.0
"""A running mouse moves by less than its own length in between, and a line joins the two places."""

Say = Callable[[int, int, str], None]
"""Called with pictures done, pictures in all, and what is being done."""


@dataclass(frozen=True)
class Detect:
    """How animals are found; options of ``detect`` in a recipe.

    Attributes:
        detector: Name of a detector, or ``{NAME: {option: value}}``; ``auto`` takes boxes from pose
            where there is pose, and else what differs from the background.
        every: Pictures are looked at in every so many-th frame, and boxes in between are lines;
            ``auto`` looks at ten a second.
    """

    detector: str | Mapping[str, Any] = "auto"
    every: Literal["auto"] | int = "auto"

    def __post_init__(self) -> None:
        """Check the options."""
        if isinstance(self.detector, Mapping) and len(self.detector) != 1:
            raise RecipeError(
                f"detect: 'detector' names {len(self.detector)} detectors", expected="one"
            )
        whole = isinstance(self.every, int) and not isinstance(self.every, bool)
        if self.every != "auto" and not (whole and 1 <= int(self.every) <= 1000):
            raise RecipeError(
                f"detect: 'every' cannot be {self.every!r}", expected="auto, or 1 to 1000 frames"
            )

    def chosen_for(self, scene: Scene) -> Chosen:
        """The same with every ``auto`` replaced, for one recording."""
        return self.chosen(has_pose=scene.pose is not None, fps=scene.index.clock.fps)

    def chosen(self, *, has_pose: bool, fps: float) -> Chosen:
        """The same with every ``auto`` replaced.

        Args:
            has_pose: Whether every recording has pose in pixels of its video.
            fps: Frames per second of the video.

        Raises:
            PartError: There is no such detector.
            RecipeError: It has no such option.

        >>> found = Detect().chosen(has_pose=False, fps=30)
        >>> found.name, found.every
        ('background', 3)
        >>> Detect().chosen(has_pose=False, fps=19.998).every
        2
        """
        reasons = {}
        options: Mapping[str, Any] | None = None
        if isinstance(self.detector, str):
            name = self.detector
        else:
            ((name, options),) = self.detector.items()
        if name == "auto":
            name = "pose" if has_pose else "background"
            reasons["detector"] = (
                "there is pose, and it tells the animals apart"
                if has_pose
                else "there is no pose, and no weights are needed"
            )
        _refuse_unknown(name, options or {})
        every = self.every
        if every == "auto":
            of_pose = registry.load("detector", name).READS == "pose"
            # Timestamps in whole units give 19.99 frames per second where 20 are meant.
            every = 1 if of_pose else max(1, int(fps / LOOKS_A_SECOND + 0.05))
            reasons["every"] = (
                "pose is there in every frame"
                if of_pose
                else f"ten looks a second at {fps:.4g} frames per second"
            )
        return Chosen(name, int(every), dict(options or {}), reasons)


@dataclass(frozen=True)
class Chosen:
    """A detector with its options, all of them known.

    Attributes:
        name: Of the part.
        every: Pictures are looked at in every so many-th frame.
        options: Of the part.
        reasons: Option -> why it has this value, for those that were chosen here.
    """

    name: str
    every: int
    options: Mapping[str, Any] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> str:
        """Digest of what the detector was trained to; empty where it is not trained."""
        return str(registry.load("detector", self.name).content(**self.options))


def _refuse_unknown(name: str, options: Mapping[str, Any]) -> None:
    """Refuse an option that a detector does not have."""
    parameters = inspect.signature(registry.load("detector", name).content).parameters
    for option in options:
        if option not in parameters:
            raise RecipeError(
                f"the detector '{name}' has no option '{option}'",
                expected=", ".join(parameters) or "no options",
                todo=did_you_mean(option, parameters),
            )
    missing = [
        parameter.name
        for parameter in parameters.values()
        if parameter.default is parameter.empty and parameter.name not in options
    ]
    if missing:
        raise RecipeError(
            f"the detector '{name}' needs the option '{missing[0]}'",
            expected=f"detector: {{{name}: {{{missing[0]}: ...}}}}",
        )


def boxes_of(
    scene: Scene, detect: Detect | Chosen, *, store: Store | None = None, say: Say | None = None
) -> Boxes:
    """The boxes of all animals in all frames of a recording.

    Kept in the store by the content of the video (and of the pose, where it is used), the detector,
    its version, what it was trained to, and all options. A recording is the unit: one that was
    broken off is begun again.

    Args:
        scene: Video, its index, animals and pose.
        detect: Which detector, and how often it looks.
        store: Where boxes are kept; None computes them anew.
        say: Told of the progress.

    Raises:
        DataError: The detector cannot tell the animals of this recording from what is around them.
        RecipeError: An option is unknown or out of range.
    """
    if isinstance(detect, Detect):
        detect = detect.chosen_for(scene)
    key = boxes_key(scene, detect)
    values = None if store is None else store.array(key)
    if values is None:
        values = _detected(scene, detect, say)
        if store is not None:
            store.put(key, values, {"detector": detect.name, "animals": list(scene.animals)})
    return Boxes(
        corners=np.array(values[..., :4]),
        scores=np.array(values[..., 4]),
        detected=values[..., 5] > 0,
        animals=scene.animals,
        size=scene.size,
        source=detect.name,
    )


def boxes_key(scene: Scene, chosen: Chosen) -> str:
    """The key under which boxes are kept; whatever changes them changes it."""
    module = registry.load("detector", chosen.name)
    pose = scene.pose if module.READS == "pose" else None
    return Store.key(
        "boxes",
        [VERSION, tracking.VERSION, module.VERSION],
        scene.index.digest,
        scene.animals,
        [chosen.name, chosen.every, dict(chosen.options), chosen.content()],
        None if pose is None else _pose_content(pose),
    )


def _pose_content(pose: PoseTrack) -> list[Any]:
    confidence = pose.confidence
    return [
        np.ascontiguousarray(pose.positions),
        None if confidence is None else np.ascontiguousarray(confidence),
        pose.animals,
        pose.keypoints,
        dict(sorted(pose.roles.items())),
        pose.unit,
    ]


def _detected(scene: Scene, chosen: Chosen, say: Say | None) -> NDArray[np.float32]:
    """Corners, score and whether it was looked for, (frames, animals, 6)."""
    module = registry.load("detector", chosen.name)
    if module.READS == "pose":
        corners, scores = module.boxes(scene, **chosen.options)
        values = np.concatenate([corners, scores[..., None]], axis=-1).astype(np.float32)
        detected = np.asarray(np.isfinite(values).all(axis=-1))
        tracking.fill_gaps(values, scene.index.clock.fps)
        return np.concatenate([values, detected[..., None]], axis=-1, dtype=np.float32)
    frames = looked_at(scene.index.n_frames, chosen.every)
    if say:
        say(0, frames.size, "getting to know the cage")
    detector = module.fit(scene, **chosen.options)
    tracker = tracking.Tracker(len(scene.animals), scene.index.clock.fps)
    with Video(scene.path, scene.index, look=detector.look) as video:
        for done, (frame, picture) in enumerate(zip(frames, video.pictures(frames), strict=True)):
            if picture is not None:
                tracker.add(int(frame), detector.find(picture))
            if say and ((done + 1) % TOLD == 0 or done + 1 == frames.size):
                say(done + 1, frames.size, "looking for animals")
    corners, scores, detected = tracker.boxes(scene.index.n_frames)
    parts = [corners, scores[..., None], detected[..., None]]
    return np.concatenate(parts, axis=-1, dtype=np.float32)


def looked_at(n_frames: int, every: int) -> NDArray[np.int64]:
    """Frames in which a detector looks: every so many-th, and the last.

    >>> looked_at(8, 3).tolist()
    [0, 3, 6, 7]
    """
    return np.unique(np.append(np.arange(0, n_frames, every), n_frames - 1)).astype(np.int64)
