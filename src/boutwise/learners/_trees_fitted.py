"""Fitted trees: scores, importance, and the files that they are kept in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import BundleError, DataError
from boutwise.features._windows import VERSION as STATISTICS_VERSION
from boutwise.features._windows import WindowStatistics
from boutwise.learners._contract import Chunk, multiple_of
from boutwise.learners._mirroring import Mirroring
from boutwise.learners._trees_contributions import contributions
from boutwise.learners._trees_model import Model
from boutwise.learners._trees_rows import STREAM, tasks_of
from boutwise.types import Behavior, Ethogram, ExclusiveGroup

if TYPE_CHECKING:
    from boutwise.learners._explaining import Contributions

STATE_FILE = "trees.json"


class Fitted:
    """Fitted trees.

    Attributes:
        windows: Base columns and the statistics of them that the models read.
        ethogram: Behaviors in the order of the scores.
        models: One for each task.
        absent: Behaviors that training never showed; their probability stays at 1e-4. When a whole
            exclusive group was never shown, all its behaviors score alike.
        steps: Rounds of the longest model.
        mirroring: With it every frame is scored as it is and mirrored, and both are averaged.
        score_step: Every so many frames are scored; the scores between are interpolated.
    """

    def __init__(
        self,
        windows: WindowStatistics,
        ethogram: Ethogram,
        models: tuple[Model, ...],
        *,
        mirroring: Mirroring | None = None,
        score_step: int = 1,
    ) -> None:
        self.windows, self.ethogram, self.models = windows, ethogram, models
        self.mirroring, self.score_step = mirroring, score_step
        self._trained_step = score_step
        self.absent = tuple(name for model in models for name in model.absent)
        self.steps = max((model.rounds for model in models), default=0)

    @property
    def margin_frames(self) -> int:
        """Context with which a chunk scores like the whole recording."""
        return self.windows.margin_frames + self.score_step - 1

    def score_every(self, frames: int) -> int:
        """Score only every so many-th frame of a recording."""
        self.score_step = multiple_of(self._trained_step, frames)
        return self.score_step

    def scores(self, chunks: Iterable[Chunk]) -> Iterator[NDArray[np.float32]]:
        """Raw scores of each chunk without its context, (frames, behaviors), float32.

        Raises:
            DataError: A chunk has another rate or other columns than the training data.
        """
        for chunk in chunks:
            base = self._checked(chunk)
            frames, scored = self._frames(chunk, len(base))
            scores = self._scores(base, scored)
            if self.mirroring is not None:
                image = self.mirroring.apply({STREAM: base})[STREAM]
                scores += self.mirroring.swapped(self._scores(image, scored))
                scores /= 2
            yield _between(frames, scored, scores)

    def why_not(self) -> str:
        """Trees can always tell what the features contributed."""
        return ""

    def explain(self, chunk: Chunk) -> Contributions:
        """What the features contributed to the scores of a whole subject; not of its mirror image.

        Raises:
            DataError: The subject has another rate or other columns than the training data.
        """
        return contributions(self.models, self.windows, self._checked(chunk))

    def _frames(self, chunk: Chunk, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Frames of a chunk that are asked for, and those that are scored: up to one beyond.

        The same frames of a recording are scored however it is cut into chunks.
        """
        frames = np.arange(chunk.before, length - chunk.after)
        if len(frames) == 0:
            return frames, frames
        first = chunk.before - chunk.start % self.score_step
        stop = min(int(frames[-1]) + self.score_step, length)
        return frames, np.arange(first, stop, self.score_step)

    def _scores(self, base: NDArray[np.float32], frames: NDArray[np.int64]) -> NDArray[np.float32]:
        """Raw scores of frames that lie ``score_step`` apart."""
        out = np.empty((len(frames), len(self.ethogram.names)), dtype=np.float32)
        if len(frames) == 0:
            return out
        done, first, stop = 0, int(frames[0]), int(frames[-1]) + 1
        for block in self.windows.blocks(base, start=first, stop=stop, step=self.score_step):
            for model in self.models:
                places = [self.ethogram.names.index(name) for name in model.task.behaviors]
                out[done : done + len(block), places] = model.scores(model.raw(block))
            done += len(block)
        return out

    def _checked(self, chunk: Chunk) -> NDArray[np.float32]:
        if abs(chunk.fps - self.windows.fps) > 1e-3 * self.windows.fps:
            raise DataError(
                f"trees of {self.windows.fps:g} frames per second got {chunk.fps:g}",
                recording=chunk.subject.recording,
                todo="resample the features onto the working rate of the plan",
            )
        base = chunk.streams.get(STREAM)
        wanted = len(self.windows.columns)
        if not isinstance(base, np.ndarray) or base.ndim != 2 or base.shape[1] != wanted:
            found = "none" if base is None else str(base.shape)
            raise DataError(
                f"the stream '{STREAM}' does not fit the trees: {found}",
                recording=chunk.subject.recording,
                expected=f"(frames, {wanted} columns)",
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
        if self.mirroring is not None:
            state["mirroring"] = self.mirroring.as_dict()
        if self.score_step > 1:
            state["score_step"] = self.score_step
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
            models.append(Model(task, tuple(entry["present"]), booster, int(entry["rounds"])))
        image = state.get("mirroring")
        mirroring = None if image is None else Mirroring.from_dict(image)
        score_step = int(state.get("score_step", 1))
    except (OSError, ValueError, KeyError, TypeError, lightgbm.basic.LightGBMError) as error:
        raise _unreadable(directory, f"{type(error).__name__}: {error}") from error
    return Fitted(windows, ethogram, tuple(models), mirroring=mirroring, score_step=score_step)


def _between(
    frames: NDArray[np.int64], scored: NDArray[np.int64], scores: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Scores of all frames from those that were scored; the last one is held to the end."""
    if np.array_equal(frames, scored):
        return scores
    columns = [np.interp(frames, scored, column) for column in scores.T]
    return np.stack(columns, axis=1).astype(np.float32)


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
