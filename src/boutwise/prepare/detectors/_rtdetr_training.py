"""Train an RT-DETRv2 on pictures and the boxes in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, RecipeError
from boutwise.metrics import average_precision
from boutwise.prepare.crops import whole_picture
from boutwise.prepare.cutting import cut
from boutwise.prepare.detectors._rtdetr_checkpoint import EVERY, Checkpoint
from boutwise.prepare.detectors._rtdetr_model import (
    ANIMAL,
    as_boxes,
    as_input,
    best_device,
    load_model,
    new_model,
    save_model,
)

if TYPE_CHECKING:
    import torch

Pictures = Sequence[NDArray[np.uint8]]
Boxes = Sequence[NDArray[np.floating]]

WARM_UP = 0.1
"""Share of the steps in which the step grows."""
CLIP_NORM = 0.1
"""As RT-DETR is trained."""
ZOOMS = (0.6, 1.15)
"""Sides of the square that is shown, in longer sides of the picture."""
LEAST_LEFT = 0.4
"""Share of a box that must be left in what is shown; a smaller rest is no animal."""
LIGHTS = 0.3
"""Most by which brightness and contrast are changed."""


@dataclass(frozen=True)
class DetectorTraining:
    """How a detector is trained.

    Attributes:
        size: Pixels a side of the network's input, a multiple of 32.
        steps: Of the optimizer.
        batch: Pictures a step.
        lr: Largest step; 1e-4 for weights that were trained before, more for new ones.
        weight_decay: Of AdamW.
        seed: Of new weights, order and augmentation.
        weights: Folder or name to go on from; None = a small network of random weights.
    """

    size: int = 640
    steps: int = 1000
    batch: int = 8
    lr: float = 1e-4
    weight_decay: float = 1e-4
    seed: int = 0
    weights: str | None = None

    def __post_init__(self) -> None:
        """Check the settings."""
        limits = (
            ("size", self.size >= 64 and self.size % 32 == 0, "64, 96, 128, ..."),
            ("steps", self.steps >= 1, "1 or more"),
            ("batch", self.batch >= 1, "1 or more"),
            ("lr", self.lr > 0, "above 0"),
            ("weight_decay", self.weight_decay >= 0, "0 or more"),
        )
        for name, is_fine, expected in limits:
            if not is_fine:
                value = getattr(self, name)
                raise RecipeError(f"detector: '{name}' cannot be {value!r}", expected=expected)


def train_detector(
    pictures: Pictures,
    boxes: Boxes,
    folder: Path,
    *,
    settings: DetectorTraining | None = None,
    checkpoint: Path | None = None,
    say: Callable[[int, int, str], None] | None = None,
) -> list[float]:
    """Train a detector and save it as ``detect: {detector: {rtdetr: {weights: FOLDER}}}`` reads it.

    Args:
        pictures: (height, width, 3) each, of any size.
        boxes: Of each picture: (boxes, 4) in its pixels; none = there is no animal in it.
        folder: Where weights, configuration and size of the input are written.
        settings: How it is trained.
        checkpoint: File in which the training is kept, and from which it goes on where it was
            broken off; deleted in the end. None keeps none.
        say: Told of steps done, steps in all, and the loss.

    Returns:
        The loss of each step.

    Raises:
        DataError: Pictures and boxes do not belong together, or there is no box at all.
    """
    import torch

    settings = settings or DetectorTraining()
    _check(pictures, boxes)
    model = new_model(settings.seed) if settings.weights is None else _begun(settings.weights)
    model.to(best_device())
    rng = np.random.default_rng(settings.seed)
    torch.manual_seed(settings.seed)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.lr, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: _rate(s, settings.steps))
    kept = None
    losses: list[float] = []
    if checkpoint is not None:
        kept = Checkpoint(checkpoint, model, optimizer, schedule, rng)
        losses = kept.take()
    model.train()
    for step in range(len(losses), settings.steps):
        chosen = rng.integers(0, len(pictures), settings.batch)
        shown = [_shown(pictures[n], boxes[n], settings.size, rng) for n in chosen]
        loss = _loss(model, shown, settings.size)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
        if kept is not None and (step + 1) % EVERY == 0:
            kept.keep(losses)
        if say:
            say(step + 1, settings.steps, f"loss {losses[-1]:.3f}")
    save_model(model.eval().cpu(), settings.size, folder)
    if kept is not None:
        kept.drop()
    return losses


def _loss(
    model: Any, shown: Sequence[tuple[NDArray[np.uint8], NDArray[np.float64]]], size: int
) -> Any:
    """Loss of some pictures with their boxes, both at the size of the input."""
    labels = [_label(of_picture, size, model.device) for _, of_picture in shown]
    inputs = as_input([picture for picture, _ in shown]).to(model.device)
    return model(inputs, labels=labels).loss


def detector_precision(
    weights: str, pictures: Pictures, boxes: Boxes, *, iou: float = 0.5, batch: int = 8
) -> float:
    """AP of saved weights with one label on pictures that they were not trained on.

    Args:
        weights: Folder or name.
        pictures: (height, width, 3) each.
        boxes: Of each picture: (boxes, 4) in its pixels.
        iou: Least overlap that counts as found; AP@.5 unless another is given.
        batch: Pictures at a time.
    """
    import torch

    model, size = load_model(weights)
    model.to(best_device())
    truth, found, scores = [], [], []
    for start in range(0, len(pictures), batch):
        some = list(zip(pictures[start : start + batch], boxes[start : start + batch], strict=True))
        squares = [whole_picture(picture.shape[:2], 1).corners[0] for picture, _ in some]
        inputs = [cut(p, square, size) for (p, _), square in zip(some, squares, strict=True)]
        with torch.inference_mode():
            outputs = model(as_input(inputs).to(model.device))
        for (corners, sure), (_, true), square in zip(
            as_boxes(outputs, 0, size), some, squares, strict=True
        ):
            truth.append(_moved(true, square, size))
            found.append(corners)
            scores.append(sure)
    return average_precision(truth, found, scores, iou=iou)


def _check(pictures: Pictures, boxes: Boxes) -> None:
    if len(pictures) != len(boxes):
        raise DataError(
            f"{len(pictures)} pictures and boxes of {len(boxes)}", expected="boxes of each picture"
        )
    if not any(len(of_picture) for of_picture in boxes):
        raise DataError(
            "there is no box in any picture to learn from", expected="boxes around the animals"
        )
    for number, (picture, of_picture) in enumerate(zip(pictures, boxes, strict=True)):
        good = np.isfinite(of_picture).all() and (of_picture[:, 2:] > of_picture[:, :2]).all()
        if not good or picture.ndim != 3:
            raise DataError(
                f"picture {number} ({picture.shape}) has a box without an area, or no color",
                expected="pictures (height, width, 3), boxes (boxes, 4) with left before right",
            )


def _begun(weights: str) -> Any:
    """Trained weights with one label; where they had others, its output begins at random."""
    return load_model(weights, labels={0: ANIMAL})[0]


def _rate(step: int, steps: int) -> float:
    """Share of the largest step: a short rise, then half a cosine."""
    rise = max(1, int(WARM_UP * steps))
    if step < rise:
        return (step + 1) / rise
    return float(0.5 + 0.5 * np.cos(np.pi * (step - rise) / max(1, steps - rise)))


def _shown(
    picture: NDArray[np.uint8], boxes: NDArray[np.floating], size: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A part of a picture in another light, perhaps turned over, and its boxes in (size, size)."""
    whole = whole_picture(picture.shape[:2], 1).corners[0]
    longer = int(whole[2] - whole[0])
    side = max(16, int(longer * rng.uniform(*ZOOMS)))
    slack = abs(longer - side)
    corner = whole[:2] + (longer - side) // 2 + rng.integers(-slack // 2, slack // 2 + 1, 2)
    square = np.concatenate([corner, corner + side])
    shown = cut(picture, square, size)
    moved = _moved(boxes, square, size)
    inside = np.clip(moved, 0, size)
    left = (inside[:, 2:] - inside[:, :2]).prod(axis=1)
    kept = inside[left > LEAST_LEFT * (moved[:, 2:] - moved[:, :2]).prod(axis=1)]
    for axis in (0, 1):
        if rng.random() < 0.5:
            shown = np.flip(shown, axis=1 - axis)
            kept[:, [axis, axis + 2]] = size - kept[:, [axis + 2, axis]]
    light, contrast = 1 + rng.uniform(-LIGHTS, LIGHTS, 2)
    middle = shown.mean()
    values = (shown - middle) * contrast + middle * light
    return np.clip(values, 0, 255).astype(np.uint8), kept


def _moved(
    boxes: NDArray[np.floating], square: NDArray[np.int64], size: int
) -> NDArray[np.float64]:
    """Boxes in pixels of a square that was cut and brought to a size."""
    scale = size / float(square[2] - square[0])
    moved: NDArray[np.float64] = (
        np.asarray(boxes, dtype=np.float64).reshape(-1, 4) - np.tile(square[:2], 2)
    ) * scale
    return moved


def _label(boxes: NDArray[np.float64], size: int, device: torch.device) -> dict[str, Any]:
    """What the loss of the model wants: middle, width and height in shares of the picture."""
    import torch

    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    values = np.concatenate([middle, boxes[:, 2:] - boxes[:, :2]], axis=1) / size
    return {
        "class_labels": torch.zeros(len(boxes), dtype=torch.long, device=device),
        "boxes": torch.from_numpy(values).float().to(device),
    }
