"""Which stretches of recordings become clips: short videos of one behavior each.

What lives here: the rules of clips (:mod:`boutwise.windows.clips`), pure functions on label tracks
that open no file. What a network sees in an epoch of training is drawn anew from the frames
themselves, by ``learners.network``. May import: ``types``, ``errors``. To add a way to choose
stretches, write one module with its properties tested in ``tests/windows``.
"""

from boutwise.windows.clips import Clip, ClipRules, LabelTrack, choose_clips

__all__ = ["Clip", "ClipRules", "LabelTrack", "choose_clips"]
