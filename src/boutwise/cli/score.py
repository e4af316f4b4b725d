"""``boutwise score``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boutwise.cli._command import Answer, command
from boutwise.cli._options import LONGEST, Fps
from boutwise.cli._scores import tell_comparison, tell_scores
from boutwise.cli._talk import Talk
from boutwise.errors import UsageError

if TYPE_CHECKING:
    from boutwise.metrics import Preset

PRESETS = (
    "default", "ms_tcn", "ms_tcn_background", "inclusive_iou", "jabs", "macro_bouts", "calms21",
    "mabe2025",
)  # fmt: skip
"""Named here so that ``--help`` needs no numpy; a test holds them equal to those of metrics."""


@command
def run(  # an option is a parameter
    talk: Talk,
    truth: Annotated[
        Path,
        typer.Argument(metavar="TRUTH", help="Labels that are right: a file, a folder, a project."),
    ],
    prediction: Annotated[
        Path,
        typer.Argument(
            metavar="PREDICTION",
            help="What to score: anybody's table, a run, or a folder that 'predict' wrote.",
        ),
    ],
    against: Annotated[
        Path | None,
        typer.Option(
            metavar="OTHER",
            help="A second prediction: how much better is PREDICTION, animal by animal?",
        ),
    ] = None,
    preset: Annotated[
        str, typer.Option(metavar="NAME", help=f"Rule of scoring: {', '.join(PRESETS)}.")
    ] = "default",
    frames: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=LONGEST,
            help="Frames of the recording, where no file tells.",
        ),
    ] = None,
    fps: Fps = None,
    mapping: Annotated[
        Path | None,
        typer.Option(metavar="YAML", help="What the columns of a predicted table mean."),
    ] = None,
    truth_mapping: Annotated[
        Path | None, typer.Option(metavar="YAML", help="What the columns of the truth mean.")
    ] = None,
    background: Annotated[
        str, typer.Option(metavar="NAME", help="The class that means 'none of the others'.")
    ] = "",
    iou: Annotated[
        str, typer.Option(metavar="LIST", help="Overlaps from which a bout is found: .3,.5")
    ] = "",
    primary: Annotated[
        str, typer.Option(metavar="NAME", help="The behavior that stands first.")
    ] = "",
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=A,B", help="Behaviors that are scored as one, such as pain; repeatable."
        ),
    ] = None,
    labs: Annotated[
        Path | None,
        typer.Option(metavar="CSV", help="Columns recording and lab, for rules that need labs."),
    ] = None,
    annotators: Annotated[
        str,
        typer.Option(metavar="NAME", help="Whose labels of a project: auto, majority or a name."),
    ] = "auto",
) -> Answer:
    """Score a prediction against a truth, or two predictions against each other.

    Two tables of any known label format are enough: no project, no model.
    """
    from boutwise import api

    rule = _rule(preset, iou, primary, group or [])
    # Arguments of both verbs.
    how: dict[str, object] = {
        "preset": rule,
        "frames": frames,
        "fps": fps,
        "background": background,
        "labs": labs,
        "annotators": annotators,
        "mapping": mapping,
        "truth_mapping": truth_mapping,
    }
    data: dict[str, object] = {"truth": truth, "prediction": prediction}
    if against is None:
        scores = api.score(truth, prediction, **how).as_dict()  # type: ignore[arg-type]
        tell_scores(talk, scores)
        return Answer({**data, "scores": scores})
    found = api.compare_scores(truth, prediction, against, **how)  # type: ignore[arg-type]
    comparison = found.as_dict()
    tell_comparison(talk, comparison)
    return Answer({**data, "against": against, "comparison": comparison})


def _rule(preset: str, iou: str, primary: str, groups: list[str]) -> Preset:
    """The preset, with what else was asked for."""
    from boutwise.metrics import preset as preset_of

    rule = preset_of(preset)
    options = replace(rule.options, primary=primary, declared=_declared(groups))
    if iou:
        options = replace(options, thresholds=_thresholds(iou))
    return replace(rule, options=options)


def _thresholds(text: str) -> tuple[float, ...]:
    """Overlaps in a list.

    >>> _thresholds(".1,0.5")
    (0.1, 0.5)
    """
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        found = ()
    if not found or not all(0 < threshold <= 1 for threshold in found):
        raise UsageError(
            f"--iou cannot be '{text}'",
            expected="overlaps above 0 and at most 1, such as .3,.5",
        )
    return found


def _declared(groups: list[str]) -> dict[str, tuple[str, ...]]:
    """``pain=flinch,lick`` as a name and its behaviors.

    >>> _declared(["pain=flinch, lick"])
    {'pain': ('flinch', 'lick')}
    """
    declared = {}
    for text in groups:
        name, _, members = text.partition("=")
        behaviors = tuple(part.strip() for part in members.split(",") if part.strip())
        if not name.strip() or not behaviors:
            raise UsageError(
                f"--group cannot be '{text}'", expected="a name and behaviors: pain=flinch,lick"
            )
        declared[name.strip()] = behaviors
    return declared
