"""What is learned from whom: the labels of a project as frame states, annotators resolved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, LabelError, RecipeError, did_you_mean
from boutwise.project import Project
from boutwise.types import Bouts, Ethogram, FrameState, Recording, Subject
from boutwise.types.recipe import Target


@dataclass(frozen=True, eq=False)
class LabelledSubject:
    """The labels of one subject.

    Attributes:
        recording: The recording.
        subject: Animal or pair.
        states: Frame states at the native rate, (frames, behaviors), int8.
    """

    recording: Recording
    subject: Subject
    states: NDArray[np.int8]


def target_ethogram(project: Project, target: Target) -> Ethogram:
    """The behaviors that are learned.

    Raises:
        DataError: The project has no ethogram.
        RecipeError: The behaviors are of both scopes.
    """
    ethogram = project.ethogram
    if not ethogram.behaviors:
        raise DataError(
            "the project has no behaviors",
            file=project.root / "boutwise.yaml",
            todo="import labels, or list the behaviors in boutwise.yaml",
        )
    if target.behaviors != "all":
        ethogram = ethogram.only(target.behaviors)
    scopes = {behavior.scope for behavior in ethogram.behaviors}
    if len(scopes) > 1:
        raise RecipeError(
            "the target mixes behaviors of one animal with behaviors directed at another",
            expected="one kind in a run",
            todo="name the behaviors of one kind: --set target.behaviors=[...]",
        )
    return ethogram


def labelled_subjects(
    project: Project, target: Target, recordings: Sequence[Recording]
) -> list[LabelledSubject]:
    """Every subject of the recordings that has labels, in order.

    Raises:
        LabelError: Annotators disagree about who is to be learned from, or labels contradict.
    """
    ethogram = target_ethogram(project, target)
    pairs = ethogram.behaviors[0].scope == "directed"
    found = []
    for recording in recordings:
        bouts = project.bouts(recording.id)
        wanted = set(ethogram.names) | set(ethogram.merges)
        for subject in recording.subjects(pairs=pairs):
            mine = _of_behaviors(bouts.where(subject=subject), wanted)
            if len(mine) or mine.observed:
                states = _resolve(mine, subject, ethogram, target.annotators, recording.n_frames)
                if (states != FrameState.UNLABELLED).any():
                    found.append(LabelledSubject(recording, subject, states))
    return found


def _of_behaviors(bouts: Bouts, wanted: set[str]) -> Bouts:
    return Bouts.from_rows(
        (row for row in bouts.rows() if row.behavior in wanted),
        (piece for piece in bouts.observed if piece.behavior in wanted),
    )


def _resolve(
    bouts: Bouts, subject: Subject, ethogram: Ethogram, annotators: str, n_frames: int
) -> NDArray[np.int8]:
    names = sorted(
        {row.annotator for row in bouts.rows()} | {piece.annotator for piece in bouts.observed}
    )
    if annotators == "soft":
        raise RecipeError(
            "soft labels are not learned by this release",
            expected="auto, only, majority or the name of an annotator",
        )
    if annotators == "majority":
        votes = [
            bouts.where(annotator=name).to_frames(subject, ethogram, n_frames) for name in names
        ]
        return _majority(np.stack(votes))
    if annotators not in ("auto", "only"):
        if annotators not in names:
            raise LabelError(
                f"'{annotators}' did not label this recording",
                recording=subject.recording,
                todo=did_you_mean(annotators, names),
            )
        return bouts.where(annotator=annotators).to_frames(subject, ethogram, n_frames)
    if len(names) > 1:
        raise LabelError(
            f"{len(names)} annotators labelled this recording: {', '.join(names)}",
            recording=subject.recording,
            expected="one annotator, or a rule for several",
            todo=f"--set target.annotators={names[0]}, or majority",
        )
    return bouts.to_frames(subject, ethogram, n_frames)


def _majority(votes: NDArray[np.int8]) -> NDArray[np.int8]:
    """The state that most annotators gave, (annotators, frames, behaviors); a tie is unlabelled."""
    said = {state: (votes == state).sum(axis=0) for state in (1, 0, -2)}
    most = np.max(list(said.values()), axis=0)
    winners = np.sum([count == most for count in said.values()], axis=0)
    result = np.full(votes.shape[1:], FrameState.UNLABELLED, dtype=np.int8)
    for state, count in said.items():
        result[(count == most) & (winners == 1) & (most > 0)] = state
    return result
