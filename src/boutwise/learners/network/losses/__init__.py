"""Losses: how far scores are from the labels.

What lives here: one file a part with a class ``Loss(**options)``; see ``Loss`` in
``boutwise.learners.network._contract``. May import: torch and that contract.
To add one: a new file;
the contract tests check weights, gradients and that four windows can be overfitted.
"""
