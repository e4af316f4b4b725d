"""Subjects are scored side by side, stretch by stretch, and each as if it were alone."""

from __future__ import annotations

import numpy as np

from boutwise.learners import score_subject, score_subjects
from boutwise.types import Subject

MARGIN = 5


class Stand:
    """Scores that need the frames around each; notes whose stretch came when."""

    margin_frames = MARGIN

    def __init__(self) -> None:
        self.order: list[tuple[str, int]] = []

    def scores(self, chunks):
        for chunk in chunks:
            self.order.append((chunk.subject.animal, chunk.start))
            values = chunk.streams["features"]
            stop = len(values) - chunk.after
            total = np.pad(values, ((MARGIN, MARGIN), (0, 0)))
            around = sum(total[shift : shift + len(values)] for shift in range(2 * MARGIN + 1))
            yield around[chunk.before : stop].astype(np.float32)


def test_each_is_scored_as_if_alone_and_they_take_turns():
    rng = np.random.default_rng(0)
    streams = {
        Subject("r", name): {"features": rng.normal(size=(20_001, 2)).astype(np.float32)}
        for name in "ab"
    }
    stand = Stand()
    found = score_subjects(stand, 30.0, streams)
    starts = (0, 8192, 16384)
    assert stand.order == [(name, start) for start in starts for name in "ab"]
    for subject, values in streams.items():
        alone = score_subject(Stand(), subject, 30.0, values)
        np.testing.assert_array_equal(found[subject], alone, strict=True)
        whole = np.pad(values["features"], ((MARGIN, MARGIN), (0, 0)))
        expected = sum(whole[shift : shift + 20_001] for shift in range(2 * MARGIN + 1))
        np.testing.assert_array_equal(found[subject], expected)
