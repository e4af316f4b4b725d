"""Every detector says what it is and refuses options that it does not have."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from boutwise import registry
from boutwise.errors import DataError, RecipeError
from boutwise.prepare.boxes import Detect
from boutwise.prepare.detectors import Detections

NAMES = registry.names("detector")


def test_there_are_three():
    assert {"background", "pose", "rtdetr"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_detector_says_what_it_is(name):
    module = registry.load("detector", name)
    assert module.DESCRIPTION
    assert module.VERSION >= 1
    assert module.READS in ("pictures", "pose")
    work = module.boxes if module.READS == "pose" else module.fit
    options = [p for p in inspect.signature(work).parameters.values() if p.kind is p.KEYWORD_ONLY]
    of_content = inspect.signature(module.content).parameters
    assert [(p.name, p.default) for p in options] == [
        (p.name, p.default) for p in of_content.values()
    ]


@pytest.mark.parametrize("name", NAMES)
def test_an_option_that_it_does_not_have_is_refused(name):
    with pytest.raises(RecipeError, match=f"'{name}' has no option 'colour'"):
        Detect({name: {"colour": 1}}).chosen(has_pose=True, fps=30)


def test_detections_belong_together():
    two = np.zeros((2, 4), np.float32)
    with pytest.raises(DataError, match="scores"):
        Detections(two, np.zeros(1, np.float32))
    with pytest.raises(DataError, match="2 boxes with 1 lists"):
        Detections(two, np.zeros(2, np.float32), (np.zeros((0, 2), np.float32),))
    assert Detections.none().corners.shape == (0, 4)
