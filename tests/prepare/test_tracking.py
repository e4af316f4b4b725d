"""Who is who from picture to picture."""

from __future__ import annotations

import numpy as np
import pytest

from boutwise.errors import UsageError
from boutwise.metrics import box_ious
from boutwise.prepare.detectors import Detections
from boutwise.prepare.tracking import Tracker, fill_gaps

FPS = 30.0
HALF = np.array([20.0, 10.0])


def path(n_frames, *, seed=0, center=(150.0, 120.0), reach=90.0):
    """A smooth walk, (frames, 2)."""
    rng = np.random.default_rng(seed)
    time = np.arange(n_frames)[:, None] / FPS
    return np.array(center) + reach * np.sin(rng.uniform(0.6, 1.2, 2) * time + rng.uniform(0, 6, 2))


def box(centre, half=HALF):
    return np.concatenate([centre - half, centre + half])


def seen(boxes, scores=None, points=()):
    boxes = np.asarray(boxes, np.float32).reshape(-1, 4)
    scores = np.full(len(boxes), 0.9) if scores is None else np.asarray(scores)
    return Detections(boxes, scores.astype(np.float32), tuple(points))


def owners(corners, walks):
    """Which walk each track is on, (frames, tracks); -1 where there is none."""
    middle = (corners[..., :2] + corners[..., 2:]) / 2
    away = np.linalg.norm(middle[:, :, None] - np.stack(walks, axis=1)[:, None], axis=-1)
    nearest = np.where(np.isfinite(away).all(axis=-1), away.argmin(axis=-1), -1)
    return nearest


def switches(corners, walks):
    """How often a track goes over to another animal, frames in which all are near left out."""
    nearest = owners(corners, walks)
    return int((np.diff(nearest, axis=0) != 0).sum())


@pytest.mark.parametrize("every", [1, 3, 6])
def test_one_animal_is_followed_and_lies_between_its_places(every):
    walk = path(300)
    tracker = Tracker(1, FPS)
    for frame in [*range(0, 300, every), 299] if every > 1 else range(300):
        if frame != 299 or every == 1 or 299 % every:
            tracker.add(frame, seen([box(walk[frame])]))
    corners, scores, detected = tracker.boxes(300)
    truth = np.stack([box(centre) for centre in walk])
    ious = [box_ious(a, b)[0, 0] for a, b in zip(corners[:, 0], truth, strict=True)]
    assert min(ious) > 0.8
    assert detected.sum() == len(tracker._frames)
    assert np.isfinite(scores).all()


def test_a_wrong_detection_far_away_is_not_the_animal():
    walk = path(90)
    tracker = Tracker(1, FPS)
    for frame in range(90):
        boxes = [box(walk[frame])] if frame % 10 else []
        tracker.add(frame, seen([*boxes, box(np.array([600.0, 400]))], [*[0.6] * len(boxes), 0.95]))
    corners, _, _ = tracker.boxes(90)
    assert corners[5:, 0, 0].max() < 400 or corners[5:, 0, 0].min() > 400


def test_an_animal_lost_for_long_has_no_box_until_it_is_found_again():
    walk = path(120)
    tracker = Tracker(1, FPS)
    for frame in range(120):
        tracker.add(frame, seen([] if 40 <= frame < 70 else [box(walk[frame])]))
    corners, scores, _ = tracker.boxes(120)
    assert np.isnan(corners[40:70]).all()
    assert np.isnan(scores[40:70]).all()
    assert np.isfinite(corners[:40]).all()
    assert np.isfinite(corners[70:]).all()


def test_a_short_loss_is_bridged_and_said_not_to_be_detected():
    walk = path(120)
    tracker = Tracker(1, FPS)
    for frame in range(120):
        tracker.add(frame, seen([] if 40 <= frame < 46 else [box(walk[frame])]))
    corners, _, detected = tracker.boxes(120)
    assert np.isfinite(corners).all()
    assert np.flatnonzero(~detected[:, 0]).tolist() == list(range(40, 46))


@pytest.mark.parametrize("seed", range(6))
def test_three_animals_keep_their_names_in_any_order_of_detections(seed):
    walks = [path(300, seed=3 * seed + k, center=(150 + 260 * k, 150)) for k in range(3)]
    rng = np.random.default_rng(seed)
    tracker = Tracker(3, FPS)
    for frame in range(0, 300, 3):
        order = rng.permutation(3)
        tracker.add(frame, seen([box(walks[k][frame]) for k in order]))
    corners, _, _ = tracker.boxes(298)
    assert switches(corners, [walk[:298] for walk in walks]) == 0


def meeting(kind):
    """Two animals that meet in the middle and go back, or go past each other."""
    away = 1.5 * (np.arange(150) - 75.0)
    if kind == "turn back":
        away = -np.maximum(np.abs(away) - 25, 0) - 14  # together for a second
    left = np.stack([300 + away, np.full(150, 100.0)], axis=1)
    right = np.stack([300 - away, np.full(150, 112.0)], axis=1)
    return [left, right]


def patch(walks, frame, *, step=4):
    """What a patch detector sees: one box and its points where the two overlap."""
    boxes = [box(walk[frame]) for walk in walks]
    grid = np.stack(np.meshgrid(*[np.arange(-h, h + 1, step) for h in HALF]), -1).reshape(-1, 2)
    points = [walk[frame] + grid for walk in walks]
    if box_ious(boxes[0], boxes[1])[0, 0] == 0:
        return seen(boxes, None, [np.zeros((0, 2), np.float32)] * 2)
    both = np.stack(boxes)
    one = np.concatenate([both[:, :2].min(axis=0), both[:, 2:].max(axis=0)])
    return seen([one], None, [np.concatenate(points).astype(np.float32)])


@pytest.mark.parametrize("kind", ["turn back", "pass"])
def test_two_that_touch_are_one_patch_and_come_out_as_they_went_in(kind):
    walks = meeting(kind)
    tracker = Tracker(2, FPS)
    for frame in range(150):
        tracker.add(frame, patch(walks, frame))
    corners, scores, _ = tracker.boxes(150)
    assert np.isfinite(corners).all()
    nearest = owners(corners, walks)
    assert nearest[0].tolist() == nearest[-1].tolist()
    assert sorted(nearest[-1].tolist()) == [0, 1]
    touching = np.array([len(patch(walks, frame).corners) == 1 for frame in range(150)])
    assert touching.sum() > 10
    assert (scores[touching] < 0.5).all()
    assert (scores[~touching] > 0.5).all()
    sizes = corners[touching][..., 2:] - corners[touching][..., :2]
    assert np.abs(sizes - 2 * HALF).max() < 0.35 * 2 * HALF[0]


def test_frames_come_in_order_and_there_is_somebody():
    tracker = Tracker(1, FPS)
    tracker.add(5, seen([]))
    with pytest.raises(UsageError, match="frame 5 comes after frame 5"):
        tracker.add(5, seen([]))
    with pytest.raises(UsageError, match="no animals"):
        Tracker(0, FPS)
    corners, _, detected = tracker.boxes(10)
    assert np.isnan(corners).all()
    assert not detected.any()


def test_only_short_gaps_are_filled():
    values = np.full((40, 1, 2), np.nan, dtype=np.float32)
    values[[0, 4, 30], 0] = [[0, 10], [4, 30], [9, 9]]
    fill_gaps(values, 30.0)
    assert values[:5, 0].tolist() == [[0, 10], [1, 15], [2, 20], [3, 25], [4, 30]]
    assert np.isnan(values[5:30]).all()
