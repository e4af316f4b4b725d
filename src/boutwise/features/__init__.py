"""Feature sets: numbers per subject and frame, computed from pose.

What lives here: one module for each feature set (``egocentric``), found by its file name. May
import: ``store``, ``types``, ``errors`` and numpy/scipy. Modules that begin with ``_`` serve the
sets: ``_body`` holds the points of one animal, ``_arena`` its surroundings, ``_windows`` and
``_window_steps`` the statistics over time that learners compute on the fly from base columns.

To add a feature set: one file with ``VERSION`` (integer; a set whose output changes gets a new
one), ``DESCRIPTION`` (one line), ``SCOPES`` (of ``individual``, ``directed``: whether it can be
computed of one animal, and of an ordered pair), ``INVARIANCES`` (of ``translation``, ``rotation``,
``scale``, ``time_stretch``), ``NEEDED_ROLES`` (one of each tuple must be there),
``margin_frames(clock)``, ``constants(pose, clock, subject)`` (what is measured once over the whole
recording), ``mirror(columns)`` (what becomes of them when left and right change places; None =
cannot be told), where it reads ``signals`` of a track ``SIGNALS`` (how their names begin; only
outlines have some), of pairs ``exchange(columns)`` (the same when agent and target change places)
and ``compute(pose, clock, subject, constants=None) -> FeatureTable``. Name columns
``kind.what@seconds``; a copy that is scaled by recording begins with ``z:`` and gets no window
statistics. The contract tests in ``tests/features`` run over every set that is found; then write
its golden values by ``python -m tests.features.make_golden``.
"""
