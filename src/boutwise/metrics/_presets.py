"""Rules of scoring by the name that the field knows them by.

Different tools call different things F1. A preset is data: options of the one scoring core, the
numbers that the rule is known by, and where the rule comes from. The table of
``docs/reference/metrics.md`` is made from these entries and checked against them by a test.
"""

from __future__ import annotations

from dataclasses import dataclass

from boutwise.errors import UsageError, did_you_mean
from boutwise.metrics._contract import ScoreOptions
from boutwise.metrics._matching import Matching


@dataclass(frozen=True)
class Preset:
    """One rule of scoring.

    Attributes:
        name: Behind ``--preset``.
        text: What it does, one sentence.
        source: Publication or tool that the rule is of.
        options: Of the scoring core.
        leaves_out_unknown: Whether predicted behaviors that the truth does not know are left out;
            otherwise they are an error, because they are most often misspelled.
        needs_labs: Whether the lab of each recording must be given.
    """

    name: str
    text: str
    source: str
    options: ScoreOptions
    leaves_out_unknown: bool = False
    needs_labs: bool = False


_SEGMENTS = "Lea et al. 2017, Temporal convolutional networks (CVPR); Abu Farha and Gall 2019"
_CALMS21 = ("attack", "investigation", "mount")
_BOUTS = ("bout_f1", "edit_score", "accuracy")

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "default",
            "Frame F1 of all behaviors first; bouts one to one by best overlap of half-open "
            "intervals, background left out, all bouts pooled.",
            "this project",
            ScoreOptions(),
        ),
        Preset(
            "ms_tcn",
            "Bout F1 as for 'default', edit score and frame accuracy.",
            f"{_SEGMENTS}, MS-TCN (CVPR), with the background left out",
            ScoreOptions(quoted=_BOUTS, ordered=True),
        ),
        Preset(
            "ms_tcn_background",
            "The same with the bouts of the background counted.",
            f"{_SEGMENTS}, MS-TCN (CVPR), with an empty list of background classes",
            ScoreOptions(quoted=_BOUTS, ordered=True, matching=Matching(background=True)),
        ),
        Preset(
            "inclusive_iou",
            "Overlap computed as if the stop frame belonged to the bout.",
            "tools that apply 'stop - start + 1' to half-open intervals",
            ScoreOptions(quoted=("bout_f1",), matching=Matching(ends="inclusive")),
        ),
        Preset(
            "jabs",
            "Many to many: every fragment of a true bout that overlaps enough counts.",
            "JABS, bout comparison of jabs-postprocess (Kumar lab)",
            ScoreOptions(quoted=("bout_f1",), matching=Matching(assignment="many_to_many")),
        ),
        Preset(
            "macro_bouts",
            "Bout F1 of each behavior, then the mean over behaviors.",
            "segmentation tables that average over classes",
            ScoreOptions(quoted=("bout_f1",), matching=Matching(average="macro")),
        ),
        Preset(
            "calms21",
            "Frames of all recordings pooled; F1 and average precision of attack, investigation "
            "and mount, and their means.",
            "Sun et al. 2021, CalMS21 (NeurIPS datasets and benchmarks), task 1",
            ScoreOptions(quoted=("chosen_f1", "chosen_average_precision"), chosen=_CALMS21),
        ),
        Preset(
            "mabe2025",
            "Frame F1 of each action within each lab, mean over actions, then over labs; "
            "predictions of what was not labelled in a recording are left out.",
            "MABe challenge 2025 (Kaggle), public metric 'MABe F Beta'",
            ScoreOptions(quoted=("lab_f1",), one_at_a_time=True),
            leaves_out_unknown=True,
            needs_labs=True,
        ),
    )
}
"""Name -> rule."""


def preset(name: str) -> Preset:
    """The rule of that name.

    Raises:
        UsageError: There is no such preset; the message has the nearest.

    >>> preset("default").options.thresholds
    (0.1, 0.25, 0.5)
    """
    if name not in PRESETS:
        raise UsageError(
            f"there is no preset '{name}'",
            expected=", ".join(PRESETS),
            todo=did_you_mean(name, PRESETS),
        )
    return PRESETS[name]
