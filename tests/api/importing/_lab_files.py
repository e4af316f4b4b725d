"""Files of a small lab, written for the tests of the import."""

import numpy as np

from boutwise.api.importing.verbs import apply_import, plan_import

NETWORK = "DLC_resnet50_pawsMay7shuffle1_500000"


def pose(path, n_frames=60, *, seed=0, animals=("",)):
    """A DLC CSV of two points."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    columns = [c for a in animals for p in ("snout", "dot") for c in _three(a, p)]
    rows = ["scorer" + ",net" * len(columns)]
    if animals != ("",):
        rows.append("individuals," + ",".join(a for a, _, _ in columns))
    rows.append("bodyparts," + ",".join(p for _, p, _ in columns))
    rows.append("coords," + ",".join(c for _, _, c in columns))
    for frame in range(n_frames):
        values = rng.uniform(0, 1, len(columns)).round(3)
        rows.append(f"{frame}," + ",".join(map(str, values)))
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def _three(animal, point):
    return [(animal, point, coord) for coord in ("x", "y", "likelihood")]


def frame_labels(path, labels):
    """A table with a label for each frame."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{frame},{label}" for frame, label in enumerate(labels)]
    path.write_text("\n".join(["frame,label", *rows]) + "\n", encoding="utf-8")
    return path


def trial_labels(path, codes):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [f"{frame},{code}" for frame, code in enumerate(codes)]
    path.write_text("\n".join(["Frame,Action", *rows]) + "\n", encoding="utf-8")
    return path


def intervals(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [",".join(map(str, row)) for row in rows]
    path.write_text("\n".join(["behavior,start_frame,stop_frame", *lines]) + "\n", encoding="utf-8")
    return path


def table(path, *rows):
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def run(project, sources, **options):
    plan = plan_import(project, sources, **options)
    return plan, apply_import(project, plan)


def row_of(plan, name):
    (row,) = [row for row in plan.rows if row.file.endswith(name)]
    return row


def spans(project, recording=None):
    return [(b.behavior, b.start, b.stop) for b in project.bouts(recording).rows()]


LABELS = ["rest"] * 20 + ["walk"] * 30 + ["rest"] * 10
