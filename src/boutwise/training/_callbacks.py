"""What happens beside the steps of a fit: the best epoch, progress, checkpoints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.pytorch.callbacks import Callback
from lightning.pytorch.plugins.io import TorchCheckpointIO
from torch import Tensor

from boutwise.training._curves import Curves
from boutwise.training._task import Task


class Checkpoints(TorchCheckpointIO):
    """Writes a checkpoint whole or not at all.

    Lightning writes to the system's temporary folder and moves the file, which copies it when that
    is another disk; a kill in that moment would leave half a checkpoint.
    """

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None
    ) -> None:
        """Write beside the old checkpoint, then replace it."""
        unfinished = Path(f"{path}.part")
        torch.save(checkpoint, unfinished)
        unfinished.replace(path)


class BestEpoch(Callback):
    """Keep the weights with the lowest validation loss; stop when it no longer falls.

    The loss decides and not macro-F1, which is logged beside it: with one or two animals to watch,
    macro-F1 jumps with a handful of rare bouts, and it does not see how sure a score is.

    Args:
        patience: Epochs without a lower loss; None = never stop.
    """

    def __init__(self, patience: int | None) -> None:
        self.patience = patience
        self.loss = float("inf")
        self.epochs = 0
        self.seen = 0
        self.weights: dict[str, Tensor] = {}

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Runs while the averaged weights are in the module."""
        assert isinstance(pl_module, Task)
        self.seen = trainer.current_epoch + 1
        loss = pl_module.valid_sums.loss
        if not self.weights or loss < self.loss:
            self.loss = loss
            self.epochs = self.seen
            state = pl_module.module.state_dict()
            self.weights = {name: value.detach().cpu().clone() for name, value in state.items()}
        self._stop(trainer)

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """A resumed run may already have waited long enough."""
        self._stop(trainer)

    def _stop(self, trainer: pl.Trainer) -> None:
        if self.patience is not None and self.seen - self.epochs >= self.patience:
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """What a resumed run must know."""
        return {
            "loss": self.loss,
            "epochs": self.epochs,
            "seen": self.seen,
            "weights": dict(self.weights),
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """The inverse."""
        self.loss = float(state_dict["loss"])
        self.epochs = int(state_dict["epochs"])
        self.seen = int(state_dict["seen"])
        self.weights = dict(state_dict["weights"])


class Progress(Callback):
    """Say how far it is, once an epoch.

    Args:
        say: Called with (done, total, words).
        epochs: In all.
        curves: Knows the loss; its rows are written before.
    """

    def __init__(self, say: Callable[[int, int, str], None], epochs: int, curves: Curves) -> None:
        self.say = say
        self.epochs = epochs
        self.curves = curves

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """One line an epoch."""
        done = trainer.current_epoch + 1
        self.say(done, self.epochs, f"epoch {done}, loss {self.curves.loss:.3f}")
