"""Whether the animals of a recording can be found at all: asked before anything long is begun.

A detector refuses a recording in which it cannot tell the animals from what is around them, and it
would say so when their boxes are made: hours into the work, one recording at a time. What it needs
to know for that are a few pictures.
"""

from __future__ import annotations

import numpy as np

from boutwise import registry
from boutwise.errors import DataError, FormatError
from boutwise.prepare.boxes import Chosen, boxes_key, boxes_of
from boutwise.prepare.detectors import Scene, background
from boutwise.prepare.facing import or_as_seen
from boutwise.prepare.outlines import INSTEAD
from boutwise.prepare.outlines import VERSION as OUTLINES
from boutwise.prepare.picture_steps import PictureSteps
from boutwise.store import Store
from boutwise.types import Subject

VERSION = 2
FACTS = ("what", "expected", "todo")
"""Of a refusal, what does not depend on where the video lies."""


def refusal_of(
    scene: Scene, steps: PictureSteps, *, store: Store | None = None
) -> DataError | None:
    """Why a recording is refused; None where it is not, or nothing is detected in it.

    Looked at once: what was found is kept by the content of the video, and where boxes are kept
    already their detector has not refused. Only that a file cannot be read is asked anew each time.

    Args:
        scene: The recording.
        steps: How pictures are made of it.
        store: Where boxes lie, and answers are kept; None asks anew.

    Raises:
        RecipeError: The detector does not exist, or has no such option.
    """
    if steps.detect is None:
        return None
    chosen = steps.detect.chosen_for(scene)
    outlined = steps.needs_outlines(scene)
    if registry.load("detector", chosen.name).READS == "pose":
        # Its boxes cost no picture, and are kept.
        return _asked(scene, chosen, outlined, store) or _cannot_turn(scene, steps)
    knows_cage = chosen.name == "background" or not outlined
    if store is not None and knows_cage and store.array(boxes_key(scene, chosen)) is not None:
        return None
    key = _key(scene, chosen, (outlined, steps.crop.facing))
    known = None if store is None else store.header(key)
    if known is None:
        refusal = _asked(scene, chosen, outlined, store)
        if refusal is not None and steps.faces_by(scene) == "outlines":
            refusal = or_as_seen(refusal)
        if isinstance(refusal, FormatError):  # a disk may be back the next time
            return refusal
        known = {} if refusal is None else {name: getattr(refusal, name) for name in FACTS}
        if store is not None:
            store.put(key, np.array([refusal is not None]), known)
    if not known:
        return None
    return DataError(
        known["what"],
        file=scene.path,
        recording=scene.recording or None,
        expected=known["expected"],
        todo=known["todo"],
    )


def _cannot_turn(scene: Scene, steps: PictureSteps) -> DataError | None:
    """Why keypoints do not tell where the animals face, where that is asked for."""
    if steps.faces_by(scene) != "pose" or scene.pose is None:
        return None
    try:
        for animal in scene.animals:
            steps.facing_by_pose(scene, Subject(scene.recording, animal))
    except DataError as refusal:
        return or_as_seen(refusal)
    return None


def _key(scene: Scene, chosen: Chosen, outlined: tuple[bool, str]) -> str:
    versions = [VERSION, OUTLINES, registry.load("detector", chosen.name).VERSION]
    detector = [chosen.name, dict(chosen.options), chosen.content()]
    return Store.key("refused", versions, scene.index.digest, scene.animals, detector, *outlined)


def _asked(scene: Scene, chosen: Chosen, outlined: bool, store: Store | None) -> DataError | None:
    """Ask the detector, and where outlines are wanted whether the empty cage can be learned."""
    module = registry.load("detector", chosen.name)
    try:
        if module.READS == "pose":
            boxes_of(scene, chosen, store=store)
        elif hasattr(module, "probe"):
            module.probe(scene, **chosen.options)
        if outlined and chosen.name != "background":
            background.learn(scene, background.reduced(scene), instead=INSTEAD)
    except DataError as refusal:
        return refusal
    return None
