"""Augmentations of batches: what may be changed in a window without changing what it teaches.

What lives here: one file a part with a class ``Augment(data, **options)``; see ``Augment`` and
``Facts`` in ``boutwise.learners.network._contract``. They act on standardized features and
on pictures, all frames of a window alike, in the order of the recipe; one that could change
nothing is refused. What changes a pose (turning, scaling, noise of the tracker) is a pose
augmentation, before features are computed. May import: torch, ``learners._mirroring`` and that
contract. To add one: a new file.
"""
