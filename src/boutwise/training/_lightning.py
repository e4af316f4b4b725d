"""Training of a torch module with Lightning: the only file that knows it.

Learners get :func:`train_module` as ``Run.trainer``. Lightning takes four seconds to import, so
this module is imported when a network is really trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging, ModelCheckpoint
from lightning.pytorch.plugins.io import TorchCheckpointIO
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from boutwise.errors import BoutwiseError
from boutwise.learners import Run
from boutwise.training._calm import interruptible, quiet
from boutwise.training._checkpoint import identity, matching
from boutwise.types.recipe import Optim

CLIP = 1.0
"""Largest norm of the gradient of a step."""

CHECKPOINT = "resume"


class Epochs(Protocol):
    """Batches, the same ones for the same number of the epoch."""

    def __len__(self) -> int:
        """Batches in an epoch."""
        ...

    def epoch(self, number: int) -> Iterator[tuple[Any, Any]]:
        """Batches and targets of an epoch, counted from 0."""
        ...


def train_module(
    module: nn.Module,
    batches: Epochs,
    *,
    optim: Optim,
    run: Run,
    valid: Epochs | None = None,
) -> int:
    """Train a module that has ``loss(batch, target)``; its weights are changed in place.

    AdamW with a one-cycle schedule (stepped with the optimizer), the gradient clipped to a norm of
    1, and an exponential moving average of the weights, which is what is left in the module. After
    each epoch a checkpoint is written to ``run.directory``; the same call with the same folder goes
    on from it and ends where an uninterrupted run would have; it is deleted at the end.

    Args:
        module: What is trained.
        batches: Training batches.
        optim: Settings without ``auto``. With ``early_stop`` and ``valid``, training stops after
            that many epochs without a lower loss and the best epoch's weights are restored.
        run: Seed, folder, progress; ``run.steps`` stops after so many epochs of the schedule.
        valid: Batches of other animals.

    Returns:
        Epochs that the final weights were trained for.

    Raises:
        BoutwiseError: A loss is not finite; the message has the epoch and the windows.
        DataError: The folder has a checkpoint that is broken or of other settings.
        KeyboardInterrupt: The user stopped it; the checkpoint stays.
    """
    schedule = max(int(optim.epochs), run.steps or 0)
    epochs = int(run.steps or optim.epochs)
    patience = None if optim.early_stop == "none" or run.steps else int(optim.early_stop)
    task = _Task(module, optim=optim, seed=run.seed, steps=schedule * len(batches))
    best = _BestEpoch(patience) if valid is not None and patience else None
    trainer = _trainer(epochs, optim, run, best)
    checkpoint = run.directory / f"{CHECKPOINT}.ckpt"
    loaders: dict[str, Any] = {
        "train_dataloaders": _Loader(batches, lambda: trainer.current_epoch),
    }
    if best is not None and valid is not None:
        loaders["val_dataloaders"] = _Loader(valid, lambda: 0)
    resumed = matching(checkpoint, task.identity)
    with quiet(), interruptible(), torch.random.fork_rng():
        trainer.fit(task, ckpt_path=resumed, weights_only=True, **loaders)
    module.cpu().eval()
    done = int(trainer.current_epoch)
    if best is not None:
        module.load_state_dict(best.weights)
        done = best.epochs
    for left in run.directory.glob(f"{CHECKPOINT}.ckpt*"):
        left.unlink()
    return done


def _trainer(epochs: int, optim: Optim, run: Run, best: Callback | None) -> pl.Trainer:
    # The best epoch is noted before the average is swapped out again, so it comes first.
    callbacks: list[Callback] = [best] if best is not None else []
    if optim.ema != "none":
        callbacks.append(EMAWeightAveraging(decay=float(optim.ema)))
    callbacks.append(_Progress(run.say, epochs))
    callbacks.append(
        ModelCheckpoint(
            dirpath=run.directory,
            filename=CHECKPOINT,
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        )
    )
    run.directory.mkdir(parents=True, exist_ok=True)
    with quiet():
        return pl.Trainer(
            max_epochs=epochs,
            accelerator="auto",
            devices=1,
            callbacks=callbacks,
            # One process, also inside a Slurm job, where Lightning would look for its fellows.
            plugins=[_Checkpoints(), LightningEnvironment()],
            default_root_dir=run.directory,
            gradient_clip_val=CLIP,
            num_sanity_val_steps=0,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )


class _Checkpoints(TorchCheckpointIO):
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


class _Task(pl.LightningModule):
    """The module with its optimizer and schedule."""

    def __init__(self, module: nn.Module, *, optim: Optim, seed: int, steps: int) -> None:
        super().__init__()
        self.module = module
        self.settings = optim
        self.seed = seed
        self.schedule_steps = steps
        self.identity = identity(module, optim=optim, seed=seed, steps=steps)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["identity"] = self.identity

    def on_train_epoch_start(self) -> None:
        # Dropout of an epoch depends on seed and epoch alone: a resumed run then draws the same.
        words = np.random.SeedSequence([self.seed, self.current_epoch, 3]).generate_state(1)
        torch.manual_seed(int(words[0]))

    def training_step(self, batch: tuple[Any, Any], index: int) -> Tensor:
        loss: Tensor = self.module.loss(*batch)  # type: ignore[operator]
        if not torch.isfinite(loss):
            self._diverged(loss.item(), batch[1], index)
        return loss

    def validation_step(self, batch: tuple[Any, Any], index: int) -> None:
        inputs, target = batch
        loss: Tensor = self.module.loss(inputs, target)  # type: ignore[operator]
        weight = float((target.weights * inputs.mask).sum())
        self.valid_sums += np.array([float(loss) * weight, weight])

    def on_validation_epoch_start(self) -> None:
        self.valid_sums = np.zeros(2)

    @property
    def valid_loss(self) -> float:
        """Mean loss of the validation set under its frame weights."""
        total, weight = self.valid_sums
        return float(total / weight) if weight else float("inf")

    def transfer_batch_to_device(
        self, batch: tuple[Any, Any], device: torch.device, dataloader_idx: int
    ) -> tuple[Any, Any]:
        return batch[0].to(device), batch[1].to(device)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        optimizer = torch.optim.AdamW(
            self.parameters(),
            lr=float(self.settings.lr),
            weight_decay=float(self.settings.weight_decay),
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, max_lr=float(self.settings.lr), total_steps=max(self.schedule_steps, 10)
        )
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _diverged(self, loss: float, target: Any, index: int) -> None:
        broken = [n for n, p in self.module.named_parameters() if not torch.isfinite(p).all()]
        places = "; ".join(getattr(target, "places", ())) or "unknown windows"
        weights = f"; weights that are not finite: {', '.join(broken)}" if broken else ""
        raise BoutwiseError(
            f"the loss is {loss} in epoch {self.current_epoch + 1}, batch {index + 1}{weights}",
            expected=f"a finite loss; the windows of the batch: {places}",
            todo="look at these frames for absurd values, or lower optim.lr",
        )


class _BestEpoch(Callback):
    """Keep the weights with the lowest validation loss; stop when it no longer falls."""

    def __init__(self, patience: int | None) -> None:
        self.patience = patience
        self.loss = float("inf")
        self.epochs = 0
        self.seen = 0
        self.weights: dict[str, Tensor] = {}

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Runs while the averaged weights are in the module."""
        assert isinstance(pl_module, _Task)
        self.seen = trainer.current_epoch + 1
        if not self.weights or pl_module.valid_loss < self.loss:
            self.loss = pl_module.valid_loss
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
        return {
            "loss": self.loss,
            "epochs": self.epochs,
            "seen": self.seen,
            "weights": dict(self.weights),
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        self.loss = float(state_dict["loss"])
        self.epochs = int(state_dict["epochs"])
        self.seen = int(state_dict["seen"])
        self.weights = dict(state_dict["weights"])


class _Progress(Callback):
    """Say how far it is, once an epoch."""

    def __init__(self, say: Callable[[int, int, str], None], epochs: int) -> None:
        self.say = say
        self.epochs = epochs

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Remember the last loss."""
        self.loss = outputs["loss"] if isinstance(outputs, Mapping) else outputs

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """One line an epoch."""
        done = trainer.current_epoch + 1
        self.say(done, self.epochs, f"epoch {done}, loss {float(self.loss):.3f}")


class _Loader:
    """Lets Lightning walk through the batches of its current epoch."""

    def __init__(self, batches: Epochs, number: Callable[[], int]) -> None:
        self.batches = batches
        self.number = number

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        # A generator: the epoch is asked for with the first batch, when Lightning has counted it.
        yield from self.batches.epoch(self.number())
