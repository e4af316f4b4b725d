"""Killed while pictures are cut, and in a training; ``benchmarks/kill_video.py`` does more."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def kill_video():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        spec = importlib.util.spec_from_file_location("kill_video", BENCHMARKS / "kill_video.py")
        module = importlib.util.module_from_spec(spec)
        sys.modules["kill_video"] = module
        spec.loader.exec_module(module)
        yield module
        del sys.modules["kill_video"]


@pytest.fixture(scope="module")
def whole(kill_video, filmed, tmp_path_factory):
    """The run that nobody interrupts."""
    root = tmp_path_factory.mktemp("whole") / "project"
    kill_video.import_films(root, filmed[0])
    kill_video.train(root, 1)
    return root / "runs" / kill_video.RUN


def test_a_run_that_is_killed_twice_ends_bit_for_bit_as_one_that_is_not(
    kill_video, filmed, whole, tmp_path
):
    root = tmp_path / "project"
    kill_video.import_films(root, filmed[0])
    moments = [("pictures of", 0.0), ("fold 2, member 0", 0.2)]
    places, units = kill_video.interrupted(root, moments, 1)
    assert "pictures of" in places[0]
    assert 1 <= units < 7
    kill_video.train(root, 1)
    assert kill_video.differing(root / "runs" / kill_video.RUN, whole) == []


def test_other_numbers_would_be_seen(kill_video, whole):
    name = "folds/1/members/0/raw/0.npy"
    other = whole.parents[2] / "other"
    shutil.copytree(whole, other)
    np.save(other / name, np.load(other / name) + np.float32(1e-6))
    assert kill_video.differing(other, whole) == [name]
