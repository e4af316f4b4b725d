"""Boosted trees (LightGBM) on pose features and their window statistics.

One multiclass model for each exclusive group and one binary model for each other behavior. Trees
read the stream ``features``: base columns, from which window statistics are computed on the fly in
chunks. Only frames that somebody judged are rows; every ``frame_step``-th of them is used. Rare
classes weigh more by count to the power of minus ``weight_power``. Same rows, seed and settings
give the same model. A model is saved as LightGBM text with JSON beside it.

Source: LightGBM (Ke et al. 2017). The values for ``auto`` (:func:`auto_values`) were measured by
leaving one animal out of six.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import BundleError, DataError, UsageError
from boutwise.features._windows import VERSION as STATISTICS_VERSION
from boutwise.features._windows import WindowStatistics
from boutwise.learners._contract import Chunk, Dataset, Run
from boutwise.learners._trees_auto import auto_values
from boutwise.learners._trees_rows import STREAM, Rows, Task, columns_of, rate_of, tasks_of
from boutwise.types import Behavior, Ethogram, ExclusiveGroup

if TYPE_CHECKING:
    import lightgbm

    from boutwise.types.recipe import Boosting, TreesMember

__all__ = ["Fitted", "Learner", "auto_values", "load"]

FLOOR = float(np.log(1e-4))
"""Log odds of a behavior that training never showed."""
PATIENCE = 30
"""Rounds without gain on validation animals after which a fit stops."""
REPORT_EVERY = 10
"""Rounds between two words on progress."""
STATE_FILE = "trees.json"


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
            LabelError: A frame has two behaviors of one exclusive group.
        """
        import lightgbm

        windows = WindowStatistics(columns_of(train), rate_of(train), self.lengths_s)
        tasks = tasks_of(self.ethogram)
        progress = _Progress(run, len(tasks), run.steps or int(self.optim.rounds))
        run.say(0, progress.total, "computing window statistics")
        rows = Rows.of(train, windows, self.frame_step)
        binned = lightgbm.Dataset(rows.values, params=self._parameters(run)).construct()
        rows = rows.without_values()
        held = None if valid is None else Rows.of(valid, windows, self.frame_step)
        models = [self._fit_task(task, rows, held, binned, progress) for task in tasks]
        return Fitted(windows, self.ethogram, tuple(models))

    def _fit_task(
        self,
        task: Task,
        rows: Rows,
        held: Rows | None,
        binned: lightgbm.Dataset,
        progress: _Progress,
    ) -> _Model:
        import lightgbm

        used, target = rows.target(task, self._places(task))
        present = tuple(int(number) for number in np.unique(target))
        if len(present) < 2:
            progress.task_done(f"{task.name}: training shows no difference to learn")
            return _Model(task, present, None, 0)
        data = binned.subset(used.tolist()).construct()
        data.set_label(np.searchsorted(present, target))
        data.set_weight(rows.class_weights(used, target, float(self.optim.weight_power)))
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
        return _Model(task, present, booster, rounds)

    def _watched(
        self, task: Task, held: Rows | None, present: tuple[int, ...], binned: lightgbm.Dataset
    ) -> list[lightgbm.Dataset]:
        """The validation rows of a task, of classes that training has."""
        import lightgbm

        if held is None:
            return []
        used, target = held.target(task, self._places(task))
        known = np.isin(target, present)
        used, target = used[known], target[known]
        if len(used) == 0:
            return []
        weights = held.class_weights(used, target, float(self.optim.weight_power))
        label = np.searchsorted(present, target)
        return [lightgbm.Dataset(held.values[used], label, weight=weights, reference=binned)]

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


@dataclass(frozen=True, eq=False)
class _Model:
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

    def scores(self, values: NDArray[np.float32]) -> NDArray[np.float64]:
        """Logits of the task's behaviors, (rows, behaviors)."""
        raw = np.zeros((len(values), len(self.present)))
        if self.booster is not None:
            found = self.booster.predict(values, raw_score=True, num_threads=1)
            raw = np.asarray(found, dtype=np.float64).reshape(len(values), -1)
        if not self.task.exclusive:
            if self.booster is None:
                return np.full((len(values), 1), -FLOOR if self.present == (1,) else FLOOR)
            return raw
        out = np.zeros((len(values), len(self.task.behaviors)))
        if self.present:
            top = raw.max(axis=1, keepdims=True)
            total = top + np.log(np.exp(raw - top).sum(axis=1, keepdims=True))
            out[:] = total + FLOOR
            out[:, list(self.present)] = raw
        return out


class Fitted:
    """Fitted trees.

    Attributes:
        windows: Base columns and the statistics of them that the models read.
        ethogram: Behaviors in the order of the scores.
        models: One for each task.
        absent: Behaviors that training never showed; their probability stays at 1e-4. When a whole
            exclusive group was never shown, all its behaviors score alike.
        margin_frames: Context with which a chunk scores like the whole recording.
        steps: Rounds of the longest model.
    """

    def __init__(
        self, windows: WindowStatistics, ethogram: Ethogram, models: tuple[_Model, ...]
    ) -> None:
        self.windows, self.ethogram, self.models = windows, ethogram, models
        self.absent = tuple(name for model in models for name in model.absent)
        self.margin_frames = windows.margin_frames
        self.steps = max((model.rounds for model in models), default=0)

    def scores(self, chunks: Iterable[Chunk]) -> Iterator[NDArray[np.float32]]:
        """Raw scores of each chunk without its context, (frames, behaviors), float32.

        Raises:
            DataError: A chunk has another rate or other columns than the training data.
        """
        for chunk in chunks:
            base = self._checked(chunk)
            start, stop = chunk.before, len(base) - chunk.after
            out = np.empty((max(stop - start, 0), len(self.ethogram.names)), dtype=np.float32)
            done = 0
            for block in self.windows.blocks(base, start=start, stop=stop):
                for model in self.models:
                    places = [self.ethogram.names.index(name) for name in model.task.behaviors]
                    out[done : done + len(block), places] = model.scores(block)
                done += len(block)
            yield out

    def _checked(self, chunk: Chunk) -> NDArray[np.float32]:
        if abs(chunk.fps - self.windows.fps) > 1e-3 * self.windows.fps:
            raise DataError(
                f"trees of {self.windows.fps:g} frames per second got {chunk.fps:g}",
                recording=chunk.subject.recording,
                todo="resample the features onto the working rate of the plan",
            )
        base = chunk.streams.get(STREAM)
        if base is None or base.ndim != 2 or base.shape[1] != len(self.windows.columns):
            found = "none" if base is None else str(base.shape)
            raise DataError(
                f"the stream '{STREAM}' does not fit the trees: {found}",
                recording=chunk.subject.recording,
                expected=f"(frames, {len(self.windows.columns)} columns)",
            )
        return base

    def importance(self) -> dict[str, float]:
        """Share of each column in the gain of all models, largest first; 1 in total."""
        gain = np.zeros(len(self.windows.names))
        for model in self.models:
            if model.booster is not None:
                gain += model.booster.feature_importance("gain")
        share = gain / max(float(gain.sum()), 1e-300)
        order = np.argsort(-share, kind="stable")
        return {self.windows.names[place]: float(share[place]) for place in order}

    def save(self, directory: Path) -> None:
        """Write ``trees.json`` and one LightGBM text file for each model."""
        directory.mkdir(parents=True, exist_ok=True)
        state: dict[str, Any] = {
            "ethogram": {
                "behaviors": [asdict(behavior) for behavior in self.ethogram.behaviors],
                "groups": [asdict(group) for group in self.ethogram.groups],
            },
            "columns": list(self.windows.columns),
            "fps": self.windows.fps,
            "statistics_s": list(self.windows.lengths_s),
            "statistics_version": STATISTICS_VERSION,
            "absent": list(self.absent),
            "models": [],
        }
        for number, model in enumerate(self.models):
            file = ""
            if model.booster is not None:
                file = f"model_{number}.txt"
                text = model.booster.model_to_string(num_iteration=model.rounds)
                (directory / file).write_text(text, encoding="utf-8", newline="\n")
            state["models"].append(
                {"present": list(model.present), "file": file, "rounds": model.rounds}
            )
        text = json.dumps(state, indent=1, ensure_ascii=False)
        (directory / STATE_FILE).write_text(text, encoding="utf-8", newline="\n")


def load(directory: Path) -> Fitted:
    """Read what :meth:`Fitted.save` wrote.

    Raises:
        BundleError: A file is missing or broken, or of another version of the statistics.
    """
    import lightgbm

    try:
        state = json.loads((directory / STATE_FILE).read_text(encoding="utf-8"))
        if state["statistics_version"] != STATISTICS_VERSION:
            raise _unreadable(
                directory,
                f"window statistics of version {state['statistics_version']}, "
                f"this release has {STATISTICS_VERSION}",
            )
        ethogram = _ethogram(state["ethogram"])
        windows = WindowStatistics(
            tuple(state["columns"]), float(state["fps"]), tuple(state["statistics_s"])
        )
        models = []
        for task, entry in zip(tasks_of(ethogram), state["models"], strict=True):
            booster = None
            if entry["file"]:
                text = (directory / entry["file"]).read_text(encoding="utf-8")
                booster = lightgbm.Booster(model_str=text)
            models.append(_Model(task, tuple(entry["present"]), booster, int(entry["rounds"])))
    except (OSError, ValueError, KeyError, TypeError, lightgbm.basic.LightGBMError) as error:
        raise _unreadable(directory, f"{type(error).__name__}: {error}") from error
    return Fitted(windows, ethogram, tuple(models))


def _unreadable(directory: Path, why: str) -> BundleError:
    return BundleError(
        f"the trees cannot be read: {why}",
        file=directory,
        expected=f"{STATE_FILE} and the model files that it names",
        todo="fetch the bundle again, use the release that wrote it, or train again",
    )


def _ethogram(state: dict[str, Any]) -> Ethogram:
    """Behaviors and groups as they were saved."""
    return Ethogram(
        tuple(Behavior(**behavior) for behavior in state["behaviors"]),
        tuple(
            ExclusiveGroup(group["name"], tuple(group["behaviors"]), group["background"])
            for group in state["groups"]
        ),
    )
