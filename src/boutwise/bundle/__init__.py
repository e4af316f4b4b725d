"""Bundles: a trained model in one file, with everything that is needed to use and to judge it.

What lives here: writing, opening, describing a ``bundle.boutwise``, and refusing recordings that
it does not fit. It is a zip of JSON, YAML, safetensors and LightGBM text; no pickle. May import:
``decision``, ``types``, ``registry``. The members are loaded by ``inference``.
"""

from boutwise.bundle.archive import pack, unpack
from boutwise.bundle.bundle import Bundle, StreamNeed

__all__ = ["Bundle", "StreamNeed", "pack", "unpack"]
