"""Training of a torch module with Lightning, which is known here and in the files beside.

Learners get :func:`train_module` as ``Run.trainer``. Lightning takes four seconds to import, so
this module is imported when a network is really trained.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch.callbacks import Callback, EMAWeightAveraging, ModelCheckpoint
from torch import nn

from boutwise.learners import Run
from boutwise.training._callbacks import BestEpoch, Checkpoints, Progress
from boutwise.training._calm import interruptible, quiet
from boutwise.training._checkpoint import matching
from boutwise.training._curves import Curves, behaviors_of
from boutwise.training._precision import has_bf16
from boutwise.training._task import Task
from boutwise.types.recipe import Optim

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
    on from it and ends where an uninterrupted run would have; it is deleted at the end. Where
    memory does not suffice for a batch, its step is computed in parts that are halved until they
    fit, with the same result but for rounding and batch norm, and that is said. The curves of the
    fit go to ``run.curves``.

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
    curves = Curves(run.curves, behaviors_of(module))
    task = Task(
        module,
        optim=optim,
        seed=run.seed,
        steps=schedule * len(batches),
        say=lambda words: run.say(len(curves.rows), epochs, words),
    )
    if optim.precision == "bf16" and not has_bf16(
        torch.device("cuda" if torch.cuda.is_available() else "cpu")
    ):
        run.say(0, epochs, "computed in 32 bits: this machine has no instructions for bf16")
    best = BestEpoch(patience) if valid is not None and patience else None
    # The best epoch is noted before the average is swapped out again, so it comes first.
    callbacks: list[Callback] = [] if best is None else [best]
    if optim.ema != "none":
        callbacks.append(EMAWeightAveraging(decay=float(optim.ema)))
    callbacks += [curves, Progress(run.say, epochs, curves)]
    trainer = _trainer(epochs, run, callbacks)
    checkpoint = run.directory / f"{CHECKPOINT}.ckpt"
    loaders: dict[str, Any] = {
        "train_dataloaders": _Loader(batches, lambda: trainer.current_epoch),
    }
    if best is not None and valid is not None:
        loaders["val_dataloaders"] = _Loader(valid, lambda: 0)
    resumed = matching(checkpoint, task.identity)
    try:
        with quiet(), interruptible(), torch.random.fork_rng():
            trainer.fit(task, ckpt_path=resumed, weights_only=True, **loaders)
    finally:
        curves.close()
    module.cpu().eval()
    done = int(trainer.current_epoch)
    if best is not None:
        module.load_state_dict(best.weights)
        done = best.epochs
    for left in run.directory.glob(f"{CHECKPOINT}.ckpt*"):
        left.unlink()
    return done


def _trainer(epochs: int, run: Run, callbacks: list[Callback]) -> pl.Trainer:
    callbacks = [
        *callbacks,
        ModelCheckpoint(
            dirpath=run.directory,
            filename=CHECKPOINT,
            save_on_train_epoch_end=True,
            enable_version_counter=False,
        ),
    ]
    run.directory.mkdir(parents=True, exist_ok=True)
    with quiet():
        return pl.Trainer(
            max_epochs=epochs,
            accelerator="auto",
            devices=1,
            callbacks=callbacks,
            # One process, also inside a Slurm job, where Lightning would look for its fellows.
            plugins=[Checkpoints(), LightningEnvironment()],
            default_root_dir=run.directory,
            num_sanity_val_steps=0,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
        )


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
