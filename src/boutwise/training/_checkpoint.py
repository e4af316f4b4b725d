"""Which training a checkpoint belongs to: a fit goes on from its own, and from no other."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
from torch import nn

from boutwise.errors import DataError
from boutwise.types.recipe import Optim


def identity(module: nn.Module, *, optim: Optim, seed: int, steps: int) -> str:
    """A digest of what must be the same for a fit to go on from a checkpoint.

    Args:
        module: Its parameters count by name and shape.
        optim: All settings.
        seed: Of the run.
        steps: Optimizer steps of the whole schedule.
    """
    shapes = {name: list(value.shape) for name, value in module.state_dict().items()}
    settings = [optim.model_dump(mode="json"), seed, steps, shapes]
    return hashlib.sha256(json.dumps(settings).encode()).hexdigest()


def matching(checkpoint: Path, wanted: str) -> Path | None:
    """The checkpoint, when there is one and it is of this very training.

    Args:
        checkpoint: Where it would be.
        wanted: The :func:`identity` of this training.

    Raises:
        DataError: It cannot be read without running code, or is of another training.
    """
    if not checkpoint.exists():
        return None
    todo = "delete it to train from the start, or use another folder"
    try:
        found = torch.load(checkpoint, map_location="cpu", weights_only=True).get("identity")
    except Exception as error:  # a broken file raises whatever its bytes lead to
        reason = str(error).strip().split("\n")[0]
        raise DataError(
            f"the checkpoint cannot be read: {reason}", file=checkpoint, todo=todo
        ) from error
    if found != wanted:
        raise DataError(
            "the checkpoint is of a training with other settings",
            file=checkpoint,
            expected=wanted,
            todo=todo,
        )
    return checkpoint
