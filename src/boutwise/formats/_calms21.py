"""CalMS21: what its sequences mean, whatever file they lie in.

A file holds groups (an annotator, a behavior, or ``unlabeled_videos``) of sequences; a sequence is
a video with ``keypoints`` (frames, 2 mice, x and y, 7 points), ``scores`` (frames, 2, 7) and, where
it was labeled, ``annotations`` (frames) and ``metadata`` with the vocabulary. Mouse 0 is the black
resident, mouse 1 the white intruder. Task and official split are in the name of a sequence:
``task1/train/mouse001_task1_annotator1``, ``task3/approach/test/...``.

No file says which animal a mouse is. Each sequence therefore has animals of its own; the official
split, which parts animals, is kept as their cohort.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError
from boutwise.formats._contract import LabelRow, LabelTrack
from boutwise.types import Animal, Behavior, Ethogram, ExclusiveGroup

FPS = 30.0
RESIDENT, INTRUDER = "resident", "intruder"
MICE = (RESIDENT, INTRUDER)
KEYPOINTS = ("nose", "left_ear", "right_ear", "neck", "left_hip", "right_hip", "tail_base")
BACKGROUND = "other"
BEHAVIORS = ("attack", "investigation", "mount", BACKGROUND)
GROUP = "interaction"
OF_INTRUDER = ("whiterearing",)
"""Behaviors of task 3 that the white mouse shows by itself; all others are of the resident toward
the intruder."""
SHAPES: Mapping[str, tuple[int, ...]] = {
    "keypoints": (2, 2, 7),
    "scores": (2, 7),
    "annotations": (),
}
"""Shape of a frame of each array of a sequence."""
DEFAULTS: dict[str, Any] = {"fps": FPS}
"""What an import takes for granted where the user says nothing else."""
LAYOUT = "group -> sequence -> keypoints, scores, annotations, metadata"
DOWNLOAD = "download the file again"


@dataclass(frozen=True)
class Found:
    """A sequence in a file.

    Attributes:
        group: Key of the group that it lies in.
        name: Of the sequence.
        fields: What it holds, and where; the places are the reader's own business.
        same: Further sequences with the very same keypoints: the same video, labeled again.
    """

    group: str
    name: str
    fields: Mapping[str, Any]
    same: tuple[Found, ...] = ()


@dataclass(frozen=True, eq=False)
class Labeled:
    """The labels of a sequence: a code each frame, and what the codes mean."""

    found: Found
    codes: NDArray[np.float64]
    metadata: Mapping[str, Any]


def merged(found: Sequence[Found], same_as: Mapping[str, str]) -> dict[str, Found]:
    """Sequences by name; those with the same keypoints as an earlier one are added to it.

    Args:
        found: In the order of the file.
        same_as: Name of a sequence -> name of the first one with its keypoints.
    """
    first = {each.name: each for each in found if each.name not in same_as}
    more: dict[str, list[Found]] = {}
    for each in found:
        if each.name in same_as:
            more.setdefault(same_as[each.name], []).append(each)
    return {
        name: Found(each.group, name, each.fields, tuple(more.get(name, ())))
        for name, each in first.items()
    }


def split_of(name: str) -> str:
    """Official split of a sequence: ``train``, ``test`` or ``unlabeled``; empty where it has none.

    >>> split_of("task2/annotator1/test/mouse001_task2_annotator1")
    'test'
    """
    steps = re.split(r"[/_]", name)
    for word in ("train", "test"):
        if word in steps:
            return word
    return "unlabeled" if "unlabeled" in steps else ""


def animals_of(found: Found) -> tuple[Animal, ...]:
    """Resident and intruder of a sequence."""
    cohort = split_of(found.name) or split_of(found.group)
    name = found.name.replace("/", "_")
    return tuple(Animal(f"{name}/{mouse}", cohort=cohort) for mouse in MICE)


def roles() -> dict[str, str]:
    """The keypoints are called like their roles."""
    return {name: name for name in KEYPOINTS}


def vocabulary(labeled: Labeled, path: Path) -> dict[int, str]:
    """Code -> behavior.

    Raises:
        FormatError: The metadata has none, or two behaviors share a code.
    """
    vocab = labeled.metadata.get("vocab")
    if isinstance(vocab, Mapping):
        pairs = [(code, str(name)) for name, code in vocab.items()]
    elif isinstance(vocab, list):
        pairs = [(code, str(name)) for code, name in enumerate(vocab)]
    else:
        pairs = []
    named = {code: name for code, name in pairs if isinstance(code, int) and name}
    if not pairs or len(named) != len(pairs):
        raise FormatError(
            f"the metadata of '{labeled.found.name}' has no vocabulary: {str(vocab)[:80]}",
            file=path,
            expected='"vocab": {"attack": 0, "investigation": 1, ...}, each code once',
            todo=DOWNLOAD,
        )
    return named


def label_track(labeled: Labeled, path: Path) -> LabelTrack:
    """The labels of a sequence, each stretch as one row (counted in frames from 1).

    A vocabulary of one behavior and ``other`` (task 3) says whether the behavior is there: 'other'
    is then no behavior of its own.

    Raises:
        FormatError: A code is not in the vocabulary.
    """
    named = vocabulary(labeled, path)
    codes = labeled.codes
    unknown = ~np.isin(codes, list(named))
    if unknown.any():
        frame = int(np.argmax(unknown))
        raise FormatError(
            f"the annotation {codes[frame]:g} in '{labeled.found.name}' is not in its vocabulary",
            file=path,
            frame=frame,
            expected=", ".join(f"{code} ({name})" for code, name in sorted(named.items())),
            todo=DOWNLOAD,
        )
    behaviors = [named[code] for code in sorted(named)]
    if len(behaviors) == 2 and BACKGROUND in behaviors:
        behaviors.remove(BACKGROUND)
    cuts = np.flatnonzero(np.diff(codes)) + 1
    edges = [0, *cuts.tolist(), len(codes)]
    rows = [
        _row(named[int(codes[start])], start, stop)
        for start, stop in pairwise(edges)
        if named[int(codes[start])] in behaviors
    ]
    return LabelTrack(
        labeled.found.name,
        "frame",
        tuple(rows),
        tuple(behaviors),
        fps=FPS,
        n_rows=len(codes),
        annotator=annotator_of(labeled),
        examined=tuple(_row(name, 0, len(codes)) for name in behaviors),
    )


def _row(behavior: str, start: int, stop: int) -> LabelRow:
    if behavior in OF_INTRUDER:
        return LabelRow(behavior, start, stop, start + 1, INTRUDER)
    return LabelRow(behavior, start, stop, start + 1, RESIDENT, INTRUDER)


def annotator_of(labeled: Labeled) -> str:
    """Who labeled: as the metadata says, else the group, where it is called like an annotator.

    >>> annotator_of(Labeled(Found("annotator-id_0", "a", {}), np.zeros(1), {}))
    'annotator-id_0'
    """
    said = labeled.metadata.get("annotator-id")
    if said is not None:
        return f"annotator-id_{said}"
    return labeled.found.group if "annotator" in labeled.found.group else ""


def ethogram_of(tracks: Sequence[LabelTrack]) -> Ethogram | None:
    """Behaviors with their scope; the four of task 1 and 2 exclude each other."""
    names = list(dict.fromkeys(name for track in tracks for name in track.behaviors))
    if not names:
        return None
    behaviors = tuple(
        Behavior(name, scope="individual" if name in OF_INTRUDER else "directed") for name in names
    )
    grouped = tuple(name for name in BEHAVIORS if name in names)
    if BACKGROUND not in grouped or len(grouped) < 2:
        return Ethogram(behaviors)
    return Ethogram(behaviors, (ExclusiveGroup(GROUP, grouped, BACKGROUND),))
