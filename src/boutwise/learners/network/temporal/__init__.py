"""Temporal parts: modules that mix the frames of a window.

What lives here: one file a part with a class ``Temporal(width, **options)``; see ``Temporal`` in
``boutwise.learners.network._contract``. May import: torch and that contract.
To add one: a new file;
the contract tests check shapes, gradients, the mask and ``margin_frames``.
"""
