"""A training of a detector that was broken off: kept every so often, and gone on with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from boutwise.errors import DataError

EVERY = 100
"""Steps from one to the next: at most so many are lost."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """Everything that changes from step to step.

    Attributes:
        path: Of the file.
        model: With its optimizer and schedule, as transformers and torch have them.
        rng: Draws pictures and augmentation.
    """

    path: Path
    model: Any
    optimizer: Any
    schedule: Any
    rng: np.random.Generator

    def keep(self, losses: list[float]) -> None:
        """Write it; a file that is there is replaced when the new one is whole."""
        import torch

        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "losses": torch.tensor(losses, dtype=torch.float64),
            "torch": torch.get_rng_state(),
            "numpy": json.dumps(self.rng.bit_generator.state),
        }
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_name(f".{self.path.name}.tmp")
        torch.save(state, temporary)
        temporary.replace(self.path)

    def take(self) -> list[float]:
        """Go on where it was kept; the losses so far, none where nothing was kept.

        Raises:
            DataError: The file is broken, or of another network.
        """
        import torch

        if not self.path.is_file():
            return []
        try:
            # Tensors, numbers and words only: nothing in the file is run.
            state = torch.load(self.path, map_location=self.model.device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.schedule.load_state_dict(state["schedule"])
            torch.set_rng_state(state["torch"].cpu())
            self.rng.bit_generator.state = json.loads(state["numpy"])
            return [float(loss) for loss in state["losses"]]
        except Exception as error:  # whatever a damaged file makes of torch
            raise DataError(
                f"the training that was broken off cannot be gone on with: {error}",
                file=self.path,
                todo="delete the file, and resume again: it begins anew",
            ) from error

    def drop(self) -> None:
        """Delete it, once the training has ended."""
        self.path.unlink(missing_ok=True)
