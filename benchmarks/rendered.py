"""Videos of real motion with human labels: SUBTLE, drawn.

    python benchmarks/rendered.py OUT [--frames N] [--side above] [--tip 40] [--size 256] [--json]
    python benchmarks/rendered.py OUT --recipes pose video [--seeds 1] [--training-frames 20000]

Writes a folder that ``boutwise import`` takes as it is: videos, 3D pose and labels of six mice.
Four of them have coats and cages of one family; the two that are kept for testing, one adult and
one young, have others. The camera looks down at a slant, so that a mouse that stands upright can be
told. All 72,031 frames took nine CPU minutes at 256 x 256 on a busy machine.

With ``--recipes`` what is there is not drawn again: each recipe is trained on the same frames of
the four animals and scored on the two others, whose coats and cages it has never seen.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _rendered_data import RECORDINGS, Taking, render
from _rendered_models import measured, study, with_ratio
from _rows import tell

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "subtle" / "labelled"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--frames", type=int, help="so many first frames of each recording")
    parser.add_argument("--side", choices=("below", "above", "side"), default="above")
    parser.add_argument("--tip", type=float, default=40.0, help="degrees that the camera is tipped")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=RECORDINGS, default=list(RECORDINGS))
    parser.add_argument("--recipes", nargs="+", default=[], help="train and score these")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--training-frames", type=int, default=20_000)
    parser.add_argument("--set", action="append", default=[], metavar="A.B=C")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not arguments.data.exists():
        print(f"the recordings are not there: {arguments.data}", file=sys.stderr)
        return
    if arguments.recipes and (arguments.out / "videos").is_dir():
        tell_models(arguments)
        return
    taking = Taking(arguments.side, arguments.size, arguments.tip, arguments.frames, arguments.seed)
    rows = render(arguments.out, arguments.data, taking, recordings=arguments.only, say=say)
    tell(
        rows,
        as_json=arguments.json,
        title=f"SUBTLE, drawn from {arguments.side}",
        table=shown(rows),
    )


def tell_models(arguments: argparse.Namespace) -> None:
    """Train and score the recipes, one after the other; settings are those of the last one."""
    folder = arguments.out.with_name(f"{arguments.out.name}_study")
    root = study(arguments.out, folder, training_frames=arguments.training_frames)
    rows = []
    for seed in range(arguments.seeds):
        for recipe in arguments.recipes:
            settings = arguments.set if recipe == arguments.recipes[-1] else []
            rows.append(measured(root, recipe, seed=seed, settings=settings))
    rows = with_ratio(rows, arguments.recipes[0])
    title = f"{arguments.training_frames} labelled frames of four drawn animals, scored on two"
    tell(rows, as_json=arguments.json, title=title, table=shown_models(rows))


def shown_models(rows: Sequence[dict[str, Any]]) -> str:
    """A table in Markdown."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    for row in rows:
        cells = [row.get(name, "") for name in names]
        words = [f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in cells]
        lines.append(f"| {' | '.join(words)} |")
    return "\n".join(lines)


def say(recording: str, done: int, total: int) -> None:
    """A line now and then."""
    if done % 2000 == 0 or done == total:
        print(f"{recording}: {done} of {total}", file=sys.stderr)


def shown(rows: Sequence[dict[str, Any]]) -> str:
    """A table in Markdown."""
    lines = [
        "| recording | family | coat | cage | frames | CPU s | MB |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append("| " + " | ".join(str(value) for value in row.values()) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
