"""Decisions: from raw scores of one or several members to probabilities and bouts.

What lives here: the combiner, the calibration, the thresholds and the decoders, and
:class:`Decision`, which holds one of each and travels in the bundle. Everything is fitted on
out-of-fold scores of animals that the decision is not scored on. May import: ``types``,
``registry``, ``errors``. To add a decoder: one file in ``decoders`` with a function ``decide``.
"""

from boutwise.decision.calibration import Calibration
from boutwise.decision.combination import Combination
from boutwise.decision.decision import Decision, fit_decision
from boutwise.decision.links import to_probabilities, to_raw

__all__ = [
    "Calibration",
    "Combination",
    "Decision",
    "fit_decision",
    "to_probabilities",
    "to_raw",
]
