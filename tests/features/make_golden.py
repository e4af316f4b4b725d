"""Write the golden values of every feature set: run after a VERSION was raised.

``python -m tests.features.make_golden`` from the repository root.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.features import walker

from boutwise import registry
from boutwise.types import Subject

FRAMES = (0, 57, 120, 199)


def main() -> None:
    """One file for each set and version; an existing file is left alone."""
    for name in registry.names("feature set"):
        part = registry.load("feature set", name)
        file = Path(__file__).parent / "golden" / f"{name}_v{part.VERSION}.json"
        if file.exists():
            continue
        golden = {}
        for body in walker.SETS:
            pose = walker.track(body, seconds=10)
            table = part.compute(pose, walker.clock(pose), Subject("r", "m"))
            golden[body] = {
                "columns": table.columns,
                "frames": FRAMES,
                "values": [[float(f"{v:.6g}") for v in row] for row in table.values[0, FRAMES, :]],
            }
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(golden), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
