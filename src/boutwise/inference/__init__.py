"""Inference: run a bundle over recordings, and write what it says.

What lives here: loading the members of a bundle, scoring a recording in chunks, combining several
bundles, explaining their scores, and the files of a prediction. May import: ``planning`` and below;
torch only through a member that needs it. A recording is one task: nothing is shared between two of
them but the bundle.
"""

from boutwise.inference.ensembles import Refit, fit_average
from boutwise.inference.explaining import (
    Explained,
    explain,
    explained_from,
    refuse_unexplained,
    write_explanations,
)
from boutwise.inference.predictor import Predictor
from boutwise.inference.trials import answers_trials, predict_trials, write_trial_prediction
from boutwise.inference.writing import prediction_bouts, write_manifest, write_prediction

__all__ = [
    "Explained",
    "Predictor",
    "Refit",
    "answers_trials",
    "explain",
    "explained_from",
    "fit_average",
    "predict_trials",
    "prediction_bouts",
    "refuse_unexplained",
    "write_explanations",
    "write_manifest",
    "write_prediction",
    "write_trial_prediction",
]
