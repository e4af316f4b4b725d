"""The cohort probe: it finds a batch that reaches the features, and is silent without one."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from tests.conftest import QUICK, make_project

from boutwise import api
from boutwise.bundle import Bundle
from boutwise.cli._scores import _remarks
from boutwise.planning import make_plan
from boutwise.prepare import PreparedPose
from boutwise.store import Store
from boutwise.synthetic import simulate
from boutwise.training import _leave_one_out as leave_one_out
from boutwise.training._cohort_tables import cohort_tables
from boutwise.training.cohorts import LEVEL, confounded, probe_cohorts
from boutwise.training.snapshot import Entry, Snapshot
from boutwise.types import Condition, FrameState, Prediction, Session, Subject
from boutwise.types.recipe import Part

ANIMALS = 12
SEEDS = 20
POOL = 30
"""Mice that are simulated; each seed draws twelve of them, so that the tests stay fast."""
EGOCENTRIC = [Part(part="egocentric")]


class Mice:
    """What the probe asks of a project, of simulated mice without a database."""

    def __init__(self, mice, *, cohorts):
        self.mice = {
            mouse.recording.id: replace(mouse, animal=replace(mouse.animal, cohort=cohort))
            for mouse, cohort in zip(mice, cohorts, strict=True)
        }

    def animals(self):
        return {mouse.animal.id: mouse.animal for mouse in self.mice.values()}

    def sessions(self):
        return {}

    def recording(self, name):
        return self.mice[name].recording


class NotHeldOut:
    holdout = ()


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """Mice of a minute, the store of their features, and predictions of them."""
    mice = simulate("default", animals=POOL, minutes=1.0, seed=300)
    rng = np.random.default_rng(0)
    return mice, Store(tmp_path_factory.mktemp("store")), [_predicted(m, rng) for m in mice]


@pytest.fixture(scope="module")
def cohorts_of_mice(pool):
    """For each seed twelve mice: snapshot and predictions."""
    return [_drawn(pool, seed) for seed in range(SEEDS)]


def _drawn(pool, seed, *, batch=None):
    """Twelve mice of the pool; the poses of the second six are changed by ``batch``."""
    everyone, store, predicted = pool
    chosen = np.random.default_rng(seed).permutation(POOL)[:ANIMALS].tolist()
    entries, states, columns = [], {}, ()
    for place, number in enumerate(chosen):
        mouse = everyone[number]
        pose = mouse.pose if batch is None or place < ANIMALS // 2 else batch(mouse.pose)
        clock, name = mouse.recording.clock, mouse.animal.id
        prepared = PreparedPose(pose, clock, fps=30, prepare=[Part(part="clean_pose")], store=store)
        stream = prepared.stream(mouse.subject, EGOCENTRIC)
        columns = stream.columns
        keys = ({"features": stream.keys},)
        entries.append(Entry(mouse.subject, name, name, clock, clock, keys))
        states[mouse.subject] = mouse.bouts.to_frames(mouse.subject, mouse.ethogram, clock.n_frames)
    mice = [everyone[number] for number in chosen]
    snapshot = Snapshot(
        mice[0].ethogram, 30.0, tuple(entries), ({"features": columns},), states, store, {}
    )
    return mice, snapshot, [predicted[number] for number in chosen]


def _predicted(mouse, rng):
    """Probabilities of a model that is right most of the time."""
    n_frames = mouse.recording.n_frames
    truth = mouse.bouts.to_frames(mouse.subject, mouse.ethogram, n_frames)
    raw = 3.0 * (truth == FrameState.YES) + rng.normal(0, 1, truth.shape)
    p = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
    decided = p == p.max(axis=1, keepdims=True)
    return Prediction(
        mouse.recording.id,
        (mouse.subject,),
        mouse.recording.clock,
        mouse.ethogram,
        p[None].astype(np.float32),
        decided[None],
        np.ones((1, n_frames), dtype=bool),
    )


def probed(mice, snapshot, predictions, *, cohorts=None):
    cohorts = cohorts or ["a"] * (ANIMALS // 2) + ["b"] * (ANIMALS // 2)
    by_animal = [{"name": mouse.animal.id, "macro_f1": 0.5} for mouse in mice]
    return probe_cohorts(
        Mice(mice, cohorts=cohorts), NotHeldOut(), snapshot, predictions, {"by_animal": by_animal}
    )


def _ahead(pose):
    """From the tail base to the nose, (frames, animals, 2), and its usual length, pixels."""
    at = pose.keypoints.index
    ahead = pose.positions[:, :, at("nose")] - pose.positions[:, :, at("tail_base")]
    return ahead, np.nanmedian(np.linalg.norm(ahead, axis=-1))


def noisy(pose):
    """A worse tracker: every point jitters by 4 % of the body's length."""
    _, length = _ahead(pose)
    rng = np.random.default_rng(len(pose.positions) + int(pose.positions[0, 0, 0, 0]))
    jitter = rng.normal(0, 0.04 * length, pose.positions.shape)
    return replace(pose, positions=(pose.positions + jitter).astype(np.float32))


def displaced(pose):
    """Another idea of where the nose is: a third of a body further ahead."""
    ahead, _ = _ahead(pose)
    positions = pose.positions.copy()
    positions[:, :, pose.keypoints.index("nose")] += 0.35 * ahead
    return replace(pose, positions=positions)


def zoomed(pose):
    """A camera twice as near, elsewhere: the features do not see it, and so nor does a model."""
    return replace(pose, positions=pose.positions * 2 + np.float32(40))


def with_other_rates(predictions, factor=6.0):
    """Predictions in which the second half of the animals rears more."""
    found = []
    for place, prediction in enumerate(predictions):
        if place >= ANIMALS // 2:
            p = prediction.probabilities.copy()
            p[..., prediction.ethogram.names.index("rear")] *= factor
            p /= p.sum(axis=2, keepdims=True)
            prediction = replace(prediction, probabilities=p)
        found.append(prediction)
    return found


def test_it_is_silent_on_twenty_clean_seeds(cohorts_of_mice):
    assert [probed(*mice)["state"] for mice in cohorts_of_mice] == ["silent"] * SEEDS


@pytest.mark.parametrize(("batch", "wanted"), [(noisy, "speed"), (displaced, "nose")])
def test_it_finds_a_batch_in_the_features(pool, batch, wanted):
    found = [probed(*_drawn(pool, seed, batch=batch)) for seed in range(SEEDS)]
    telling = [one for one in found if one["state"] == "tells"]
    assert len(telling) >= 18
    assert all("features tell the cohort" in one["text"] for one in telling)
    assert sum(wanted in one["probes"][0]["telling"][0] for one in telling) >= 18


def test_a_batch_that_does_not_reach_the_features_is_none(pool, cohorts_of_mice):
    for seed in range(3):
        found = probed(*_drawn(pool, seed, batch=zoomed))
        assert found["state"] == probed(*cohorts_of_mice[seed])["state"] == "silent"


def _of_noise(snapshot, seed):
    """The snapshot with four meaningless features, which are soon looked at."""
    rng = np.random.default_rng(seed)
    entries = []
    for entry in snapshot.entries:
        values = rng.normal(size=(200, 4)).astype(np.float32)
        key = snapshot.store.key(values)
        snapshot.store.put(key, values, {})
        entries.append(replace(entry, keys=({"features": (key,)},)))
    columns = ({"features": ("w", "x", "y", "z")},)
    return replace(snapshot, entries=tuple(entries), columns=columns)


def test_it_finds_another_base_rate_in_the_predictions(cohorts_of_mice):
    found = [
        probed(mice, _of_noise(snapshot, seed), with_other_rates(predictions))
        for seed, (mice, snapshot, predictions) in enumerate(cohorts_of_mice)
    ]
    telling = [one for one in found if one["state"] == "tells"]
    assert len(telling) >= 18
    assert all("predictions tell the cohort" in one["text"] for one in telling)


@pytest.mark.parametrize(("sizes", "smallest"), [((3, 3), "0.1"), ((4, 4), "0.029")])
def test_with_few_animals_it_cannot_tell(cohorts_of_mice, sizes, smallest):
    mice, snapshot, predictions = cohorts_of_mice[0]
    n = sum(sizes)
    few = replace(snapshot, entries=snapshot.entries[:n])
    cohorts = ["a"] * sizes[0] + ["b"] * sizes[1]
    found = probed(mice[:n], few, predictions[:n], cohorts=cohorts)
    assert found["state"] == "cannot tell"
    assert f"smallest p that could be reached is {smallest}, and it speaks from" in found["text"]
    assert len(found["probes"]) == 3


def test_without_two_cohorts_nothing_is_asked(cohorts_of_mice):
    mice = cohorts_of_mice[0]
    assert probed(*mice, cohorts=[""] * ANIMALS) is None
    assert probed(*mice, cohorts=["a"] * ANIMALS) is None
    lonely = probed(*mice, cohorts=["a"] * (ANIMALS - 1) + ["b"])
    assert lonely["state"] == "cannot tell"
    assert lonely["left_out"] == {mice[0][-1].animal.id: "alone in cohort b"}
    assert "cannot tell with so few animals (11 in a)" in lonely["text"]
    some = probed(*mice, cohorts=["a"] * 5 + ["b"] * 5 + [""] * 2)
    assert "2 of the animals left out of it: no cohort is declared" in some["text"]
    assert some["probes"][0]["animals"] == 10


def test_three_cohorts(pool):
    cohorts = ["a"] * 3 + ["c"] * 3 + ["b"] * 6
    found = probed(*_drawn(pool, 1, batch=noisy), cohorts=cohorts)
    assert [row["name"] for row in found["cohorts"]] == ["a", "b", "c"]
    # a and c are one batch: chance for them, nearly sure for b.
    assert found["probes"][0]["accuracy"] > found["probes"][0]["by_chance"]


def groups(deal):
    """Who is together."""
    return [[i for i, other in enumerate(deal) if other == cohort] for cohort in set(deal)]


@pytest.mark.parametrize("sizes", [(2, 3), (3, 3), (2, 2, 2), (2, 4, 2)])
def test_every_deal_comes_once(sizes):
    codes = np.repeat(np.arange(len(sizes)), sizes)
    found = leave_one_out.deals(codes)
    assert found[0].tolist() == codes.tolist()
    ways = {frozenset(map(frozenset, groups(deal))) for deal in permutations(codes.tolist())}
    assert {frozenset(map(frozenset, groups(deal))) for deal in found.tolist()} == ways
    assert len(found) == leave_one_out.n_deals(sizes) == len(ways)


def test_many_deals_are_drawn_the_same_each_time():
    codes = np.repeat([0, 1], 12)
    found = leave_one_out.deals(codes)
    assert len(found) == leave_one_out.MOST_DEALS
    assert (found == leave_one_out.deals(codes)).all()
    assert (found.sum(axis=1) == 12).all()
    assert leave_one_out.smallest_p([12, 12]) == 1 / leave_one_out.MOST_DEALS


def slow_margin(table, codes, animal):
    """The classifier once more, for one animal and one deal, without any cleverness."""
    values = (table - table.mean(axis=0)) / table.std(axis=0)
    rest = [place for place in range(len(codes)) if place != animal]
    cohorts = sorted(set(codes))
    centroids = {c: np.mean([values[i] for i in rest if codes[i] == c], axis=0) for c in cohorts}
    within = sum((values[i] - centroids[codes[i]]) ** 2 for i in rest)
    spread = np.sqrt(within / (len(rest) - len(cohorts)))
    spread = spread + np.mean(spread)
    middle = np.mean([values[i] for i in rest], axis=0)
    strength = sum((centroids[codes[i]] - middle) ** 2 for i in rest) / spread**2
    best = np.argsort(-strength)[: leave_one_out.COLUMNS]
    distance = {c: np.mean(((values[animal] - centroids[c]) / spread)[best] ** 2) for c in cohorts}
    others = [distance[c] for c in cohorts if c != codes[animal]]
    return (min(others) - distance[codes[animal]]) / 2


def test_it_is_the_slow_obvious_classifier():
    rng = np.random.default_rng(3)
    table = rng.normal(size=(8, 20))
    codes = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    table[codes == 1, 4] += 8
    told = leave_one_out.tell(table, leave_one_out.deals(codes)[:1])
    margins = np.array([slow_margin(table, codes.tolist(), animal) for animal in range(8)])
    means = [np.tanh(margins[codes == cohort]).mean() for cohort in range(3)]
    assert told.margins[0] == pytest.approx(np.mean(means), abs=1e-6)
    assert told.right == (margins > 0).sum()
    assert told.telling[0] == 4


def test_p_is_uniform_without_a_batch():
    """Of 400 tables without any batch about one in a hundred has a p of .01, one in five of .2."""
    dealt = leave_one_out.deals(np.repeat([0, 1], 5))
    rng = np.random.default_rng(0)
    tables = [rng.standard_t(3, size=(10, 30)) for _ in range(400)]
    p = np.array([leave_one_out.tell(table, dealt).p for table in tables])
    assert (p <= LEVEL).mean() < 0.025
    assert 0.15 < (p <= 0.2).mean() < 0.25


def test_missing_and_constant_columns_are_borne(cohorts_of_mice):
    _, snapshot, predictions = cohorts_of_mice[2]
    entry = snapshot.entries[0]
    values = np.array(snapshot.store.array(entry.keys[0]["features"][0]))
    values[:, :10] = np.nan
    key = snapshot.store.key("lost", values)
    snapshot.store.put(key, values, {})
    entries = (replace(entry, keys=({"features": (key,)},)), *snapshot.entries[1:])
    units = [entry.unit for entry in entries]
    tables = cohort_tables(replace(snapshot, entries=entries), entries, predictions, units)
    assert [table.what for table in tables] == ["features", "predictions", "labels"]
    for table in tables:
        assert table.values.shape == (ANIMALS, len(table.names))
        assert np.isfinite(table.values).all()
    lost = tables[0].names.index(f"missing share of {snapshot.columns[0]['features'][3]}")
    assert tables[0].values[0, lost] == 1
    flat = leave_one_out.tell(np.ones((6, 4)), leave_one_out.deals(np.repeat([0, 1], 3)))
    assert flat.p == 1


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Ten quick mice in two cohorts, one of which got a drug."""
    project = make_project(tmp_path_factory.mktemp("study") / "project", animals=10, minutes=0.2)
    for place, animal in enumerate(list(project.animals().values())):
        project.add_animal(replace(animal, cohort="june" if place < 5 else "may"))
    sessions = {}
    for place, animal in enumerate(sorted(project.animals())):
        drug = "CFA" if project.animals()[animal].cohort == "may" else "saline"
        sessions[animal] = Session(f"s{place}", conditions={animal: Condition(treatment=drug)})
    for session in sessions.values():
        project.add_session(session)
    for recording in project.recordings():
        project.add_recording(replace(recording, session=sessions[recording.animals[0]].id))
    plan = make_plan(project, "pose", settings=[*QUICK, "split.folds=2"])
    return project, api.train_run(project, plan, out="study", workers=1)


def test_a_run_says_it_everywhere(study):
    _, result = study
    found = result.scores["cohort_probe"]
    assert found["state"] in ("tells", "silent")
    assert [len(row["animals"]) for row in found["cohorts"]] == [5, 5]
    by_animal = {row["name"]: row["macro_f1"] for row in result.scores["by_animal"]}
    for row in found["cohorts"]:
        assert row["macro_f1"] == pytest.approx(np.mean([by_animal[a] for a in row["animals"]]))
        assert row["interval"]["low"] < row["macro_f1"] < row["interval"]["high"]
    bundle = Bundle.open(result.bundle)
    assert bundle.manifest["scores"]["cohort_probe"] == found
    card = (bundle.directory / "card.md").read_text(encoding="utf-8")
    assert f"- {found['text']}\n" in card
    assert f"note: {found['text']}" in _remarks(result.scores)
    page = (result.directory / "report.html").read_text(encoding="utf-8")
    assert all(row["name"] in page for row in found["cohorts"])


def test_what_goes_with_the_cohort_is_named(study):
    project, result = study
    found = result.scores["cohort_probe"]
    assert [row["factor"] for row in found["confounded"]] == ["treatment"]
    assert "june: saline; may: CFA): the probe cannot tell one from the other" in found["text"]
    entries = [
        Entry(Subject(r.id, r.animals[0]), "", r.animals[0], r.clock, r.clock, ())
        for r in project.recordings()
    ]
    cohorts = {entry.unit: "a" if place < 5 else "b" for place, entry in enumerate(entries)}
    # Both drugs were given in both of these cohorts.
    assert confounded(project, entries, cohorts) == []
