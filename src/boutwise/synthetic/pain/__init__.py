"""Simulated pain tests: videos of three trials each, with labels of eight classes.

What lives here: what a mouse does in a trial (:mod:`~boutwise.synthetic.pain.acts`), how its pain
acts of 5 to 10 frames look (:mod:`~boutwise.synthetic.pain.postures`), whole recordings, and the
files that the pain systems read. The body is that of the single mouse beside this folder, and
:mod:`boutwise.synthetic.rendering` draws it. What may be imported: ``types``, ``errors``,
``formats`` and the rest of ``synthetic``. To change a number, raise ``PAIN_VERSION`` and freeze
the tables before a model is measured on them.
"""

from boutwise.synthetic.pain.files import film, tracked, write_labels, write_pain
from boutwise.synthetic.pain.simulation import PAIN_VERSION, PainTest, counts, simulate_pain

__all__ = [
    "PAIN_VERSION",
    "PainTest",
    "counts",
    "film",
    "simulate_pain",
    "tracked",
    "write_labels",
    "write_pain",
]
