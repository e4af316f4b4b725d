"""A fitted network: scores of chunks, save and load."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from boutwise.errors import BundleError, DataError
from boutwise.learners._contract import Chunk
from boutwise.learners._explaining import Attention
from boutwise.learners._mirroring import Mirroring
from boutwise.learners.network._attention import attention_of
from boutwise.learners.network._centres import windows_of
from boutwise.learners.network._contract import Batch
from boutwise.learners.network._network import Network, build
from boutwise.learners.network._scaling import Scaling
from boutwise.learners.network._windows import batch_of
from boutwise.types import Behavior, Ethogram, ExclusiveGroup
from boutwise.types.recipe import NetworkMember

FORMAT = 1
"""Version of the files; raised when their meaning changes."""

PIECE_FRAMES = 4096
"""Frames scored at once: small enough to stay in the cache, long against the margin."""

WEIGHTS, SETTINGS = "network.safetensors", "network.json"


class FittedNetwork:
    """A fitted network with everything that it needs to score.

    Args:
        member: Its recipe.
        ethogram: Behaviors of the scores.
        scaling: Of the inputs.
        network: The module.
        steps: Epochs that it was trained for.
        mirroring: With it every frame is scored as it is and mirrored, and both are averaged.

    Attributes:
        margin_frames: Context on each side with which a chunk scores like the whole recording.
    """

    def __init__(
        self,
        member: NetworkMember,
        ethogram: Ethogram,
        scaling: Scaling,
        network: Network,
        *,
        steps: int,
        mirroring: Mirroring | None = None,
    ) -> None:
        self.member = member
        self.mirroring = mirroring
        self.ethogram = ethogram
        self.scaling = scaling
        self.steps = steps
        self.margin_frames = network.margin_frames
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = network.to(self._device).eval()

    def scores(self, chunks: Iterable[Chunk]) -> Iterator[NDArray[np.float32]]:
        """Raw scores of each chunk without its context, (frames, behaviors), logits.

        Raises:
            DataError: A stream or column is missing, or values are infinite.
        """
        for chunk in chunks:
            yield self._score(chunk)

    def why_not(self) -> str:
        """Why it cannot explain its scores; empty when it can."""
        if hasattr(self._network.readout, "weights"):
            return ""
        parts = ", ".join(part.part for part in self.member.temporal)
        return f"the network ({parts}; {self.member.readout.part}) has no attention to show"

    def explain(self, chunk: Chunk) -> Attention:
        """Attention of all frames of a subject, and a deletion test; not of its mirror image.

        Raises:
            DataError: A stream or column is missing, or values are infinite.
        """
        total = len(next(iter(chunk.streams.values())))
        batch, _ = self._stretch(chunk, 0, total, total)
        return attention_of(self._network, batch.rows(0, 1).to(self._device), self.ethogram)

    def _score(self, chunk: Chunk) -> NDArray[np.float32]:
        lengths = {len(chunk.streams[name]) for name in self.scaling.streams & chunk.streams.keys()}
        if len(lengths) > 1:
            raise DataError(f"the streams of {chunk.subject} have {sorted(lengths)} frames")
        total = lengths.pop() if lengths else 0
        first, last = chunk.before, total - chunk.after
        parts = [
            self._piece(chunk, start, min(start + PIECE_FRAMES, last), total)
            for start in range(first, last, PIECE_FRAMES)
        ]
        if not parts:
            return np.empty((0, len(self.ethogram.names)), dtype=np.float32)
        return np.concatenate(parts)

    def _piece(self, chunk: Chunk, start: int, stop: int, total: int) -> NDArray[np.float32]:
        batch, low = self._stretch(chunk, start, stop, total)
        with torch.inference_mode():
            scores = self._framewise(batch.to(self._device), start - low, stop - low)
        found = scores.float().cpu().numpy()
        if self.mirroring is not None:
            found[0] = (found[0] + self.mirroring.swapped(found[1])) / 2
        array: NDArray[np.float32] = found[0]
        return array

    def _stretch(self, chunk: Chunk, start: int, stop: int, total: int) -> tuple[Batch, int]:
        """Some frames with their margin, as they are and perhaps mirrored; the first of them."""
        low, high = max(0, start - self.margin_frames), min(total, stop + self.margin_frames)
        stretch = {
            name: chunk.streams[name][low:high]
            for name in self.scaling.streams
            if name in chunk.streams
        }
        scaled = self.scaling.apply(stretch, str(chunk.subject))
        views = [scaled] if self.mirroring is None else [scaled, self.mirroring.apply(scaled)]
        batch = batch_of(
            {name: np.stack([view[name] for view in views]) for name in scaled},
            np.ones((len(views), high - low), dtype=bool),
        )
        return batch, low

    def _framewise(self, batch: Batch, first: int, last: int) -> torch.Tensor:
        """Scores of the frames of each stretch from ``first`` to ``last``, (B, frames, N)."""
        if not self._network.per_window:
            dense: torch.Tensor = self._network(batch)["behavior"]
            return dense[:, first:last]
        windows = windows_of(batch, self._network.length, first=first, last=last)
        parts = [self._network(w)["behavior"].unflatten(0, (len(batch.mask), -1)) for w in windows]
        return torch.cat(parts, dim=1).squeeze(2)

    def save(self, directory: Path) -> None:
        """Write ``network.safetensors`` and ``network.json``."""
        directory.mkdir(parents=True, exist_ok=True)
        tensors = {
            f"network.{name}": tensor.detach().cpu().contiguous()
            for name, tensor in self._network.state_dict().items()
        }
        tensors |= {
            f"scaling.{name}": torch.from_numpy(values)
            for name, values in self.scaling.arrays().items()
        }
        settings = {
            "format": FORMAT,
            "member": self.member.model_dump(mode="json"),
            "ethogram": asdict(self.ethogram),
            "columns": {name: list(columns) for name, columns in self.scaling.columns.items()},
            "margin_frames": self.margin_frames,
            "steps": self.steps,
        }
        if self.mirroring is not None:
            settings["mirroring"] = self.mirroring.as_dict()
        unfinished = directory / (WEIGHTS + ".part")
        save_file(tensors, unfinished)
        unfinished.replace(directory / WEIGHTS)
        unfinished = directory / (SETTINGS + ".part")
        text = json.dumps(settings, indent=1, ensure_ascii=False)
        unfinished.write_text(text + "\n", encoding="utf-8")
        unfinished.replace(directory / SETTINGS)


def load(directory: Path) -> FittedNetwork:
    """Read what :meth:`FittedNetwork.save` wrote.

    Raises:
        BundleError: A file is missing, broken, or of a later version.
    """
    try:
        settings = json.loads((directory / SETTINGS).read_text(encoding="utf-8"))
        tensors = load_file(directory / WEIGHTS)
    except (OSError, ValueError, SafetensorError) as error:
        raise BundleError(
            f"the network cannot be read: {error}",
            file=directory,
            expected=f"{WEIGHTS} and {SETTINGS}",
            todo="fetch the bundle again, or train again",
        ) from error
    if settings.get("format") != FORMAT:
        raise BundleError(
            f"the network has the format {settings.get('format')!r}",
            file=directory / SETTINGS,
            expected=str(FORMAT),
            todo="use the release of boutwise that wrote it",
        )
    return _rebuilt(settings, tensors, directory)


def _rebuilt(
    settings: dict[str, Any], tensors: dict[str, torch.Tensor], directory: Path
) -> FittedNetwork:
    member = NetworkMember.model_validate(settings["member"])
    ethogram = _ethogram(settings["ethogram"])
    columns = {name: tuple(names) for name, names in settings["columns"].items()}
    arrays = {
        name.removeprefix("scaling."): tensor.numpy()
        for name, tensor in tensors.items()
        if name.startswith("scaling.")
    }
    even = torch.ones(len(ethogram.names), 2)
    mirroring = settings.get("mirroring")
    try:
        scaling = Scaling.from_arrays(arrays, columns)
        network = build(member, ethogram, scaling, dict.fromkeys(member.heads, even))
        state = {
            name.removeprefix("network."): tensor
            for name, tensor in tensors.items()
            if name.startswith("network.")
        }
        network.load_state_dict(state)
    except (KeyError, RuntimeError) as error:
        raise BundleError(
            f"weights and settings of the network do not fit: {error}",
            file=directory,
            todo="fetch the bundle again, or train again",
        ) from error
    return FittedNetwork(
        member,
        ethogram,
        scaling,
        network,
        steps=int(settings["steps"]),
        mirroring=None if mirroring is None else Mirroring.from_dict(mirroring),
    )


def _ethogram(data: dict[str, Any]) -> Ethogram:
    return Ethogram(
        tuple(Behavior(**behavior) for behavior in data["behaviors"]),
        tuple(
            ExclusiveGroup(group["name"], tuple(group["behaviors"]), group["background"])
            for group in data["groups"]
        ),
        dict(data["merges"]),
        {name: (low, high) for name, (low, high) in data["scales"].items()},
    )
