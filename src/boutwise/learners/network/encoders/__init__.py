"""Encoders: from pictures to a few numbers for each frame, or for each window.

What lives here: one file a part with a class ``Encoder(channels, size, **options)``; see
``Encoder`` in ``boutwise.learners.network._contract``. May import: torch and that contract.
To add one: a new file; the contract tests run over it by themselves.
"""
