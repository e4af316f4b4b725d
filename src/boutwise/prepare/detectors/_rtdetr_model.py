"""RT-DETRv2 as transformers has it: load, begin anew, what goes in and what comes out.

Pictures go in at their own aspect, brought to a square by :func:`boutwise.prepare.cutting.cut`, so
that a mouse is as long lying as standing. Nothing of torchvision is used.

Source: RT-DETRv2 (Lv et al. 2024), the model of transformers 5.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, RecipeError, did_you_mean
from boutwise.store.digest import file_digest

if TYPE_CHECKING:
    import torch

FILES = ("config.json", "model.safetensors")
PREPROCESSING = "preprocessor_config.json"
USUAL_SIZE = 640
ANIMAL = "animal"
"""The label of models that are trained here."""

Box = NDArray[np.float32]


def weight_files(weights: str) -> dict[str, Path]:
    """Files of a model by their names, from a folder or from the cache of the hub.

    Raises:
        DataError: A file is missing.
    """
    folder = Path(weights)
    if folder.is_dir():
        found = {name: folder / name for name in (*FILES, PREPROCESSING)}
        found = {name: path for name, path in found.items() if path.is_file()}
    else:
        found = _from_hub(weights)
    missing = [name for name in FILES if name not in found]
    if missing:
        raise DataError(
            f"the detector has no '{missing[0]}'",
            file=folder,
            expected=f"a folder with {' and '.join(FILES)}, as transformers saves an RT-DETRv2",
            todo="save it with save_pretrained; weights as a pickle are never loaded",
        )
    return found


def _from_hub(name: str) -> dict[str, Path]:
    # A misspelt path is no reason to ask the network.
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", name) or Path(name).parent.is_dir():
        raise DataError(
            f"there are no weights '{name}'",
            expected="a folder that is there, or OWNER/NAME of a model of the hub",
            todo="check the path",
        )
    from transformers.utils.hub import cached_file

    try:
        paths = {file: cached_file(name, file) for file in FILES}
        extra = cached_file(name, PREPROCESSING, _raise_exceptions_for_missing_entries=False)
    except OSError as error:
        raise DataError(
            f"there are no weights '{name}': neither a folder nor a model of the hub",
            expected=f"a folder with {' and '.join(FILES)}, or the name of a model",
            todo="check the path; without a network the model must be in the hub's cache",
        ) from error
    paths[PREPROCESSING] = extra
    return {file: Path(path) for file, path in paths.items() if path}


def weights_digest(weights: str) -> str:
    """Digest of everything that changes what the model finds."""
    files = weight_files(weights)
    return "-".join(file_digest(files[name])[:16] for name in sorted(files))


def load_model(weights: str, *, labels: Mapping[int, str] | None = None) -> tuple[Any, int]:
    """Model in evaluation mode, and pixels a side of its input.

    Args:
        weights: Folder or name.
        labels: In place of those that it knows: its outputs begin at random where they are others.

    Raises:
        DataError: A file is missing, or it is another kind of model.
    """
    transformers = _quiet_transformers()
    files = weight_files(weights)
    kind = json.loads(files["config.json"].read_text(encoding="utf-8")).get("model_type")
    if kind != "rt_detr_v2":
        raise DataError(
            f"the weights are of a '{kind}'", file=files["config.json"], expected="rt_detr_v2"
        )
    folder = files["config.json"].parent
    changed: dict[str, Any] = (
        {} if labels is None else {"id2label": dict(labels), "ignore_mismatched_sizes": True}
    )
    model: Any = transformers.RTDetrV2ForObjectDetection.from_pretrained(
        folder, local_files_only=True, use_safetensors=True, **changed
    )
    return model.eval(), said_size(files)


def said_size(files: Mapping[str, Path]) -> int:
    """Pixels a side that a model's files say; the usual size where they say none."""
    said = files.get(PREPROCESSING)
    facts = json.loads(said.read_text(encoding="utf-8")) if said else {}
    return int(facts.get("size", {}).get("height", USUAL_SIZE))


def new_model(seed: int, **settings: Any) -> Any:
    """A small RT-DETRv2 of random weights with the one label :data:`ANIMAL`.

    Args:
        seed: Of the weights.
        **settings: Of the configuration, in place of the small ones.
    """
    import torch

    transformers = _quiet_transformers()
    torch.manual_seed(seed)
    backbone = transformers.RTDetrResNetConfig(
        embedding_size=16,
        hidden_sizes=[16, 32, 64, 96],
        depths=[1, 1, 1, 1],
        layer_type="basic",
        out_features=["stage2", "stage3", "stage4"],
    )
    small = {
        "encoder_in_channels": [32, 64, 96],
        "decoder_in_channels": [64, 64, 64],
        "encoder_hidden_dim": 64,
        "encoder_ffn_dim": 128,
        "encoder_attention_heads": 4,
        "d_model": 64,
        "decoder_ffn_dim": 128,
        "decoder_attention_heads": 4,
        "decoder_layers": 2,
        "num_queries": 30,
        "num_denoising": 20,
        "hidden_expansion": 0.5,
        "freeze_backbone_batch_norms": False,  # frozen, weights of random size stay so
        "id2label": {0: ANIMAL},
        "label2id": {ANIMAL: 0},
    }
    config = transformers.RTDetrV2Config(
        backbone_config=backbone, use_pretrained_backbone=False, **{**small, **settings}
    )
    return transformers.RTDetrV2ForObjectDetection(config)


def _quiet_transformers() -> Any:
    """Transformers without its progress bars: what is shown is the command line's to decide.

    Its settings are checked when it runs, and not by their types.
    """
    import transformers
    from transformers.utils import logging

    bars: Any = logging
    bars.disable_progress_bar()
    return transformers


def best_device() -> torch.device:
    """A GPU where there is one."""
    import torch

    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def save_model(model: Any, size: int, folder: Path) -> None:
    """Weights, configuration and size of the input, as :func:`load_model` reads them."""
    model.save_pretrained(folder)
    facts = {"size": {"height": size, "width": size}, "do_rescale": True, "do_normalize": False}
    text = json.dumps(facts, indent=1)
    (folder / PREPROCESSING).write_text(text, encoding="utf-8")


def label_number(labels: Mapping[int, str], wanted: str | None) -> int:
    """Which output is the animal.

    Raises:
        RecipeError: The model knows several labels and none was named, or not that one.
    """
    names = {name: number for number, name in labels.items()}
    if wanted is None and len(names) == 1:
        return next(iter(names.values()))
    if wanted is None or wanted not in names:
        raise RecipeError(
            f"the detector knows {len(names)} labels, and "
            + ("none was named" if wanted is None else f"'{wanted}' is none of them"),
            expected="detector: {rtdetr: {weights: ..., label: NAME}}",
            todo=did_you_mean(wanted or "", names),
        )
    return names[wanted]


def as_input(squares: Sequence[NDArray[np.uint8]]) -> torch.Tensor:
    """Pictures (size, size, 3) as (pictures, 3, size, size), 0 to 1."""
    import torch

    stacked = np.stack(squares).transpose(0, 3, 1, 2)
    return torch.from_numpy(np.ascontiguousarray(stacked)).float() / 255


def as_boxes(outputs: Any, number: int, size: int) -> list[tuple[Box, Box]]:
    """Corners in pixels of the square, and scores, of each picture, the surest first."""
    scores = outputs.logits[..., number].detach().float().sigmoid().cpu().numpy()
    middle = outputs.pred_boxes.detach().float().cpu().numpy() * size
    corners = np.concatenate(
        [middle[..., :2] - middle[..., 2:] / 2, middle[..., :2] + middle[..., 2:] / 2], axis=-1
    )
    order = np.argsort(-scores, axis=1, kind="stable")
    return [(c[o], s[o]) for c, s, o in zip(corners, scores, order, strict=True)]


def without_doubles(corners: Box, scores: Box, most_iou: float = 0.7) -> NDArray[np.int64]:
    """Places of the boxes that no surer one covers; the model is trained to need none of this.

    A random or barely trained one finds everything several times.
    """
    from boutwise.metrics import box_ious

    kept: list[int] = []
    for place in np.argsort(-scores, kind="stable").tolist():
        if not kept or box_ious(corners[place], corners[kept]).max() < most_iou:
            kept.append(place)
    return np.array(kept, dtype=np.int64)
