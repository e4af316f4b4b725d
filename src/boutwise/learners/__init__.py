"""Learners: boosted trees and networks, behind one contract.

What lives here: one module for each kind of learner with a class ``Learner`` (``fit``) and a
function ``load(directory)``; the contract itself is in ``_contract``. May import: ``features`` and
below; torch only inside ``network``; Lightning never (``training`` hands a trainer in).
To add a temporal part, readout, head or loss: one file in its folder under ``network``.
"""

from boutwise.learners._contract import (
    Chunk,
    Dataset,
    Fitted,
    Learner,
    Run,
    SubjectFrames,
    View,
    weight_of_classes,
)
from boutwise.learners._mirroring import Mirroring, is_mirrored
from boutwise.learners._scoring import chunks_of, score_subject, score_subjects

__all__ = [
    "Chunk",
    "Dataset",
    "Fitted",
    "Learner",
    "Mirroring",
    "Run",
    "SubjectFrames",
    "View",
    "chunks_of",
    "is_mirrored",
    "score_subject",
    "score_subjects",
    "weight_of_classes",
]
