"""Labels that come late or slide against the pose: put back before they are learned from.

Only what is learned moves. Labels stay as they are in the project, and it is against them as they
are that everything is scored and calibrated: whoever labels the next recording may be late again.
"""

from __future__ import annotations

from collections.abc import Sequence

from boutwise.checks.sync import estimates_from_movement, off_beat
from boutwise.errors import RecipeError
from boutwise.planning.targets import LabelledSubject
from boutwise.project import Project
from boutwise.types.recipe import Target

Late = dict[str, tuple[float, float]]
"""Recording -> frames by which its labels are late at its first and at its last frame."""


def may_align(target: Target) -> bool:
    """Whether ``align: auto`` looks for late labels: not where several annotators are joined."""
    return target.annotators not in ("majority", "soft") and target.ratings is None


def late_labels(
    project: Project, target: Target, subjects: Sequence[LabelledSubject]
) -> tuple[Late, dict[str, str]]:
    """Which recordings have labels that are off, as the check ``sync`` tells it by movement.

    A delay that all recordings share is left: it is learned, and harms no score.

    Args:
        project: Where pose and labels are.
        target: With ``align: none`` nothing is looked for.
        subjects: What is learned from.

    Returns:
        What is moved, and the reason under ``target.align``.

    Raises:
        RecipeError: Labels of several annotators are taken together.
    """
    if target.align == "none":
        return {}, {}
    annotators = target.annotators
    if target.align == "auto" and not may_align(target):
        return {}, {"target.align": "each of several annotators is late for himself"}
    if annotators in ("majority", "soft"):
        raise RecipeError(
            f"'target.align: movement' and 'target.annotators: {annotators}' do not go together",
            expected="labels of one annotator a recording: each person is late for himself",
            todo="leave one of them out, or mend the times of the labels first",
        )
    used = {item.recording.id for item in subjects}
    estimates = estimates_from_movement(project)
    off, common_s = off_beat(estimates)
    late = {
        recording: (round(one.start_frames, 2), round(one.stop_frames, 2))
        for (recording, annotator), one in off.items()
        if recording in used and (annotators in ("auto", "only", annotator))
    }
    shared = f"; a delay of {common_s:.2f} s that all share is left" if common_s else ""
    off_by = "; ".join(f"{name} {a:+.1f} to {b:+.1f} frames" for name, (a, b) in late.items())
    found = f"labels that are late (+) are put back before they are learned: {off_by}"
    measured = used & {name for (name, _), one in estimates.items() if not one.cannot_tell}
    reason = (found if late else _none_off(len(measured), len(used))) + shared
    return late, {"target.align": reason}


def _none_off(measured: int, used: int) -> str:
    """That nothing is put back, and of how many recordings that is known."""
    how = "it takes a pose, and enough starts and ends of bouts"
    if not measured:
        return f"whether labels are late was measured in none of the recordings: {how}"
    if measured < used:
        return (
            "no labels are off against the movement in the "
            f"{measured} of {used} recordings in which that could be measured: {how}"
        )
    return "no labels are off against the movement"
