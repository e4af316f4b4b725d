"""Two simulated mice that meet: tracks of both, and who did what to whom.

What lives here: a chain of social acts (:mod:`~boutwise.synthetic.pairs.chain`), mice that differ
(:mod:`~boutwise.synthetic.pairs.manners`), where the acting mouse wants to be
(:mod:`~boutwise.synthetic.pairs.aims`) and how it gets there, the reactions of the other
(:mod:`~boutwise.synthetic.pairs.encounter`), what each does by itself
(:mod:`~boutwise.synthetic.pairs.solitary`), seven keypoints each, a tracker that loses keypoints
and exchanges identities, a human who labels late, and labs that differ
(:mod:`~boutwise.synthetic.pairs.labs`). What may be imported: ``types``, ``errors``, ``formats``
to write files, and the parts of the single mouse beside this folder. To change a number, raise
``PAIRS_VERSION`` and freeze the table before a model is measured on it.
"""

from boutwise.synthetic.pairs.files import write_pairs
from boutwise.synthetic.pairs.labs import LABS, Lab, simulate_labs
from boutwise.synthetic.pairs.presets import PAIR_PRESETS, PAIRS_VERSION, PairPreset
from boutwise.synthetic.pairs.simulation import SimulatedPair, simulate_pairs

__all__ = [
    "LABS",
    "PAIRS_VERSION",
    "PAIR_PRESETS",
    "Lab",
    "PairPreset",
    "SimulatedPair",
    "simulate_labs",
    "simulate_pairs",
    "write_pairs",
]
