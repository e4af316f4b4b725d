"""What ``plan`` and ``train`` say of a detector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boutwise.cli._command import Answer
from boutwise.cli._problems import counted
from boutwise.cli._talk import Talk

if TYPE_CHECKING:
    from boutwise.planning.detectors import DetectorPlan
    from boutwise.training.detectors import DetectorResult


def tell_detector_plan(talk: Talk, plan: DetectorPlan) -> None:
    """Say which recordings are learned from, and each setting."""
    from boutwise.cli.plan import rows

    boxes = "boxes that people drew" if plan.recipe.detector.boxes == "drawn" else "boxes from pose"
    talk.line(f"a detector, from {boxes}")
    talk.line(f"learned from: {_some(plan.train)}")
    if plan.test:
        talk.line(f"kept apart ({_some(plan.holdout)}): {_some(plan.test)}")
    else:
        talk.line("nothing is kept apart: nothing will be known of how good it is")
    talk.line()
    talk.table(["setting", "value", "reason"], list(rows(plan.as_dict())))


def _some(names: tuple[str, ...], most: int = 8) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def tell_detector(talk: Talk, result: DetectorResult) -> Answer:
    """Say how good a detector is, and how it is used."""
    from boutwise.planning.recipes import detector_setting

    scores = result.scores
    talk.table(
        ["kept apart", "pictures", "boxes", "AP@.5"],
        [
            [row["recording"], row["pictures"], row["boxes"], row["ap50"]]
            for row in scores["held_out"]
        ],
    )
    if scores["ap50"] is None:
        talk.note("nothing was kept apart: nothing is known of how good it is")
    else:
        total = sum(row["pictures"] for row in scores["held_out"])
        talk.line(f"AP@.5 {scores['ap50']:.3f} on {counted(total, 'picture')} kept apart")
    report = result.directory / "report.html"
    talk.line()
    talk.line(f"detector  {result.weights}")
    talk.line(f"report  {report}")
    talk.line(f"to use it: --recipe video {detector_setting(result.weights)}")
    return Answer(
        {
            "run": result.directory,
            "detector": result.weights,
            "digest": result.digest,
            "report": report,
            "scores": dict(scores),
        }
    )
