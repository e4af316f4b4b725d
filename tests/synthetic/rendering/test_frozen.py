"""The renderer is frozen: nothing that it draws changes without a new version."""

from __future__ import annotations

import hashlib
import json

import numpy as np
from tests.synthetic.rendering.make_golden import GOLDEN, blocks

from boutwise.synthetic.rendering import VERSION, anatomy, kinds


def digest(values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def test_the_tables_are_frozen():
    assert VERSION == 2
    assert digest((kinds.COATS, kinds.CAGES)) == "13ad335f86a544b6"
    bodies = (anatomy._THICKNESS.tolist(), anatomy._LIMBS, anatomy._EAR, anatomy._FOOT)
    assert digest(bodies) == "80912826d943398f"


def test_pictures_are_frozen():
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert golden["version"] == VERSION
    found = blocks()
    assert found.keys() == golden["blocks"].keys()
    for name, values in golden["blocks"].items():
        np.testing.assert_allclose(found[name], values, atol=0.6, err_msg=name)
