"""How fast the metrics are, and how often their intervals hold the truth.

``python benchmarks/metrics.py`` prints tables, ``--json`` one object
``{"machine": ..., "rows": [...]}``. Times are CPU seconds of one thread, the median of five. The
other tables simulate cohorts of animals whose pooled score is known (nothing is trained) and count
the intervals that hold it: of a score, of the difference of two predictions of the same animals,
and for comparison of other methods. 2,000 cohorts err by about .005.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from boutwise.machine import usable_cores
from boutwise.metrics import ScoredSubject, estimate, match, score_recordings, spans_of
from boutwise.metrics._intervals import difference, student_quantile
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, Subject

SIMULATION = Path(__file__).resolve().parents[1] / "tests" / "metrics" / "simulation.py"
BOUTS_TO_REACH_S = 0.1


def load_simulation() -> Any:
    """The animals that the tests simulate too."""
    spec = importlib.util.spec_from_file_location("simulation", SIMULATION)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["simulation"] = module
    spec.loader.exec_module(module)
    return module


def cpu_s(work: Callable[[], object], n_times: int = 5) -> float:
    work()
    times = []
    for _ in range(n_times):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def labels(rng: np.random.Generator, n_frames: int, mean_bout: int, n_classes: int) -> np.ndarray:
    lengths = rng.geometric(1 / mean_bout, 2 * n_frames // mean_bout + 10)
    return np.repeat(rng.integers(0, n_classes, lengths.size), lengths)[:n_frames]


def speed() -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    n_frames, n_classes = 100_000, 5
    truth = labels(rng, n_frames, 80, n_classes)
    noise = np.repeat(rng.normal(0, 1, (n_frames // 20, n_classes)), 20, axis=0)
    logits = noise + 2 * np.eye(n_classes)[truth]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    said = p.argmax(axis=1)

    def bout_f1() -> None:
        for label in range(n_classes):
            match(spans_of(truth == label), spans_of(said == label), (0.1, 0.25, 0.5))

    names = tuple(f"b{place}" for place in range(n_classes))
    ethogram = Ethogram(tuple(map(Behavior, names)), (ExclusiveGroup("g", names, "b0"),))
    one_hot = np.eye(n_classes, dtype=np.int8)
    item = ScoredSubject(Subject("r", "m"), "m", one_hot[truth], one_hot[said] > 0, 20.0, p)
    simulation = load_simulation()
    counts = simulation.outcomes(simulation.Population().draw(rng, 40))
    macro_f1 = simulation.macro_f1
    rows: list[tuple[str, Callable[[], object], float | None]] = [
        ("bout F1, 3 thresholds, 5 classes, 100,000 frames", bout_f1, BOUTS_TO_REACH_S),
        (
            "whole score, 5 classes, 100,000 frames",
            lambda: score_recordings([item], ethogram),
            None,
        ),
        ("interval of one score, 40 animals", lambda: estimate(counts, macro_f1), None),
    ]
    return [
        {"table": "speed", "job": job, "cpu_s": round(cpu_s(work), 5), "to_reach_s": reach}
        for job, work, reach in rows
    ]


ANIMALS = (6, 10, 20, 40)
GAIN = 0.3
"""How much better the first of two classifiers is, on the logit scale."""
Statistic = Callable[[np.ndarray], np.ndarray]


def materials(simulation: Any) -> dict[str, tuple[Callable[..., list[np.ndarray]], Statistic]]:
    """Score -> how its counts are drawn, (population, rng, animals, gain), and its statistic."""

    def confusions(population: Any, rng: Any, n: int, gain: float | None) -> list[np.ndarray]:
        return population.draw_pair(rng, n, gain=gain)

    def frames(population: Any, rng: Any, n: int, gain: float | None) -> list[np.ndarray]:
        return [simulation.outcomes(part) for part in confusions(population, rng, n, gain)]

    def flat(population: Any, rng: Any, n: int, gain: float | None) -> list[np.ndarray]:
        return [part.reshape(n, -1) for part in confusions(population, rng, n, gain)]

    def rarest(population: Any, rng: Any, n: int, gain: float | None) -> list[np.ndarray]:
        return [part[:, -3:] for part in frames(population, rng, n, gain)]

    def bouts(population: Any, rng: Any, n: int, gain: float | None) -> list[np.ndarray]:
        drawn = population.draw_bouts(rng, n, gain=gain)
        return [part.reshape(n, -1) for part in drawn]

    return {
        "macro F1": (frames, simulation.macro_f1),
        "accuracy": (flat, simulation.accuracy),
        "bout F1, pooled": (bouts, simulation.pooled_f1),
        "F1 of the rarest": (rarest, simulation.f1),
    }


def coverage(n_tries: int) -> list[dict[str, Any]]:
    """How often the interval of a score, and of a difference, holds the true one."""
    simulation = load_simulation()
    rows = []
    for words, population in simulation.POPULATIONS.items():
        for score, (draw, statistic) in materials(simulation).items():
            for gain in (None, GAIN):
                many = draw(population, np.random.default_rng(9), 40_000, gain)
                values = [float(statistic(part.sum(axis=0))) for part in many]
                target = values[0] if gain is None else values[0] - values[1]
                row: dict[str, Any] = {
                    "table": "coverage" if gain is None else "coverage of a difference",
                    "population": words,
                    "score": score,
                    "true": f"{target:.3f}",
                }
                for n in ANIMALS:
                    share, width = covered(draw, population, statistic, n, gain, n_tries, target)
                    row[f"{n} animals"] = f"{share:.3f} ({width:.2f})"
                rows.append(row)
    return sorted(rows, key=lambda row: row["table"])


def covered(
    draw: Callable[..., list[np.ndarray]],
    population: Any,
    statistic: Statistic,
    n: int,
    gain: float | None,
    n_tries: int,
    target: float,
) -> tuple[float, float]:
    """Share of the intervals that hold the target, and their median width."""
    rng = np.random.default_rng(n)
    ends = []
    for _ in range(n_tries):
        parts = draw(population, rng, n, gain)
        if gain is None:
            interval = estimate(parts[0], statistic).interval
        else:
            interval = difference(parts[0], parts[1], statistic)[2].interval
        if not interval.reason:
            ends.append((interval.low, interval.high))
    low, high = np.array(ends).T
    return float(((low <= target) & (target <= high)).mean()), float(np.median(high - low))


def intervals(
    counts: np.ndarray, statistic: Statistic, rng: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """Ends of the interval by each method."""
    n = len(counts)
    ours = estimate(counts, statistic).interval

    def value_and_error(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        total = rows.sum(axis=-2)
        without = statistic(total[..., None, :] - rows)
        spread = ((without - without.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
        return statistic(total), np.sqrt((n - 1) / n * spread)

    value, error = value_and_error(counts)
    half = student_quantile(0.975, n - 1) * error
    values, errors = value_and_error(counts[rng.integers(0, n, (400, n))])
    moved = errors > 1e-9
    low_t, high_t = np.quantile((values - value)[moved] / errors[moved], [0.025, 0.975])
    low, high = np.quantile(values, [0.025, 0.975])
    return {
        "ours: jackknife-t, logit, effective animals": (ours.low, ours.high),
        "jackknife-t, plain, n - 1": (float(value - half), float(value + half)),
        "bootstrap-t": (float(value - high_t * error), float(value - low_t * error)),
        "percentile bootstrap": (float(low), float(high)),
    }


def methods(n_tries: int) -> list[dict[str, Any]]:
    """Our interval of macro F1 beside others, where animals are most unequal."""
    simulation = load_simulation()
    population = simulation.POPULATIONS["both"]
    everyone = simulation.outcomes(population.draw(np.random.default_rng(9), 40_000))
    target = float(simulation.macro_f1(everyone.sum(axis=0)))
    rows: dict[str, dict[str, Any]] = {}
    for n in ANIMALS:
        rng = np.random.default_rng(n)
        ends: dict[str, list[tuple[float, float]]] = {}
        for _ in range(n_tries):
            counts = simulation.outcomes(population.draw(rng, n))
            for method, pair in intervals(counts, simulation.macro_f1, rng).items():
                ends.setdefault(method, []).append(pair)
        for method, pairs in ends.items():
            low, high = np.array(pairs).T
            share = float(((low <= target) & (target <= high)).mean())
            row = rows.setdefault(method, {"table": "methods", "method": method})
            row[f"{n} animals"] = f"{share:.3f} ({np.median(high - low):.2f})"
    return list(rows.values())


TITLES = {
    "speed": "CPU seconds of one thread",
    "coverage": "Share of 95 % intervals that hold the true score (median width)",
    "coverage of a difference": "The same for the difference of two predictions, paired by animal",
    "methods": "Macro F1, 1 to 6 recordings and a rare behavior: other methods",
}


def show(rows: list[dict[str, Any]]) -> None:
    for name in dict.fromkeys(row["table"] for row in rows):
        mine = [
            {key: str(value) for key, value in row.items() if key != "table"}
            for row in rows
            if row["table"] == name
        ]
        print(TITLES[name])
        heads = list(mine[0])
        widths = {head: max(len(head), *(len(row[head]) for row in mine)) for head in heads}
        print("  ".join(head.ljust(widths[head]) for head in heads))
        for row in mine:
            print("  ".join(row[head].ljust(widths[head]) for head in heads))
        print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object instead of tables")
    parser.add_argument("--tries", type=int, default=2000, help="simulated cohorts a cell")
    options = parser.parse_args()
    rows = speed() + coverage(options.tries) + methods(max(options.tries // 5, 1))
    if options.json:
        machine = {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "system": platform.platform(),
            "cores": usable_cores(),
        }
        print(json.dumps({"machine": machine, "rows": rows}))
    else:
        show(rows)


if __name__ == "__main__":
    main()
