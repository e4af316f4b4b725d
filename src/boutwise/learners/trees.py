"""Boosted trees (LightGBM) on pose features and their window statistics.

One multiclass model for each exclusive group and one binary model for each other behavior. Trees
read the stream ``features``: base columns, from which window statistics are computed on the fly in
chunks. Only frames that somebody judged are rows; every ``frame_step``-th of them is used. Rare
classes weigh more by count to the power of minus ``weight_power``. Where annotators disagree, a row
is learned once for each class that somebody saw, weighted by the share of the votes. Same rows,
seed and settings give the same model. A model is saved as LightGBM text with JSON beside it.

Source: LightGBM (Ke et al. 2017). The values for ``auto`` (:func:`auto_values`) were measured by
leaving one animal out of six.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from boutwise.errors import UsageError
from boutwise.features._windows import WindowStatistics
from boutwise.learners._contract import Dataset, Run
from boutwise.learners._mirroring import Mirroring
from boutwise.learners._trees_auto import auto_values
from boutwise.learners._trees_fitted import Fitted, load
from boutwise.learners._trees_model import Model
from boutwise.learners._trees_rows import STREAM, Rows, Task, columns_of, rate_of, tasks_of
from boutwise.types import Ethogram

if TYPE_CHECKING:
    import lightgbm

    from boutwise.types.recipe import Boosting, TreesMember

__all__ = ["Fitted", "Learner", "auto_values", "load"]

PATIENCE = 30
"""Rounds without gain on validation animals after which a fit stops."""
REPORT_EVERY = 10
"""Rounds between two words on progress."""


class Learner:
    """Boosted trees, to be fitted.

    Args:
        member: A member of a plan, without any ``auto``.
        ethogram: Behaviors of the label columns.
    """

    def __init__(self, member: TreesMember, ethogram: Ethogram) -> None:
        settings = {
            **{f"optim.{name}": value for name, value in member.optim},
            **{f"windows.{name}": value for name, value in member.windows},
        }
        left = sorted(name for name, value in settings.items() if value == "auto")
        if left:
            raise UsageError(
                f"'{left[0]}' of the trees is still 'auto'",
                expected="a member of a plan, where every value is chosen",
            )
        self.optim: Boosting = member.optim
        self.frame_step = int(member.windows.frame_step)
        self.score_step = int(member.windows.score_step)
        self.augments = "mirror" in [part.part for part in member.augment]
        self.averages = "mirror" in member.average
        statistics = member.windows.statistics
        self.lengths_s = () if statistics == "none" else tuple(float(s) for s in statistics)
        self.ethogram = ethogram

    def fit(self, train: Dataset, valid: Dataset | None, run: Run) -> Fitted:
        """Fit one model for each group and each independent behavior.

        Args:
            train: What is learned from.
            valid: Other animals; stops a fit that gains nothing on them for ``PATIENCE`` rounds.
            run: Seed, threads, progress; ``run.steps`` replaces the rounds of the plan.

        Raises:
            DataError: The stream is missing, the rates differ, or no frame is labeled.
            RecipeError: A stream or a behavior cannot be mirrored.
            LabelError: A frame has two behaviors of one exclusive group.
        """
        import lightgbm

        windows = WindowStatistics(columns_of(train), rate_of(train), self.lengths_s)
        mirroring = None
        if self.augments or self.averages:
            mirroring = Mirroring.of(train.mirrors, [STREAM], self.ethogram)
        train = replace(train, items=tuple(look for item in train.items for look in item.seen))
        if mirroring is not None and self.augments:
            train = replace(train, items=(*train.items, *mirroring.dataset(train).items))
        tasks = tasks_of(self.ethogram)
        progress = _Progress(run, len(tasks), run.steps or int(self.optim.rounds))
        run.say(0, progress.total, "computing window statistics")
        rows = Rows.of(train, windows, self.frame_step)
        binned = lightgbm.Dataset(rows.values, params=self._parameters(run)).construct()
        rows = rows.without_values()
        held = None if valid is None else Rows.of(valid, windows, self.frame_step)
        models = [self._fit_task(task, rows, held, binned, progress) for task in tasks]
        averaged = mirroring if self.averages else None
        return Fitted(
            windows,
            self.ethogram,
            tuple(models),
            mirroring=averaged,
            score_step=self.score_step,
        )

    def _fit_task(
        self,
        task: Task,
        rows: Rows,
        held: Rows | None,
        binned: lightgbm.Dataset,
        progress: _Progress,
    ) -> Model:
        import lightgbm

        votes = rows.votes(task, self._places(task))
        present = tuple(int(number) for number in np.unique(votes.classes))
        if len(present) < 2:
            progress.task_done(f"{task.name}: training shows no difference to learn")
            return Model(task, present, None, 0)
        data = binned.subset(votes.rows.tolist()).construct()
        data.set_label(np.searchsorted(present, votes.classes))
        data.set_weight(rows.class_weights(votes, float(self.optim.weight_power)))
        callbacks: list[Any] = [progress.callback(task.name)]
        watched = self._watched(task, held, present, binned)
        if watched:
            callbacks.append(lightgbm.early_stopping(PATIENCE, verbose=False))
        kind: dict[str, Any] = {"objective": "binary"}
        if task.exclusive:
            kind = {"objective": "multiclass", "num_class": len(present)}
        booster = lightgbm.train(
            self._parameters(progress.run) | kind,
            data,
            num_boost_round=progress.rounds,
            valid_sets=watched,
            callbacks=callbacks,
        )
        progress.task_done(f"{task.name}: fitted")
        rounds = booster.best_iteration if booster.best_iteration > 0 else progress.rounds
        return Model(task, present, booster, rounds)

    def _watched(
        self, task: Task, held: Rows | None, present: tuple[int, ...], binned: lightgbm.Dataset
    ) -> list[lightgbm.Dataset]:
        """The validation rows of a task, of classes that training has."""
        import lightgbm

        if held is None:
            return []
        votes = held.votes(task, self._places(task)).only(present)
        if len(votes.rows) == 0:
            return []
        weights = held.class_weights(votes, float(self.optim.weight_power))
        label = np.searchsorted(present, votes.classes)
        return [lightgbm.Dataset(held.values[votes.rows], label, weight=weights, reference=binned)]

    def _places(self, task: Task) -> list[int]:
        return [self.ethogram.names.index(name) for name in task.behaviors]

    def _parameters(self, run: Run) -> dict[str, Any]:
        optim = self.optim
        return {
            "learning_rate": optim.lr,
            "num_leaves": optim.leaves,
            "min_data_in_leaf": optim.leaf_frames,
            "feature_fraction": optim.feature_fraction,
            "bagging_fraction": optim.bagging_fraction,
            "bagging_freq": 1 if float(optim.bagging_fraction) < 1 else 0,
            "lambda_l2": optim.l2,
            "max_bin": optim.bins,
            "num_threads": run.threads,
            "seed": run.seed,
            "deterministic": True,
            "force_row_wise": True,
            "verbose": -1,
        }


class _Progress:
    """Tells how far a fit of several models is."""

    def __init__(self, run: Run, n_tasks: int, rounds: int) -> None:
        self.run, self.rounds, self.total, self.done = run, rounds, n_tasks * rounds, 0

    def callback(self, name: str) -> Any:
        """A LightGBM callback that says every so many rounds where the fit is."""

        def tell(env: Any) -> None:
            made = env.iteration + 1
            if made % REPORT_EVERY == 0 and made < self.rounds:
                self.run.say(self.done + made, self.total, f"{name}: round {made}")

        return tell

    def task_done(self, words: str) -> None:
        """Say that a model is finished."""
        self.done += self.rounds
        self.run.say(self.done, self.total, words)
