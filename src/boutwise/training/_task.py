"""One training as Lightning sees it: the steps, the optimizer, the schedule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from boutwise.errors import BoutwiseError
from boutwise.training._checkpoint import identity
from boutwise.training._judging import Outputs, Sums, judged, losses_of, shares_of, totals_of
from boutwise.training._memory import Before, MicroBatches, is_out_of_memory
from boutwise.training._precision import autocast
from boutwise.types.recipe import Optim

CLIP = 1.0
"""Largest norm of the gradient of a step."""


class Task(pl.LightningModule):
    """The module with its optimizer and schedule.

    A step is a whole batch, in as many parts as memory wants: the optimizer, the schedule and the
    average of the weights move once a step, however many parts it had.

    Args:
        module: What is trained.
        optim: Settings without ``auto``.
        seed: Of the run.
        steps: Optimizer steps of the whole schedule.
        say: Called with words when something is worth knowing.
    """

    def __init__(
        self,
        module: nn.Module,
        *,
        optim: Optim,
        seed: int,
        steps: int,
        say: Callable[[str], None] = lambda words: None,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.module = module
        self.settings = optim
        self.seed = seed
        self.schedule_steps = steps
        self.say = say
        self.micro = MicroBatches()
        self.last_lr = 0.0
        self.train_sums, self.valid_sums = Sums(), Sums()
        self.identity = identity(module, optim=optim, seed=seed, steps=steps)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Note which training it is of, and what memory bears."""
        checkpoint["identity"] = self.identity
        checkpoint["micro_batch"] = self.micro.size

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with what memory bore before."""
        self.micro.size = checkpoint.get("micro_batch")

    def on_train_epoch_start(self) -> None:
        """Dropout of an epoch depends on seed and epoch alone: a resumed run draws the same."""
        words = np.random.SeedSequence([self.seed, self.current_epoch, 3]).generate_state(1)
        torch.manual_seed(int(words[0]))
        self.train_sums = Sums()

    def training_step(self, batch: tuple[Any, Any], index: int) -> dict[str, Tensor]:
        """One step of the optimizer; gives the loss of each head."""
        optimizer: Any = self.optimizers()
        before = Before(self.module)
        while True:
            optimizer.zero_grad()
            try:
                losses, counts = self._backward(batch, index)
                break
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                # Beyond this block nothing holds on to the graph of the attempt.
                words = self.micro.halve(len(batch[0]), error)
            optimizer.zero_grad()
            before.restore()
            self.say(words)
        self.clip_gradients(optimizer, gradient_clip_val=CLIP, gradient_clip_algorithm="norm")
        optimizer.step()
        self.last_lr = float(optimizer.param_groups[0]["lr"])
        schedule: Any = self.lr_schedulers()
        schedule.step()
        for each in counts:
            self.train_sums.count(each)
        return losses

    def _backward(
        self, batch: tuple[Any, Any], index: int
    ) -> tuple[dict[str, Tensor], list[Outputs]]:
        """Gradients of a batch, the sum over its parts; gives the losses and counts of heads."""
        inputs, target = batch
        parts = list(self.micro.parts(len(inputs)))
        whole = totals_of(self.module, inputs, target) if len(parts) > 1 else None
        found: dict[str, Tensor] = {}
        counted = []
        for first, last in parts:
            here = batch
            shares = None
            if whole is not None:
                here = (inputs.rows(first, last), target.rows(first, last))
                shares = shares_of(totals_of(self.module, *here), whole)
            with autocast(self.settings.precision, self.device):
                means, counts = judged(self.module, *here)
            counted.append(counts)
            losses = losses_of(means, shares)
            loss = torch.stack(list(losses.values())).sum()
            if not torch.isfinite(loss):
                self._diverged(loss.item(), here[1], index)
            self.manual_backward(loss)
            for name, each in losses.items():
                found[name] = found.get(name, torch.zeros_like(each)) + each.detach()
        return found, counted

    def on_validation_epoch_start(self) -> None:
        """Begin anew."""
        self.valid_sums = Sums()

    def validation_step(self, batch: tuple[Any, Any], index: int) -> None:
        """Add a batch, in as many parts as training has."""
        inputs, target = batch
        for first, last in self.micro.parts(len(inputs)):
            here = batch
            if (first, last) != (0, len(inputs)):
                here = (inputs.rows(first, last), target.rows(first, last))
            with autocast(self.settings.precision, self.device):
                means, counts = judged(self.module, *here)
            self.valid_sums.add(means, totals_of(self.module, *here), counts)

    def transfer_batch_to_device(
        self, batch: tuple[Any, Any], device: torch.device, dataloader_idx: int
    ) -> tuple[Any, Any]:
        """Both know how to move."""
        return batch[0].to(device), batch[1].to(device)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """AdamW under a one-cycle schedule; layers may learn at a share of the rate."""
        groups = self._groups()
        optimizer = torch.optim.AdamW(
            [{"params": params} for params in groups.values()],
            lr=float(self.settings.lr),
            weight_decay=float(self.settings.weight_decay),
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer,
            max_lr=[share * float(self.settings.lr) for share in groups],
            total_steps=max(self.schedule_steps, 10),
        )
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def _groups(self) -> dict[float, list[nn.Parameter]]:
        """Share of the learning rate -> the parameters that learn at it; those at all of it first.

        A module may have ``rates()``, the name of each parameter that has another -> its share.
        """
        tell: Callable[[], Mapping[str, float]] | None = getattr(self.module, "rates", None)
        rates = {} if tell is None else tell()
        groups: dict[float, list[nn.Parameter]] = {1.0: []}
        for name, parameter in self.module.named_parameters():
            groups.setdefault(rates.get(name, 1.0), []).append(parameter)
        return {share: params for share, params in groups.items() if params}

    def _diverged(self, loss: float, target: Any, index: int) -> None:
        broken = [n for n, p in self.module.named_parameters() if not torch.isfinite(p).all()]
        places = "; ".join(getattr(target, "places", ())) or "unknown windows"
        weights = f"; weights that are not finite: {', '.join(broken)}" if broken else ""
        raise BoutwiseError(
            f"the loss is {loss} in epoch {self.current_epoch + 1}, batch {index + 1}{weights}",
            expected=f"a finite loss; the windows of the batch: {places}",
            todo="look at these frames for absurd values, or lower optim.lr",
        )
