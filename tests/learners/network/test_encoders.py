"""Contract tests of all encoders, and what each of them does."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from boutwise import registry
from boutwise.errors import RecipeError
from boutwise.learners.network._embedding import embeddings
from boutwise.learners.network._pixels import held, nearest_inside

from .pictures import Array

SIZE, FRAMES = 16, 20
OPTIONS = {
    "spotter": {"stages": [8, 16], "entrance": 2, "width": 12},
    "conv3d": {"variant": "light"},
    "videomae": {"frames": 20, "rate": 1, "patch": 8, "width": 12, "depth": 2, "heads": 3},
}
DENSE = ["spotter", "conv3d"]


def encoder(name, channels=1, size=SIZE, **options):
    torch.manual_seed(0)
    part = registry.load("encoder", name).Encoder(
        channels, size, **{**OPTIONS.get(name, {}), **options}
    )
    # A network that was trained: its batch norms have seen something.
    for module in part.modules():
        if isinstance(module, torch.nn.BatchNorm2d | torch.nn.BatchNorm3d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, std=0.1)
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
    return part


def every():
    return [
        *(pytest.param(name, {}, id=name) for name in registry.names("encoder")),
        pytest.param("conv3d", {"padding": "zero"}, id="conv3d-zero"),
    ]


def pictures(windows=2, frames=FRAMES, channels=1, size=SIZE, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(windows, frames, channels, size, size, generator=rng)


def full(windows, frames=FRAMES):
    return torch.ones(windows, frames, dtype=torch.bool)


@pytest.mark.parametrize(("name", "options"), every())
@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_and_gradients(name, options, channels):
    part = encoder(name, channels, **options).train()
    values = pictures(3, channels=channels).requires_grad_()
    out = part(values, full(3))
    steps = 1 if part.margin_frames is None else -(-FRAMES // part.stride)
    assert out.shape == (3, steps, part.width)
    assert torch.isfinite(out).all()
    (out * torch.randn_like(out)).sum().backward()
    for key, parameter in part.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.abs().sum() > 0, key
    assert (values.grad.flatten(2).abs().sum(-1) > 0).all()


@pytest.mark.parametrize(("name", "options"), every())
@pytest.mark.parametrize("training", [False, True])
def test_what_stands_where_no_picture_is_changes_nothing(name, options, training):
    part = encoder(name, **options)
    mask = full(3)
    mask[0, :6] = mask[1, 15:] = mask[2, 8:11] = False
    values = pictures(3)
    other = torch.where(mask[..., None, None, None], values, 9 * pictures(3, seed=1))
    found = []
    for seen in (values, other):
        torch.manual_seed(0)
        part.train(training)
        with torch.no_grad():
            found.append(part(seen, mask))
    torch.testing.assert_close(*found, rtol=1e-5, atol=1e-5)
    if part.margin_frames is not None:
        assert (found[0][~mask] == 0).all()
    nothing = part.eval()(values, torch.zeros_like(mask))
    assert (nothing == 0).all()


@pytest.mark.parametrize(("name", "options"), every())
def test_no_window_sees_another(name, options):
    part = encoder(name, **options).eval()
    values = pictures(3)
    other = values.clone()
    other[1] = torch.rand(other[1].shape)
    with torch.no_grad():
        a, b = part(values, full(3)), part(other, full(3))
    torch.testing.assert_close(a[[0, 2]], b[[0, 2]], rtol=0, atol=1e-6)
    assert not torch.allclose(a[1], b[1], atol=1e-4)


@pytest.mark.parametrize("name", DENSE)
@settings(max_examples=10, deadline=None)
@given(frames=st.integers(1, 24), before=st.integers(0, 12), behind=st.integers(0, 12))
def test_padding_is_like_the_end_of_the_recording(name, frames, before, behind):
    part = encoder(name).eval()
    values = pictures(1, before + frames + behind, seed=frames)
    mask = torch.zeros(1, before + frames + behind, dtype=torch.bool)
    mask[:, before : before + frames] = True
    with torch.no_grad():
        padded = part(values, mask)[:, before : before + frames]
        alone = part(values[:, before : before + frames], full(1, frames))
    torch.testing.assert_close(padded, alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", DENSE)
def test_margin_is_exactly_as_far_as_an_embedding_looks(name):
    part = encoder(name).eval()
    values = pictures(1, 41)
    other = values.clone()
    other[0, 20] = 1 - other[0, 20]
    with torch.no_grad():
        moved = (part(values, full(1, 41)) - part(other, full(1, 41))).abs().sum(-1)[0]
    reached = torch.nonzero(moved).flatten()
    assert int(reached.min()) == 20 - part.margin_frames
    assert int(reached.max()) == 20 + part.margin_frames


@pytest.mark.parametrize("name", DENSE)
@pytest.mark.parametrize("step", [8, 13])
@pytest.mark.parametrize("absent", [0.0, 0.3])
def test_pieces_give_what_the_whole_gives(name, step, absent, monkeypatch):
    """Every frame, the first and the last too; each picture is read once."""
    monkeypatch.setattr("boutwise.learners.network._embedding.frames_at_once", lambda size: step)
    part = encoder(name).eval()
    rng = np.random.default_rng(0)
    values = rng.integers(0, 255, size=(60, 1, SIZE, SIZE), dtype=np.uint8)
    present = rng.random(60) >= absent
    present[22:33] = absent == 0
    pixels = Array(values, present)
    found = embeddings(part, pixels, mirrored=[False, True], device=torch.device("cpu"))
    seen = torch.from_numpy(values).float()[None] / 255
    mask = torch.from_numpy(present)[None]
    with torch.no_grad():
        whole = torch.cat([part(seen, mask), part(seen.flip(-1), mask)])
    torch.testing.assert_close(found, whole, rtol=1e-4, atol=1e-4)
    read = np.zeros(60, dtype=int)
    for start, stop in pixels.reads:
        read[start:stop] += 1
    assert read.max() == 1
    assert read[present].min() == 1


def test_the_nearest_picture_takes_the_place_of_a_missing_one():
    mask = torch.tensor([[False, True, False, False, False, False, True], [False] * 7])
    assert nearest_inside(mask)[0].tolist() == [1, 1, 1, 1, 6, 6, 6]
    assert nearest_inside(mask)[1].tolist() == list(range(7))
    values = torch.arange(7.0)[None, :, None, None, None]
    assert held(values, mask[:1]).flatten().tolist() == [1, 1, 1, 1, 6, 6, 6]


def count(part):
    return sum(p.numel() for p in part.parameters())


@pytest.mark.parametrize(
    ("variant", "hidden", "total"), [("standard", (512, 256), 1.43e6), ("light", (128,), 0.31e6)]
)
@pytest.mark.parametrize("padding", ["none", "zero"])
def test_conv3d_has_as_many_parameters_as_the_original(variant, hidden, total, padding):
    """RGB, six classes; the biases that batch norm takes away again are not there."""
    part = encoder("conv3d", 3, 64, variant=variant, padding=padding)
    read = registry.load("readout", "mean").Readout(part.width, hidden=hidden)
    found = count(part) + count(read) + (read.width + 1) * 6
    assert found == pytest.approx(total, rel=0.005)


def clip_by_clip(part, values):
    """The embedding of each frame from its own 17 frames, the ends held still."""
    found = []
    for frame in range(len(values)):
        places = np.clip(np.arange(frame - 8, frame + 9), 0, len(values) - 1)
        clip = values[places][None]
        with torch.no_grad():
            found.append(part.inner(clip, full(1, 17), 8, 8))
    return torch.cat(found, dim=1)


@pytest.mark.parametrize(
    ("variant", "standardize"), [("standard", False), ("light", False), ("light", True)]
)
@pytest.mark.parametrize("frames", [1, 2, 9, 17, 50])
def test_conv3d_dense_equals_clip_by_clip(variant, standardize, frames, monkeypatch):
    """Every frame, the first, the last, and of videos shorter than a window."""
    monkeypatch.setattr("boutwise.learners.network._embedding.frames_at_once", lambda size: 16)
    part = encoder("conv3d", variant=variant, standardize=standardize).eval()
    rng = np.random.default_rng(0)
    values = rng.integers(0, 255, size=(frames, 1, SIZE, SIZE), dtype=np.uint8)
    found = embeddings(part, Array(values), mirrored=[False], device=torch.device("cpu"))
    expected = clip_by_clip(part, torch.from_numpy(values).float() / 255)
    assert found.shape == (1, frames, part.width)
    assert float((found - expected).abs().max()) < 1e-4


def test_conv3d_is_a_3d_convolution_however_it_is_computed():
    """The way of the CPU, two dimensions over frames side by side, against torch's own."""
    part = encoder("conv3d").eval()
    values = pictures(2, 30)
    with torch.no_grad():
        fast = part(values, full(2, 30))
        slow = torch.cat([values[:, :1]] * 8 + [values] + [values[:, -1:]] * 8, dim=1)
        slow = slow.transpose(1, 2)
        for block in part.blocks:
            slow = torch.nn.functional.max_pool3d(block(slow), (1, 2, 2))
    expected = slow.mean(dim=(3, 4)).transpose(1, 2)
    torch.testing.assert_close(fast, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "size", "options", "words"),
    [
        ("conv3d", 16, {"variant": "huge"}, "no variant 'huge'"),
        ("conv3d", 8, {}, "8 x 8 pixels"),
        ("spotter", 16, {"stages": [8]}, "two stages"),
        ("spotter", 16, {"shift": 0.7}, "shift 0.7"),
        ("spotter", 4, {"stages": [8, 8, 8]}, "4 x 4 pixels"),
    ],
)
def test_what_an_encoder_cannot_be(name, size, options, words):
    with pytest.raises(RecipeError) as caught:
        registry.load("encoder", name).Encoder(1, size, **options)
    assert words in str(caught.value)


@pytest.mark.parametrize("padding", ["none", "zero"])
def test_standardized_pictures_tell_nothing_of_lamp_and_lens(padding):
    part = encoder("conv3d", padding=padding, standardize=True).eval()
    plain = encoder("conv3d", padding=padding).eval()
    values = 0.2 + 0.4 * pictures(1, 20)
    other = 0.3 + 0.6 * values
    with torch.no_grad():
        same = part(values, full(1, 20)), part(other, full(1, 20))
        not_same = plain(values, full(1, 20)), plain(other, full(1, 20))
    torch.testing.assert_close(*same, rtol=1e-3, atol=1e-4)
    assert float((not_same[0] - not_same[1]).abs().max()) > 0.01


def test_conv3d_with_zero_padding_wants_eight_frames():
    part = encoder("conv3d", padding="zero")
    assert part(pictures(1, 8), full(1, 8)).shape == (1, 1, 128)
    with pytest.raises(RecipeError, match="7 frames"):
        part(pictures(1, 7), full(1, 7))
