"""How a plan has pictures made of videos: the settings of ``detect`` and ``crop``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from boutwise.errors import RecipeError
from boutwise.planning.targets import LabelledSubject
from boutwise.prepare.picture_steps import DETECT, STEPS, PictureSteps
from boutwise.project import Project
from boutwise.types.recipe import Part, Recipe


def refuse_picture_steps(recipe: Recipe) -> None:
    """Refuse steps that cannot be, or that no member has a use for.

    Raises:
        RecipeError: A step has no such option or value, or no stream has an encoder.
    """
    steps = [part.part for part in recipe.prepare if part.part in STEPS]
    if steps and "video" not in recipe.reads:
        raise RecipeError(
            f"'prepare' has the step '{steps[0]}', and no member reads pictures",
            expected="a stream with an encoder: streams: {video: {encoder: spotter}}",
            todo=f"leave '{steps[0]}' out",
        )
    PictureSteps.of(recipe.prepare)


def picture_settings(
    project: Project, recipe: Recipe, subjects: Sequence[LabelledSubject], fps: float
) -> tuple[Recipe, dict[str, str]]:
    """The recipe with a detector that is chosen, and dotted path -> reason.

    Args:
        project: Tells whether there is pose in pixels of the videos.
        recipe: As asked for.
        subjects: What is learned from.
        fps: Working rate.

    Raises:
        RecipeError: There is no such detector or option.
    """
    steps = PictureSteps.of(recipe.prepare)
    if "video" not in recipe.reads or steps.detect is None:
        return recipe, {}
    recordings = dict.fromkeys(item.recording.id for item in subjects)
    has_pose = all(_pose_in_pixels(project, name) for name in recordings)
    chosen = steps.detect.chosen(has_pose=has_pose, fps=fps)
    options: Mapping[str, Any] = {
        "detector": {chosen.name: dict(chosen.options)} if chosen.options else chosen.name,
        "every": chosen.every,
    }
    place = next(n for n, part in enumerate(recipe.prepare) if part.part == DETECT)
    prepare = list(recipe.prepare)
    prepare[place] = Part(part=DETECT, options=dict(options))
    reasons = {f"prepare.{place}.{DETECT}.{name}": why for name, why in chosen.reasons.items()}
    return recipe.model_copy(update={"prepare": prepare}), reasons


def _pose_in_pixels(project: Project, recording: str) -> bool:
    """Whether pose can tell where an animal is in the picture."""
    if not project.has_pose(recording):
        return False
    pose = project.pose(recording)
    return pose.n_dims == 2 and pose.unit in ("px", "unknown")
