"""Animals that a file tells apart only by a mark in the names of keypoints (``B_Nose``)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from boutwise.errors import FormatError
from boutwise.types import Problem, Severity

SIDES = frozenset(
    (
        "left", "right", "l", "r", "lh", "rh", "lf", "rf", "top", "bot", "bottom", "front", "back",
        "hind", "fore", "upper", "lower", "side", "mirror", "main", "cam", "camera", "view",
    )
)  # fmt: skip
"""What is said of a body or a view, and not of an animal."""


def split_by_marks(
    keypoints: Sequence[str], marks: Sequence[str], *, path: Path
) -> list[tuple[str, str]]:
    """Animal and keypoint behind each name.

    A mark that ends with ``_`` stands in front, one that begins with it stands behind.

    >>> split_by_marks(["B_Nose", "W_Nose"], ["B_", "W_"], path=Path("x.csv"))
    [('B', 'Nose'), ('W', 'Nose')]

    Raises:
        FormatError: A name bears none of the marks, or nothing else.
    """
    found: list[tuple[str, str]] = []
    for name in keypoints:
        fits = [
            (mark.strip("_"), rest)
            for mark in marks
            if (
                rest := name.removesuffix(mark) if mark.startswith("_") else name.removeprefix(mark)
            )
            and rest != name
        ]
        if len(fits) != 1:
            raise FormatError(
                f"the keypoint '{name}' bears {'none' if not fits else 'several'} of the marks",
                file=path,
                row=1,
                expected=f"one of {', '.join(marks)} in front (as 'B_') or behind (as '_1')",
            )
        found.append(fits[0])
    return found


def suspected(keypoints: Sequence[str], *, path: Path) -> list[Problem]:
    """A warning where all names come in pairs that differ in a mark only: perhaps several animals.

    >>> suspected(["B_nose", "B_tail", "W_nose", "W_tail"], path=Path("x"))[0].todo
    'if so, give animal_marks: [B_, W_] in a mapping'
    >>> suspected(["left_ear", "left_paw", "right_ear", "right_paw"], path=Path("x"))
    []
    """
    for front in (True, False):
        groups: dict[str, set[str]] = {}
        for name in keypoints:
            head, sign, tail = name.partition("_") if front else name.rpartition("_")
            mark, rest = (head, tail) if front else (tail, head)
            if not sign or not rest:
                break
            groups.setdefault(mark, set()).add(rest)
        else:
            rests = list(groups.values())
            alike = len(rests) > 1 and all(each == rests[0] for each in rests)
            of_body = {mark.lower() for mark in groups} & SIDES or all(
                rest.lower() in SIDES or rest.isdigit() for rest in rests[0]
            )
            if alike and len(rests[0]) > 1 and not of_body:
                return [
                    _suspicion([f"{m}_" if front else f"_{m}" for m in groups], keypoints, path)
                ]
    return []


def _suspicion(marks: Sequence[str], keypoints: Sequence[str], path: Path) -> Problem:
    return Problem(
        "animal_marks",
        Severity.WARNING,
        f"the {len(keypoints)} keypoints are {len(keypoints) // len(marks)} names with the marks "
        f"{', '.join(marks)}, read as one animal: are they {len(marks)} animals?",
        file=str(path),
        expected="keypoints of one animal, or a header with individuals",
        todo=f"if so, give animal_marks: [{', '.join(marks)}] in a mapping",
    )
