from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

from boutwise.errors import DataError, UsageError
from boutwise.metrics import Matching, ScoredSubject, ScoreOptions, score_recordings
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, Subject

from . import references

NAMES = ("other", "walk", "rear", "groom", "sniff")
MEMBERS = NAMES[:4]
ETHOGRAM = Ethogram(
    tuple(Behavior(name) for name in NAMES), (ExclusiveGroup("action", MEMBERS, "other"),)
)
FPS = 20.0


def stretched(rng, values, n_frames):
    return np.repeat(values, rng.integers(5, 60, len(values)))[:n_frames]


@cache
def animals(n_animals=6, n_frames=1500):
    """Recordings with gaps: one exclusive group and one behavior beside it."""
    rng = np.random.default_rng(7)
    items = []
    for place in range(n_animals):
        label = stretched(rng, rng.choice(4, n_frames // 4, p=[0.5, 0.25, 0.2, 0.05]), n_frames)
        sniff = stretched(rng, rng.random(n_frames // 4) < 0.25, n_frames)
        noise = rng.normal(0, 1, (n_frames // 10, 4)).repeat(10, axis=0)
        logits = noise + rng.normal(2, 0.6) * np.eye(4)[label]
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        p_sniff = np.clip(0.6 * sniff + 0.2 + rng.normal(0, 0.2, n_frames), 0, 1)
        truth = np.column_stack([np.eye(4)[label], sniff]).astype(np.int8)
        truth[100:180] = -1
        truth[400:430, :4] = -2
        truth[1200:, 4] = -1
        decided = np.column_stack([np.eye(4, dtype=bool)[p.argmax(axis=1)], p_sniff > 0.5])
        subject = Subject(f"rec{place}", f"m{place // 2}")
        scores = np.column_stack([p, p_sniff]).astype(np.float32)
        items.append(ScoredSubject(subject, subject.animal, truth, decided, FPS, scores))
    return tuple(items)


@cache
def scored():
    declared = {"active": ("walk", "rear")}
    options = ScoreOptions(declared=declared, primary="rear")
    return score_recordings(animals(), ETHOGRAM, options=options)


def pooled(column):
    """True and decided flags of one behavior, frames of all recordings behind each other."""
    known = [item.truth[:, column] >= 0 for item in animals()]
    truth = [item.truth[k, column] == 1 for item, k in zip(animals(), known, strict=True)]
    said = [item.decided[k, column] for item, k in zip(animals(), known, strict=True)]
    scores = [item.probabilities[k, column] for item, k in zip(animals(), known, strict=True)]
    return np.concatenate(truth), np.concatenate(said), np.concatenate(scores)


def test_frame_scores_of_each_behavior_equal_those_of_sklearn():
    for row in scored().behaviors:
        truth, said, scores = pooled(NAMES.index(row.name))
        assert row.f1.value == pytest.approx(sklearn_metrics.f1_score(truth, said))
        assert row.precision == pytest.approx(sklearn_metrics.precision_score(truth, said))
        assert row.recall == pytest.approx(sklearn_metrics.recall_score(truth, said))
        average = sklearn_metrics.average_precision_score(truth, scores)
        assert row.average_precision == pytest.approx(average)
        assert (row.truth_frames, row.scored_frames) == (truth.sum(), truth.size)


def test_macro_f1_is_the_mean_over_behaviors_and_its_spread_that_over_units():
    f1 = {row.name: row.f1.value for row in scored().behaviors}
    frames = scored().frames
    assert frames.macro_f1.value == pytest.approx(np.mean(list(f1.values())))
    ahead = [value for name, value in f1.items() if name != "other"]
    assert frames.macro_f1_without_background.value == pytest.approx(np.mean(ahead))
    by_animal = [row.macro_f1 for row in scored().by_animal]
    assert frames.by_animal.mean == pytest.approx(np.mean(by_animal))
    assert frames.by_animal.sd == pytest.approx(np.std(by_animal, ddof=1))
    by_recording = []
    for item in animals():
        alone = score_recordings([item], ETHOGRAM)
        by_recording.append(alone.frames.macro_f1.value)
    assert [row.macro_f1 for row in scored().by_recording] == pytest.approx(by_recording)
    assert frames.by_recording.mean == pytest.approx(np.mean(by_recording))


def test_accuracy_counts_one_decision_a_group_and_one_a_behavior():
    right = total = 0
    for item in animals():
        for t, d in zip(item.truth, item.decided, strict=True):
            if (t[:4] >= 0).all():
                right += bool(((t[:4] == 1) == d[:4]).all())
                total += 1
            if t[4] >= 0:
                right += (t[4] == 1) == d[4]
                total += 1
    assert scored().frames.accuracy.value == pytest.approx(right / total)


def test_bouts_equal_the_slow_loop_and_leave_out_the_background():
    total = np.zeros((3, 3), dtype=int)
    stray = 0
    for row in scored().behaviors:
        counts = np.zeros((3, 3), dtype=int)
        for item in animals():
            column = NAMES.index(row.name)
            known = item.truth[:, column] >= 0
            true = references.bouts_of(item.truth[:, column] == 1, known)
            said = references.bouts_of(item.decided[:, column], known)
            for place, threshold in enumerate((0.1, 0.25, 0.5)):
                counts[place] += references.one_to_one(true, said, threshold)[:3]
            if row.name != "other":
                stray += sum(1 for s in said if not any(set(s) & set(t) for t in true))
        expected = [references.f1_of(*counts[place].tolist()) for place in range(3)]
        assert [e.value for e in row.bout_f1] == pytest.approx(expected)
        if row.name != "other":
            total += counts
    bouts = scored().bouts
    assert np.array([bouts.tp, bouts.fp, bouts.fn]).T.tolist() == total.tolist()
    expected = [references.f1_of(*counts.tolist()) for counts in total]
    assert [e.value for e in bouts.pooled_f1] == pytest.approx(expected)
    hours = scored().facts.scored_s / 3600
    assert scored().onsets.false_bouts_per_hour == pytest.approx(stray / hours)


def test_another_rule_changes_the_bouts_and_says_so():
    rule = Matching(background=True, assignment="many_to_many")
    other = score_recordings(animals(), ETHOGRAM, options=ScoreOptions(matching=rule)).bouts
    assert other.rule == "many to many, half-open, background scored, pooled"
    assert other.tp[0] > scored().bouts.tp[0]


def test_confusion_adds_up_to_the_frames_of_each_behavior():
    tables = {table.name: table for table in scored().confusions}
    assert tables["action"].truth == tables["action"].predicted == MEMBERS
    by_name = {row.name: row for row in scored().behaviors}
    for name, row in zip(MEMBERS, tables["action"].counts, strict=True):
        assert sum(row) == by_name[name].truth_frames
    (_, fp), (fn, tp) = tables["sniff"].counts
    assert fn + tp == by_name["sniff"].truth_frames
    assert fp + tp == by_name["sniff"].predicted_frames


def test_declared_behaviors_are_scored_as_one():
    truth, said = [], []
    for item in animals():
        known = (item.truth[:, 1:3] >= 0).all(axis=1) | (item.truth[:, 1:3] == 1).any(axis=1)
        truth += (item.truth[known, 1:3] == 1).any(axis=1).tolist()
        said += item.decided[known, 1:3].any(axis=1).tolist()
    (row,) = scored().declared
    assert row.f1.value == pytest.approx(sklearn_metrics.f1_score(truth, said))


def test_intervals_rest_on_animals_and_not_on_recordings():
    interval = scored().frames.macro_f1.interval
    assert (interval.n_groups, interval.rough) == (3, True)
    assert interval.low < scored().frames.macro_f1.value < interval.high
    assert "not independent" in scored().frames.by_recording.interval.reason
    two = score_recordings(animals()[:4], ETHOGRAM)
    assert "at least 3 animals" in two.frames.macro_f1.interval.reason
    assert any("no interval" in note for note in two.notes)


def test_the_headline_counts_the_behaviors_that_have_a_score():
    assert scored().headline.text.startswith("Mean F1 over 5 behaviors")
    rest = [
        replace(
            item,
            truth=np.where(np.arange(5) == 3, 0, item.truth).astype(np.int8),
            decided=item.decided & (np.arange(5) != 3),
        )
        for item in animals()
    ]
    text = score_recordings(rest, ETHOGRAM).headline.text
    assert text.startswith("Mean F1 over the 4 of 5 behaviors for which it is defined")


def test_facts_count_what_was_left_out():
    facts = scored().facts
    assert facts.unlabelled_frames == 6 * 80
    assert facts.scored_frames == 6 * (1500 - 80)
    assert facts.scored_s == pytest.approx(facts.scored_frames / FPS)
    assert facts.labels == "human"
    by_model = [replace(item, human=False) for item in animals()[:3]]
    assert score_recordings(by_model, ETHOGRAM).facts.labels == "model"
    mixed = score_recordings([*by_model, *animals()[3:]], ETHOGRAM)
    assert mixed.facts.labels == "mixed"
    assert any("model" in note for note in mixed.notes)


def test_majority_baseline_learns_from_the_other_animals():
    frames_of = {name: np.zeros(5) for name in ("m0", "m1", "m2")}
    for item in animals():
        frames_of[item.animal] += (item.truth == 1).sum(axis=0)
    truth, said = [], []
    for item in animals():
        others = sum(n for name, n in frames_of.items() if name != item.animal)
        known = (item.truth[:, :4] >= 0).all(axis=1)
        truth += (item.truth[known, :4] == 1).argmax(axis=1).tolist()
        said += [int(np.argmax(others[:4]))] * int(known.sum())
    f1 = sklearn_metrics.f1_score(truth, said, labels=range(4), average=None)
    majority, chance = scored().baselines
    # 'sniff' is rarer than its absence, so it is never said: an F1 of 0.
    assert majority.macro_f1 == pytest.approx(np.mean([*f1, 0.0]))
    assert majority.macro_f1_without_background == 0
    assert "other animals" in majority.text
    assert chance.macro_f1 < scored().frames.macro_f1.value
    assert chance.balanced_accuracy == pytest.approx((1 / 4 + 1 / 2) / 2, abs=0.02)


def test_folds_tell_the_baseline_what_was_trained_on():
    folds = {"m0": "a", "m1": "a", "m2": "a"}
    one_fold = score_recordings(animals(), ETHOGRAM, options=ScoreOptions(folds=folds))
    assert "scored labels themselves" in one_fold.baselines[0].text


def test_statistics_and_budgets_add_up():
    s = scored()
    by_name = {row.name: row for row in s.behaviors}
    for name, row in by_name.items():
        mine = [b for b in s.bout_statistics if b.behavior == name]
        assert sum(b.truth_count for b in mine) == row.truth_bouts
        assert sum(b.predicted_count for b in mine) == row.predicted_bouts
        budgets = [b for b in s.time_budgets if b.behavior == name]
        assert sum(b.truth_s for b in budgets) == pytest.approx(row.truth_frames / FPS)
        assert sum(b.predicted_s for b in budgets) == pytest.approx(row.predicted_frames / FPS)
        _, _, scores = pooled(NAMES.index(name))
        assert sum(b.expected_s for b in budgets) == pytest.approx(scores.sum() / FPS, rel=1e-5)
    agreement = next(a for a in s.bout_agreement if (a.behavior, a.statistic) == ("walk", "count"))
    mine = [b for b in s.bout_statistics if b.behavior == "walk"]
    assert agreement.bias == pytest.approx(
        np.mean([b.predicted_count - b.truth_count for b in mine])
    )


def test_the_primary_behavior_stands_first():
    assert scored().behaviors[0].name == scored().curves[0].behavior == "rear"
    assert scored().onsets.behaviors[0].name == "rear"


def test_without_probabilities_the_rest_stays():
    bare = score_recordings([replace(i, probabilities=None) for i in animals()], ETHOGRAM)
    assert bare.calibration is None
    assert bare.curves == ()
    assert np.isnan(bare.frames.macro_average_precision)
    assert bare.frames.macro_f1 == scored().frames.macro_f1
    assert bare.bouts == scored().bouts


def test_a_class_that_does_not_occur_is_undefined_and_said():
    items = [
        replace(i, truth=np.where(i.truth == 1, 0, i.truth).astype(np.int8)) for i in animals()
    ]
    labels = [
        replace(i, truth=np.column_stack([(i.truth[:, 0] >= 0), i.truth[:, 1:]]).astype(np.int8))
        for i in items
    ]
    silent = [replace(i, decided=np.eye(5, dtype=bool)[np.zeros(1500, int)]) for i in labels]
    scores = score_recordings(silent, ETHOGRAM)
    assert np.isnan(scores.behavior("walk").f1.value)
    assert scores.as_dict()["behaviors"][1]["f1"]["value"] is None
    assert scores.frames.macro_f1.value == scores.behavior("other").f1.value
    assert any("'walk' does not occur" in note for note in scores.notes)


def test_the_dictionary_is_plain_json():
    text = json.dumps(scored().as_dict(), allow_nan=False)
    back = json.loads(text)
    assert back["headline"]["estimate"]["value"] == scored().frames.macro_f1.value
    assert back["bouts"]["pooled_f1"][2]["interval"]["n_groups"] == 3
    assert back["schema_version"] == 1


def test_what_cannot_be_scored_is_refused():
    item = animals()[0]
    with pytest.raises(UsageError, match="nothing to score"):
        score_recordings([], ETHOGRAM)
    with pytest.raises(DataError, match="twice"):
        score_recordings([item, item], ETHOGRAM)
    with pytest.raises(UsageError, match="did you mean 'rear'"):
        score_recordings([item], ETHOGRAM, options=ScoreOptions(primary="raer"))
    unseen = replace(item, truth=np.full_like(item.truth, -1))
    with pytest.raises(UsageError, match="no frame of the truth"):
        score_recordings([unseen], ETHOGRAM)
    with pytest.raises(DataError, match="two members of the exclusive group"):
        score_recordings([replace(item, decided=np.ones_like(item.decided))], ETHOGRAM)
    with pytest.raises(DataError, match="columns of labels"):
        score_recordings([item], ETHOGRAM.only(MEMBERS))


def test_directed_behaviors_belong_to_the_animal_that_acts():
    ethogram = Ethogram((Behavior("attack", scope="directed"),))
    rng = np.random.default_rng(0)
    items = []
    for recording in ("a", "b", "c"):
        for agent, target in (("x", "y"), ("y", "x")):
            truth = (rng.random((80, 1)) < 0.4).astype(np.int8)
            decided = truth.astype(bool) ^ (rng.random((80, 1)) < 0.2)
            subject = Subject(recording, f"{recording}{agent}", f"{recording}{target}")
            items.append(ScoredSubject(subject, subject.animal, truth, decided, 30.0))
    scores = score_recordings(items, ethogram)
    assert scores.facts.n_subjects == scores.frames.macro_f1.interval.n_groups == 6
    assert scores.by_recording[0].members == ("ax", "ay")
    assert {row.target for row in scores.time_budgets} == {i.subject.target for i in items}


def test_the_majority_of_an_animal_is_not_its_own():
    group = ExclusiveGroup("g", ("a", "b"))
    ethogram = Ethogram((Behavior("a"), Behavior("b")), (group,))
    items = []
    # All together 'a' is commoner, but not in the animals that are not 'x'.
    for animal, n_frames, label in (("x", 100, 0), ("y", 40, 1), ("z", 40, 1)):
        truth = np.eye(2, dtype=np.int8)[np.full(n_frames, label)]
        items.append(ScoredSubject(Subject(animal, animal), animal, truth, truth > 0, 20.0))
    majority = score_recordings(items, ethogram).baselines[0]
    assert majority.accuracy == 0
    same_fold = ScoreOptions(folds={"x": "1", "y": "1", "z": "2"})
    majority = score_recordings(items, ethogram, options=same_fold).baselines[0]
    # 'z' gets the 'a' of x and y; x and y get the 'b' of z.
    assert majority.accuracy == pytest.approx(40 / 180)


def test_onsets_outside_the_examined_frames_are_left_out():
    for row in scored().onsets.behaviors:
        column = NAMES.index(row.name)
        found = n_true = n_said = 0
        for item in animals():
            known = item.truth[:, column] >= 0
            true = [b[0] for b in references.bouts_of(item.truth[:, column] == 1, known)]
            said = [b[0] for b in references.bouts_of(item.decided[:, column], known)]
            n_true, n_said = n_true + len(true), n_said + len(said)
            for onset in said:
                near = [t for t in true if abs(t - onset) <= 2]
                if near:
                    true.remove(near[0])
                    found += 1
        assert row.precision[1] == pytest.approx(found / n_said)
        assert row.recall[1] == pytest.approx(found / n_true)


def test_the_interval_of_a_time_budget_knows_nothing_of_its_own_animal():
    items = [replace(item, animal=f"m{place}") for place, item in enumerate(animals())]
    flipped = items[0].truth.copy()
    flipped[:, 4] = np.where(flipped[:, 4] >= 0, 1 - flipped[:, 4], flipped[:, 4])
    changed = [replace(items[0], truth=flipped), *items[1:]]
    before, after = (
        next(
            row
            for row in score_recordings(each, ETHOGRAM).time_budgets
            if (row.recording, row.behavior) == ("rec0", "sniff")
        )
        for each in (items, changed)
    )
    assert before.truth_s != after.truth_s
    assert (before.expected_low_s, before.expected_high_s) == (
        after.expected_low_s,
        after.expected_high_s,
    )
    assert before.expected_low_s < before.expected_s < before.expected_high_s


def test_a_declared_group_is_unknown_where_one_member_could_still_be_shown():
    ethogram = Ethogram((Behavior("lick"), Behavior("flinch")))
    truth = np.array([[1, -1], [0, -1], [0, 0], [-1, 1]], dtype=np.int8)
    decided = np.array([[1, 0], [1, 1], [1, 0], [0, 0]], dtype=bool)
    item = ScoredSubject(Subject("r", "m"), "m", truth, decided, 20.0)
    options = ScoreOptions(declared={"pain": ("lick", "flinch")})
    (row,) = score_recordings([item], ethogram, options=options).declared
    # Frames 0 and 3 are yes, 2 is no, and nobody knows about 1.
    assert (row.precision, row.recall) == (0.5, 0.5)
