"""What a recipe asks for and cannot be heeded, and data that no split can divide: refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from boutwise import registry
from boutwise.errors import DataError, RecipeError
from boutwise.planning.augmenting import refuse_augment
from boutwise.planning.folds import Fold
from boutwise.planning.part_options import refuse_options
from boutwise.planning.pictures import refuse_picture_steps
from boutwise.planning.targets import LabelledSubject
from boutwise.prepare import member_streams
from boutwise.prepare.picture_steps import OUTLINE, STEPS
from boutwise.project import Project
from boutwise.project.splits import leaks
from boutwise.store import Store
from boutwise.types import Ethogram, Subject
from boutwise.types.recipe import NetworkMember, Part, Recipe

FEWEST_TO_STOP = 3
"""Groups that a fold must learn from so that one of them can be watched for early stopping."""


def refuse_unheeded(recipe: Recipe, ethogram: Ethogram) -> None:
    """Refuse what would be passed over in silence.

    Raises:
        PartError: There is no such part.
        RecipeError: A part has no such option, or does not fit behaviors of this scope.
    """
    refuse_augment(recipe)
    refuse_picture_steps(recipe)
    for part in (part for part in recipe.prepare if part.part not in STEPS):
        refuse_options("preparation", part, "clean")
    refuse_options("decoder", recipe.decode.decider, "decide", taken=("thresholds", "worths"))
    _refuse_lengths(recipe, ethogram)
    scope = ethogram.behaviors[0].scope
    for member in recipe.members:
        for part in (part for parts in member_streams(member).values() for part in parts):
            refuse_options("feature set", part, "compute")
            _refuse_scope(part, scope, ethogram.names[0])
            _refuse_without_outlines(part, recipe)


def _refuse_scope(part: Part, scope: str, behavior: str) -> None:
    """A feature set that cannot be computed of what behaves."""
    if scope in registry.load("feature set", part.part).SCOPES:
        return
    sees, is_ = "one animal", "is directed at another"
    if scope == "individual":
        sees, is_ = "an animal and another", "is of one animal"
    names = registry.names("feature set")
    fitting = [name for name in names if scope in registry.load("feature set", name).SCOPES]
    raise RecipeError(
        f"the feature set '{part.part}' sees {sees}, and '{behavior}' {is_}",
        expected=f"a feature set of {scope} behaviors: {', '.join(fitting) or 'there is none'}",
        todo="name one of these in the recipe, or behaviors that this one fits: "
        "--set target.behaviors=[...]",
    )


def _refuse_without_outlines(part: Part, recipe: Recipe) -> None:
    """A feature set of what only outlines have."""
    outlined = any(step.part == OUTLINE for step in recipe.prepare)
    if hasattr(registry.load("feature set", part.part), "SIGNALS") and not outlined:
        raise RecipeError(
            f"the feature set '{part.part}' is measured with outlines, and the recipe makes none",
            expected="prepare: [{detect: {}}, {outline: {}}, ...], as in the recipe 'video'",
            todo="leave it out of the features, or take the recipe 'video'",
        )


def _refuse_lengths(recipe: Recipe, ethogram: Ethogram) -> None:
    """Lengths of means that would do nothing."""
    smooth = recipe.decode.smooth
    if smooth.separate and isinstance(smooth.seconds, float):
        raise RecipeError(
            "'decode.smooth.separate' finds lengths, and 'decode.smooth.seconds' says them",
            todo="set decode.smooth.seconds=auto, or decode.smooth.separate=false",
        )
    if not isinstance(smooth.seconds, dict):
        return
    for group in ethogram.groups:
        missing = [name for name in group.behaviors if name not in smooth.seconds]
        if missing and len(missing) < len(group.behaviors):
            # What is not averaged comes first, and the others share what it leaves.
            raise RecipeError(
                f"'decode.smooth.seconds' has no length for {', '.join(missing)} of the group "
                f"'{group.name}'",
                expected="one for each behavior of an exclusive group, or none: they are averaged "
                "in turn, the shortest first; 0 = not averaged",
            )


def refuse_copies(
    project: Project,
    subjects: Sequence[LabelledSubject],
    groups: Mapping[Subject, str],
    reads: Sequence[str],
) -> None:
    """Refuse one track or video under two names: it would be learned from and tested on at once.

    Raises:
        DataError: Naming both.
    """
    seen: dict[str, Subject] = {}
    for item in subjects:
        who = item.subject
        for what in reads:
            key = _content(project, who, what)
            other = seen.setdefault(key, who)
            if not key or groups[other] == groups[who]:
                continue
            raise DataError(
                f"the {what} of {other} and of {who} is the same to the last digit",
                recording=who.recording,
                expected="different recordings on the two sides of a split",
                todo="find out which of the two is the copy, and take it out",
            )


def _content(project: Project, who: Subject, what: str) -> str:
    """Digest of the track or the video of a subject; empty for a track without any point."""
    if what == "video":
        return project.video_file(who.recording).digest
    pose = project.pose(who.recording)
    track = np.ascontiguousarray(pose.positions[:, pose.animals.index(who.animal)])
    return Store.key(track) if np.isfinite(track).any() else ""


def refuse_blind_stopping(recipe: Recipe, folds: Sequence[Fold], n_groups: int) -> None:
    """Refuse early stopping, which watches animals of the training set, where none can be spared.

    Raises:
        RecipeError: A fold learns from too few groups.
    """
    stops = [
        f"members.{place}.optim.early_stop"
        for place, member in enumerate(recipe.members)
        if isinstance(member, NetworkMember) and member.optim.early_stop != "none"
    ]
    tested = 0 if leaks(recipe.split.by) else max(len(fold.test) for fold in folds)
    if stops and n_groups - tested < FEWEST_TO_STOP:
        raise RecipeError(
            f"'{stops[0]}' cannot be heeded: a fold learns from {n_groups - tested} of the "
            f"{n_groups} groups (animals that were filmed together are one)",
            expected=f"at least {FEWEST_TO_STOP}, one of which is watched; where each group is "
            f"left out once, {FEWEST_TO_STOP + 1} in all",
            todo=f"{' '.join(f'--set {path}=none' for path in stops)}; or more folds, or labels "
            "of more animals",
        )
