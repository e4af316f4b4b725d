"""RT-DETRv2: a trained network that finds animals in single pictures, moving or not.

Weights come from a folder, or by name from the hub's cache; nothing is taken unless it is named.
``boutwise train --recipe detector`` and :func:`train_detector` make such a folder.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, RecipeError
from boutwise.prepare.crops import whole_picture
from boutwise.prepare.cutting import cut
from boutwise.prepare.detectors._contract import Detections, Scene
from boutwise.prepare.detectors._rtdetr_model import (
    as_boxes,
    as_input,
    best_device,
    label_number,
    load_model,
    said_size,
    weight_files,
    weights_digest,
    without_doubles,
)
from boutwise.prepare.detectors._rtdetr_training import DetectorTraining, train_detector
from boutwise.video import Look

__all__ = ["DetectorTraining", "RtDetr", "content", "fit", "input_size", "origin", "train_detector"]

DESCRIPTION = "a trained network (RT-DETRv2); needs weights that you name"
VERSION = 1
READS = "pictures"
ORIGIN = "detector.json"
"""File beside weights that were trained here: where they come from, and how good they are."""


def content(*, weights: str, score: float = 0.3, label: str | None = None) -> str:
    """Digest of the weights.

    Args:
        weights: Folder, or name of a model in the hub's cache.
        score: Boxes that are less sure are left out.
        label: Which of the labels that the model knows is the animal; needed if there are several.

    Raises:
        DataError: There are no such weights.
        RecipeError: An option is out of range.
    """
    if not 0 <= score <= 1:
        raise RecipeError(
            f"detect: 'score' of rtdetr cannot be {score!r}", expected="a number from 0 to 1"
        )
    return weights_digest(str(weights))


def origin(*, weights: str, **_: Any) -> dict[str, Any]:
    """Where weights come from: their name, and what was written beside them when they were trained.

    Args:
        weights: Folder, or name of a model in the hub's cache.
    """
    path = Path(weights) / ORIGIN
    if not path.is_file():
        return {"weights": weights}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        known = {key: told.get(key) for key in ("boutwise", "ap50", "by", "kept_apart", "origin")}
    except (OSError, ValueError, AttributeError) as error:
        raise DataError(
            f"what is written beside the weights cannot be read: {error}",
            file=path,
            todo="fetch the folder again, or delete this file: then nothing is known of them",
        ) from error
    return {"weights": weights, **known}


def input_size(weights: str) -> int:
    """Pixels a side of the pictures that weights were trained with.

    Raises:
        DataError: There are no such weights.
    """
    return said_size(weight_files(weights))


def fit(scene: Scene, *, weights: str, score: float = 0.3, label: str | None = None) -> RtDetr:
    """Load the weights; nothing is learned of the recording."""
    content(weights=weights, score=score, label=label)
    model, side = load_model(str(weights))
    model.to(best_device())
    number = label_number(model.config.id2label, label)
    scale = side / max(scene.size)
    height, width = (max(1, round(length * scale)) for length in scene.size)
    return RtDetr(Look("rgb", size=(height, width)), model, number, score, scene)


@dataclass(frozen=True, eq=False)
class RtDetr:
    """A network with its weights.

    Attributes:
        look: Pictures that fill the network's square as far as their aspect allows.
        model: Of transformers.
        number: Of its outputs, the one that is the animal.
        score: Least score.
        scene: For its size and the number of animals.
    """

    look: Look
    model: Any
    number: int
    score: float
    scene: Scene

    def find(self, picture: NDArray[np.uint8]) -> Detections:
        """Boxes in one picture."""
        import torch

        height, width = picture.shape[:2]
        side = max(height, width)
        square = whole_picture((height, width), 1).corners[0]
        with torch.inference_mode():
            outputs = self.model(as_input([cut(picture, square, side)]).to(self.model.device))
        ((corners, scores),) = as_boxes(outputs, self.number, side)
        corners = corners - np.tile(-square[:2], 2).astype(np.float32)
        limit = np.array([width, height, width, height], dtype=np.float32)
        corners = np.clip(corners, 0, limit)
        good = (scores >= self.score) & ((corners[:, 2:] - corners[:, :2]).min(axis=1) >= 1)
        corners, scores = corners[good], scores[good]
        kept = without_doubles(corners, scores)[: len(self.scene.animals) + 2]
        scale = np.array(self.scene.size[::-1] * 2, dtype=np.float32) / limit
        return Detections(corners[kept] * scale, scores[kept])
