"""boutwise: from pose tracks, videos and labels of mice to ethograms with an honest score.

The verbs are the same as on the command line and are imported on first use::

    import boutwise as bw

    project = bw.Project.open("myproject")
    plan = bw.plan(project, "pose")
    bundle = bw.train(project, plan)
    prediction = bw.predict(bundle, "new_recording.csv")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from boutwise.api import (
        agreement,
        check,
        compare_scores,
        evaluate,
        personalize,
        plan,
        predict,
        predict_trials,
        score,
        train,
    )
    from boutwise.bundle import Bundle
    from boutwise.project import Project

_HOME = {
    "Bundle": "boutwise.bundle",
    "Project": "boutwise.project",
    "agreement": "boutwise.api",
    "check": "boutwise.api",
    "compare_scores": "boutwise.api",
    "evaluate": "boutwise.api",
    "personalize": "boutwise.api",
    "plan": "boutwise.api",
    "predict": "boutwise.api",
    "predict_trials": "boutwise.api",
    "score": "boutwise.api",
    "train": "boutwise.api",
}

__all__ = [
    "Bundle",
    "Project",
    "__version__",
    "agreement",
    "check",
    "compare_scores",
    "evaluate",
    "personalize",
    "plan",
    "predict",
    "predict_trials",
    "score",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'boutwise' has no attribute '{name}'")
