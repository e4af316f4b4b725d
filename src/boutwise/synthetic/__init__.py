"""Simulated mice: pose tracks with known truth, for the demo, the tutorials and the checks.

What lives here: a semi-Markov chain of behaviors with bout lengths measured on real mice
(:mod:`~boutwise.synthetic.bout_lengths`), animals that differ (:mod:`~boutwise.synthetic.traits`),
a body that moves (:mod:`~boutwise.synthetic.body`), a camera and a tracker with its errors, and a
human who labels late. How hard they are is one frozen table
(:mod:`~boutwise.synthetic.presets`). Two mice that meet live in
:mod:`~boutwise.synthetic.pairs`; any pose track is drawn as a video by
:mod:`~boutwise.synthetic.rendering`, of which :mod:`~boutwise.synthetic.pain` and
:mod:`~boutwise.synthetic.twitches` make videos with labels. What may be imported: ``types``,
``errors`` and, to write files, ``formats`` and ``video``. To add a preset or change a number, raise
``VERSION`` and freeze the table before a model is measured on it.
"""

from boutwise.synthetic.files import write
from boutwise.synthetic.pairs import (
    PAIR_PRESETS,
    PAIRS_VERSION,
    PairPreset,
    SimulatedPair,
    simulate_labs,
    simulate_pairs,
    write_pairs,
)
from boutwise.synthetic.presets import PRESETS, VERSION, Preset
from boutwise.synthetic.simulation import SimulatedRecording, simulate

__all__ = [
    "PAIRS_VERSION",
    "PAIR_PRESETS",
    "PRESETS",
    "VERSION",
    "PairPreset",
    "Preset",
    "SimulatedPair",
    "SimulatedRecording",
    "simulate",
    "simulate_labs",
    "simulate_pairs",
    "write",
    "write_pairs",
]
