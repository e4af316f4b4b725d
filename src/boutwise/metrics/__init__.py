"""Metrics: how good a prediction is, and how well that is known.

What lives here: one module for each family of metrics (``frames``, ``bouts``, ``onsets``,
``probabilities``, ``keypoints``), each with ``measure(truth, predicted, observed)`` for one
behavior (or the keypoints) of one subject; and in the modules with an underscore what turns them
into a score: counts that can be added up, the matching of bouts, intervals over animals, baselines,
:func:`score_recordings`, and :func:`compare_predictions` of two predictions. ``_presets`` holds the
rules of other tools as data, ``_quoted`` the numbers that such a rule is known by, ``_boxes`` the
overlap of boxes and how well a detector finds them.
May import: ``types`` and ``errors``, numpy and scipy.special, so that ``boutwise score`` starts at
once. To add a metric: one file with ``DESCRIPTION``, ``PREDICTION`` and ``measure``, and a slow,
obvious reference of it in ``tests/metrics/references.py``; the contract test finds both.
"""

from boutwise.metrics._agents import SwappedAgents, swapped_agents
from boutwise.metrics._baselines import Baseline, baseline
from boutwise.metrics._boxes import average_precision, box_ious
from boutwise.metrics._contract import Metric, ScoredSubject, ScoreOptions
from boutwise.metrics._intervals import (
    Estimate,
    Interval,
    estimate,
    mean_interval,
    student_quantile,
)
from boutwise.metrics._matching import Matches, Matching, match, spans_of
from boutwise.metrics._paired import Comparison, Difference, compare_predictions
from boutwise.metrics._presets import PRESETS, Preset, preset
from boutwise.metrics._rater_summary import RaterAgreement, summed_up
from boutwise.metrics._raters import PairAgreement, Rated, agree, fleiss
from boutwise.metrics._score_rows import Spread
from boutwise.metrics._scores import Scores
from boutwise.metrics._table import score_recordings

__all__ = [
    "PRESETS",
    "Baseline",
    "Comparison",
    "Difference",
    "Estimate",
    "Interval",
    "Matches",
    "Matching",
    "Metric",
    "PairAgreement",
    "Preset",
    "Rated",
    "RaterAgreement",
    "ScoreOptions",
    "ScoredSubject",
    "Scores",
    "Spread",
    "SwappedAgents",
    "agree",
    "average_precision",
    "baseline",
    "box_ious",
    "compare_predictions",
    "estimate",
    "fleiss",
    "match",
    "mean_interval",
    "preset",
    "score_recordings",
    "spans_of",
    "student_quantile",
    "summed_up",
    "swapped_agents",
]
