"""How well animals were found in the videos of a run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boutwise.metrics import spans_of
from boutwise.prepare.tracking import FASTEST_LENGTHS, REACH_LENGTHS
from boutwise.report.videos import Film

MOST_WITHOUT = 0.05
"""Share of frames without a box from which a recording is named in a warning."""
MOST_JUMPS = 1.0
"""Jumps a minute from which it is."""
CLOSE = 0.3
"""Overlap (IoU) of two boxes from which their animals may be exchanged."""


@dataclass(frozen=True)
class Found:
    """How one animal was found in one recording.

    Attributes:
        recording: Where.
        animal: Who.
        n_frames: Frames of the video.
        fps: Frames per second.
        detected: Frames in which it was looked for and found.
        between: Frames whose box lies on a line between two others.
        without: Frames without a box; they are not judged.
        gaps: Stretches without a box, half-open.
        jumps: Frames at which the box is farther from the last one than a mouse runs.
        overlapping: Frames in which its box overlaps that of another animal, whose names may be
            exchanged there; None where it is alone.
        score: Median score of the boxes; NaN where there is none.
        damaged: Frames that cannot be decoded.
        unturned: Frames in which it is found and nothing tells where it faces; where pictures are
            turned they are not judged either.
    """

    recording: str
    animal: str
    n_frames: int
    fps: float
    detected: int
    between: int
    without: int
    gaps: tuple[tuple[int, int], ...]
    jumps: tuple[int, ...]
    overlapping: int | None
    score: float
    damaged: int
    unturned: int = 0

    @property
    def jumps_a_minute(self) -> float:
        """Jumps by the length of the video."""
        return 60 * len(self.jumps) * self.fps / max(self.n_frames, 1)

    @property
    def poor(self) -> str:
        """What is wrong with it, in words; empty where nothing is."""
        words = []
        if self.without > MOST_WITHOUT * self.n_frames:
            words.append(f"no box in {100 * self.without / self.n_frames:.0f} % of the frames")
        if self.unturned > MOST_WITHOUT * self.n_frames:
            share = 100 * self.unturned / self.n_frames
            words.append(f"nothing tells where it faces in {share:.0f} % of the frames")
        if self.jumps_a_minute > MOST_JUMPS:
            words.append(f"{self.jumps_a_minute:.1f} jumps a minute")
        return " and ".join(words)


def found_in(film: Film) -> Iterator[Found]:
    """How each animal was found; nothing where nothing was looked for."""
    boxes = film.boxes
    if boxes is None or not film.detected:
        return
    for place, animal in enumerate(boxes.animals):
        corners, there = boxes.corners[:, place], boxes.present[:, place]
        detected = boxes.detected[:, place] & there
        scores = boxes.scores[there, place]
        others = [n for n in range(len(boxes.animals)) if n != place]
        yield Found(
            film.recording,
            animal,
            film.n_frames,
            film.fps,
            int(detected.sum()),
            int((there & ~detected).sum()),
            int((~there).sum()),
            tuple((int(a), int(b)) for a, b in spans_of(~there)),
            tuple(jumps(corners, film.fps)),
            _overlapping(corners, boxes.corners[:, others]) if others else None,
            float(np.median(scores)) if scores.size else float("nan"),
            film.damaged,
            film.unturned.get(animal, 0),
        )


def jumps(corners: NDArray[np.float32], fps: float) -> list[int]:
    """Frames at which a box is farther from the one before than a mouse runs meanwhile.

    Args:
        corners: (frames, 4), NaN = no box.
        fps: Frames per second.

    >>> still = np.tile(np.array([0.0, 0, 10, 10], dtype=np.float32), (4, 1))
    >>> still[2:] += 90
    >>> jumps(still, 30.0)
    [2]
    """
    frames = np.flatnonzero(np.isfinite(corners).all(axis=1))
    kept = corners[frames].astype(np.float64)
    if len(frames) < 2:
        return []
    middles = (kept[:, :2] + kept[:, 2:]) / 2
    length = np.sqrt((kept[:, 2:] - kept[:, :2]).prod(axis=1))
    away = np.hypot(*np.diff(middles, axis=0).T) / np.maximum(length[:-1], 1e-6)
    reach = REACH_LENGTHS + FASTEST_LENGTHS * np.diff(frames) / fps
    after: list[int] = frames[1:][away > reach].tolist()
    return after


def _overlapping(mine: NDArray[np.float32], others: NDArray[np.float32]) -> int:
    """Frames in which a box overlaps one of others, (frames, 4) and (frames, others, 4)."""
    low = np.maximum(mine[:, None, :2], others[..., :2])
    high = np.minimum(mine[:, None, 2:], others[..., 2:])
    inner = np.clip(high - low, 0, None).prod(axis=-1)
    areas = [(each[..., 2:] - each[..., :2]).prod(axis=-1) for each in (mine[:, None], others)]
    with np.errstate(invalid="ignore"):
        shared = inner / (areas[0] + areas[1] - inner) >= CLOSE
    return int(shared.any(axis=1).sum())


def worst_first(found: Sequence[Found]) -> list[Found]:
    """Those with most frames without a box first, then those with most jumps."""
    return sorted(found, key=lambda f: (-f.without / max(f.n_frames, 1), -len(f.jumps)))
