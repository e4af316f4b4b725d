"""Preparations: what is done to a pose track before features are computed.

What lives here: one module for each preparation (``clean_pose``), found by its file name and named
in a recipe under ``prepare``. May import: ``store``, ``types``, ``errors``, numpy and scipy.

To add one: one file with ``VERSION`` (integer; raised when the output changes), ``DESCRIPTION``,
``clean(pose, clock, **options) -> PoseTrack`` whose keywords are its options, each with a default
and a word of documentation, and ``margin_frames(clock, **options)``: the context on each side with
which a chunk comes out as it does in the whole recording. The contract tests in ``tests/cleaning``
run over every preparation that is found.
"""
