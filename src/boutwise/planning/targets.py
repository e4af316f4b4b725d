"""What is learned from whom: the labels of a project as frame states, annotators resolved."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, LabelError, RecipeError, did_you_mean
from boutwise.planning.votes import majority, vote_shares
from boutwise.project import Project
from boutwise.types import Bout, Bouts, Ethogram, FrameState, Observed, Recording, Subject, Trial
from boutwise.types.recipe import Target

RULES = ("auto", "only", "majority", "soft")
"""Values of ``target.annotators`` that are no name."""


@dataclass(frozen=True, eq=False)
class LabelledSubject:
    """The labels of one subject.

    Attributes:
        recording: The recording.
        subject: Animal or pair.
        states: Frame states at the native rate, (frames, behaviors), int8: what is scored and
            calibrated against, and learned where there are no shares.
        human: Whether a person, and not a model, made all of the labels.
        shares: With ``soft`` what is learned: the share of 'yes' among the annotators who said
            yes or no, (frames, behaviors), float32, NaN where nobody did.
        annotators: How many people's labels are in it.
        cohort: That is declared for the animal; empty when none is.
        trials: Where whole trials are rated, those that are the rows of ``states``; their axis of
            frames is one of trials. Empty elsewhere.
    """

    recording: Recording
    subject: Subject
    states: NDArray[np.int8]
    human: bool = True
    shares: NDArray[np.float32] | None = None
    annotators: int = 1
    cohort: str = ""
    trials: tuple[Trial, ...] = ()


def by_model(source: str) -> bool:
    """Whether the source of a label is a prediction: bundles, out of fold, or another tool's model.

    >>> by_model("0a1b2c3d4e5f+001122334455"), by_model("out-of-fold"), by_model("day1.csv")
    (True, True, False)
    >>> by_model("model:SimBA")
    True
    """
    return re.fullmatch(r"[0-9a-f]{12}(\+[0-9a-f]{12})*|out-of-fold|model:.+", source) is not None


def target_ethogram(project: Project, target: Target) -> Ethogram:
    """The behaviors that are learned.

    Raises:
        DataError: The project has no ethogram.
        RecipeError: The behaviors are of both scopes, or one is named twice or not there.
    """
    ethogram = project.ethogram
    if not ethogram.behaviors:
        raise _without_behaviors(project)
    if target.behaviors != "all":
        _refuse_names(target.behaviors, ethogram)
        ethogram = ethogram.only(target.behaviors)
    scopes = {behavior.scope for behavior in ethogram.behaviors}
    if len(scopes) > 1:
        raise RecipeError(
            "the target mixes behaviors of one animal with behaviors directed at another",
            expected="one kind in a run",
            todo="name the behaviors of one kind: --set target.behaviors=[...]",
        )
    return ethogram


def _refuse_names(names: Sequence[str], ethogram: Ethogram) -> None:
    """Refuse a choice of behaviors that cannot be heeded.

    Raises:
        RecipeError: It is empty, or a name is there twice, merged into another, or unknown.
    """
    twice = [name for name, times in Counter(names).items() if times > 1]
    unknown = [name for name in names if name not in ethogram.names]
    known = f"some of: {', '.join(ethogram.names)}"
    if not names:
        raise RecipeError("'target.behaviors' names no behavior", expected=f"all, or {known}")
    if twice:
        raise RecipeError(
            f"'target.behaviors' names '{twice[0]}' twice",
            expected="each behavior once",
            todo="take it out once; if another one was meant, there are: "
            f"{', '.join(name for name in ethogram.names if name not in names) or 'no others'}",
        )
    if unknown:
        name = unknown[0]
        into = ethogram.merges.get(name)
        raise RecipeError(
            f"'target.behaviors' names '{name}', which the project's ethogram does not have",
            expected=known,
            todo=f"name '{into}', into which boutwise.yaml merges it"
            if into
            else did_you_mean(name, ethogram.names),
        )


def _without_behaviors(project: Project) -> DataError:
    scales = sorted({rating.scale for rating in project.ratings()})
    todo = "import labels, or list the behaviors in boutwise.yaml"
    if scales:
        rated = f"it has ratings ({', '.join(scales)}): to learn these, take --recipe trials"
        scale = "" if "stimulus" in scales else f" --set target.ratings.scale={scales[0]}"
        todo = f"{rated}{scale}; for behaviors, {todo}"
    return DataError("the project has no behaviors", file=project.root / "boutwise.yaml", todo=todo)


def labelled_subjects(
    project: Project,
    target: Target,
    recordings: Sequence[Recording],
    *,
    ethogram: Ethogram | None = None,
) -> list[LabelledSubject]:
    """Every subject of the recordings that has labels, in order.

    What lies in an invalid trial counts as unlabelled.

    Args:
        project: With labels.
        target: Behaviors and annotators.
        recordings: Where to look.
        ethogram: Behaviors, in the order of the columns; by default those of the target as the
            project has them.

    Raises:
        LabelError: Annotators disagree about who is to be learned from, labels contradict, or a
            label belongs to no subject of its behavior's scope.
    """
    ethogram = target_ethogram(project, target) if ethogram is None else ethogram
    pairs = ethogram.behaviors[0].scope == "directed"
    found = []
    animals = project.animals()
    whole = with_whole_groups(ethogram, project.ethogram)
    for recording in recordings:
        bouts = project.bouts(recording.id)
        wanted = set(whole.names) | set(whole.merges)
        subjects = recording.subjects(pairs=pairs)
        _refuse_lost(bouts, wanted, subjects, "directed" if pairs else "individual")
        for subject in subjects:
            mine = bouts.where(subject=subject, behaviors=wanted)
            if len(mine) or mine.observed:
                resolved = _resolve(mine, subject, whole, target.annotators, recording.n_frames)
                resolved = resolved.only([whole.names.index(name) for name in ethogram.names])
                _forget_invalid(recording, resolved)
                if _says_something(resolved):
                    who = target.annotators
                    used = mine if who in RULES else mine.where(annotator=who)
                    human = not any(by_model(source) for source in used.source)
                    found.append(
                        LabelledSubject(
                            recording,
                            subject,
                            resolved.states,
                            human,
                            resolved.shares,
                            resolved.annotators,
                            animals[subject.animal].cohort,
                        )
                    )
    return found


def with_whole_groups(ethogram: Ethogram, known: Ethogram) -> Ethogram:
    """Some behaviors, with all others of their exclusive groups.

    Who shows one behavior of a group shows none of the others, whichever of them are asked for.

    Args:
        ethogram: The behaviors that are asked for.
        known: All behaviors of the project, with their groups.
    """
    groups = [set(group.behaviors) for group in known.groups]
    if any(not any(set(g.behaviors) <= group for group in groups) for g in ethogram.groups):
        return ethogram  # a bundle with groups of its own is judged by them
    names = set(ethogram.names)
    names |= {name for group in groups if group & names for name in group}
    if names == set(ethogram.names):
        return ethogram
    whole = known.only(names)
    merges = {old: new for old, new in whole.merges.items() if old not in names}
    return replace(whole, merges=merges | dict(ethogram.merges))


def _refuse_lost(bouts: Bouts, wanted: set[str], subjects: Sequence[Subject], scope: str) -> None:
    """A label that no subject takes up would turn its frames into 'no' or nothing."""
    known = {(subject.animal, subject.target) for subject in subjects}
    pieces: list[Bout | Observed] = [*bouts.rows(), *bouts.observed]
    for piece in pieces:
        if piece.behavior in wanted and (piece.animal, piece.target) not in known:
            raise LabelError(
                f"a label of '{piece.behavior}' is of {piece.animal}"
                + (f" directed at {piece.target}" if piece.target else " directed at nobody"),
                recording=piece.recording,
                frame=piece.start,
                expected=f"labels that fit the behavior's scope, which is '{scope}'",
                todo="mend the scope of the behavior in boutwise.yaml, or the labels",
            )


@dataclass(frozen=True, eq=False)
class _Resolved:
    """States, shares (with ``soft``) and number of annotators of one subject."""

    states: NDArray[np.int8]
    shares: NDArray[np.float32] | None = None
    annotators: int = 1

    def only(self, columns: list[int]) -> _Resolved:
        """The same of some behaviors."""
        shares = None if self.shares is None else self.shares[:, columns]
        return _Resolved(self.states[:, columns], shares, self.annotators)


def _forget_invalid(recording: Recording, resolved: _Resolved) -> None:
    for trial in recording.trials:
        if not trial.valid:
            resolved.states[trial.first_frame : trial.stop_frame] = FrameState.UNLABELLED
            if resolved.shares is not None:
                resolved.shares[trial.first_frame : trial.stop_frame] = np.nan


def _says_something(resolved: _Resolved) -> bool:
    """Whether any frame is labelled, or voted on: a tie is learned from with ``soft``."""
    labelled = bool((resolved.states != FrameState.UNLABELLED).any())
    return labelled or (resolved.shares is not None and bool(np.isfinite(resolved.shares).any()))


def _resolve(
    bouts: Bouts, subject: Subject, ethogram: Ethogram, annotators: str, n_frames: int
) -> _Resolved:
    names = sorted(
        {row.annotator for row in bouts.rows()} | {piece.annotator for piece in bouts.observed}
    )
    if annotators in ("majority", "soft"):
        votes = np.stack(
            [bouts.where(annotator=name).to_frames(subject, ethogram, n_frames) for name in names]
        )
        shares = vote_shares(votes) if annotators == "soft" else None
        return _Resolved(majority(votes, ethogram), shares, len(names))
    if annotators not in RULES:
        if annotators not in names:
            raise LabelError(
                f"'{annotators}' did not label this recording",
                recording=subject.recording,
                todo=did_you_mean(annotators, names),
            )
        return _Resolved(bouts.where(annotator=annotators).to_frames(subject, ethogram, n_frames))
    if len(names) > 1:
        raise LabelError(
            f"{len(names)} annotators labelled this recording: {', '.join(names)}",
            recording=subject.recording,
            expected="one annotator, or a rule for several",
            todo=f"--set target.annotators={names[0]} (that one alone), majority (what most of "
            "them say) or soft (learn the share of their votes)",
        )
    return _Resolved(bouts.to_frames(subject, ethogram, n_frames))


def annotator_reasons(target: Target, subjects: Sequence[LabelledSubject]) -> dict[str, str]:
    """Why labels are used as ``target.annotators`` has it, under that path.

    Args:
        target: As asked for.
        subjects: Those that are learned from.
    """
    several = sum(item.annotators > 1 for item in subjects)
    of = f"{several} of {len(subjects)} labelled subjects have labels of several annotators"
    open_ = "frames on which they are tied are"
    words = {
        "auto": "one annotator labelled each recording",
        "majority": f"{of}; {open_} neither learned from nor scored: the score is of frames on "
        "which most of them agree",
        "soft": f"{of}; each frame is learned by the share of their votes. Scores, thresholds and "
        f"calibration take what most of them say, because a truth is one answer: {open_} learned "
        "from and not scored",
    }
    found = words.get(target.annotators)
    return {} if found is None else {"target.annotators": found}
