"""What a fit logs: the same keys in every recipe, as CSV, to TensorBoard, and to W&B if wanted.

One row an epoch::

    epoch              from 1
    lr                 learning rate of its last step
    train/loss         mean over its steps; the sum over the heads
    train/loss:<head>  of each head
    train/f1:<name>    F1 of each behavior over the windows that were learned from, as augmented and
                       sampled, while the weights still moved; empty where it did not occur
    valid/loss         of the animals that are watched; empty where none are
    valid/macro_f1     mean F1 of the behaviors that occur there
    valid/f1:<name>    of each of them
    micro_batch        windows computed at once, where memory did not suffice for a batch

``BOUTWISE_LOG`` says where to beside the CSV: ``tensorboard`` (the default), ``wandb``, both with a
comma between them, or ``none``.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import lightning.pytorch as pl
from lightning.pytorch.callbacks import Callback
from torch import Tensor, nn

from boutwise.errors import UsageError, did_you_mean
from boutwise.training._judging import ONLY, Sums
from boutwise.training._task import Task

CURVES = "curves.csv"
TENSORBOARD = "tensorboard"
WHERE = "BOUTWISE_LOG"
"""Environment variable: it reaches every process of a run, on this machine and on others."""

Row = dict[str, float | None]


class Log(Protocol):
    """Somebody who is told each row."""

    def write(self, row: Row) -> None:
        """Take one epoch."""
        ...

    def close(self) -> None:
        """Nothing more comes."""
        ...


class _TensorBoard:
    def __init__(self, folder: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter

        # What an interrupted fit wrote is told again: the rows so far are in the checkpoint.
        shutil.rmtree(folder / TENSORBOARD, ignore_errors=True)
        self.writer: Any = SummaryWriter(str(folder / TENSORBOARD))

    def write(self, row: Row) -> None:
        for key, value in row.items():
            if value is not None and key != "epoch":
                self.writer.add_scalar(key, value, int(row["epoch"] or 0))

    def close(self) -> None:
        self.writer.close()


class _WeightsAndBiases:
    def __init__(self, folder: Path) -> None:
        try:
            import wandb
        except ImportError:
            raise UsageError(
                f"{WHERE} asks for wandb, which is not installed",
                todo="pip install 'boutwise[wandb]', or leave wandb out",
            ) from None
        # The run is known by where it lies: myrun/folds/m1/members/0.
        name = "/".join(folder.parts[-5:])
        project = os.environ.get("WANDB_PROJECT", "boutwise")
        self.run: Any = wandb.init(project=project, name=name, dir=str(folder), reinit=True)

    def write(self, row: Row) -> None:
        told = {key: value for key, value in row.items() if value is not None}
        self.run.log(told, step=int(row["epoch"] or 0))

    def close(self) -> None:
        self.run.finish()


_LOGS: Mapping[str, Callable[[Path], Log]] = {
    "tensorboard": _TensorBoard,
    "wandb": _WeightsAndBiases,
}


def wanted_logs() -> list[str]:
    """Names of the logs that ``BOUTWISE_LOG`` asks for.

    Raises:
        UsageError: It names one that there is not.
    """
    words = os.environ.get(WHERE, "tensorboard").replace(" ", "").split(",")
    names = [word for word in words if word not in ("", "none")]
    for name in names:
        if name not in _LOGS:
            raise UsageError(
                f"{WHERE} asks for '{name}'",
                expected=f"{', '.join(_LOGS)} or none",
                todo=did_you_mean(name, [*_LOGS, "none"]),
            )
    return names


class Curves(Callback):
    """Gathers the row of each epoch, and hands it on.

    Args:
        folder: Where ``curves.csv`` and the files of TensorBoard go; None writes nothing.
        heads: Name of each head -> the behaviors that it counts hits and faults of.
    """

    def __init__(self, folder: Path | None, heads: Mapping[str, Sequence[str]]) -> None:
        self.folder = folder
        self.heads = {head: names for head, names in heads.items() if head != ONLY}
        self.rows: list[Row] = []
        self.logs: list[Log] = []
        self._begin()

    def _begin(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.steps = 0

    @property
    def loss(self) -> float:
        """The training loss of the last epoch."""
        value = self.rows[-1]["train/loss"] if self.rows else None
        return float("nan") if value is None else value

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Open the logs, and tell them what a resumed fit has behind it."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.logs = [_LOGS[name](self.folder) for name in wanted_logs()]
        for row in self.rows:
            self._tell(row)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin a new row."""
        self._begin()

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        """Add a step."""
        self.steps += 1
        for name, loss in outputs.items():
            self.sums[name] = self.sums[name] + loss if name in self.sums else loss

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """The row is whole: a validation comes before the end of its epoch."""
        assert isinstance(pl_module, Task)
        losses = {name: float(value) / self.steps for name, value in self.sums.items()}
        sums = pl_module.valid_sums if trainer.val_dataloaders else None
        micro = pl_module.micro.size
        row: Row = {
            "epoch": trainer.current_epoch + 1,
            "lr": pl_module.last_lr,
            "train/loss": sum(losses.values()),
            **{f"train/loss:{head}": losses[head] for head in self.heads},
            **self._f1("train", pl_module.train_sums),
            "valid/loss": None if sums is None else sums.loss,
            "valid/macro_f1": None if sums is None else sums.macro_f1,
            **self._f1("valid", Sums() if sums is None else sums),
            "micro_batch": None if micro is None else float(micro),
        }
        self.rows.append(row)
        self._tell(row)
        if self.folder is not None:
            write_curves(self.rows, self.folder / CURVES)

    def _f1(self, which: str, sums: Sums) -> Row:
        """F1 of each behavior of each head; the same keys whatever occurred."""
        found: Row = {}
        for head, names in self.heads.items():
            values = sums.f1(head) or [None] * len(names)
            found |= {f"{which}/f1:{n}": v for n, v in zip(names, values, strict=True)}
        return found

    def _tell(self, row: Row) -> None:
        for log in self.logs:
            log.write(row)

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Close the logs, also after an error."""
        self.close()

    def close(self) -> None:
        """Close the logs; nothing when they are closed."""
        for log in self.logs:
            log.close()
        self.logs = []

    def state_dict(self) -> dict[str, Any]:
        """The rows so far: a resumed fit has the whole curves."""
        return {"rows": [dict(row) for row in self.rows]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """The inverse."""
        self.rows = [dict(row) for row in state_dict["rows"]]


def behaviors_of(module: nn.Module) -> dict[str, tuple[str, ...]]:
    """Name of each head of a module -> the behaviors that it counts, in their order."""
    heads: Mapping[str, Any] = getattr(module, "heads", {})
    return {name: tuple(getattr(head, "counted", ())) for name, head in heads.items()}


def write_curves(rows: list[Row], path: Path) -> None:
    """Write the rows as CSV; what is not known is empty. The file appears when it is whole."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({k: "" if v is None else f"{v:.7g}" for k, v in row.items()})
    temporary.replace(path)
