"""Animals with behaviors of their own and a classifier of varying luck: whose score is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SHARES = np.array([0.35, 0.25, 0.2, 0.15, 0.05])
DIFFICULTY = np.array([0.5, 0.3, 0.2, 0.0, -0.8])
RECORDINGS = (1, 1, 1, 2, 3, 6)
"""Recordings of an animal where their number differs; each is as likely."""
FRAMES_A_BOUT = 40


@dataclass(frozen=True)
class Population:
    """How much animals differ, and how much is seen of each.

    Attributes:
        spread: How unlike animals are, in their behavior and in how well they are predicted.
        n_frames: Frames of a recording.
        skill: How well the classifier does.
        unequal: Whether animals have 1 to 6 recordings; else one each.
        absent: Share of the animals that never show the rarest behavior.
    """

    spread: float = 1.0
    n_frames: int = 4000
    skill: float = 1.6
    unequal: bool = False
    absent: float = 0.0

    def draw(self, rng: np.random.Generator, n_animals: int) -> NDArray[np.float64]:
        """Confusion of each animal, (animals, classes, classes)."""
        return self.draw_pair(rng, n_animals, gain=None)[0]

    def draw_pair(
        self, rng: np.random.Generator, n_animals: int, *, gain: float | None
    ) -> list[NDArray[np.float64]]:
        """Confusions of two classifiers on the same animals, each (animals, classes, classes).

        What makes an animal hard is hard for both; the first is better by ``gain``, and each has a
        little luck of its own. None gives one classifier only.
        """
        n = len(SHARES)
        true = rng.multinomial(self._frames(rng, n_animals), self._shares(rng, n_animals))
        logits = rng.normal(0, 0.35 * self.spread, (n_animals, n, n)) + 0.6 * np.log(SHARES)
        logits[:, np.arange(n), np.arange(n)] += self._skill(rng, n_animals)
        found = []
        for more in (0.0,) if gain is None else (gain, 0.0):
            own = logits.copy()
            if gain is not None:
                luck = rng.normal(more, 0.2 * self.spread, (n_animals, n))
                own[:, np.arange(n), np.arange(n)] += luck
            decided = np.exp(own)
            decided /= decided.sum(axis=2, keepdims=True)
            found.append(rng.multinomial(true, decided).astype(np.float64))
        return found

    def draw_bouts(
        self, rng: np.random.Generator, n_animals: int, *, gain: float | None = None
    ) -> list[NDArray[np.float64]]:
        """Bouts found, falsely predicted and missed, each (animals, classes, 3).

        Of one classifier, or with a gain of two, as in :meth:`draw_pair`.
        """
        n = len(SHARES)
        frames = rng.multinomial(self._frames(rng, n_animals), self._shares(rng, n_animals))
        expected = frames / FRAMES_A_BOUT
        true, skill = rng.poisson(expected), self._skill(rng, n_animals)
        found = []
        for more in (0.0,) if gain is None else (gain, 0.0):
            luck = 0.0 if gain is None else rng.normal(more, 0.2 * self.spread, (n_animals, n))
            hits = rng.binomial(true, 1 / (1 + np.exp(0.6 - skill - luck)))
            carelessness = np.exp(rng.normal(-0.3 * (skill + luck), 0.4 * self.spread))
            false = rng.poisson(0.2 * expected.sum(axis=1, keepdims=True) * carelessness)
            found.append(np.stack([hits, false, true - hits], axis=-1).astype(np.float64))
        return found

    def _shares(self, rng: np.random.Generator, n_animals: int) -> NDArray[np.float64]:
        shares = rng.dirichlet(SHARES * 8 / self.spread, n_animals)
        if self.absent:
            shares[rng.random(n_animals) < self.absent, -1] = 0
            shares /= shares.sum(axis=1, keepdims=True)
        return shares

    def _frames(self, rng: np.random.Generator, n_animals: int) -> NDArray[np.int64]:
        if not self.unequal:
            return np.full(n_animals, self.n_frames)
        return self.n_frames * rng.choice(RECORDINGS, n_animals)

    def _skill(self, rng: np.random.Generator, n_animals: int) -> NDArray[np.float64]:
        own = rng.normal(self.skill, 0.45 * self.spread, (n_animals, 1)) + DIFFICULTY
        return own + rng.normal(0, 0.4 * self.spread, (n_animals, len(SHARES)))


def outcomes(confusions: NDArray[np.float64]) -> NDArray[np.float64]:
    """True positives, false positives and false negatives, (animals, classes * 3)."""
    tp = np.diagonal(confusions, axis1=1, axis2=2)
    parts = [tp, confusions.sum(axis=1) - tp, confusions.sum(axis=2) - tp]
    return np.stack(parts, axis=-1).reshape(len(confusions), -1)


def f1(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 from (..., 3): true positives, false positives, false negatives."""
    both = 2 * counts[..., 0] + counts[..., 1] + counts[..., 2]
    with np.errstate(invalid="ignore"):
        return 2 * counts[..., 0] / both


def macro_f1(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean F1 of the classes, from outcomes (..., classes * 3)."""
    return np.nanmean(f1(counts.reshape(*counts.shape[:-1], -1, 3)), axis=-1)


def pooled_f1(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """F1 of all classes pooled, from outcomes (..., classes * 3)."""
    return f1(counts.reshape(*counts.shape[:-1], -1, 3).sum(axis=-2))


def accuracy(confusions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share on the diagonal of confusions (..., classes * classes)."""
    size = int(np.sqrt(confusions.shape[-1]))
    square = confusions.reshape(*confusions.shape[:-1], size, size)
    return np.trace(square, axis1=-2, axis2=-1) / square.sum(axis=(-2, -1))


POPULATIONS = {
    "alike": Population(),
    "unlike, short": Population(spread=1.6, n_frames=400),
    "unlike, well predicted": Population(spread=1.6, skill=3.5),
    "1 to 6 recordings": Population(spread=1.3, n_frames=1500, unequal=True),
    "rare behavior absent in 60 %": Population(spread=1.3, n_frames=1500, absent=0.6),
    "both": Population(spread=1.3, n_frames=1500, unequal=True, absent=0.6),
}
"""What is simulated, in words."""
