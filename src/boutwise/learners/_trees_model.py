"""One LightGBM model of the fitted trees, and how its outputs become scores of behaviors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boutwise.learners._trees_rows import Task

if TYPE_CHECKING:
    import lightgbm

FLOOR = float(np.log(1e-4))
"""Log odds of a behavior that training never showed."""


@dataclass(frozen=True, eq=False)
class Model:
    """The model of one task.

    Attributes:
        task: What it tells apart.
        present: Classes that training showed, in the order of the model's outputs: places in
            ``task.behaviors``, or 0 and 1 for an independent behavior.
        booster: None when fewer than two classes were there.
        rounds: Rounds that it was trained for.
    """

    task: Task
    present: tuple[int, ...]
    booster: lightgbm.Booster | None
    rounds: int

    @property
    def absent(self) -> tuple[str, ...]:
        """Behaviors that training never showed."""
        if not self.task.exclusive:
            return () if 1 in self.present else self.task.behaviors
        return tuple(n for i, n in enumerate(self.task.behaviors) if i not in self.present)

    def raw(self, block: NDArray[np.float32]) -> NDArray[np.float64]:
        """What LightGBM says of rows, (rows, outputs); one column of zeros for a constant."""
        if self.booster is None:
            return np.zeros((len(block), 1))
        found = self.booster.predict(
            block, raw_score=True, num_iteration=self.rounds, num_threads=1
        )
        return np.asarray(found, dtype=np.float64).reshape(len(block), -1)

    def scores(self, raw: NDArray[np.float64]) -> NDArray[np.float64]:
        """Logits of the task's behaviors, (rows, behaviors), from the booster's raw scores."""
        if not self.task.exclusive:
            if self.booster is None:
                return np.full((len(raw), 1), -FLOOR if self.present == (1,) else FLOOR)
            return raw
        out = np.zeros((len(raw), len(self.task.behaviors)))
        if self.present:
            top = raw.max(axis=1, keepdims=True)
            total = top + np.log(np.exp(raw - top).sum(axis=1, keepdims=True))
            out[:] = total + FLOOR
            out[:, list(self.present)] = raw
        return out
