"""Augmentations of feature streams: what may be changed in a window without changing its label.

What lives here: one file a part with a class ``Augment(**options)``; see ``Augment`` in
``boutwise.learners.network._contract``. They act on standardized features. Mirroring, scaling and
turning belong to poses, before features are computed, and are not offered here: a mirrored feature
column is another column. May import: torch and that contract. To add one: a new file.
"""
