"""The recipe ``clips``: twitches of five frames and long grooming, from tagged videos.

    python benchmarks/clips.py OUT [--seeds 1] [--animals 26] [--test-animals 10]
    python benchmarks/clips.py OUT --recipe video
    python benchmarks/clips.py OUT --real-size

Draws a Supervisely project of simulated mice into OUT, imports it, trains ``clips`` in a small
setting (VideoMAE of 8 frames at 48 pixels) on the first animals, and scores it on the last ones,
whose coats and cages no training animal has. Another ``--recipe`` is trained as it is planned, on
the same mice. ``--real-size`` takes ViT-S at 16 frames of 224 pixels through one forward pass,
backward pass, step, save and load, and tells the time of each.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _clips_data import Mice, draw, study
from _clips_scores import measured
from _clips_size import real_size
from _rows import interval, tell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--animals", type=int, default=26)
    parser.add_argument("--test-animals", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--mice", type=int, default=0, help="seed of the simulated mice")
    parser.add_argument("--seeds", type=int, default=1, help="trainings")
    parser.add_argument("--recipe", default="clips")
    parser.add_argument("--set", action="append", default=[], metavar="A.B=C")
    parser.add_argument("--real-size", action="store_true")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    if arguments.real_size:
        rows = real_size(arguments.out)
        title = "VideoMAE ViT-S, 16 frames of 224 x 224, one clip, one thread"
        tell(rows, as_json=arguments.json, title=title, table=shown(rows))
        return
    mice = Mice(arguments.animals, arguments.test_animals, arguments.minutes, arguments.mice)
    drawn = draw(arguments.out / "drawn", mice, say)
    root, refused = study(drawn, arguments.out / "project")
    held_out = [name for name in mice.held_out if name not in refused]
    rows = [
        measured(root, held_out, seed=seed, recipe=arguments.recipe, settings=arguments.set)
        for seed in range(arguments.seeds)
    ]
    title = f"scored on {len(held_out)} animals; refused by the detector: {refused or 'none'}"
    tell(rows, as_json=arguments.json, title=title, table=shown([plain(row) for row in rows]))


def say(words: str) -> None:
    """A line of progress."""
    print(f"drawn: {words}", file=sys.stderr)


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a table: values with their intervals in words, one column a class."""
    shown = {"seed": row["seed"], "macro-F1": interval(row, "macro_f1")}
    shown |= {"majority": row["majority"], "more": interval(row, "more")}
    shown |= {f"F1 {name}": value for name, value in row["f1"].items()}
    hidden = ("macro_f1", "more", "majority", "f1", "precision", "recall", "seed")
    rest = {k: v for k, v in row.items() if not k.startswith(hidden)}
    return shown | rest


def shown(rows: Sequence[dict[str, Any]]) -> str:
    """A table in Markdown, one line a value: there are many values and few trainings."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [f"| |{' |' * len(rows)}", "|---|" + "---|" * len(rows)]
    for name in names:
        cells = [row.get(name, "") for row in rows]
        words = [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells]
        lines.append(f"| {name} | {' | '.join(words)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
