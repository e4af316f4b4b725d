"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(path: str) -> Path:
    """A file or folder of the real data beside the checkout; skips the test where it is missing."""
    found = DATA / path
    if not found.exists():
        pytest.skip(f"the real data '{path}' is not on this machine")
    return found


@pytest.fixture(name="shared")
def shared_fixture():
    return shared
