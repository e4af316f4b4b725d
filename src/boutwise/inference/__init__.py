"""Inference: run a bundle over recordings, and write what it says.

What lives here: loading the members of a bundle, scoring a recording in chunks, combining several
bundles, and the files of a prediction. May import: ``planning`` and below; torch only through a
member that needs it. A recording is one task: nothing is shared between two of them but the bundle.
"""

from boutwise.inference.predictor import Predictor
from boutwise.inference.writing import prediction_bouts, write_manifest, write_prediction

__all__ = ["Predictor", "prediction_bouts", "write_manifest", "write_prediction"]
