"""``predict --explain``: attention with its deletion test, contributions of trees, and refusals."""

from __future__ import annotations

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from boutwise import api
from boutwise.bundle import Bundle
from boutwise.errors import BundleError
from boutwise.inference import Predictor, explain
from boutwise.learners import Chunk
from boutwise.learners._explaining import Deletion
from boutwise.learners._trees_rows import STREAM
from boutwise.learners.network._attention import _chosen, attention_of
from boutwise.planning import make_plan
from boutwise.prepare import Material, material_of
from boutwise.training import train
from boutwise.types import Subject

SMALL = [
    "members.0.streams.pose.features=[egocentric]",
    "members.0.temporal.0.cnn_lstm={channels: [8, 8], kernels: [3, 3], pools: [2, 2], hidden: 8}",
    "members.0.readout={attention: {hidden: [8]}}",
    "members.0.windows.length=30",
    "members.0.windows.stride=80",
    "members.0.optim.epochs=1",
    "members.0.optim.early_stop=none",
    "split.folds=2",
]

ONE = "animal=mouse_1"


@pytest.fixture(scope="module")
def attentive(mice):
    """A bundle whose network has attention."""
    run = train(mice, make_plan(mice, "cnn_lstm", settings=SMALL), out="attentive", workers=1)
    return Bundle.open(run.bundle)


@pytest.fixture(scope="module")
def explained(mice, attentive, tmp_path_factory):
    out = tmp_path_factory.mktemp("explained")
    return out, api.predict_files([attentive], mice, out, only=ONE, explain=True)


def test_attention_of_every_frame_is_written_and_a_page(mice, explained, attentive):
    out, result = explained
    assert result.page == out / "explained.html"
    assert "deletion test" in result.page.read_text(encoding="utf-8")
    for name in result.done:
        record = next(r for r in mice.recordings() if r.id == name)
        table = pq.read_table(out / f"{name}.attention.parquet")
        assert table.num_rows == record.n_frames
        weights = np.array(table["weights"].to_pylist())
        assert weights.shape == (record.n_frames, 8)
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=5e-3)
        # The first frame has nothing before it: 15 frames are 3 whole steps and most of a fourth.
        assert (weights[0, :3] == 0).all()
        assert (weights[100] > 0).all()
        facts = json.loads(table.schema.metadata[b"boutwise.attention"])
        assert facts == [
            {
                "bundle": attentive.id,
                "member": 0,
                "fps": attentive.fps,
                "first_offset": -15,
                "step_frames": 4,
            }
        ]
        found = json.loads((out / f"{name}.explained.json").read_text(encoding="utf-8"))
        test = found["members"][0]["deletion"]
        assert set(test["mean_change"]) == {"most", "random", "least"}
        assert test["frames"] == 400


def test_what_is_explained_is_not_explained_again(mice, explained, attentive, trained):
    out, result = explained
    again = api.predict_files([attentive], mice, out, only=ONE, explain=True)
    assert again.kept == result.done
    other = Bundle.open(trained[2].bundle)
    assert api.predict_files([other], mice, out, only=ONE).done == result.done
    anew = api.predict_files([other], mice, out, only=ONE, explain=True)
    assert anew.done == result.done
    page = anew.page.read_text(encoding="utf-8")
    assert "log odds" in page
    assert "deletion test" not in page


def test_attention_equals_what_the_network_used(mice, attentive):
    """Scores computed by hand from the weights that are told."""
    predictor = Predictor((attentive,))
    record = mice.recordings()[0]
    pose = mice.pose(record.id)
    found = explain(predictor, Material.of_pose(record.id, pose, record.clock))[0].explanation
    fitted = predictor.members[0][0].fitted
    seen = []

    def note(module, args, output):
        seen.append((module.weights(*args).detach().numpy(), args[1].numpy()))

    hook = fitted._network.readout.register_forward_hook(note)
    streams = {
        name: np.random.default_rng(0).normal(size=(50, len(columns))).astype(np.float32)
        for name, columns in fitted.scaling.columns.items()
    }
    chunk = Chunk(Subject(record.id, "mouse_1", ""), attentive.fps, streams)
    next(iter(fitted.scores([chunk])))
    hook.remove()
    weights = np.concatenate([w for w, _ in seen])
    np.testing.assert_allclose(weights, fitted.explain(chunk).weights, atol=1e-6)
    assert found.weights.shape == (record.n_frames, 8)


class OnlyCentre(torch.nn.Module):
    """A readout whose attention is all on one step, and whose output is that step or another."""

    per_window = True

    def __init__(self, attended, used, steps):
        super().__init__()
        self.attended, self.used, self.steps = attended, used, steps

    def weights(self, values, mask):
        near = torch.exp(-(torch.arange(self.steps) - self.attended).abs() / 2.0)
        weights = near * mask
        return weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-12)

    def forward(self, values, mask):
        return values[:, self.used : self.used + 1] * mask[:, self.used : self.used + 1, None]


@pytest.mark.parametrize("honest", [True, False])
def test_the_deletion_test_tells_attention_that_means_something_from_such_that_does_not(
    honest, mice, attentive
):
    """A network that uses one step, whose attention says so, or says another."""
    from boutwise.learners.network._network import Inputs, Network
    from boutwise.learners.network._windows import batch_of
    from boutwise.types import Behavior, Ethogram, ExclusiveGroup

    names = ("a", "b")
    ethogram = Ethogram(tuple(Behavior(n) for n in names), (ExclusiveGroup("g", names, "b"),))
    head = torch.nn.Identity()
    readout = OnlyCentre(attended=10 if honest else 2, used=10, steps=20)
    network = Network(Inputs({"pose": []}), [], readout, {"behavior": head}, length=20).eval()
    values = np.random.default_rng(0).normal(scale=4, size=(1, 3000, 2)).astype(np.float32)
    batch = batch_of({"pose": values}, np.ones((1, 3000), dtype=bool))
    found = attention_of(network, batch, ethogram)
    assert found.weights.shape == (3000, 20)
    assert (found.first_offset, found.step_frames) == (-10, 1)
    mean, low, high = found.deletion.beyond_chance()
    assert low <= mean <= high
    if honest:
        assert found.deletion.mean("most") < -0.3
        assert low > 0.1
    else:
        assert abs(found.deletion.mean("most")) < 0.02
        assert high < 0
    assert abs(found.deletion.mean("least")) < 0.12


def test_taken_out_are_so_many_of_the_steps_that_are_there():
    order = torch.tensor([[5.0, 1, 4, 2, 3, 0, 9, 8, 7, 6]] * 2)
    there = torch.ones(2, 10, dtype=torch.bool)
    there[1, 5:] = False
    chosen = _chosen(order, there)
    assert chosen[0].nonzero().flatten().tolist() == [6, 7]
    assert chosen[1].nonzero().flatten().tolist() == [0]


def test_an_interval_of_too_few_frames_is_none():
    one = np.array([0.1], dtype=np.float32)
    deletion = Deletion(np.array([3]), 0.2, {"most": one, "random": one, "least": one})
    assert np.isnan(deletion.beyond_chance()[1])


def test_contributions_of_trees_sum_up_to_the_scores(trained):
    """All contributions and the expected value are the raw score: LightGBM's own promise, kept."""
    project = trained[0]
    predictor = Predictor((Bundle.open(trained[2].bundle),))
    record = project.recordings()[0]
    found = explain(predictor, material_of(project, record))
    why = found[0].explanation
    fitted = predictor.members[0][0].fitted
    assert set(why.values) == set(fitted.ethogram.names)
    assert len(why.columns) == len(fitted.windows.columns)
    model = fitted.models[0]
    base = np.random.default_rng(0).normal(size=(60, len(why.columns))).astype(np.float32)
    rows = fitted.windows.compute(base)
    parts = np.asarray(model.booster.predict(rows, pred_contrib=True))
    sums = parts.reshape(len(rows), -1, len(fitted.windows.names) + 1).sum(axis=2)
    np.testing.assert_allclose(sums, model.raw(rows), atol=1e-6)
    # By hand: the parts of all statistics of a column together, their size, the mean over frames.
    parts = parts.reshape(len(rows), -1, len(fitted.windows.names) + 1)
    chunk = Chunk(found[0].subject, fitted.windows.fps, {STREAM: base})
    values = fitted.explain(chunk).values
    for place, behavior in enumerate(model.task.behaviors):
        for column, name in enumerate(why.columns):
            mine = [i for i, n in enumerate(fitted.windows.names) if n.split(" ")[-1] == name]
            expected = np.abs(parts[:, place, mine].sum(axis=1)).mean()
            assert values[behavior][column] == pytest.approx(expected, abs=1e-9)


def test_a_network_without_attention_is_refused_before_any_work(
    mice, attentive, tmp_path, monkeypatch
):
    from boutwise.learners.network.readouts.attention import Readout

    monkeypatch.delattr(Readout, "weights")
    with pytest.raises(BundleError, match=r"cnn_lstm; attention.*no attention"):
        api.predict_files([attentive], mice, tmp_path / "out", explain=True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("mean", "low", "words"),
    [
        (0.1, 0.05, "says something about the score"),
        (0.1, -0.05, "do not read the attention as a reason"),
        (0.0005, 0.0003, "do not read the attention as a reason"),
        (None, None, "too few frames"),
    ],
)
def test_the_page_says_whether_attention_may_be_read(mean, low, words):
    from boutwise.report.explained_page import _said

    assert words in _said(
        [{"deletion": {"most_beyond_random": {"mean": mean, "low": low, "high": 0.2}}}]
    )
