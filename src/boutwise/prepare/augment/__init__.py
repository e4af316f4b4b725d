"""Pose augmentations: what may be changed in a pose track without changing what the animals do.

What lives here: one module a part (``rotation``), found by its file name and named in ``augment``
of a member. They make *views* of a recording: its pose after these parts, then resampled, cleaned
and turned into features like any other. Modules that begin with ``_`` serve the parts beside them.
May import: ``types``, ``errors``, numpy and scipy.

To add one: one file with ``DESCRIPTION`` (one line), ``INERT`` (the invariance of a feature set,
such as ``rotation``, under which the part changes nothing; empty = it always changes something) and
``change(pose, clock, rng, **options) -> (PoseTrack, FrameClock)``. Frame numbers stay what they
are, so labels stay right: a part that changes the pace changes the times of the clock. Everything
random comes from ``rng``; what is missing stays missing; options are keywords with defaults. Its
name must not be that of an augmentation of batches (``learners/network/augment``). The contract
tests in ``tests/prepare`` run over every part that is found.
"""
