"""Readouts: what the heads get to see of a window.

What lives here: one file a part with a class ``Readout(width, **options)``; see ``Readout`` in
``boutwise.learners.network._contract``. May import: torch and that contract.
To add one: a new file;
the contract tests run over it by themselves.
"""
