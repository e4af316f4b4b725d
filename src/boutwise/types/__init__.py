"""The nouns of boutwise: recordings, subjects, pose, bouts, ethograms, predictions, recipes.

What lives here: frozen dataclasses over numpy arrays, and the pydantic models of the files that
people write (:mod:`boutwise.types.recipe`). What may be imported: numpy, pandas and pydantic,
nothing of boutwise but ``errors``. No file is opened here. To add a type: one file, its invariants
checked in ``__post_init__``, its name in the list below.
"""

from boutwise.types.bouts import Bout, Bouts, Observed
from boutwise.types.boxes import Boxes
from boutwise.types.clock import FrameClock
from boutwise.types.ethogram import Behavior, Ethogram, ExclusiveGroup
from boutwise.types.features import FeatureTable, Mirror
from boutwise.types.frame_states import FrameState
from boutwise.types.pixels import LongValues, Pixels, PixelStretch, Rows, StreamValues, is_pixels
from boutwise.types.pose import PoseTrack
from boutwise.types.prediction import Prediction
from boutwise.types.problems import Problem, Severity
from boutwise.types.ratings import Rating, Ratings
from boutwise.types.recording import Animal, Condition, Recording, Session, Trial
from boutwise.types.subjects import Subject
from boutwise.types.trials import TrialPrediction

__all__ = [
    "Animal",
    "Behavior",
    "Bout",
    "Bouts",
    "Boxes",
    "Condition",
    "Ethogram",
    "ExclusiveGroup",
    "FeatureTable",
    "FrameClock",
    "FrameState",
    "LongValues",
    "Mirror",
    "Observed",
    "PixelStretch",
    "Pixels",
    "PoseTrack",
    "Prediction",
    "Problem",
    "Rating",
    "Ratings",
    "Recording",
    "Rows",
    "Session",
    "Severity",
    "StreamValues",
    "Subject",
    "Trial",
    "TrialPrediction",
    "is_pixels",
]
