"""The whole path with one batch, before the long run: train, save, load, score.

A network that cannot be saved, or that scores otherwise once it was loaded, must not be found out
after a night. It is done with a copy: the training that follows is the same as without it.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from boutwise.errors import BoutwiseError
from boutwise.learners._contract import Chunk, SubjectFrames
from boutwise.learners.network._network import Network
from boutwise.types import PixelStretch, is_pixels

WINDOWS = 2
"""Of the first batch; more would only cost more."""

SCORED_FRAMES = 2
"""In the middle of a stretch of one window: a network on pictures may take seconds for each."""


def rehearse(
    network: Network, batches: Any, item: SubjectFrames, make: Callable[[Network], Any]
) -> None:
    """Go the whole path once.

    Args:
        network: At its beginning; it stays as it is.
        batches: Of training; the first one is used.
        item: A training subject, of which a few frames are scored.
        make: Makes a fitted network of a module.

    Raises:
        BoutwiseError: Something on the way does not work; the message says what, and where.
    """
    from boutwise.learners.network._loading import load

    stage = "trained"
    try:
        with (
            torch.random.fork_rng(),
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        ):
            fitted = make(_trained(copy.deepcopy(network), batches))
            stage = "saved"
            fitted.save(Path(folder) / "member")
            stage = "loaded again"
            loaded = load(Path(folder) / "member")
            stage = "used for scoring"
            chunk = _chunk(item, batches.plan.length)
            before, after = (next(iter(part.scores([chunk]))) for part in (fitted, loaded))
    except (BoutwiseError, MemoryError):
        raise
    except Exception as error:
        if _is_memory(error):
            return  # The trainer divides batches that are too large, and says so.
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise BoutwiseError(
            f"the network of this recipe cannot be {stage}: {reason}",
            expected="that one batch can be trained, saved, loaded and scored",
            todo="change the part or the option that this speaks of",
        ) from error
    _compare(before, after)


def _trained(network: Network, batches: Any) -> Network:
    """A step with the first windows."""
    batch, target = next(iter(batches.epoch(0)))
    network.train()
    loss = network.loss(batch.rows(0, WINDOWS), target.rows(0, WINDOWS))
    loss.backward()  # type: ignore[no-untyped-call]
    if torch.isfinite(loss):
        # A rate of almost nothing: whether a step can be made is asked, not what it does.
        torch.optim.AdamW(network.parameters(), lr=1e-6).step()
    return network


def _chunk(item: SubjectFrames, length: int) -> Chunk:
    """A stretch of one window of a subject, of which the middle is scored."""
    frames = min(length, item.n_frames)
    streams = {
        name: PixelStretch(values, 0, frames) if is_pixels(values) else values[:frames]
        for name, values in item.streams.items()
    }
    before = max(0, (frames - SCORED_FRAMES) // 2)
    after = max(0, frames - before - SCORED_FRAMES)
    return Chunk(item.subject, item.fps, streams, before, after)


def _compare(before: np.ndarray, after: np.ndarray) -> None:
    if not (np.isfinite(before).all() and np.isfinite(after).all()):
        raise BoutwiseError(
            "the network of this recipe gives scores that are not finite after one step",
            todo="look for absurd values in the data, or lower optim.lr",
        )
    if before.shape != after.shape or not np.allclose(before, after, atol=1e-4):
        raise BoutwiseError(
            "the network of this recipe gives other scores once it was saved and loaded",
            expected="the same scores",
            todo="a part keeps something outside of its parameters and buffers; leave it out",
        )


def _is_memory(error: Exception) -> bool:
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, RuntimeError) and "memory" in str(error).lower()
    )
