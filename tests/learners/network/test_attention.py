"""The temporal part ``attention``: equal to plain attention, and linear in memory."""

from __future__ import annotations

import pytest
import torch

from boutwise.errors import RecipeError
from boutwise.learners.network._auto import auto_values
from boutwise.learners.network.temporal.attention import Temporal, _LocalAttention


@pytest.mark.parametrize(("frames", "radius"), [(1, 3), (5, 8), (23, 4), (24, 4), (40, 7)])
def test_equals_attention_under_a_band_over_all_frames(frames, radius):
    torch.manual_seed(frames)
    channels, heads = 12, 3
    part = _LocalAttention(channels, heads=heads, radius=radius)
    torch.nn.init.normal_(part.nearness)
    values = torch.randn(2, frames, channels)
    mask = torch.ones(2, frames, dtype=torch.bool)
    mask[1, frames - frames // 3 :] = False
    query, key, value = (
        x.unflatten(2, (heads, channels // heads)).transpose(1, 2)
        for x in part.inward(values).chunk(3, dim=-1)
    )
    offset = torch.arange(frames) - torch.arange(frames)[:, None]
    bias = part.nearness[:, (offset + radius).clamp(0, 2 * radius)]
    scores = query @ key.transpose(2, 3) / 2 + bias
    allowed = (offset.abs() <= radius) & mask[:, None, None, :]
    weights = scores.masked_fill(~allowed, -torch.inf).softmax(dim=-1)
    expected = part.outward((weights @ value).transpose(1, 2).flatten(2))
    torch.testing.assert_close(part(values, mask)[mask], expected[mask], rtol=1e-5, atol=1e-5)


def kept_bytes(frames):
    """Bytes of all tensors that a pass keeps for its gradient."""
    part = Temporal(6, channels=16, dilations=[1, 2], radius=32, heads=2)
    sizes = {}

    def note(tensor):
        sizes[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        part(torch.randn(1, frames, 6), torch.ones(1, frames, dtype=torch.bool))
    return sum(sizes.values())


def test_memory_grows_with_the_frames_and_not_with_their_square():
    assert kept_bytes(8192) < 2.2 * kept_bytes(4096)


@pytest.mark.parametrize(
    "options", [{"radius": 0}, {"heads": 3}, {"layers": 0}, {"dilations": []}, {"dilations": [0]}]
)
def test_options_that_cannot_be(options):
    with pytest.raises(RecipeError, match="attention cannot have"):
        Temporal(6, **options)


def test_auto_sees_about_as_far_as_the_tcn():
    for fps in (10, 20, 30, 120):
        facts = {"n_frames": 60_000, "fps": fps, "n_animals": 5, "median_bout_s": 1.0}
        values = {key: value for key, (value, _) in auto_values(facts).items()}
        head = "temporal.0.attention."
        options = {k.removeprefix(head): v for k, v in values.items() if k.startswith(head)}
        margin = Temporal(6, **options).margin_frames
        seen = sum(values["temporal.0.tcn.dilations"])
        # Beyond 256 frames a layer the attention would cost more than everything else.
        assert margin == pytest.approx(min(seen, 15 + 2 * 256), abs=1)
