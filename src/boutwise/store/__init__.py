"""The store: computed arrays, kept under a key made of everything that they were computed from.

What lives here: one class, :class:`Store`, over any directory (a project's ``store/``, the
``--cache`` of a prediction, or the user's own). What may be imported: numpy, ``types`` and
``errors``. Everything in a store can be deleted at any time; it is computed again. To keep a new
kind of array, build its key with :func:`key` from the digest of its source, the name and version
of the code that computes it, and its settings.
"""

from boutwise.store.digest import file_digest, key
from boutwise.store.store import Store

__all__ = ["Store", "file_digest", "key"]
