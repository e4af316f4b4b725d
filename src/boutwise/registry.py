"""Parts and where they live: a part's name is its file name.

A *part* is one Python file in the folder of its kind (``features/egocentric.py`` is the feature
set ``egocentric``). Modules whose name begins with ``_`` serve the parts beside them and are none.
Other packages add parts through the entry-point group ``boutwise.parts``, with names
``<kind>.<name>``. Listing parts imports none of them; a part is imported when it is first used.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType

from boutwise.errors import PartError, did_you_mean

FOLDERS = {
    "format": "boutwise.formats",
    "feature set": "boutwise.features",
    "preparation": "boutwise.cleaning",
    "pose augmentation": "boutwise.prepare.augment",
    "detector": "boutwise.prepare.detectors",
    "learner": "boutwise.learners",
    "encoder": "boutwise.learners.network.encoders",
    "temporal": "boutwise.learners.network.temporal",
    "readout": "boutwise.learners.network.readouts",
    "head": "boutwise.learners.network.heads",
    "loss": "boutwise.learners.network.losses",
    "augmentation": "boutwise.learners.network.augment",
    "decoder": "boutwise.decision.decoders",
    "metric": "boutwise.metrics",
    "check": "boutwise.checks",
}
"""Kind of part -> the package that holds its files."""


@cache
def _modules(kind: str) -> dict[str, str]:
    if kind not in FOLDERS:
        raise PartError(f"there is no kind of part '{kind}'", todo=did_you_mean(kind, FOLDERS))
    spec = importlib.util.find_spec(FOLDERS[kind])
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(spec.submodule_search_locations if spec else None):
        if not module.name.startswith("_"):
            found[module.name] = f"{FOLDERS[kind]}.{module.name}"
    for point in entry_points(group="boutwise.parts"):
        point_kind, _, name = point.name.partition(".")
        if point_kind.replace("_", " ") != kind:
            continue
        if name in found:
            raise PartError(
                f"two {kind} parts are called '{name}': {found[name]} and {point.value}",
                todo="rename one of them, or remove one of the packages",
            )
        found[name] = point.value
    return found


def names(kind: str) -> list[str]:
    """Names of all parts of a kind, sorted; nothing is imported.

    >>> "viterbi" in names("decoder")
    True
    """
    return sorted(_modules(kind))


def load(kind: str, name: str) -> ModuleType:
    """Import the part of that kind and name.

    Raises:
        PartError: There is no such part; the message has the nearest name.
    """
    known = _modules(kind)
    if name not in known:
        raise PartError(f"there is no {kind} '{name}'", todo=did_you_mean(name, known))
    return importlib.import_module(known[name])
