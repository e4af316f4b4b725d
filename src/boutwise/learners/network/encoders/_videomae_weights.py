"""Weights of VideoMAE, VideoMAE v2 and MVD: where they are found, and what they are called there.

Two layouts are known. The one of the authors' code (``blocks.0.attn.qkv.weight``), with prefixes
that differ between pre-training, fine-tuning and distillation; and the one of the transformers
library (``encoder.layer.0.attention.attention.query.weight``). Heads and decoders are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from boutwise.errors import RecipeError

PREFIXES = ("module.", "model.", "student.", "backbone.", "videomae.", "encoder.")
"""That wrappers put before the names, in any order."""

LEFT_OUT = re.compile(
    r"^(head|heads|classifier|decoder|encoder_to_decoder|mask_token|projector|teacher)(\.|_|$)"
)
"""What belongs to another task."""

FILES = ("model.safetensors", "pytorch_model.bin")
"""Of a folder."""

_LAYER = {
    "layernorm_before": "norm1",
    "layernorm_after": "norm2",
    "attention.output.dense": "attn.proj",
    "intermediate.dense": "fc1",
    "output.dense": "fc2",
    "attention.attention.q_bias": "attn.q_bias",
    "attention.attention.v_bias": "attn.v_bias",
}
"""Names inside a layer of the transformers library -> ours."""


def read_weights(where: str) -> tuple[dict[str, Tensor], dict[str, list[float]]]:
    """The tensors of a file, and how its pictures are standardized if that is said beside it.

    Args:
        where: File, folder, or the name of a repository of the hub.

    Returns:
        Name -> tensor; ``mean`` and ``sd`` of the three colors, or nothing.

    Raises:
        RecipeError: There is no such file, or it cannot be read without running code.
    """
    path = _file(where)
    try:
        if path.suffix == ".safetensors":
            found: Any = load_file(path)
        else:
            # Tensors and nothing else: a file that wants to run code is refused.
            found = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, ValueError, SafetensorError, RuntimeError, EOFError) as error:
        raise _unreadable(path, error) from error
    except Exception as error:  # a broken pickle raises whatever its bytes lead to
        raise _unreadable(path, error) from error
    for key in ("model", "module", "state_dict", "model_state"):
        if isinstance(found, Mapping) and isinstance(found.get(key), Mapping):
            found = found[key]
    tensors = {name: value for name, value in dict(found).items() if isinstance(value, Tensor)}
    return {name: value.float() for name, value in tensors.items()}, _standardization(path)


def _unreadable(path: Path, error: Exception) -> RecipeError:
    reason = str(error).strip().split("\n")[0]
    return RecipeError(
        f"the weights cannot be read: {reason}",
        file=path,
        expected="safetensors, or tensors saved by torch",
        todo="convert them to safetensors",
    )


def _file(where: str) -> Path:
    path = Path(where)
    if path.is_file():
        return path
    if path.is_dir():
        known = [path / name for name in FILES if (path / name).is_file()]
        known += sorted([*path.glob("*.safetensors"), *path.glob("*.pth"), *path.glob("*.pt")])
        if known:
            return known[0]
        raise RecipeError(
            "the folder has no weights", file=path, expected=f"{', '.join(FILES)} or a .pth file"
        )
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", where):
        raise RecipeError(
            f"there are no weights '{where}'",
            expected="a file, a folder, or OWNER/NAME of a repository of the hub",
        )
    try:
        from huggingface_hub import hf_hub_download
    except ImportError:
        raise RecipeError(
            f"there is no file or folder '{where}', and huggingface_hub, which could fetch it, is "
            "not installed",
            todo="give the path of weights that you have, or pip install huggingface_hub",
        ) from None
    try:
        return Path(hf_hub_download(where, FILES[0]))
    except Exception as error:  # whatever the network and the hub say
        raise RecipeError(
            f"the weights '{where}' cannot be fetched: {str(error).strip().splitlines()[0]}",
            todo="fetch them elsewhere and give their path",
        ) from error


def _standardization(path: Path) -> dict[str, list[float]]:
    beside = path.parent / "preprocessor_config.json"
    if not beside.is_file():
        return {}
    said = json.loads(beside.read_text(encoding="utf-8"))
    known = {"mean": said.get("image_mean"), "sd": said.get("image_std")}
    return {key: value for key, value in known.items() if value is not None}


def converted(found: Mapping[str, Tensor], *, source: str) -> dict[str, Tensor]:
    """The tensors under our names, without what belongs to another task.

    Args:
        found: Name -> tensor, in a layout that is known.
        source: For messages.

    Raises:
        RecipeError: They are of no layout that is known.
    """
    plain = {_bare(name): value for name, value in found.items()}
    plain = {name: value for name, value in plain.items() if not LEFT_OUT.match(name)}
    if any(name.startswith("layer.") for name in plain):
        return _pooled_norm(_of_library(plain))
    if any(name.startswith("blocks.") for name in plain):
        return _pooled_norm(_of_authors(plain))
    raise RecipeError(
        f"the weights '{source}' are of no layout that is known: "
        f"{', '.join(sorted(found)[:4]) or 'no tensors'}",
        expected="those of VideoMAE, VideoMAE v2, MVD, or the transformers library",
    )


def _bare(name: str) -> str:
    changed = True
    while changed:
        changed = False
        for prefix in PREFIXES:
            if name.startswith(prefix):
                name, changed = name.removeprefix(prefix), True
    return name


def _of_authors(plain: Mapping[str, Tensor]) -> dict[str, Tensor]:
    state = {}
    for name, value in plain.items():
        if name in ("pos_embed", "pos_embedding"):
            state["positions"] = value.reshape(value.shape[-2:])
            continue
        ours = name.replace("patch_embed.proj.", "patch_embed.").replace(".mlp.fc", ".fc")
        state[ours] = value
    return state


def _of_library(plain: Mapping[str, Tensor]) -> dict[str, Tensor]:
    state, parts = {}, {}
    for name, value in plain.items():
        if name.startswith("embeddings.patch_embeddings.projection."):
            state[f"patch_embed.{name.rpartition('.')[2]}"] = value
            continue
        if name == "embeddings.position_embeddings":
            state["positions"] = value.reshape(value.shape[-2:])
            continue
        found = re.match(r"layer\.(\d+)\.(.+)", name)
        if not found:
            state[name] = value
            continue
        layer, inner = found[1], found[2]
        part = re.fullmatch(r"attention\.attention\.(query|key|value)\.weight", inner)
        if part:
            parts[layer, part[1]] = value
            continue
        stem, dot, kind = inner.rpartition(".")
        ours = _LAYER.get(inner) or f"{_LAYER.get(stem, stem)}{dot}{kind}"
        state[f"blocks.{layer}.{ours}"] = value
    for layer in {layer for layer, _ in parts}:
        three = [parts[layer, kind] for kind in ("query", "key", "value") if (layer, kind) in parts]
        state[f"blocks.{layer}.attn.qkv.weight"] = torch.cat(three)
    return state


def _pooled_norm(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The norm behind the mean: that of fine-tuning, or the last one of pre-training."""
    for kind in ("weight", "bias"):
        last = [state.pop(f"{name}.{kind}", None) for name in ("fc_norm", "norm", "layernorm")]
        chosen = next((value for value in last if value is not None), None)
        if chosen is not None:
            state[f"norm.{kind}"] = chosen
    return state
