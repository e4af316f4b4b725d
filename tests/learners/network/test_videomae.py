"""The vision transformer on tubes, and weights of others under their own names."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from boutwise import registry
from boutwise.errors import RecipeError
from boutwise.learners import score_subject
from boutwise.learners.network import load
from boutwise.learners.network.encoders.videomae import Encoder

from .pictures import SIZE, make_member, subject_frames
from .test_pixels import fitted_without_training

WIDTH, DEPTH, HEADS, PATCH, FRAMES = 12, 2, 3, 8, 4
TINY = {"width": WIDTH, "depth": DEPTH, "heads": HEADS, "patch": PATCH, "frames": FRAMES}


def make(channels=3, size=16, **options):
    torch.manual_seed(0)
    return registry.load("encoder", "videomae").Encoder(channels, size, **{**TINY, **options})


def random_weights(seed=0):
    """A random network under the names of the authors' code, fine-tuned."""
    rng = np.random.default_rng(seed)
    shapes = {
        "patch_embed.proj.weight": (WIDTH, 3, 2, PATCH, PATCH),
        "patch_embed.proj.bias": (WIDTH,),
        "fc_norm.weight": (WIDTH,),
        "fc_norm.bias": (WIDTH,),
    }
    for layer in range(DEPTH):
        inner = {
            "norm1.weight": (WIDTH,),
            "norm1.bias": (WIDTH,),
            "attn.qkv.weight": (3 * WIDTH, WIDTH),
            "attn.q_bias": (WIDTH,),
            "attn.v_bias": (WIDTH,),
            "attn.proj.weight": (WIDTH, WIDTH),
            "attn.proj.bias": (WIDTH,),
            "norm2.weight": (WIDTH,),
            "norm2.bias": (WIDTH,),
            "mlp.fc1.weight": (4 * WIDTH, WIDTH),
            "mlp.fc1.bias": (4 * WIDTH,),
            "mlp.fc2.weight": (WIDTH, 4 * WIDTH),
            "mlp.fc2.bias": (WIDTH,),
        }
        shapes |= {f"blocks.{layer}.{name}": shape for name, shape in inner.items()}
    return {name: 0.3 * rng.normal(size=shape) for name, shape in shapes.items()}


def norm(values, weight, bias):
    mean = values.mean(axis=-1, keepdims=True)
    variance = ((values - mean) ** 2).mean(axis=-1, keepdims=True)
    return (values - mean) / np.sqrt(variance + 1e-6) * weight + bias


def slow(weights, clip):
    """The embedding of one clip, (3, frames, size, size), token by token and head by head."""
    mean, sd = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    clip = (clip - mean[:, None, None, None]) / sd[:, None, None, None]
    tokens = []
    for t in range(0, clip.shape[1], 2):
        for y in range(0, clip.shape[2], PATCH):
            for x in range(0, clip.shape[3], PATCH):
                tube = clip[:, t : t + 2, y : y + PATCH, x : x + PATCH]
                row = [(tube * kernel).sum() for kernel in weights["patch_embed.proj.weight"]]
                place, channel = len(tokens), np.arange(WIDTH)
                angle = place / 10000.0 ** (2 * (channel // 2) / WIDTH)
                wave = np.where(channel % 2 == 0, np.sin(angle), np.cos(angle))
                tokens.append(np.array(row) + weights["patch_embed.proj.bias"] + wave)
    tokens = np.array(tokens)
    for layer in range(DEPTH):
        w = {k.split(".", 2)[2]: v for k, v in weights.items() if k.startswith(f"blocks.{layer}.")}
        seen = norm(tokens, w["norm1.weight"], w["norm1.bias"]) @ w["attn.qkv.weight"].T
        query = seen[:, :WIDTH] + w["attn.q_bias"]
        key, value = seen[:, WIDTH : 2 * WIDTH], seen[:, 2 * WIDTH :] + w["attn.v_bias"]
        mixed = np.zeros_like(tokens)
        depth = WIDTH // HEADS
        for head in range(HEADS):
            here = slice(head * depth, (head + 1) * depth)
            for place in range(len(tokens)):
                score = np.exp(key[:, here] @ query[place, here] / math.sqrt(depth))
                mixed[place, here] = (score / score.sum()) @ value[:, here]
        tokens = tokens + mixed @ w["attn.proj.weight"].T + w["attn.proj.bias"]
        inner = norm(tokens, w["norm2.weight"], w["norm2.bias"]) @ w["mlp.fc1.weight"].T
        inner = inner + w["mlp.fc1.bias"]
        inner = inner * 0.5 * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)))
        tokens = tokens + inner @ w["mlp.fc2.weight"].T + w["mlp.fc2.bias"]
    return norm(tokens.mean(axis=0), weights["fc_norm.weight"], weights["fc_norm.bias"])


def of_library(weights):
    """The same network under the names of the transformers library."""
    names = {
        "norm1": "layernorm_before",
        "norm2": "layernorm_after",
        "attn.proj": "attention.output.dense",
        "mlp.fc1": "intermediate.dense",
        "mlp.fc2": "output.dense",
    }
    found = {}
    for name, value in weights.items():
        if name.startswith("patch_embed.proj."):
            kind = name.rpartition(".")[2]
            found[f"videomae.embeddings.patch_embeddings.projection.{kind}"] = value
        elif name.startswith("blocks."):
            _, layer, inner = name.split(".", 2)
            head = f"videomae.encoder.layer.{layer}"
            stem, _, kind = inner.rpartition(".")
            if inner == "attn.qkv.weight":
                for part, rows in zip(("query", "key", "value"), np.split(value, 3), strict=True):
                    found[f"{head}.attention.attention.{part}.weight"] = rows
            elif kind in ("q_bias", "v_bias"):
                found[f"{head}.attention.attention.{kind}"] = value
            else:
                found[f"{head}.{names[stem]}.{kind}"] = value
        else:
            found[name] = value
    return found | {"classifier.weight": np.zeros((5, WIDTH))}


def prefixed(weights, prefix):
    """As pre-training leaves it: a prefix, a decoder, another name of the last norm."""
    found = {f"{prefix}{k.replace('fc_norm', 'norm')}": v for k, v in weights.items()}
    return found | {"decoder.blocks.0.norm1.weight": np.zeros(3), "mask_token": np.zeros(3)}


LAYOUTS = {
    "VideoMAE, fine-tuned": lambda w: w | {"head.weight": np.zeros((5, WIDTH))},
    "VideoMAE, pre-trained": lambda w: prefixed(w, "encoder."),
    "VideoMAE v2, distilled": lambda w: {f"model.{k}": v for k, v in w.items()},
    "MVD, student": lambda w: prefixed(w, "module.encoder."),
    "transformers": of_library,
}


def tensors(weights):
    return {name: torch.from_numpy(np.array(v, dtype=np.float32)) for name, v in weights.items()}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("kind", ["safetensors", "pth", "folder"])
def test_weights_of_others_give_what_a_slow_reference_gives(layout, kind, tmp_path):
    weights = random_weights()
    state = tensors(LAYOUTS[layout](weights))
    path = tmp_path / ("model.safetensors" if kind != "pth" else "weights.pth")
    if kind == "pth":
        torch.save({"model": state, "epoch": 3}, path)
    else:
        save_file({name: value.contiguous() for name, value in state.items()}, path)
    part = make(rate=2, weights=str(tmp_path if kind == "folder" else path))
    before = part.norm.weight.clone()
    part.start()
    assert not torch.equal(part.norm.weight, before)
    clip = np.random.default_rng(1).random((2, 2 * FRAMES, 3, 16, 16))
    with torch.no_grad():
        found = part.eval()(
            torch.from_numpy(clip).float(), torch.ones(2, 2 * FRAMES, dtype=torch.bool)
        )
    for row in range(2):
        expected = slow(weights, clip[row, ::2].transpose(1, 0, 2, 3))
        np.testing.assert_allclose(found[row, 0], expected, atol=2e-4)


def test_pictures_are_standardized_as_is_said_beside_the_weights(tmp_path):
    save_file(tensors(random_weights()), tmp_path / "model.safetensors")
    said = {"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.1, 0.3]}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(said), encoding="utf-8")
    part = make(weights=str(tmp_path))
    part.start()
    assert part.mean.flatten().tolist() == pytest.approx([0.5, 0.4, 0.3])
    assert part.sd.flatten().tolist() == pytest.approx([0.2, 0.1, 0.3])


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (type(self.path).touch, (self.path,))


def test_weights_that_cannot_be_taken(tmp_path):
    def start(where, **options):
        make(weights=str(where), **options).start()

    with pytest.raises(RecipeError, match="no weights"):
        start(tmp_path / "nothing.pth")
    with pytest.raises(RecipeError, match="the folder has no weights"):
        start(tmp_path)
    torch.save({"model": Evil(tmp_path / "evil")}, tmp_path / "evil.pth")
    with pytest.raises(RecipeError, match="cannot be read"):
        start(tmp_path / "evil.pth")
    assert not (tmp_path / "evil").exists()
    (tmp_path / "half.safetensors").write_bytes(b"12345")
    with pytest.raises(RecipeError, match="cannot be read"):
        start(tmp_path / "half.safetensors")
    save_file({"conv1.weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(RecipeError, match=r"no layout that is known: conv1.weight"):
        start(tmp_path / "other.safetensors")
    save_file(tensors(random_weights()), tmp_path / "good.safetensors")
    with pytest.raises(RecipeError, match="do not fit") as caught:
        start(tmp_path / "good.safetensors", width=24)
    assert "is (12,) and not (24,)" in str(caught.value)
    with pytest.raises(RecipeError, match=r"blocks.2.*is missing"):
        start(tmp_path / "good.safetensors", depth=3)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"variant": "huge"}, "no variant 'huge'"),
        ({"patch": 5}, "patches of 5"),
        ({"frames": 5}, "5 frames"),
        ({"heads": 5}, "5 heads"),
        ({"rate": 0}, "0th frame"),
    ],
)
def test_what_it_cannot_be(options, words):
    with pytest.raises(RecipeError) as caught:
        make(**options)
    assert words in str(caught.value)


@pytest.mark.parametrize(("variant", "millions"), [("small", 22), ("base", 86)])
def test_the_variants_are_those_of_the_paper(variant, millions):
    with torch.device("meta"):
        part = registry.load("encoder", "videomae").Encoder(3, 224, variant=variant)
    found = sum(p.numel() for p in part.parameters())
    assert found / 1e6 == pytest.approx(millions, rel=0.03)
    assert part.window_frames == 32


def test_deep_layers_learn_slower_and_drop_less(tmp_path):
    assert make().rates() == {}
    part = make(weights="x", layer_decay=0.5)
    rates = part.rates()
    assert rates["patch_embed.weight"] == 0.5**3
    assert rates["blocks.0.fc1.bias"] == 0.5**2
    assert rates["blocks.1.fc1.bias"] == 0.5
    assert rates["norm.weight"] == 1
    assert set(rates) == {name for name, _ in part.named_parameters()}
    part = make(drop_path=0.6).train()
    branch = torch.ones(2000, 1, 1)
    assert torch.equal(part.blocks[0]._kept(branch), branch)
    kept = part.blocks[1]._kept(branch)
    assert 0.35 < float((kept > 0).float().mean()) < 0.45
    assert 0.9 < float(kept.mean()) < 1.1
    assert torch.equal(part.eval().blocks[1]._kept(branch), branch)


def test_a_bundle_needs_the_weights_of_others_no_more(tmp_path):
    save_file(tensors(random_weights()), tmp_path / "model.safetensors")
    options = TINY | {"weights": str(tmp_path / "model.safetensors"), "rate": 2}
    member = make_member(
        {"videomae": options},
        temporal=[],
        readout="mean",
        windows={"length": 2 * FRAMES, "stride": 5},
    )
    fitted = fitted_without_training(member)
    part = fitted._network.inputs.parts["video"]
    np.testing.assert_allclose(
        part.norm.weight.detach(), random_weights()["fc_norm.weight"], rtol=1e-5
    )
    assert len(fitted._network.rates()) == len(list(part.named_parameters()))
    fitted.save(tmp_path / "member")
    (tmp_path / "model.safetensors").unlink()
    item = subject_frames(3, 30)
    found = score_subject(fitted, item.subject, 30.0, item.streams)
    assert found.shape == (30, 4)
    again = score_subject(load(tmp_path / "member"), item.subject, 30.0, item.streams)
    np.testing.assert_array_equal(found, again)
    assert SIZE % PATCH == 0


def test_the_length_of_a_window_is_that_of_the_clip():
    member = make_member(
        {"videomae": TINY}, temporal=[], readout="mean", windows={"length": 16, "stride": 5}
    )
    with pytest.raises(RecipeError, match="windows of 8 frames, and got 16"):
        fitted_without_training(member)


def test_from_random_weights_half_of_the_tubes_see_what_changes():
    encoder = Encoder(1, 32, frames=8, rate=1, patch=8, width=32, depth=1, heads=2)
    encoder.requires_grad_(False)
    bias = encoder.patch_embed.bias.view(1, -1, 1, 1, 1)
    still = torch.rand(2, 3, 1, 32, 32).expand(-1, -1, 8, -1, -1)
    seen = encoder.patch_embed(still) - bias
    assert float(seen[:, :16].abs().max()) < 1e-5
    assert float(seen[:, 16:].abs().mean()) > 0.05
    moving = encoder.patch_embed(torch.rand(2, 3, 8, 32, 32)) - bias
    assert float(moving[:, :16].abs().mean()) > 0.5


def test_standardized_windows_tell_nothing_of_the_lamp_and_all_of_the_changes():
    options = {"frames": 8, "rate": 1, "standardize": True}
    part, plain = make(1, **options).eval(), make(1, **{**options, "standardize": False}).eval()
    mask = torch.ones(2, 8, dtype=torch.bool)
    window = 0.2 + 0.4 * torch.rand(2, 8, 1, 16, 16)
    lit = 0.3 + 0.6 * window
    flickering = window + 0.2 * (torch.arange(8) % 2).view(1, -1, 1, 1, 1)
    with torch.no_grad():
        torch.testing.assert_close(part(window, mask), part(lit, mask), rtol=1e-3, atol=1e-4)
        assert float((plain(window, mask) - plain(lit, mask)).abs().max()) > 0.01
        assert float((part(window, mask) - part(flickering, mask)).abs().max()) > 0.01
        empty = part(torch.zeros(2, 8, 1, 16, 16), mask)
    assert bool(empty.isfinite().all())
