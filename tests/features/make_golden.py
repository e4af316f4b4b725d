"""Write the golden values of every feature set: run after a VERSION was raised.

``python -m tests.features.make_golden`` from the repository root.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from types import ModuleType

from tests.features import walker

from boutwise import registry
from boutwise.types import Subject

FRAMES = (0, 57, 120, 199)


def main() -> None:
    """One file for each set and version; values that are there are left alone."""
    for name in registry.names("feature set"):
        part = registry.load("feature set", name)
        file = Path(__file__).parent / "golden" / f"{name}_v{part.VERSION}.json"
        golden = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        for scope, body in itertools.product(part.SCOPES, walker.SETS):
            if walker.key(body, scope) in golden or not has_needed(part, body):
                continue
            pose = walker.track(body, scope, seconds=10)
            table = part.compute(pose, walker.clock(pose), Subject("r", *pose.animals))
            golden[walker.key(body, scope)] = {
                "columns": table.columns,
                "frames": FRAMES,
                "values": [[float(f"{v:.6g}") for v in row] for row in table.values[0, FRAMES, :]],
            }
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(golden), encoding="utf-8", newline="\n")


def has_needed(part: ModuleType, body: str) -> bool:
    """Whether a body of the walker has the keypoints that a feature set needs."""
    roles = set(walker.SETS[body][1])
    return all(any(set(way.split("+")) <= roles for way in one) for one in part.NEEDED_ROLES)


if __name__ == "__main__":
    main()
