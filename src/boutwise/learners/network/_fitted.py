"""A fitted network: scores of chunks, save and load."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from boutwise.errors import DataError
from boutwise.learners._contract import Chunk, multiple_of
from boutwise.learners._explaining import Attention
from boutwise.learners._mirroring import Mirroring
from boutwise.learners.network._attention import attention_of
from boutwise.learners.network._centres import windows_around, windows_of
from boutwise.learners.network._contract import Batch
from boutwise.learners.network._embedding import embeddings
from boutwise.learners.network._network import Network
from boutwise.learners.network._overlapping import between, centres_of, turned, windows_at
from boutwise.learners.network._scaling import Scaling
from boutwise.learners.network._windows import batch_of
from boutwise.types import Ethogram, Pixels, StreamValues
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
        stride: Frames from one scored window to the next; the scores between are interpolated. 1
            where every frame is scored in one pass.
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
        stride = member.windows.stride
        self._by_windows = network.inputs.per_window
        self.stride = 1 if stride == "none" or not self._by_windows else int(stride)
        self._trained_stride = self.stride
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = network.to(self._device).eval()

    @property
    def margin_frames(self) -> int:
        """Context on each side with which a chunk scores like the whole recording."""
        return self._network.margin_frames + self.stride - 1

    def score_every(self, frames: int) -> int:
        """Score a window only at every so many-th frame; a network without windows scores all."""
        if self._by_windows or self._network.per_window:
            self.stride = multiple_of(self._trained_stride, frames)
        return self.stride

    def scores(self, chunks: Iterable[Chunk]) -> Iterator[NDArray[np.float32]]:
        """Raw scores of each chunk without its context, (frames, behaviors), logits.

        Raises:
            DataError: A stream or column is missing, or values are infinite.
        """
        for chunk in chunks:
            yield self._score(chunk)

    def why_not(self) -> str:
        """Why it cannot explain its scores; empty when it can."""
        if hasattr(self._network.readout, "weights") and not self._by_windows:
            return ""
        parts = [part.part for part in self.member.temporal]
        parts += [s.encoder.part for s in self.member.streams.values() if s.encoder is not None]
        return f"the network ({', '.join(parts)}; {self.member.readout.part}) has no attention"

    def explain(self, chunk: Chunk) -> Attention:
        """Attention of all frames of a subject, and a deletion test; not of its mirror image.

        Raises:
            DataError: A stream or column is missing, or values are infinite.
        """
        total = self._frames(chunk)
        batch, _ = self._stretch(chunk, (0, total, total), self._embedded(chunk))
        return attention_of(self._network, batch.rows(0, 1).to(self._device), self.ethogram)

    def _frames(self, chunk: Chunk) -> int:
        """Frames of a chunk with its context."""
        lengths = {len(pixels) for pixels in self._pixels(chunk).values()}
        lengths |= {len(chunk.streams[n]) for n in self.scaling.streams & chunk.streams.keys()}
        if len(lengths) > 1:
            raise DataError(f"the streams of {chunk.subject} have {sorted(lengths)} frames")
        return lengths.pop() if lengths else 0

    def _score(self, chunk: Chunk) -> NDArray[np.float32]:
        total = self._frames(chunk)
        first, last = chunk.before, total - chunk.after
        if last <= first:
            return np.empty((0, len(self.ethogram.names)), dtype=np.float32)
        if self._by_windows:
            return self._overlapped(chunk, first, last, total)
        embedded = self._embedded(chunk)
        parts = [
            self._piece(chunk, (start, min(start + PIECE_FRAMES, last), total), embedded)
            for start in range(first, last, PIECE_FRAMES)
        ]
        return np.concatenate(parts)

    @property
    def _views(self) -> tuple[bool, ...]:
        """Whether each look at a frame is mirrored."""
        return (False,) if self.mirroring is None else (False, True)

    def _averaged(self, found: NDArray[np.float32]) -> NDArray[np.float32]:
        """The mean over the looks, (looks, frames, behaviors) -> (frames, behaviors)."""
        if self.mirroring is not None:
            found[0] = (found[0] + self.mirroring.swapped(found[1])) / 2
        array: NDArray[np.float32] = found[0]
        return array

    def _pixels(self, chunk: Chunk) -> dict[str, Pixels]:
        place = str(chunk.subject)
        return {
            name: self.scaling.pictures(chunk.streams, name, place) for name in self.scaling.pixels
        }

    def _embedded(self, chunk: Chunk) -> dict[str, tuple[Tensor, Tensor]]:
        """Of each stream of pictures (looks, frames, D), and where there are any, (frames,)."""
        return {
            name: (
                embeddings(
                    self._network.inputs.parts[name],
                    pixels,
                    mirrored=self._views,
                    device=self._device,
                ),
                torch.from_numpy(np.array(pixels.present, dtype=bool)),
            )
            for name, pixels in self._pixels(chunk).items()
        }

    def _piece(
        self,
        chunk: Chunk,
        frames: tuple[int, int, int],
        embedded: Mapping[str, tuple[Tensor, Tensor]],
    ) -> NDArray[np.float32]:
        batch, low = self._stretch(chunk, frames, embedded)
        batch = batch.to(self._device)
        if self.stride > 1:
            offset = chunk.start - chunk.before
            centres = centres_of(*frames, stride=self.stride, offset=offset)
            with torch.inference_mode():
                scores = self._around(batch, [centre - low for centre in centres])
            found = self._averaged(scores.float().cpu().numpy())
            return between(found, centres, frames[0], frames[1])
        with torch.inference_mode():
            scores = self._framewise(batch, frames[0] - low, frames[1] - low)
        return self._averaged(scores.float().cpu().numpy())

    def _around(self, batch: Batch, centres: list[int]) -> Tensor:
        """Scores of the windows around some frames of each stretch, (B, centres, N)."""
        windows = windows_around(batch, self._network.length, centres)
        parts = [self._network(w)["behavior"].unflatten(0, (len(batch.mask), -1)) for w in windows]
        return torch.cat(parts, dim=1).squeeze(2)

    def _stretch(
        self,
        chunk: Chunk,
        frames: tuple[int, int, int],
        embedded: Mapping[str, tuple[Tensor, Tensor]],
    ) -> tuple[Batch, int]:
        """Some frames with their margin, as they are and perhaps mirrored; the first of them.

        ``frames`` are the first, the one behind the last, and the number that there are.
        """
        start, stop, total = frames
        low, high = max(0, start - self.margin_frames), min(total, stop + self.margin_frames)
        stretch: dict[str, StreamValues] = {
            name: np.asarray(chunk.streams[name][low:high])
            for name in self.scaling.streams
            if name in chunk.streams
        }
        scaled = self.scaling.apply(stretch, str(chunk.subject))
        views = [scaled] if self.mirroring is None else [scaled, self.mirroring.apply(scaled)]
        batch = batch_of(
            {name: np.stack([view[name] for view in views]) for name in scaled},
            np.ones((len(views), high - low), dtype=bool),
        )
        for name, (values, present) in embedded.items():
            batch = batch.with_stream(name, values[:, low:high], present[low:high])
        return batch, low

    def _overlapped(self, chunk: Chunk, first: int, last: int, total: int) -> NDArray[np.float32]:
        """Scores from windows at a stride, (frames, behaviors)."""
        offset = chunk.start - chunk.before
        centres = centres_of(first, last, total, stride=self.stride, offset=offset)
        scaled = self.scaling.apply(chunk.streams, str(chunk.subject))
        windows = windows_at(
            centres,
            self._network.length,
            pixels=self._pixels(chunk),
            features={name: torch.from_numpy(values) for name, values in scaled.items()},
        )
        found: list[list[Tensor]] = [[] for _ in self._views]
        for batch in windows:
            for look, mirrored in zip(found, self._views, strict=True):
                seen = batch
                if mirrored and self.mirroring is not None:
                    seen = turned(batch, self.mirroring)
                with torch.inference_mode():
                    scores = self._network(seen.to(self._device))["behavior"][:, 0]
                look.append(scores.float().cpu())
        averaged = self._averaged(torch.stack([torch.cat(look) for look in found]).numpy())
        return between(averaged, centres, first, last)

    def _framewise(self, batch: Batch, first: int, last: int) -> Tensor:
        """Scores of the frames of each stretch from ``first`` to ``last``, (B, frames, N)."""
        if not self._network.per_window:
            dense: Tensor = self._network(batch)["behavior"]
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
        if self.scaling.pixels:
            settings["pixels"] = {n: asdict(shape) for n, shape in self.scaling.pixels.items()}
        if self.mirroring is not None:
            settings["mirroring"] = self.mirroring.as_dict()
        unfinished = directory / (WEIGHTS + ".part")
        save_file(tensors, unfinished)
        unfinished.replace(directory / WEIGHTS)
        unfinished = directory / (SETTINGS + ".part")
        text = json.dumps(settings, indent=1, ensure_ascii=False)
        unfinished.write_text(text + "\n", encoding="utf-8")
        unfinished.replace(directory / SETTINGS)
