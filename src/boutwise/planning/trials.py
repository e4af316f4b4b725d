"""Whole trials as the target: one answer a trial, from the ratings of a project.

A trial target turns ratings into the same tables that frame labels give, with a trial where a frame
would be: states (trials, values) of one exclusive group that is named by the scale. So everything
behind it (folds, scores, calibration, intervals) is shared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, LabelError, RecipeError, did_you_mean
from boutwise.planning.targets import RULES, LabelledSubject, labelled_subjects, target_ethogram
from boutwise.prepare.trials import trials_of
from boutwise.project import Project
from boutwise.project.splits import leaks
from boutwise.types import (
    Behavior,
    Ethogram,
    ExclusiveGroup,
    FrameState,
    Rating,
    Recording,
    Trial,
)
from boutwise.types.recipe import NetworkMember, RatedTrials, Recipe, Target

MANY_TRIALS = 2
"""Trials of an animal from which they can be compared with each other."""
MIXED = 0.9
"""Share of the animals with trials of several values from which trials are compared by default."""

SETTINGS: Mapping[str, tuple[Any, str]] = {
    "windows.statistics": ("none", "a row is a whole trial"),
    "windows.frame_step": (1, "a row is a whole trial, and each is used"),
    "windows.score_step": (1, "a row is a whole trial, and each is answered"),
    "optim.lr": (0.02, "trials are few: small steps, as measured on 229 trials of 58 mice"),
    "optim.rounds": (250, "as many as steps of this size need, as measured on 58 mice"),
    "optim.leaves": (6, "trials are few: very small trees"),
    "optim.leaf_frames": (10, "trials in a leaf, at least"),
    "optim.feature_fraction": (0.1, "measurements say much the same: a tenth for each tree"),
    "optim.weight_power": (0.0, "stimuli are given about equally often, and accuracy counts each"),
}
"""What ``auto`` means in a member of trees that learns trials; the rest is as for frames."""


def ethogram_of(project: Project, target: Target) -> Ethogram:
    """What is told apart: the behaviors of the target, or the values of its scale."""
    if target.ratings is None:
        return target_ethogram(project, target)
    rows = list(project.ratings().on(target.ratings.scale))
    if not rows:
        known = sorted({row.scale for row in project.ratings()})
        raise RecipeError(
            f"no trial is rated on the scale '{target.ratings.scale}'",
            expected=f"one of {', '.join(known)}" if known else "a project with ratings",
            todo=did_you_mean(target.ratings.scale, known) if known else "import ratings first",
        )
    values = sorted({value_of(row, target.ratings) for row in rows})
    unused = sorted(set(target.ratings.merges) - {str(row.value) for row in rows})
    if unused:
        raise RecipeError(
            f"the merges name '{unused[0]}', which no trial was rated",
            todo=did_you_mean(unused[0], sorted({str(row.value) for row in rows})),
        )
    if len(values) < 2:
        raise DataError(
            f"all trials have one answer on the scale '{target.ratings.scale}': '{values[0]}'",
            expected="at least two values, so that there is something to tell apart",
            todo="change target.ratings.merges, or import the other trials",
        )
    return Ethogram(
        tuple(Behavior(value) for value in values),
        (ExclusiveGroup(target.ratings.scale, tuple(values)),),
    )


def value_of(rating: Rating, rated: RatedTrials) -> str:
    """What a rating counts as.

    Raises:
        LabelError: It is a number.
    """
    if not isinstance(rating.value, str):
        raise LabelError(
            f"the scale '{rating.scale}' has numbers, such as {rating.value:g}",
            recording=rating.recording,
            expected="words that are told apart, such as the names of stimuli",
            todo="choose another scale; this release learns no grades",
        )
    return rated.merges.get(rating.value, rating.value)


def subjects_of(
    project: Project,
    target: Target,
    recordings: Sequence[Recording],
    *,
    ethogram: Ethogram | None = None,
) -> list[LabelledSubject]:
    """Every subject that has labels, or rated trials.

    Args:
        project: With labels or ratings.
        target: What is learned.
        recordings: Where to look.
        ethogram: Values in the order of the columns; by default those of the project.

    Raises:
        LabelError: Two ratings of a trial contradict each other, one fits no trial, or has a value
            that the ethogram does not have.
    """
    if target.ratings is None:
        return labelled_subjects(project, target, recordings, ethogram=ethogram)
    _refuse_rules(target)
    ethogram = ethogram_of(project, target) if ethogram is None else ethogram
    animals, found = project.animals(), []
    for recording in recordings:
        rows = list(project.ratings(recording.id).on(target.ratings.scale))
        rows = [r for r in rows if target.annotators in (*RULES, r.annotator)]
        trials = trials_of(recording.trials, recording.n_frames)
        for subject in recording.subjects():
            mine = [row for row in rows if row.animal == subject.animal]
            states = _states(mine, trials, target.ratings, ethogram)
            if (states != FrameState.UNLABELLED).any():
                cohort = animals[subject.animal].cohort
                found.append(
                    LabelledSubject(recording, subject, states, cohort=cohort, trials=trials)
                )
        _refuse_strangers(rows, recording)
    return found


def _refuse_rules(target: Target) -> None:
    if target.annotators in ("majority", "soft"):
        raise RecipeError(
            f"'target.annotators: {target.annotators}' is not heeded for trials by this release",
            expected="auto, or the name of one annotator",
        )


def _refuse_strangers(rows: Sequence[Rating], recording: Recording) -> None:
    for row in rows:
        if row.animal not in recording.animals:
            raise LabelError(
                f"a rating on '{row.scale}' is of '{row.animal}'",
                recording=recording.id,
                expected=f"one of its animals: {', '.join(recording.animals)}",
                todo="import the ratings again with the names of the animals",
            )


def _states(
    rows: Sequence[Rating], trials: Sequence[Trial], rated: RatedTrials, ethogram: Ethogram
) -> NDArray[np.int8]:
    """States of the trials of one animal, (trials, values)."""
    states = np.full((len(trials), len(ethogram.names)), FrameState.UNLABELLED, dtype=np.int8)
    for row in rows:
        value = value_of(row, rated)
        if value not in ethogram.names:
            raise LabelError(
                f"a trial is rated '{value}' on '{row.scale}'",
                recording=row.recording,
                frame=row.start,
                expected=", ".join(ethogram.names),
                todo="leave the recording out (--only), or train with these values too",
            )
        one_hot = np.array([name == value for name in ethogram.names], dtype=np.int8)
        for place in _places(row, trials):
            if not trials[place].valid:
                continue
            if (states[place] != FrameState.UNLABELLED).any() and (states[place] != one_hot).any():
                raise LabelError(
                    f"trial {trials[place].number} has two values on the scale '{row.scale}'",
                    recording=row.recording,
                    frame=trials[place].first_frame,
                    expected="one value a trial",
                    todo="correct the ratings, or name one annotator: target.annotators",
                )
            states[place] = one_hot
    return states


def _places(row: Rating, trials: Sequence[Trial]) -> list[int]:
    """The trials that a rating speaks of: that of its frames, or all of the recording."""
    if row.start is None:
        return list(range(len(trials)))
    for place, trial in enumerate(trials):
        if (row.start, row.stop) == (trial.first_frame, trial.stop_frame):
            return [place]
    raise LabelError(
        f"a rating on '{row.scale}' speaks of the frames {row.start} to {row.stop}",
        recording=row.recording,
        frame=row.start,
        expected="the frames of one trial, or the whole recording",
        todo="declare the trials (--trials), or correct the frames of the rating",
    )


def trial_settings(
    recipe: Recipe, subjects: Sequence[LabelledSubject]
) -> tuple[Recipe, dict[str, str]]:
    """A recipe with the values that a target of trials asks for, and the reasons.

    Raises:
        RecipeError: It asks for what makes sense for frames only.
    """
    assert recipe.target.ratings is not None
    _refuse_frames_only(recipe)
    reasons: dict[str, str] = {}
    data = recipe.model_dump()
    for place, member in enumerate(data["members"]):
        if member.get("views") == "auto":
            member["views"] = 0  # nothing is augmented
        for path, (value, why) in SETTINGS.items():
            section, name = path.split(".")
            if member[section].get(name) == "auto":
                member[section][name] = value
                reasons[f"members.{place}.{path}"] = why
    for section, name, value in (("smooth", "seconds", 0.0), ("", "minimum_duration", "none")):
        part = data["decode"][section] if section else data["decode"]
        if part[name] == "auto":
            part[name] = value
            path = ".".join(filter(None, ("decode", section, name)))
            reasons[path] = "trials do not follow each other like frames"
    if data["target"]["ratings"]["relative"] == "auto":
        several = sum(len(_said(item)) >= MANY_TRIALS for item in subjects)
        alone = any(len(item.trials) < MANY_TRIALS for item in subjects)
        compared = not alone and several >= MIXED * len(subjects)
        data["target"]["ratings"]["relative"] = compared
        reasons["target.ratings.relative"] = (
            f"{several} of {len(subjects)} animals have trials of several values in a recording; "
            + (
                "a trial is also seen in comparison with the animal's other trials, so the model "
                "expects such a mixture in what it is used on"
                if compared
                else "trials are not compared with each other"
            )
        )
    return Recipe.model_validate(data), reasons


def _said(item: LabelledSubject) -> set[int]:
    """Values that the trials of a subject have."""
    return set(np.flatnonzero((item.states == FrameState.YES).any(axis=0)).tolist())


def _refuse_frames_only(recipe: Recipe) -> None:
    """What only frames have is refused, not passed over."""
    asked: dict[str, bool] = {
        "decode.smooth.seconds": recipe.decode.smooth.seconds not in ("auto", 0),
        "decode.minimum_duration": recipe.decode.minimum_duration not in ("auto", "none"),
        "decode.decider": recipe.decode.decider.part != "most_likely",
        "target.align": recipe.target.align == "movement",
        f"split.by: {recipe.split.by}": leaks(recipe.split.by),
        "budget_minutes": recipe.budget_minutes != "none",
    }
    for place, member in enumerate(recipe.members):
        asked[f"members.{place}.learner: network"] = isinstance(member, NetworkMember)
        if not isinstance(member, NetworkMember):
            windows = member.windows
            asked[f"members.{place}.augment"] = bool(member.augment)
            asked[f"members.{place}.average"] = bool(member.average)
            asked[f"members.{place}.windows.statistics"] = windows.statistics not in (
                "auto",
                "none",
            )
            asked[f"members.{place}.windows.frame_step"] = windows.frame_step not in ("auto", 1)
            step = windows.model_dump().get("score_step", 1)
            asked[f"members.{place}.windows.score_step"] = step not in ("auto", 1)
    for path, wrong in asked.items():
        if wrong:
            raise RecipeError(
                f"'{path}' has no meaning where whole trials are learned",
                expected="trees on one row a trial, decided one by one",
                todo="leave it out; see the recipe 'trials'",
            )
