"""Networks on pictures: what is read, how chunks are scored, what is kept, what is learned."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from boutwise.errors import BundleError, DataError, RecipeError
from boutwise.learners import Chunk, Run, chunks_of, score_subject
from boutwise.learners.network import Learner, load
from boutwise.learners.network._contract import Batch
from boutwise.learners.network._inputs import Inputs
from boutwise.learners.network._overlapping import centres_of
from boutwise.learners.network._scaling import Scaling
from boutwise.learners.network._windows import Batches, WindowPlan
from boutwise.types import PixelStretch

from .pictures import ETHOGRAM, SIZE, Array, make_member, make_pictures, subject_frames

ZERO = {"conv3d": {"variant": "light", "padding": "zero"}}
CLIPS = {
    "encoder": ZERO,
    "temporal": [],
    "readout": "mean",
    "windows": {"length": 17, "stride": 3},
}


def fit(member, train, run):
    return Learner(member, ETHOGRAM).fit(train, None, run)


def fitted_without_training(member, data=None):
    """A network as it begins."""
    run = Run(0, 1, None, trainer=lambda *args, **words: 0)
    return fit(member, data or make_pictures(), run)


def right(fitted, item):
    """Share of frames in which the likeliest behavior is the right one, and of the twitches."""
    found = score_subject(fitted, item.subject, item.fps, item.streams)
    assert np.isfinite(found).all()
    assert found.shape == item.labels.shape
    known = item.streams["video"].present
    told = found[:, :3].argmax(axis=1) == item.labels[:, :3].argmax(axis=1)
    return told[known].mean(), ((found[:, 3] > 0) == item.labels[:, 3])[known].mean()


@pytest.fixture(scope="module")
def fitted(train_module, tmp_path_factory):
    directory = tmp_path_factory.mktemp("fit")
    run = Run(seed=0, threads=1, directory=directory, trainer=train_module)
    return fit(make_member(), make_pictures(absent=0.05), run)


def test_learns_what_moves_on_animals_that_it_never_saw(fitted):
    moves, twitches = right(fitted, subject_frames(7))
    assert moves > 0.9
    assert twitches > 0.96
    assert fitted.margin_frames == 2 * 2 + 3


def test_batches_hold_the_pictures_and_read_them_in_file_order():
    data = make_pictures(absent=0.2)
    scaling = Scaling.fit(data, [], mask_all=False, pixels=["video"])
    assert str(scaling.pixels["video"]) == f"gray, {SIZE} x {SIZE} pixels"
    batches = Batches(data, scaling, WindowPlan(32, 8, around_bouts=True, seed=0))
    for item in data.items:
        item.streams["video"].reads.clear()
    batch, target = next(iter(batches.epoch(0)))
    values = batch.streams["video"]
    assert values.dtype == torch.uint8
    assert values.shape == (8, 32, 1, SIZE, SIZE)
    for row, place in enumerate(target.places):
        subject, _, start = place.partition(" from frame ")
        item = next(item for item in data.items if str(item.subject) == subject)
        pixels, here = item.streams["video"], slice(int(start), int(start) + 32)
        there = pixels.present[here]
        np.testing.assert_array_equal(batch.present["video"][row], there)
        np.testing.assert_array_equal(values[row][there], pixels.values[here][there])
        assert not values[row][~there].any()
    for item in data.items:
        reads = item.streams["video"].reads
        assert reads == sorted(reads)
    assert sum(len(item.streams["video"].reads) for item in data.items) == 8


def test_a_recording_shorter_than_a_window_is_padded():
    data = make_pictures(n_frames=20)
    scaling = Scaling.fit(data, [], mask_all=False, pixels=["video"])
    batch, _ = next(Batches(data, scaling, WindowPlan(32, 4, False, 0)).epoch(0))
    assert batch.present["video"][:, :20].all()
    assert not batch.present["video"][:, 20:].any()
    assert not batch.streams["video"][:, 20:].any()


@pytest.mark.parametrize("average", [[], ["mirror"]])
@pytest.mark.parametrize("encoder", ["spotter", "conv3d"])
def test_chunks_score_like_the_whole(encoder, average, monkeypatch):
    """Wherever a chunk ends, in gaps as well; every picture of it is read once."""
    monkeypatch.setattr("boutwise.learners.network._embedding.frames_at_once", lambda size: 32)
    options = {
        "spotter": {"stages": [8, 16], "entrance": 2, "width": 16},
        "conv3d": {"variant": "light"},
    }
    member = make_member({encoder: options[encoder]}, average=average)
    fitted = fitted_without_training(member)
    item = subject_frames(3, 150, absent=0.2)
    pixels = item.streams["video"]
    pixels.present[70:85] = False
    whole = next(fitted.scores([Chunk(item.subject, 30.0, item.streams)]))
    assert len(pixels.reads) <= 5
    assert max(np.bincount(np.concatenate([np.arange(*read) for read in pixels.reads]))) == 1
    margin, found = fitted.margin_frames, []
    for start, stop in pairwise([0, 40, 72, 80, 101, 150]):
        low, high = max(0, start - margin), min(150, stop + margin)
        streams = {"video": PixelStretch(pixels, low, high)}
        found.append(Chunk(item.subject, 30.0, streams, start - low, high - stop, start))
    np.testing.assert_allclose(np.concatenate(list(fitted.scores(found))), whole, atol=1e-4)


def test_nothing_is_learned_where_a_window_lacks_the_frames_around():
    """Else a fast act at the end of a window would be learned from pictures that stand still."""
    seen = []

    def trainer(network, batches, **words):
        seen.append((network, batches))
        return 0

    member = make_member({"conv3d": {"variant": "light"}}, temporal=[])
    data = make_pictures(n_frames=80)
    fit(member, data, Run(0, 1, None, trainer=trainer))
    ((network, batches),) = seen
    length = batches.plan.length
    assert batches.plan.edge == 8
    starts = set()
    for epoch in range(4):
        for batch, target in batches.epoch(epoch):
            for row, place in enumerate(target.places):
                start = int(place.rpartition(" ")[2])
                starts.add(start)
                judged = np.flatnonzero(target.weights[row].numpy())
                # At the ends of a recording predictions see pictures held still, too.
                first = 8 if start > 0 else 0
                last = length - 8 if start + length < 80 else length
                assert (judged[0], judged[-1]) == (first, last - 1)
            changed = target.labels.clone()
            unjudged = (target.weights == 0).unsqueeze(-1).expand_as(changed)
            changed[unjudged] = changed.roll(1, dims=-1)[unjudged]
            losses = [
                float(network.eval().loss(batch, replace(target, labels=labels)).detach())
                for labels in (target.labels, changed)
            ]
            assert losses[0] == losses[1]
    assert {0, 80 - length} < starts
    # A window with nothing but ends is judged whole.
    assert WindowPlan(16, 1, False, 0, edge=8).judged(5, 80) == slice(0, 16)
    assert WindowPlan(17, 1, False, 0, edge=8).judged(5, 80) == slice(8, 9)


def test_chunks_of_pictures_read_nothing():
    item = subject_frames(0, 100)
    chunks = list(chunks_of(item.subject, 30.0, item.streams, margin_frames=5, chunk_frames=40))
    assert [len(chunk.streams["video"]) for chunk in chunks] == [45, 50, 25]
    assert item.streams["video"].reads == []
    stretch = chunks[1].streams["video"]
    assert stretch.shape == (50, 1, SIZE, SIZE)
    np.testing.assert_array_equal(stretch[10:12], item.streams["video"].values[45:47])
    np.testing.assert_array_equal(stretch[40:90], item.streams["video"].values[75:85])


@pytest.mark.parametrize("changes", [{}, CLIPS, {"average": ["mirror"]}])
def test_save_and_load(changes, tmp_path):
    fitted = fitted_without_training(make_member(**changes))
    item = subject_frames(3, 60)
    fitted.save(tmp_path / "member")
    again = load(tmp_path / "member")
    for part in (fitted, again):
        found = score_subject(part, item.subject, 30.0, item.streams)
        assert found.shape == (60, 4)
    before = score_subject(fitted, item.subject, 30.0, item.streams)
    np.testing.assert_array_equal(found, before)
    assert (again.margin_frames, again.stride) == (fitted.margin_frames, fitted.stride)
    settings = json.loads((tmp_path / "member" / "network.json").read_text(encoding="utf-8"))
    assert settings["pixels"] == {"video": {"channels": 1, "size": SIZE}}
    settings["pixels"]["video"]["channels"] = 3
    (tmp_path / "member" / "network.json").write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(BundleError, match="do not fit"):
        load(tmp_path / "member")


def test_centres_are_the_same_wherever_a_stretch_begins():
    assert centres_of(0, 10, 10, stride=1, offset=0) == list(range(10))
    assert centres_of(0, 1, 1, stride=5, offset=0) == [0]
    assert centres_of(0, 0, 3, stride=2, offset=0) == []
    whole = centres_of(0, 50, 50, stride=7, offset=0)
    assert whole == [0, 7, 14, 21, 28, 35, 42, 49]
    for first, last in ((0, 20), (13, 29), (41, 50)):
        low, high = max(0, first - 6), min(50, last + 6)
        found = centres_of(first - low, last - low, high - low, stride=7, offset=low)
        assert [low + centre for centre in found] == [
            c for c in whole if first - 7 < c < last - 1 + 7
        ]


@pytest.mark.parametrize("stride", [1, 3, 8])
def test_windows_at_a_stride_score_every_frame(stride):
    """Centres have the score of their window, frames between lie between them; chunks agree."""
    fitted = fitted_without_training(make_member(**CLIPS))
    assert fitted.stride == 3
    fitted.stride = stride
    item = subject_frames(3, 40)
    found = score_subject(fitted, item.subject, 30.0, item.streams)
    assert found.shape == (40, 4)
    values = torch.from_numpy(item.streams["video"].values)
    for centre in {0, stride, 24, 39}:
        frames = torch.arange(centre - 8, centre + 9)
        mask = ((frames >= 0) & (frames < 40))[None]
        batch = Batch({"video": values[frames.clamp(0, 39)][None]}, mask, {"video": mask})
        with torch.no_grad():
            alone = fitted._network(batch)["behavior"][0, 0].numpy()
        np.testing.assert_allclose(found[centre], alone, atol=1e-4)
    if stride == 8:
        np.testing.assert_allclose(found[12], (found[8] + found[16]) / 2, atol=1e-4)
    margin, pieces = fitted.margin_frames, []
    for start, stop in pairwise([0, 11, 29, 40]):
        low, high = max(0, start - margin), min(40, stop + margin)
        streams = {"video": PixelStretch(item.streams["video"], low, high)}
        pieces.append(Chunk(item.subject, 30.0, streams, start - low, high - stop, start))
    np.testing.assert_allclose(np.concatenate(list(fitted.scores(pieces))), found, atol=1e-4)


def test_clips_are_learned_too(make_run):
    """The window's centre is what is learned, also of a window that begins before the video."""
    member = make_member(**CLIPS, optim={"epochs": 4, "batch": 8, "lr": 3e-3})
    fitted = fit(member, make_pictures((0, 1), n_frames=180), make_run())
    fitted.stride = 4
    moves, _ = right(fitted, subject_frames(7, 120))
    assert moves > 0.7


@pytest.mark.parametrize("readout", ["attention", "mean"])
def test_a_readout_of_windows_on_a_dense_encoder(readout):
    member = make_member(readout=readout, windows={"length": 16, "stride": 4})
    fitted = fitted_without_training(member)
    item = subject_frames(3, 40)
    assert fitted.stride == 1
    assert score_subject(fitted, item.subject, 30.0, item.streams).shape == (40, 4)
    assert (fitted.why_not() == "") == (readout == "attention")
    if readout == "attention":
        shown = fitted.explain(Chunk(item.subject, 30.0, item.streams))
        np.testing.assert_allclose(shown.weights.sum(axis=1), 1, atol=1e-5)


def with_pose(data, missing=()):
    """The same subjects with two features beside their pictures."""
    items = []
    for item in data.items:
        pose = np.cumsum(item.labels[:, :2].astype(np.float32), axis=0) % 7
        pose[list(missing)] = np.nan
        items.append(replace(item, streams={"pose": pose, **item.streams}))
    return replace(data, items=tuple(items), columns={"pose": ("a", "b")})


@pytest.mark.parametrize(
    "encoder", [{"spotter": {"stages": [8, 16], "entrance": 2, "width": 16}}, ZERO]
)
def test_pictures_beside_features(encoder, tmp_path):
    streams = {"pose": {"features": ["egocentric"]}, "video": {"encoder": encoder}}
    changes = CLIPS if encoder is ZERO else {}
    member = make_member(**{k: v for k, v in changes.items() if k != "encoder"}, streams=streams)
    data = with_pose(make_pictures(n_frames=100), missing=range(30))
    fitted = fitted_without_training(member, data)
    item = data.items[0]
    found = score_subject(fitted, item.subject, 30.0, item.streams)
    assert found.shape == (100, 4)
    fitted.save(tmp_path)
    again = score_subject(load(tmp_path), item.subject, 30.0, item.streams)
    np.testing.assert_array_equal(found, again)
    moved = replace(item, streams={**item.streams, "pose": item.streams["pose"] + 3})
    assert not np.allclose(found, score_subject(fitted, item.subject, 30.0, moved.streams))


class Ones(torch.nn.Module):
    """An encoder that gives ones."""

    width, margin_frames, stride = 2, 0, 2

    def forward(self, pixels, mask):
        steps = -(-mask.shape[1] // 2)
        return torch.ones(len(mask), steps, 2)


def test_streams_of_different_steps_are_spread_over_frames():
    mask = torch.ones(1, 5, dtype=torch.bool)
    present = torch.tensor([[True, True, False, False, True]])
    pixels = torch.zeros(1, 5, 1, 4, 4, dtype=torch.uint8)
    batch = Batch({"video": pixels}, mask, {"video": present})
    alone = Inputs({}, {"video": Ones()})
    assert alone.step_frames(5) == 2
    assert alone(batch)[0, :, 2].tolist() == [0, 1, 0]
    beside = batch.with_stream("pose", torch.zeros(1, 5, 1), mask)
    joined = Inputs({"pose": []}, {"video": Ones()})(beside)
    assert joined.shape == (1, 5, 4)
    assert joined[0, :, 3].tolist() == [0, 0, 1, 1, 0]


def test_what_does_not_fit(fitted, make_run):
    item = subject_frames(3, 50)
    features = {"video": np.zeros((50, 3), dtype=np.float32)}
    for streams, words in (
        ({}, "no stream 'video'"),
        (features, "array of features"),
        ({"video": Array(np.zeros((50, 1, 8, 8), np.uint8))}, "8 x 8"),
        ({"video": Array(np.zeros((50, 3, SIZE, SIZE), np.uint8))}, "RGB"),
    ):
        chunk = Chunk(item.subject, 30.0, {**streams, "other": np.zeros((50, 1), np.float32)})
        with pytest.raises(DataError, match=words):
            next(fitted.scores([chunk]))
    data = make_pictures()
    other = replace(data.items[1], streams={"video": Array(np.zeros((600, 1, 8, 8), np.uint8))})
    with pytest.raises(DataError, match="8 x 8"):
        fitted_without_training(make_member(), replace(data, items=(data.items[0], other)))
    oblong = replace(data.items[1], streams={"video": Array(np.zeros((600, 1, 8, 9), np.uint8))})
    with pytest.raises(DataError, match="size, size"):
        fitted_without_training(make_member(), replace(data, items=(oblong,)))
    bare = replace(data.items[0], streams=features)
    with pytest.raises(DataError, match="no pictures 'video'"):
        fitted_without_training(make_member(), replace(data, items=(bare,)))
    with pytest.raises(RecipeError, match="encoder 'conv3d' has no score for every frame"):
        fitted_without_training(make_member(ZERO))
    with pytest.raises(RecipeError, match="no option 'stagess'"):
        fitted_without_training(make_member({"spotter": {"stagess": [4, 4]}}))
