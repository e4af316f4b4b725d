"""Videos of real motion with human labels: SUBTLE, drawn.

    python benchmarks/rendered.py OUT [--frames N] [--side above] [--tip 40] [--size 256] [--json]

Writes a folder that ``boutwise import`` takes as it is: videos, 3D pose and labels of six mice.
Four of them have coats and cages of one family; the two that are kept for testing, one adult and
one young, have others. The camera looks down at a slant, so that a mouse that stands upright can be
told. All 72,031 frames took nine CPU minutes at 256 x 256 on a busy machine.
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
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not arguments.data.exists():
        print(f"the recordings are not there: {arguments.data}", file=sys.stderr)
        return
    taking = Taking(arguments.side, arguments.size, arguments.tip, arguments.frames, arguments.seed)
    rows = render(arguments.out, arguments.data, taking, recordings=arguments.only, say=say)
    tell(
        rows,
        as_json=arguments.json,
        title=f"SUBTLE, drawn from {arguments.side}",
        table=shown(rows),
    )


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
