"""How fast the metrics are, and how often their intervals hold the truth.

``python benchmarks/metrics.py`` prints two tables, ``--json`` one object
``{"machine": ..., "rows": [...]}``. Times are CPU seconds of one thread, the median of five. The
second table simulates animals whose pooled score is known and counts the intervals that hold it.
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

from boutwise.metrics import ScoredSubject, estimate, match, score_recordings, spans_of
from boutwise.metrics._intervals import student_quantile
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
    counts = load_simulation().Population().draw(rng, 40).reshape(40, -1)
    macro_f1 = load_simulation().macro_f1
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


def intervals(
    counts: np.ndarray, statistic: Callable[[np.ndarray], np.ndarray], rng: np.random.Generator
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
        "jackknife-t, logit (ours)": (ours.low, ours.high),
        "jackknife-t, plain": (float(value - half), float(value + half)),
        "bootstrap-t": (float(value - high_t * error), float(value - low_t * error)),
        "percentile bootstrap": (float(low), float(high)),
    }


def coverage(n_tries: int) -> list[dict[str, Any]]:
    simulation = load_simulation()
    populations = {
        "alike": simulation.Population(),
        "unlike, short": simulation.Population(spread=1.6, n_frames=400),
        "unlike, well predicted": simulation.Population(spread=1.6, skill=3.5),
    }
    rows = []
    for words, population in populations.items():
        everyone = population.draw(np.random.default_rng(9), 20_000).sum(axis=0)
        target = float(simulation.macro_f1(everyone.ravel()))
        for n in (4, 6, 10, 20, 40):
            rng = np.random.default_rng(n)
            ends: dict[str, list[tuple[float, float]]] = {}
            for _ in range(n_tries):
                counts = population.draw(rng, n).reshape(n, -1)
                for method, pair in intervals(counts, simulation.macro_f1, rng).items():
                    ends.setdefault(method, []).append(pair)
            for method, pairs in ends.items():
                low, high = np.array(pairs).T
                rows.append(
                    {
                        "table": "coverage",
                        "animals": n,
                        "population": words,
                        "score": round(target, 3),
                        "method": method,
                        "coverage": round(float(((low <= target) & (target <= high)).mean()), 3),
                        "median_width": round(float(np.median(high - low)), 3),
                    }
                )
    return rows


def show(rows: list[dict[str, Any]]) -> None:
    for name in dict.fromkeys(row["table"] for row in rows):
        mine = [
            {key: str(value) for key, value in row.items() if key != "table"}
            for row in rows
            if row["table"] == name
        ]
        heads = list(mine[0])
        widths = {head: max(len(head), *(len(row[head]) for row in mine)) for head in heads}
        print("  ".join(head.ljust(widths[head]) for head in heads))
        for row in mine:
            print("  ".join(row[head].ljust(widths[head]) for head in heads))
        print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one object instead of tables")
    parser.add_argument("--tries", type=int, default=400, help="simulated experiments a row")
    options = parser.parse_args()
    rows = speed() + coverage(options.tries)
    if options.json:
        machine = {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "system": platform.platform(),
            "cores": os.cpu_count(),
        }
        print(json.dumps({"machine": machine, "rows": rows}))
    else:
        show(rows)


if __name__ == "__main__":
    main()
