"""Contract tests of all temporal parts, readouts, heads and losses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise import registry
from boutwise.errors import RecipeError
from boutwise.learners.network._contract import Batch, Target
from boutwise.learners.network._network import Inputs, Network

from .conftest import ETHOGRAM

WIDTH = 5
OPTIONS = {
    "tcn": {"channels": 8, "dilations": [1, 2, 4]},
    "attention": {"channels": 8, "dilations": [1, 2], "layers": 2, "radius": 5, "heads": 2},
    "cnn_lstm": {"channels": [6, 8], "kernels": [5, 3], "pools": [2, 2], "hidden": 4},
}
OVERFIT = {
    "cnn_lstm": {"channels": [16, 32], "kernels": [5, 3], "pools": [2, 2], "hidden": 16},
}


def temporal(name, width=WIDTH):
    torch.manual_seed(0)
    return registry.load("temporal", name).Temporal(width, **OPTIONS.get(name, {}))


def readout(name, width=WIDTH):
    torch.manual_seed(0)
    return registry.load("readout", name).Readout(width)


def loss_of(name, **options):
    return registry.load("loss", name).Loss(**options)


def head(loss="cross_entropy", weights=None):
    torch.manual_seed(0)
    weights = torch.ones(4, 2) if weights is None else weights
    return registry.load("head", "behavior").Head(
        WIDTH, ETHOGRAM, loss=loss_of(loss), weights=weights
    )


def modules():
    parts = [pytest.param(temporal, n, id=f"temporal-{n}") for n in registry.names("temporal")]
    return parts + [pytest.param(readout, n, id=f"readout-{n}") for n in registry.names("readout")]


def is_dense(part):
    """Whether every frame is scored from its surroundings, wherever the window begins."""
    return not getattr(part, "per_window", False) and getattr(part, "margin_frames", 0) is not None


def dense(kind):
    """Parts of a kind whose score of a frame does not depend on where the window begins."""
    make = {"temporal": temporal, "readout": readout}[kind]
    return [name for name in registry.names(kind) if is_dense(make(name))]


def full(windows, frames):
    return torch.ones(windows, frames, dtype=torch.bool)


@pytest.mark.parametrize(("make", "name"), modules())
@pytest.mark.parametrize("frames", [1, 2, 7, 64, 300])
def test_shapes(make, name, frames):
    part = make(name)
    out = part(torch.randn(3, frames, WIDTH), full(3, frames))
    assert out.shape[0] == 3
    steps = -(-frames // getattr(part, "stride", 1))
    assert out.shape[1] == (1 if getattr(part, "per_window", False) else steps)
    assert out.shape[2] == part.width
    assert torch.isfinite(out).all()


@pytest.mark.parametrize(("make", "name"), modules())
def test_every_parameter_gets_a_gradient(make, name):
    part = make(name).train()
    values = torch.randn(4, 40, WIDTH, requires_grad=True)
    out = part(values, full(4, 40))
    (out * torch.randn_like(out)).sum().backward()
    seen = (values.grad != 0).all(dim=-1)
    assert seen.all() or (name == "center" and seen[:, 20].all() and seen.sum() == 4)
    for parameter_name, parameter in part.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.abs().sum() > 0, parameter_name


@pytest.mark.parametrize(("make", "name"), modules())
def test_no_window_sees_another(make, name):
    part = make(name).eval()
    values = torch.randn(3, 30, WIDTH)
    other = values.clone()
    other[1] += 10 * torch.randn(30, WIDTH)
    with torch.no_grad():
        a, b = part(values, full(3, 30)), part(other, full(3, 30))
    assert torch.equal(a[[0, 2]], b[[0, 2]])


@pytest.mark.parametrize(("make", "name"), modules())
@pytest.mark.parametrize("training", [False, True])
def test_what_stands_in_the_padding_changes_nothing(make, name, training):
    part = make(name)
    for module in part.modules():
        if isinstance(module, torch.nn.Dropout | torch.nn.LSTM):
            module.p = module.dropout = 0.0
    part.train(training)
    values = torch.randn(3, 30, WIDTH)
    mask = full(3, 30)
    mask[0, :9] = mask[1, 21:] = False
    other = torch.where(mask.unsqueeze(-1), values, 100 * torch.randn(3, 30, WIDTH))
    with torch.no_grad():
        a, b = part(values, mask), part(other, mask)
    torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-5)


def dense_modules():
    parts = [pytest.param(temporal, n, id=f"temporal-{n}") for n in dense("temporal")]
    return parts + [pytest.param(readout, n, id=f"readout-{n}") for n in dense("readout")]


@pytest.mark.parametrize(("make", "name"), dense_modules())
@settings(max_examples=15, deadline=None)
@given(frames=st.integers(1, 40), before=st.integers(0, 20), behind=st.integers(0, 20))
def test_padding_is_like_the_end_of_the_recording(make, name, frames, before, behind):
    part = make(name).eval()
    values = torch.randn(2, before + frames + behind, WIDTH, generator=torch.manual_seed(frames))
    mask = torch.zeros(2, before + frames + behind, dtype=torch.bool)
    mask[:, before : before + frames] = True
    with torch.no_grad():
        padded = part(values * 100, mask)
        alone = part(values[:, before : before + frames] * 100, full(2, frames))
    assert (padded[~mask] == 0).all()
    padded = padded[:, before : before + frames]
    torch.testing.assert_close(padded, alone, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", dense("temporal"))
def test_margin_is_exactly_as_far_as_a_score_looks(name):
    part = temporal(name).eval()
    margin, middle = part.margin_frames, 30
    assert margin < middle
    values = torch.randn(1, 61, WIDTH)
    other = values.clone()
    other[0, middle] += 5
    with torch.no_grad():
        moved = (part(values, full(1, 61)) - part(other, full(1, 61))).abs().sum(-1)[0]
    reached = torch.nonzero(moved).flatten()
    assert int(reached.min()) == middle - margin
    assert int(reached.max()) == middle + margin


@pytest.mark.parametrize("name", registry.names("loss"))
@pytest.mark.parametrize("classes", [1, 3])
def test_loss_without_weight_is_zero(name, classes):
    scores = torch.randn(10, classes, requires_grad=True)
    loss = loss_of(name)(scores, torch.zeros(10, classes), torch.zeros(10))
    loss.backward()
    assert loss.item() == 0
    assert (scores.grad == 0).all()


@pytest.mark.parametrize("name", registry.names("loss"))
@pytest.mark.parametrize("classes", [1, 3])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_loss_is_a_mean_under_weights(name, classes, data):
    seed, factor = data.draw(st.integers(0, 99)), data.draw(st.floats(0.01, 50))
    rng = torch.Generator().manual_seed(seed)
    scores = torch.randn(12, classes, generator=rng)
    place = torch.randint(0, classes, (12,), generator=rng)
    target = torch.nn.functional.one_hot(place, classes).float() if classes > 1 else place[:, None]
    weight = torch.rand(12, generator=rng)
    weight[3:6] = 0
    loss = loss_of(name)
    value = float(loss(scores, target.float(), weight))
    assert float(loss(scores, target.float(), weight * factor)) == pytest.approx(value, rel=1e-4)
    scores[3:6], target[3:6] = 99.0, 0
    assert float(loss(scores, target.float(), weight)) == pytest.approx(value, rel=1e-4)


def test_cross_entropy_equals_a_slow_reference():
    rng = np.random.default_rng(1)
    scores, weight = rng.normal(size=(6, 3)), rng.random(6)
    place = rng.integers(0, 3, 6)
    total = 0.0
    for row in range(6):
        p = np.exp(scores[row]) / np.exp(scores[row]).sum()
        soft = [0.9 * (k == place[row]) + 0.1 / 3 for k in range(3)]
        total += weight[row] * -sum(s * np.log(q) for s, q in zip(soft, p, strict=True))
    target = torch.from_numpy(np.eye(3)[place])
    value = loss_of("cross_entropy", smoothing=0.1)(
        torch.from_numpy(scores), target, torch.from_numpy(weight)
    )
    assert float(value) == pytest.approx(total / weight.sum(), rel=1e-6)


def test_focal_without_gamma_is_cross_entropy_and_with_it_looks_away_from_easy_frames():
    scores, weight = torch.tensor([[4.0, -4.0], [0.1, 0.0]]), torch.ones(2)
    target = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    plain = loss_of("cross_entropy", smoothing=0.0)
    for options in ((scores, target, weight), (scores[:, :1], target[:, :1], weight)):
        same = loss_of("focal", gamma=0.0)(*options)
        assert float(same) == pytest.approx(float(plain(*options)), rel=1e-5)
    focal = loss_of("focal", gamma=2.0)
    easy, hard = weight * torch.tensor([1.0, 0.0]), weight * torch.tensor([0.0, 1.0])
    ratio = float(focal(scores, target, easy)) / float(plain(scores, target, easy))
    assert ratio < 1e-4 < float(focal(scores, target, hard)) / float(plain(scores, target, hard))


def labels_of(rows):
    labels = torch.tensor(rows, dtype=torch.int8)[None]
    return Target(labels, torch.ones(1, labels.shape[1]))


UNKNOWN = [
    pytest.param([-1, -1, -1, -1], id="unlabelled"),
    pytest.param([-2, -2, -2, -2], id="unscorable"),
    pytest.param([0, 0, -1, -1], id="no class named"),
]


@pytest.mark.parametrize("row", UNKNOWN)
def test_head_gives_unknown_frames_no_weight(row):
    part = head()
    scores = torch.randn(1, 3, 4, requires_grad=True)
    target = labels_of([[1, 0, 0, 1], row, [0, 1, 0, 0]])
    part.loss(scores, target, full(1, 3)).backward()
    assert (scores.grad[0, 1] == 0).all()
    assert (scores.grad[0, [0, 2]] != 0).all()


@pytest.mark.parametrize("hidden", ["mask", "weight"])
def test_head_gives_padding_and_other_folds_no_weight(hidden):
    part, mask = head(), full(1, 3)
    rows = [[1, 0, 0, 1], [0, 0, 1, 1], [0, 1, 0, 0]]
    target = labels_of(rows)
    (mask if hidden == "mask" else target.weights)[0, 1] = 0
    scores = torch.randn(1, 3, 4, requires_grad=True)
    loss = part.loss(scores, target, mask)
    loss.backward()
    assert (scores.grad[0, 1] == 0).all()
    shorter = labels_of([rows[0], rows[2]])
    assert part.loss(scores[:, [0, 2]], shorter, full(1, 2)).item() == pytest.approx(loss.item())


def test_an_independent_behavior_counts_where_it_is_known():
    part = head()
    scores = torch.randn(1, 2, 4, requires_grad=True)
    part.loss(scores, labels_of([[-1, -1, -1, 0], [1, 0, 0, -2]]), full(1, 2)).backward()
    assert (scores.grad[0, 0, :3] == 0).all()
    assert scores.grad[0, 0, 3] != 0
    assert scores.grad[0, 1, 3] == 0


def test_class_weights_shift_the_loss_towards_a_class():
    weights = torch.ones(4, 2)
    weights[0, 1] = 10
    scores = torch.zeros(1, 2, 4)
    scores[0, :, 0] = -3  # 'walk' is missed in the first frame
    target = labels_of([[1, 0, 0, -1], [0, 1, 0, -1]])
    plain = head().loss(scores, target, full(1, 2))
    assert head(weights=weights).loss(scores, target, full(1, 2)) > 1.3 * plain


def random_batch(frames=48, windows=4, seed=0):
    rng = torch.Generator().manual_seed(seed)
    values = torch.randn(windows, frames, WIDTH, generator=rng)
    labels = torch.zeros(windows, frames, 4, dtype=torch.int8)
    state = torch.randint(0, 3, (windows, frames // 12 + 1), generator=rng)
    state = state.repeat_interleave(12, dim=1)[:, :frames]
    labels.scatter_(2, state[..., None], 1)
    labels[..., 3] = values[..., 0] > 0
    values[:, 5:9, 2] = float("nan")
    mask = full(windows, frames)
    mask[0, frames - 6 :] = False
    return Batch({"pose": values}, mask, {"pose": mask.clone()}), Target(
        labels, torch.ones(windows, frames), ("place",) * windows
    )


@pytest.mark.parametrize("loss", registry.names("loss"))
@pytest.mark.parametrize("name", registry.names("temporal"))
def test_overfits_four_windows(name, loss):
    batch, target = random_batch()
    torch.manual_seed(0)
    options = OVERFIT.get(name, {"channels": 32})
    part = registry.load("temporal", name).Temporal(WIDTH + 1, dropout=0.0, **options)
    exact = {"smoothing": 0.0}
    out = registry.load("head", "behavior").Head(
        part.width, ETHOGRAM, loss=loss_of(loss, **exact), weights=torch.ones(4, 2)
    )
    read = readout("frames" if is_dense(part) else "attention", part.width)
    network = Network(Inputs({"pose": [2]}), [part], read, {"behavior": out}, length=48)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(150):
        optimizer.zero_grad()
        network.loss(batch, target).backward()
        optimizer.step()
    scores, known = network(batch)["behavior"], batch.mask
    if network.per_window:
        target, known = target.at(24), known[:, 24:25]
    right = scores[..., :3].argmax(-1) == target.labels[..., :3].argmax(-1)
    assert float(right[known].float().mean()) > 0.99
    assert float(((scores[..., 3] > 0) == target.labels[..., 3])[known].float().mean()) > 0.99


def test_missing_values_are_masked_and_every_input_channel_counts():
    batch, _ = random_batch()
    joined = Inputs({"pose": [2]})(batch)
    assert joined.shape[-1] == WIDTH + 1
    assert torch.isfinite(joined).all()
    assert (joined[1:, 5:9, WIDTH] == 1).all()
    assert joined[..., WIDTH].sum() == 16
    assert (joined[0, -6:] == 0).all()
    absent = Batch(batch.streams, batch.mask, {"pose": torch.zeros_like(batch.mask)})
    assert (Inputs({"pose": [2]})(absent)[..., :WIDTH] == 0).all()


def test_a_tcn_with_gelu_keeps_the_mask_and_refuses_other_activations():
    make = registry.load("temporal", "tcn").Temporal
    torch.manual_seed(0)
    part = make(WIDTH, channels=8, dilations=[1, 2], activation="gelu").eval()
    values, mask = torch.randn(2, 49, WIDTH), full(2, 49)
    mask[:, 40:] = False
    out = part(values, mask)
    assert not out[:, 40:].any()
    torch.testing.assert_close(out[:, :40], part(values[:, :40], full(2, 40)))
    # GELU never falls below -.17, a plain sum of blocks does.
    assert float(out.detach().min()) > -0.171
    part.train()
    assert not torch.equal(part(values, mask), part(values, mask))
    with pytest.raises(RecipeError, match="no activation 'tanh'"):
        make(WIDTH, activation="tanh")
