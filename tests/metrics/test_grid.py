"""The whole score over a grid of small inputs, number by number, against the slow references.

The inputs have what real ones have: unlabelled and unscorable frames, bouts of one frame, behaviors
that nobody shows or predicts, recordings with nothing but background, several recordings of an
animal, and probabilities of 0 and 1.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics as sklearn_metrics

from boutwise.metrics import ScoredSubject, ScoreOptions, bouts, score_recordings
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, Subject

from . import references

NAMES = ("other", "walk", "rear", "sniff")
GROUP = (0, 1, 2)
ETHOGRAM = Ethogram(
    tuple(map(Behavior, NAMES)), (ExclusiveGroup("action", NAMES[:3], background="other"),)
)
FPS = 10.0
THRESHOLDS = (0.1, 0.3, 0.5)


@st.composite
def runs(draw, n_frames, values):
    """Values in runs of 1 to 6 frames."""
    frames = []
    while len(frames) < n_frames:
        frames += [draw(values)] * draw(st.integers(1, 6))
    return np.array(frames[:n_frames])


@st.composite
def subjects(draw):
    items = []
    for place in range(draw(st.integers(1, 4))):
        n_frames = draw(st.integers(1, 25))
        # 3 stands for unlabelled and 4 for unscorable; a third of the recordings have neither.
        top = draw(st.sampled_from([0, 2, 4]))
        label = draw(runs(n_frames, st.integers(0, top)))
        sniff = draw(runs(n_frames, st.sampled_from([-2, -1, 0, 0, 1])))
        truth = np.zeros((n_frames, 4), dtype=np.int8)
        truth[:, :3] = np.eye(5, dtype=np.int8)[label][:, :3]
        truth[label == 3, :3], truth[label == 4, :3] = -1, -2
        truth[:, 3] = sniff
        said = draw(runs(n_frames, st.integers(0, draw(st.sampled_from([0, 2])))))
        decided = np.column_stack(
            [np.eye(3, dtype=bool)[said], draw(runs(n_frames, st.booleans()))]
        )
        tenths = st.lists(st.integers(0, 20), min_size=n_frames * 4, max_size=n_frames * 4)
        p = np.array(draw(tenths)).reshape(n_frames, 4) / 20
        subject = Subject(f"r{place}", f"m{place // 2}")
        items.append(ScoredSubject(subject, subject.animal, truth, decided, FPS, p))
    return items


def examined(items):
    return any((item.truth >= 0).any() for item in items)


def joined(items, column):
    """True, decided and probable of one behavior in all frames that were examined for it."""
    parts = [(item, item.truth[:, column] >= 0) for item in items]
    return (
        np.concatenate([item.truth[known, column] == 1 for item, known in parts]),
        np.concatenate([item.decided[known, column] for item, known in parts]),
        np.concatenate([item.probabilities[known, column] for item, known in parts]),
    )


def same(found, expected):
    assert found == pytest.approx(expected, abs=1e-9, nan_ok=True)


def f1_or_nan(truth, said):
    return sklearn_metrics.f1_score(truth, said) if truth.any() or said.any() else math.nan


@settings(max_examples=45, deadline=None)
@given(subjects().filter(examined))
def test_frame_scores_are_those_of_sklearn(items):
    scores = score_recordings(items, ETHOGRAM)
    f1 = []
    for column, name in enumerate(NAMES):
        truth, said, p = joined(items, column)
        row = scores.behavior(name)
        f1.append(f1_or_nan(truth, said))
        same(row.f1.value, f1[-1])
        same(row.precision, truth[said].mean() if said.any() else math.nan)
        same(row.recall, said[truth].mean() if truth.any() else math.nan)
        average = sklearn_metrics.average_precision_score(truth, p) if truth.any() else math.nan
        same(row.average_precision, average)
        counts = (row.truth_frames, row.predicted_frames, row.scored_frames)
        assert counts == (truth.sum(), said.sum(), truth.size)
    same(scores.frames.macro_f1.value, references.mean_defined(f1))
    same(scores.frames.macro_f1_without_background.value, references.mean_defined(f1[1:]))
    weights = [row.truth_frames for row in map(scores.behavior, NAMES)]
    total = sum(f * w for f, w in zip(f1, weights, strict=True) if w)
    same(scores.frames.weighted_f1.value, references.share(total, sum(weights)))


@settings(max_examples=40, deadline=None)
@given(subjects().filter(examined))
def test_decisions_are_those_of_sklearn(items):
    scores = score_recordings(items, ETHOGRAM)
    known = [(item.truth[:, :3] >= 0).all(axis=1) for item in items]
    truth = np.concatenate(
        [i.truth[k, :3].argmax(axis=1) for i, k in zip(items, known, strict=True)]
    )
    said = np.concatenate(
        [i.decided[k, :3].argmax(axis=1) for i, k in zip(items, known, strict=True)]
    )
    sniff, sniffed, _ = joined(items, 3)
    right = (truth == said).sum() + (sniff == sniffed).sum()
    same(scores.frames.accuracy.value, references.share(right, truth.size + sniff.size))
    recalls = [
        [float((s[t == c] == c).mean()) for c in np.unique(t)]
        for t, s in ((truth, said), (sniff, sniffed))
    ]
    balanced = references.mean_defined([references.mean_defined(each) for each in recalls])
    same(scores.frames.balanced_accuracy.value, balanced)
    table = next(table for table in scores.confusions if table.name == "action")
    if truth.size:
        expected = sklearn_metrics.confusion_matrix(truth, said, labels=GROUP)
        assert [list(row) for row in table.counts] == expected.tolist()
    else:
        assert not np.array(table.counts).any()


@settings(max_examples=40, deadline=None)
@given(subjects().filter(examined))
def test_bouts_are_those_of_the_slow_loop(items):
    scores = score_recordings(items, ETHOGRAM, options=ScoreOptions(thresholds=THRESHOLDS))
    total = np.zeros((3, 3), dtype=int)
    for column, name in enumerate(NAMES):
        counts = np.zeros((3, 3), dtype=int)
        for item in items:
            known = item.truth[:, column] >= 0
            true = references.bouts_of(item.truth[:, column] == 1, known)
            said = references.bouts_of(item.decided[:, column], known)
            for place, threshold in enumerate(THRESHOLDS):
                counts[place] += references.one_to_one(true, said, threshold)[:3]
        expected = [references.f1_of(*each.tolist()) for each in counts]
        same([found.value for found in scores.behavior(name).bout_f1], expected)
        total += counts if column else 0
    assert (
        np.array([scores.bouts.tp, scores.bouts.fp, scores.bouts.fn]).T.tolist() == total.tolist()
    )
    same(
        [found.value for found in scores.bouts.pooled_f1],
        [references.f1_of(*each.tolist()) for each in total],
    )


@settings(max_examples=20, deadline=None)
@given(subjects().filter(examined))
def test_each_recording_and_animal_is_a_score_of_its_own(items):
    scores = score_recordings(items, ETHOGRAM)
    for rows, key in (
        (scores.by_recording, lambda item: item.subject.recording),
        (scores.by_animal, lambda item: item.animal),
    ):
        for row in rows:
            mine = [item for item in items if key(item) == row.name]
            if not examined(mine):
                assert row.behaviors == ()
                assert math.isnan(row.macro_f1)
                continue
            alone = score_recordings(mine, ETHOGRAM)
            same(row.macro_f1, alone.frames.macro_f1.value)
            same(row.macro_f1_without_background, alone.frames.macro_f1_without_background.value)
            same(row.weighted_f1, alone.frames.weighted_f1.value)
            same(row.accuracy, alone.frames.accuracy.value)
            same(row.balanced_accuracy, alone.frames.balanced_accuracy.value)
            same(row.bout_f1, tuple(found.value for found in alone.bouts.pooled_f1))
            for behavior in row.behaviors:
                whole = alone.behavior(behavior.name)
                same(behavior.f1, whole.f1.value)
                same(behavior.precision, whole.precision)
                same(behavior.recall, whole.recall)
                same(behavior.average_precision, whole.average_precision)
                same(behavior.bout_f1, tuple(found.value for found in whole.bout_f1))
                assert behavior.truth_bouts == whole.truth_bouts
                assert behavior.predicted_bouts == whole.predicted_bouts
    for name in NAMES:
        own = [
            next((b.f1 for b in row.behaviors if b.name == name), math.nan)
            for row in scores.by_recording
        ]
        same(scores.behavior(name).f1_by_recording.mean, references.mean_defined(own))


def slow_statistics(flags, known):
    """Count, total, mean and latency in seconds, frame by frame."""
    found = references.bouts_of(flags, known)
    if not found:
        return 0, 0.0, math.nan, math.nan
    total = sum(map(len, found)) / FPS
    first = next(frame for frame, seen in enumerate(known) if seen)
    return len(found), total, total / len(found), (found[0][0] - first) / FPS


@settings(max_examples=30, deadline=None)
@given(subjects().filter(examined))
def test_statistics_of_bouts_are_the_slow_ones(items):
    scores = score_recordings(items, ETHOGRAM)
    rows = {(row.recording, row.behavior): row for row in scores.bout_statistics}
    for item in items:
        for column, name in enumerate(NAMES):
            known = item.truth[:, column] >= 0
            if not known.any():
                assert (item.subject.recording, name) not in rows
                continue
            row = rows[item.subject.recording, name]
            sides = {"truth": item.truth[:, column] == 1, "predicted": item.decided[:, column]}
            for side, flags in sides.items():
                found = [
                    getattr(row, f"{side}_{what}")
                    for what in ("count", "total_s", "mean_s", "latency_s")
                ]
                same(found, list(slow_statistics(flags, known)))


@settings(max_examples=45, deadline=None)
@given(
    st.lists(
        st.tuples(*[st.one_of(st.integers(-8, 8).map(float), st.just(math.nan))] * 2), max_size=12
    )
)
def test_bias_and_correlation_are_those_of_scipy(pairs):
    truth, said = (np.array([pair[side] for pair in pairs], dtype=float) for side in (0, 1))
    n, bias, correlation = bouts.bias_and_correlation(truth, said)
    both = np.isfinite(truth) & np.isfinite(said)
    assert n == both.sum()
    x, y = truth[both], said[both]
    same(bias, float((y - x).mean()) if n else math.nan)
    if n < 3 or len(set(x)) == 1 or len(set(y)) == 1:
        assert math.isnan(correlation)
    else:
        same(correlation, stats.pearsonr(x, y).statistic)


@settings(max_examples=30, deadline=None)
@given(subjects().filter(examined))
def test_calibration_and_time_are_the_slow_ones(items):
    scores = score_recordings(items, ETHOGRAM)
    rows = {row.name: row for row in scores.calibration.behaviors}
    for column, name in enumerate(NAMES):
        truth, _, p = joined(items, column)
        expected = references.probabilities(truth.tolist(), p.tolist(), [True] * truth.size)
        same(rows[name].ece.value, expected["ece"])
        same(rows[name].brier, expected["brier"])
        if len(set(truth.tolist())) == 2:
            same(rows[name].brier, sklearn_metrics.brier_score_loss(truth, p))
        budgets = [row for row in scores.time_budgets if row.behavior == name]
        same(sum(row.expected_s for row in budgets), p.sum() / FPS)
        same(sum(row.truth_s for row in budgets), truth.sum() / FPS)


@settings(max_examples=20, deadline=None)
@given(subjects().filter(examined), st.integers(0, 4))
def test_frames_that_nobody_examined_change_no_number(items, n_more):
    """But the lengths of recordings in hours, which count examined frames only, stay too."""
    longer = [
        ScoredSubject(
            item.subject,
            item.animal,
            np.concatenate([item.truth, np.full((n_more, 4), -1, dtype=np.int8)]),
            np.concatenate([item.decided, np.zeros((n_more, 4), dtype=bool)]),
            FPS,
            np.concatenate([item.probabilities, np.full((n_more, 4), 0.5)]),
        )
        for item in items
    ]
    before = score_recordings(items, ETHOGRAM).as_dict()
    after = score_recordings(longer, ETHOGRAM).as_dict()
    unlabelled = after["facts"].pop("unlabelled_frames") - before["facts"].pop("unlabelled_frames")
    assert unlabelled == n_more * len(items)
    assert before == after


@settings(max_examples=20, deadline=None)
@given(subjects().filter(examined))
def test_order_is_the_mean_edit_score_of_the_recordings(items):
    scores = score_recordings(items, ETHOGRAM, options=ScoreOptions(ordered=True))
    values = []
    for item in items:
        known = (item.truth[:, :3] >= 0).all(axis=1)
        true = item.truth[known, :3].argmax(axis=1)
        said = item.decided[known, :3].argmax(axis=1)
        values.append(bouts.edit_score(true, said, [0]))
    same(scores.order.edit_score.mean, references.mean_defined(values))
    assert scores.order.groups == ("action",)
