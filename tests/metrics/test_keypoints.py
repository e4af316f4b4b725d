from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error

from boutwise.errors import UsageError
from boutwise.metrics.keypoints import keypoint_errors


def points(seed, n_frames=40, n_points=5):
    rng = np.random.default_rng(seed)
    truth = rng.random((n_frames, n_points, 2)) * (640, 480)
    predicted = truth + rng.normal(0, 5, truth.shape)
    return truth, predicted, rng.random((n_frames, n_points)) < 0.7


@pytest.mark.parametrize("seed", range(3))
def test_errors_of_visible_points_equal_those_of_sklearn(seed):
    truth, predicted, visible = points(seed)
    found = keypoint_errors(truth, predicted, visible, size_px=(640, 480))
    assert found.mae_px == pytest.approx(mean_absolute_error(truth[visible], predicted[visible]))
    size = np.array([640, 480])
    normalized = mean_absolute_error(truth[visible] / size, predicted[visible] / size)
    assert found.mae_normalized == pytest.approx(normalized)
    distances = np.linalg.norm(truth[visible] - predicted[visible], axis=1)
    assert found.distance_px == pytest.approx(distances.mean())
    for place, value in enumerate(found.by_keypoint):
        seen = visible[:, place]
        own = mean_absolute_error(truth[seen, place], predicted[seen, place])
        assert value == pytest.approx(own)
    assert (found.n_visible, found.missed_share) == (visible.sum(), 0)


def test_a_missed_point_is_no_error_but_counted():
    truth, predicted, visible = points(0)
    whole = keypoint_errors(truth, predicted, visible)
    frame, point = np.argwhere(visible)[0]
    lost = predicted.copy()
    lost[frame, point, 0] = np.nan
    found = keypoint_errors(truth, lost, visible)
    assert found.missed_share == pytest.approx(1 / visible.sum())
    seen = visible.copy()
    seen[frame, point] = False
    assert found.mae_px == pytest.approx(keypoint_errors(truth, predicted, seen).mae_px)
    assert found.mae_px != whole.mae_px
    assert np.isnan(whole.mae_normalized)


def test_nothing_visible_is_undefined():
    truth, predicted, visible = points(0)
    found = keypoint_errors(truth, predicted, np.zeros_like(visible))
    assert found.n_visible == 0
    assert np.isnan([found.mae_px, found.distance_px, found.missed_share]).all()
    assert np.isnan(found.by_keypoint).all()


def test_what_does_not_fit_is_refused():
    truth, predicted, visible = points(0)
    with pytest.raises(UsageError, match="have the shapes"):
        keypoint_errors(truth, predicted[:-1], visible)
    with pytest.raises(UsageError, match="have the shapes"):
        keypoint_errors(truth[..., :1], predicted[..., :1], visible)
    with pytest.raises(UsageError, match="a picture of"):
        keypoint_errors(truth, predicted, visible, size_px=(0, 480))
