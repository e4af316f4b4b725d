"""Heads: the outputs of a network, each with its own loss.

What lives here: one file a part with a class ``Head(width, ethogram, *, loss, weights)``; see
``Head`` in ``boutwise.learners.network._contract``. May import: torch and that contract.
To add one:
a new file; the contract tests check that masked frames have no weight.
"""
