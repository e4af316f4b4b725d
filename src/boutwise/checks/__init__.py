"""Checks: what is wrong with a project's data, found before anything is trained on it.

What lives here: one check a file, found by its file name; files that begin with ``_`` serve them
(``_poses`` gives the pose of each animal, readable recordings only; ``_steps`` how far it moves
from frame to frame). What may be imported: ``project`` and everything below it. To add a check:
one file with a line ``DESCRIPTION`` and a function ``find(project) -> list[Problem]``; the logic as
pure functions over types and arrays beside it; in ``tests/checks`` a fault that it finds in at
least 18 of 20 seeds while it says nothing on 20 clean ones; and its row in
``docs/reference/checks.md``. A check that cannot tell says nothing, or says so with a problem of
severity ``note``. One fact is reported by one check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from boutwise import registry
from boutwise.checks._contract import Check, Study
from boutwise.errors import BoutwiseError
from boutwise.types import PoseTrack, Problem, Severity

__all__ = ["Check", "Study", "run_checks"]


def run_checks(
    project: Study,
    names: Sequence[str] | None = None,
    say: Callable[[int, int, str], None] | None = None,
) -> list[Problem]:
    """Run checks over a project.

    Args:
        project: A :class:`~boutwise.project.Project`, or whatever offers the same reading.
        names: Checks to run, in this order; by default all.
        say: Called with (done, total, words) before each check, whenever one turns to another
            recording's pose, and at the end.

    Returns:
        What they found, check by check. A check that cannot be finished, because a file of the
        project is broken, becomes a warning, and the others go on.

    Raises:
        PartError: There is no such check.
    """
    wanted = registry.names("check") if names is None else list(names)
    checks: list[Check] = [registry.load("check", name) for name in wanted]
    problems: list[Problem] = []
    for done, (name, check) in enumerate(zip(wanted, checks, strict=True)):
        study = project
        if say is not None:
            words = name.replace("_", " ")
            say(done, len(wanted), words)
            study = cast(Study, _Watched(project, partial(say, done, len(wanted)), words))
        try:
            problems += check.find(study)
        except (BoutwiseError, OSError) as error:
            problems.append(_unfinished(name, error))
    if say is not None:
        say(len(wanted), len(wanted), "checked")
    return problems


class _Watched:
    """A study that tells whose pose is read: with many recordings a check takes a while."""

    def __init__(self, study: Study, tell: Callable[[str], None], words: str) -> None:
        self._study = study
        self._tell = tell
        self._words = words

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def pose(self, recording_id: str) -> PoseTrack:
        """Pose of a recording, announced."""
        self._tell(f"{self._words}: {recording_id}")
        return self._study.pose(recording_id)


def _unfinished(check: str, error: BoutwiseError | OSError) -> Problem:
    """What stopped a check, as a problem of that check."""
    ours = error if isinstance(error, BoutwiseError) else BoutwiseError(str(error))
    return Problem(
        check,
        Severity.WARNING,
        f"this check could not be finished: {ours.what}",
        recording=ours.recording or "",
        file=ours.file or "",
        row=ours.row,
        frame=ours.frame,
        expected=ours.expected or "",
        todo=ours.todo or "mend what is broken, and check again",
    )
