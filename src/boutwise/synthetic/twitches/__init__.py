"""Long simulated recordings with events: grooming for many seconds, twitches of five frames.

What lives here: what a mouse does over minutes and how it twitches
(:mod:`~boutwise.synthetic.twitches.acts`), whole recordings, and their files in the shape of a
Supervisely project. The body is that of the single mouse beside this folder, and
:mod:`boutwise.synthetic.rendering` draws it. What may be imported: ``types``, ``errors`` and the
rest of ``synthetic``. To change a number, raise ``TWITCH_VERSION`` and freeze the tables before a
model is measured on them.
"""

from boutwise.synthetic.twitches.acts import TAGS
from boutwise.synthetic.twitches.files import annotation, film, write_supervisely
from boutwise.synthetic.twitches.simulation import (
    TWITCH_VERSION,
    LongRecording,
    simulate_twitches,
)

__all__ = [
    "TAGS",
    "TWITCH_VERSION",
    "LongRecording",
    "annotation",
    "film",
    "simulate_twitches",
    "write_supervisely",
]
