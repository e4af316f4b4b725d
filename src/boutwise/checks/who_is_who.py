"""Labels of several animals in one video say which animal is which only where pose says it too."""

from __future__ import annotations

from collections.abc import Sequence

from boutwise.checks._contract import Study
from boutwise.types import Bout, Bouts, Observed, Problem, Recording, Severity

DESCRIPTION = "labels of several animals in a video, in which nothing tells who is who"


def find(project: Study) -> list[Problem]:
    """Look at every recording with a video, without pose, and with more than one animal."""
    filmed = {file.recording for file in project.files() if file.kind == "video"}
    return [
        _problem(recording)
        for recording in project.recordings()
        if recording.id in filmed
        and not project.has_pose(recording.id)
        and matters(project.bouts(recording.id), recording.animals)
    ]


def matters(bouts: Bouts, animals: Sequence[str]) -> bool:
    """Whether labels would say something else if animals changed their names.

    Args:
        bouts: Of one recording.
        animals: All of that recording.
    """
    said: dict[str, set[tuple[str, str, int, int, bool]]] = {animal: set() for animal in animals}
    pieces: list[Bout | Observed] = [*bouts.rows(), *bouts.observed]
    for piece in pieces:
        if piece.target:
            return True
        is_bout = isinstance(piece, Bout)
        row = (piece.annotator, piece.behavior, piece.start, piece.stop, is_bout)
        said.setdefault(piece.animal, set()).add(row)
    return len({frozenset(each) for each in said.values()}) > 1


def _problem(recording: Recording) -> Problem:
    return Problem(
        "who_is_who",
        Severity.BLOCKING,
        f"labels name {', '.join(recording.animals)}, and nothing tells which of them is which in "
        "the video: without pose the animals that are found get these names by chance",
        recording=recording.id,
        expected="pose that tells the animals apart, or one animal in each video",
        todo="import pose of it, or leave its labels out",
        value=float(len(recording.animals)),
    )
