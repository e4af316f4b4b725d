"""How large a batch must be for the cohort probe to find it.

    python benchmarks/cohorts.py [--seeds N] [--clean N] [--json]

Thirty simulated mice of a minute, preset ``default``. For each seed twelve are drawn, six in each
cohort; the pose of the second cohort is changed as another camera or tracker would change it, and
the probe looks at the features. Counted are the seeds in which it speaks.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from boutwise.prepare import PreparedPose
from boutwise.synthetic import SimulatedRecording, simulate
from boutwise.training import _leave_one_out as leave_one_out
from boutwise.training._cohort_tables import summary_of
from boutwise.training.cohorts import LEVEL
from boutwise.types import PoseTrack
from boutwise.types.recipe import Part

POOL, ANIMALS = 30, 12
Change = Callable[[PoseTrack, int], PoseTrack]


def ahead(pose: PoseTrack) -> tuple[NDArray[np.float32], float]:
    """From the tail base to the nose, (frames, animals, 2), and the usual length of it."""
    at = pose.keypoints.index
    found = pose.positions[:, :, at("nose")] - pose.positions[:, :, at("tail_base")]
    return found, float(np.nanmedian(np.linalg.norm(found, axis=-1)))


def noise(size: float) -> Change:
    """Every point jitters, from frame to frame, by a share of the body's length."""

    def change(pose: PoseTrack, seed: int) -> PoseTrack:
        jitter = np.random.default_rng(seed).normal(0, size * ahead(pose)[1], pose.positions.shape)
        return replace(pose, positions=(pose.positions + jitter).astype(np.float32))

    return change


def nose(size: float) -> Change:
    """The nose is marked further ahead, by a share of the body's length."""

    def change(pose: PoseTrack, seed: int) -> PoseTrack:
        positions = pose.positions.copy()
        positions[:, :, pose.keypoints.index("nose")] += np.float32(size) * ahead(pose)[0]
        return replace(pose, positions=positions)

    return change


def scaled(x: float, y: float) -> Change:
    """A nearer camera, or pixels that are not square."""

    def change(pose: PoseTrack, seed: int) -> PoseTrack:
        return replace(pose, positions=pose.positions * np.float32([x, y]))

    return change


BATCHES: dict[str, Change] = {
    "jitter of 2 % of the body": noise(0.02),
    "jitter of 4 %": noise(0.04),
    "nose marked 15 % of the body further ahead": nose(0.15),
    "nose 25 %": nose(0.25),
    "nose 35 %": nose(0.35),
    "pixels 1.67 times as wide as high": scaled(1.67, 1.0),
    "camera twice as near": scaled(2.0, 2.0),
}


def summary(mouse: SimulatedRecording, pose: PoseTrack) -> NDArray[np.float64]:
    """One row of the table that the probe sees."""
    clean = [Part(part="clean_pose")]
    prepared = PreparedPose(pose, mouse.recording.clock, fps=30, prepare=clean)
    return summary_of(prepared.stream(mouse.subject, [Part(part="egocentric")]).values).ravel()


def told(first: NDArray[np.float64], second: NDArray[np.float64], seed: int) -> bool:
    """Whether the probe speaks of twelve mice, the second six of which are changed."""
    chosen = np.random.default_rng(seed).permutation(POOL)[:ANIMALS]
    half = ANIMALS // 2
    table = np.concatenate([first[chosen[:half]], second[chosen[half:]]])
    dealt = leave_one_out.deals(np.repeat([0, 1], half))
    return leave_one_out.tell(table, dealt).p <= LEVEL


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--clean", type=int, default=200, help="seeds without a batch")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    mice = simulate("default", animals=POOL, minutes=1.0, seed=300)
    plain = np.stack([summary(mouse, mouse.pose) for mouse in mice])
    fired = sum(told(plain, plain, 1000 + seed) for seed in range(options.clean))
    rows = [{"batch": "none", "found": fired, "of": options.clean}]
    for name, change in BATCHES.items():
        changed = [summary(mouse, change(mouse.pose, k)) for k, mouse in enumerate(mice)]
        fired = sum(told(plain, np.stack(changed), seed) for seed in range(options.seeds))
        rows.append({"batch": name, "found": fired, "of": options.seeds})
    if options.json:
        print(json.dumps({"machine": platform.platform(), "rows": rows}))
        return
    for row in rows:
        print(f"{row['batch']:46s}{row['found']:4d} of {row['of']}")


if __name__ == "__main__":
    main()
