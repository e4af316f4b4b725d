"""The verbs: what the command line, the page and Python call. The same words everywhere.

What lives here: one module a verb, thin: it opens, calls the layer that does the work, and puts
the results together. May import: everything below. Words and progress bars belong to ``cli``. The
names are imported on first use, so that ``score`` and ``check`` start without torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from boutwise.api._agreement import agreement
    from boutwise.api._checking import check
    from boutwise.api._clip_export import ClipWish, export_clips
    from boutwise.api._converting import ANNOTATOR_FOLDERS, convert, export
    from boutwise.api._demo import demo
    from boutwise.api._detectors import plan_detector, train_detector, trains_detector
    from boutwise.api._doctor import doctor
    from boutwise.api._evaluating import evaluate
    from boutwise.api._feature_export import export_features
    from boutwise.api._initialize import initialize
    from boutwise.api._personalizing import personalize
    from boutwise.api._planning import plan, prepare, price, refusals
    from boutwise.api._predicting import predict_files
    from boutwise.api._predicting_one import predict
    from boutwise.api._predicting_trials import predict_trials
    from boutwise.api._reporting import report
    from boutwise.api._training import train, train_run
    from boutwise.api.importing.verbs import apply_import, plan_import
    from boutwise.api.scoring.verb import compare_scores, score

_HOME = {
    "ANNOTATOR_FOLDERS": "_converting",
    "ClipWish": "_clip_export",
    "agreement": "_agreement",
    "apply_import": "importing.verbs",
    "check": "_checking",
    "compare_scores": "scoring.verb",
    "convert": "_converting",
    "demo": "_demo",
    "doctor": "_doctor",
    "evaluate": "_evaluating",
    "export": "_converting",
    "export_clips": "_clip_export",
    "export_features": "_feature_export",
    "initialize": "_initialize",
    "personalize": "_personalizing",
    "plan": "_planning",
    "plan_detector": "_detectors",
    "plan_import": "importing.verbs",
    "predict": "_predicting_one",
    "predict_files": "_predicting",
    "predict_trials": "_predicting_trials",
    "prepare": "_planning",
    "price": "_planning",
    "refusals": "_planning",
    "report": "_reporting",
    "score": "scoring.verb",
    "train": "_training",
    "train_detector": "_detectors",
    "train_run": "_training",
    "trains_detector": "_detectors",
}

__all__ = [
    "ANNOTATOR_FOLDERS",
    "ClipWish",
    "agreement",
    "apply_import",
    "check",
    "compare_scores",
    "convert",
    "demo",
    "doctor",
    "evaluate",
    "export",
    "export_clips",
    "export_features",
    "initialize",
    "personalize",
    "plan",
    "plan_detector",
    "plan_import",
    "predict",
    "predict_files",
    "predict_trials",
    "prepare",
    "price",
    "refusals",
    "report",
    "score",
    "train",
    "train_detector",
    "train_run",
    "trains_detector",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"boutwise.api.{_HOME[name]}"), name)
    raise AttributeError(f"module 'boutwise.api' has no attribute '{name}'")
