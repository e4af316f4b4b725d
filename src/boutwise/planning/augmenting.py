"""What a plan says of augmentation: how many views, what is refused, and what changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from boutwise import registry
from boutwise.errors import PartError, RecipeError, did_you_mean
from boutwise.learners import is_mirrored
from boutwise.learners._mirroring import mirrored_behaviors
from boutwise.planning.part_options import refuse_options
from boutwise.prepare import member_streams, pose_parts
from boutwise.types import Ethogram
from boutwise.types.recipe import NetworkMember, Recipe, TreesMember
from boutwise.types.roles import mirrored

OF_POSES, OF_BATCHES = "pose augmentation", "augmentation"
MIRROR = "mirror"
"""The only augmentation of batches that trees know: rows have no windows."""
VIEWS = 3
"""Views of a recording where a recipe has pose augmentations and leaves the number open."""


def views_of(member: TreesMember | NetworkMember) -> tuple[int, str]:
    """Number of views of each recording, and why."""
    parts = [part.part for part in pose_parts(member)]
    if not parts:
        return 0, "no pose augmentation is asked for"
    return VIEWS, (
        f"{', '.join(parts)} at {VIEWS} strengths drawn at random; each view costs the features of "
        "every recording once more (on six mice two views gained nothing that can be told)"
    )


def refuse_augment(recipe: Recipe) -> None:
    """Refuse augmentations that are not there, or that a member cannot heed.

    Raises:
        PartError: There is no such part, or two have the same name.
        RecipeError: A member has no use for a part, or a part has no such option.
    """
    poses, batches = registry.names(OF_POSES), registry.names(OF_BATCHES)
    for place, member in enumerate(recipe.members):
        for part in member.augment:
            name = part.part
            if name in poses and name in batches:
                raise PartError(
                    f"'{name}' is an augmentation of poses and one of batches",
                    todo="rename one of them, or remove one of the packages",
                )
            if name not in poses and name not in batches:
                raise PartError(
                    f"there is no augmentation '{name}'",
                    todo=did_you_mean(name, [*poses, *batches]),
                )
            if name in poses:
                refuse_options(OF_POSES, part, "change")
            elif isinstance(member, TreesMember) and (name != MIRROR or part.options):
                raise RecipeError(
                    f"'members.{place}.augment': trees cannot heed '{name}'"
                    + (" with options" if name == MIRROR else ", which acts on windows"),
                    expected=", ".join([MIRROR, *poses]),
                )
        if recipe.target.ratings is not None and (pose_parts(member) or is_mirrored(member)):
            raise RecipeError(
                f"'members.{place}': ratings of whole trials have no views and no mirror images",
                expected="neither in 'augment' nor in 'average'",
            )
        if not pose_parts(member) and member.views not in ("auto", 0):
            raise RecipeError(
                f"'members.{place}.views' is {member.views}, and no pose augmentation is asked for",
                expected=f"one of {', '.join(poses)} in 'augment', or 0 views",
            )


def without_mirrors(
    recipe: Recipe, ethogram: Ethogram, roles: Iterable[str]
) -> tuple[Recipe, dict[str, str]]:
    """The recipe without mirror images where they cannot be made, and why.

    A recipe that ships must do for a lab that labels, or sees, one side only.

    Args:
        recipe: As asked for.
        ethogram: Behaviors with a side in their names need their partners.
        roles: Of all keypoints; those of one side need their partners.
    """
    known = set(roles)
    alone = sorted(role for role in known if mirrored(role) not in known)
    try:
        mirrored_behaviors(ethogram)
        problem = f"there is {alone[0]}, and no {mirrored(alone[0])}" if alone else ""
    except RecipeError as error:
        problem = error.what
    if not problem:
        return recipe, {}
    why = f"no mirror images, in 'augment' and in 'average': {problem}"
    reasons, members = {}, []
    for place, member in enumerate(recipe.members):
        if is_mirrored(member):
            reasons[f"members.{place}.mirror"] = why
            kept = [part for part in member.augment if part.part != MIRROR]
            member = member.model_copy(update={"augment": kept, "average": []})
        members.append(member)
    return recipe.model_copy(update={"members": members}), reasons


def augment_reasons(recipe: Recipe) -> dict[str, str]:
    """Pose augmentations that can change no feature of their member, and why.

    Args:
        recipe: Without any ``auto``.
    """
    found: dict[str, Any] = {}
    for place, member in enumerate(recipe.members):
        sets = {part.part for parts in member_streams(member).values() for part in parts}
        for part in pose_parts(member):
            inert = registry.load(OF_POSES, part.part).INERT
            deaf = [s for s in sets if inert in registry.load("feature set", s).INVARIANCES]
            if inert and len(deaf) == len(sets):
                found[f"members.{place}.augment.{part.part}"] = (
                    f"changes nothing here: {' and '.join(sorted(sets))} do not depend on it "
                    f"(invariant to {inert}); leave it out"
                )
        if pose_parts(member) and member.views == 0:
            found[f"members.{place}.views"] = "0 views: the pose augmentations are not used"
    return found
