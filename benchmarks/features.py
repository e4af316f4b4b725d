"""How fast a pose track becomes features and scores, beside the figures to reach.

``python benchmarks/features.py`` prints a table, ``--json`` one object ``{"machine": ..., "rows":
[...]}``. Seconds are CPU seconds of one thread, the median of three; each job runs in a process of
its own, so that the peak of its memory is its own (imports and the track included). The track is
one mouse of seven keypoints, 100,000 frames at 30 per second, 5 % of the keypoints missing; for
cleaning, pairs and social48 two mice, and each direction of a pair counts as one animal. Both are
asked for, as a training or a prediction does: the second is told from the first.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from boutwise.cleaning import clean_pose
from boutwise.features import egocentric
from boutwise.features._windows import WindowStatistics
from boutwise.machine import usable_cores
from boutwise.prepare import PreparedPose
from boutwise.types import FrameClock, PoseTrack, Subject
from boutwise.types.recipe import Part

N_FRAMES, FPS, MISSING = 100_000, 30.0, 0.05
KEYPOINTS = ("nose", "left_ear", "right_ear", "neck", "left_hip", "right_hip", "tail_base")
PLACES = np.array([[45, 0], [32, 8], [32, -8], [25, 0], [-15, 10], [-15, -10], [-25, 0]])
TO_REACH = {
    "clean": 22_000.0,
    "features": 100_000.0,
    "pairs": 100_000.0,
    "social48": 960_000.0,
    "trees": 20_000.0,
}
"""Animal-frames per CPU second: another tool on the same cleaning; rich features with windows of
one animal, and of a pair; the original of the 48 (frames of two mice in one direction); annotating
100,000 frames in 5 s, of which this is the part after the features are stored."""


def track(n_animals: int, confidence: bool) -> tuple[PoseTrack, FrameClock]:
    """Mice on random smooth paths."""
    rng = np.random.default_rng(0)
    time_s = np.arange(N_FRAMES) / FPS
    positions = np.empty((N_FRAMES, n_animals, len(KEYPOINTS), 2), dtype=np.float32)
    for animal in range(n_animals):
        heading = np.cumsum(rng.normal(0, 0.1, N_FRAMES))
        cos, sin = np.cos(heading)[:, None], np.sin(heading)[:, None]
        middle = 250 + 200 * np.stack([np.sin(time_s / 7 + animal), np.cos(time_s / 11)], axis=1)
        x = PLACES[:, 0] * cos - PLACES[:, 1] * sin
        y = PLACES[:, 0] * sin + PLACES[:, 1] * cos
        positions[:, animal] = np.stack([x, y], axis=2) + middle[:, None]
    positions += rng.normal(0, 1, positions.shape).astype(np.float32)
    lost = rng.random(positions.shape[:3]) < MISSING
    if not confidence:
        positions[lost] = np.nan
    values = np.where(lost, 0.1, 0.99) if confidence else None
    names = tuple(f"m{animal}" for animal in range(n_animals))
    roles = {name: name for name in KEYPOINTS}
    pose = PoseTrack(positions, values, names, KEYPOINTS, roles)
    return pose, FrameClock.declared(N_FRAMES, FPS)


def _clean() -> tuple[Callable[[], object], int, int]:
    pose, clock = track(2, confidence=True)
    return lambda: clean_pose.clean(pose, clock), 2 * N_FRAMES, 0


def _features() -> tuple[Callable[[], object], int, int]:
    """Base columns with all their statistics, as a learner reads them: block by block."""
    pose, clock = track(1, confidence=False)
    return _windowed(pose, clock, [Subject("r", "m0")], 400)


def _pairs() -> tuple[Callable[[], object], int, int]:
    """The same of two mice in both directions."""
    pose, clock = track(2, confidence=False)
    return _windowed(pose, clock, [Subject("r", "m0", "m1"), Subject("r", "m1", "m0")], 400)


def _windowed(
    pose: PoseTrack, clock: FrameClock, subjects: list[Subject], most: int
) -> tuple[Callable[[], object], int, int]:
    base = egocentric.compute(pose.frames(0, 300), clock, subjects[0]).columns
    plan = WindowStatistics(base, FPS)
    rich = _rich(plan.names, most)
    plan = WindowStatistics(base, FPS, only=tuple(name for name in plan.names if name in rich))

    def work() -> None:
        prepared = PreparedPose(pose, clock, fps=FPS)
        for subject in subjects:
            stream = prepared.stream(subject, [Part(part="egocentric")])
            for _ in plan.blocks(stream.values, stop=N_FRAMES):
                pass

    return work, len(subjects) * N_FRAMES, len(plan.names)


def _social48() -> tuple[Callable[[], object], int, int]:
    """The 48 features of two mice in both directions."""
    pose, clock = track(2, confidence=False)
    subjects = [Subject("r", "m0", "m1"), Subject("r", "m1", "m0")]

    def work() -> None:
        prepared = PreparedPose(pose, clock, fps=FPS)
        for subject in subjects:
            prepared.stream(subject, [Part(part="social48")])

    return work, 2 * N_FRAMES, 48


def _rich(names: tuple[str, ...], most: int) -> set[str]:
    """All base columns and statistics of every kind, ``most`` in total, evenly drawn."""
    base = [name for name in names if " " not in name]
    made = [name for name in names if " " in name]
    places = np.linspace(0, len(made) - 1, max(most - len(base), 0)).round().astype(int)
    return {*base, *(made[place] for place in places)}


def _trees() -> tuple[Callable[[], object], int, int]:
    """Scores of five classes from stored base columns, with the rounds that a plan chooses."""
    from boutwise.learners import Dataset, Run, SubjectFrames, trees
    from boutwise.learners._scoring import score_subject
    from boutwise.types import Behavior, Ethogram, ExclusiveGroup
    from boutwise.types.recipe import TreesMember

    pose, clock = track(1, confidence=False)
    subject = Subject("r", "m0")
    table = egocentric.compute(pose, clock, subject)
    names = tuple("abcde")
    ethogram = Ethogram(tuple(map(Behavior, names)), (ExclusiveGroup("g", names, "a"),))
    speed = np.nan_to_num(table.values[0, :, table.columns.index("speed.neck@1s")])
    state = np.digitize(speed, np.quantile(speed, [0.2, 0.4, 0.6, 0.8]))
    labels = np.eye(5, dtype=np.int8)[state]
    streams = {"features": table.values[0]}
    item = SubjectFrames(subject, FPS, streams, labels, np.ones(N_FRAMES, np.float32), "m0")
    values = trees.auto_values({"n_frames": N_FRAMES, "fps": FPS, "median_bout_s": 1.0})
    settings: dict[str, dict[str, object]] = {"optim": {}, "windows": {}}
    for path, (value, _) in values.items():
        section, _, name = path.partition(".")
        settings[section][name] = value
    settings["windows"]["frame_step"] = 10
    member = TreesMember(learner="trees", features=["egocentric"], **settings)
    data = Dataset((item,), ethogram, {"features": table.columns})
    fitted = trees.Learner(member, ethogram).fit(data, None, Run(1, 1, Path()))
    columns = sum(share > 0 for share in fitted.importance().values())
    return lambda: score_subject(fitted, subject, FPS, streams), N_FRAMES, columns


JOBS = {
    "clean": _clean,
    "features": _features,
    "pairs": _pairs,
    "social48": _social48,
    "trees": _trees,
}


def peak_mb() -> float:
    """Highest memory of this process so far; NaN where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    scale = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def measure(job: str, repeats: int) -> dict[str, object]:
    """Run one job and give its row."""
    work, frames, columns = JOBS[job]()
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    rate = frames / statistics.median(seconds)
    return {
        "job": job,
        "animal_frames": frames,
        "columns": columns,
        "cpu_s": round(statistics.median(seconds), 3),
        "per_cpu_s": round(rate),
        "to_reach": TO_REACH[job],
        "ratio": round(rate / TO_REACH[job], 2),
        "peak_mb": round(peak_mb()),
    }


def main() -> None:
    """Measure each job in its own process and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--job", choices=JOBS, help="this one only, here, as JSON")
    options = parser.parse_args()
    if options.job:
        print(json.dumps(measure(options.job, options.repeats)))
        return
    rows = []
    for job in JOBS:
        command = [sys.executable, __file__, "--job", job, "--repeats", str(options.repeats)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
    if options.json:
        machine = {"machine": platform.machine(), "cores": usable_cores()}
        print(json.dumps({"machine": machine, "rows": rows}))
        return
    print("  ".join(f"{name:>14}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:>14}" for value in row.values()))


if __name__ == "__main__":
    main()
