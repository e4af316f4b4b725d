"""How fast pose becomes bouts: 100,000 frames x 2 animals x 7 points, with recipe ``pose``.

``python benchmarks/pose.py`` prints a table, ``--json`` one object ``{"machine": ..., "rows":
[...]}``. Each stage runs in a process of its own, on one thread; CPU seconds leave the imports out
and give them in a row of their own, peak memory is that of the whole process. The bundle is trained
on simulated mice of the same seven points before anything is measured.
"""

from __future__ import annotations

import os

os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

N_FRAMES, FPS = 100_000, 30.0
POINTS = ("nose", "left_ear", "right_ear", "neck", "center", "tail_base", "left_hindpaw")
STAGES = ("imports", "load", "features", "predict")
LIMITS = {"predict": "file to bouts: < 5 CPU s for 100,000 animal-frames"}


def make_files(folder: Path) -> None:
    """A bundle, and one file of two animals."""
    import numpy as np

    import boutwise as bw
    from boutwise.formats import dlc_csv
    from boutwise.synthetic import simulate

    def seven(pose: Any) -> Any:
        keep = [pose.keypoints.index(name) for name in POINTS]
        return replace(
            pose,
            positions=pose.positions[:, :, keep],
            confidence=pose.confidence[:, :, keep],
            keypoints=POINTS,
            roles={name: name for name in POINTS},
        )

    mice = simulate("default", animals=4, minutes=5, seed=3)
    project = bw.Project.create(folder / "project")
    project.set_ethogram(mice[0].ethogram)
    project.set_roles({name: name for name in POINTS})
    for mouse in mice:
        path = folder / f"{mouse.recording.id}.csv"
        dlc_csv.write_pose(path, seven(mouse.pose))
        project.add_animal(mouse.animal)
        project.add_recording(mouse.recording)
        project.add_pose(mouse.recording.id, path, format="dlc_csv")
        project.add_bouts(mouse.bouts)
    bundle = bw.train(project, bw.plan(project, "pose", settings=["split.folds=2"]))
    (folder / "bundle.boutwise").write_bytes(bundle.path.read_bytes())
    minutes = N_FRAMES / FPS / 60 + 0.1
    pair = [seven(m.pose).frames(0, N_FRAMES) for m in simulate(animals=2, minutes=minutes, seed=9)]
    both = replace(
        pair[0],
        positions=np.concatenate([pose.positions for pose in pair], axis=1),
        confidence=np.concatenate([pose.confidence for pose in pair], axis=1),
        animals=("left", "right"),
    )
    dlc_csv.write_pose(folder / "pair.csv", both)


def stage(name: str, folder: Path) -> dict[str, Any]:
    """Run one stage and measure it."""
    start = time.process_time()
    import boutwise.api._predicting
    from boutwise import formats, registry
    from boutwise.api._tasks import with_roles
    from boutwise.prepare import PreparedPose
    from boutwise.types import FrameClock, Subject
    from boutwise.types.recipe import Part

    registry.load("learner", "trees")
    registry.load("feature set", "egocentric")
    registry.load("preparation", "clean_pose")
    imported = time.process_time() - start
    start = time.process_time()
    if name == "load":
        formats.read(folder / "pair.csv")
    elif name == "features":
        pose = with_roles(formats.read(folder / "pair.csv").pose)
        start = time.process_time()
        clock = FrameClock.declared(pose.n_frames, FPS)
        prepared = PreparedPose(pose, clock, fps=FPS, prepare=[Part(part="clean_pose")])
        for animal in pose.animals:
            prepared.stream(Subject("pair", animal), [Part(part="egocentric")])
    elif name == "predict":
        with tempfile.TemporaryDirectory() as out:
            bundles, sources = [folder / "bundle.boutwise"], [folder / "pair.csv"]
            boutwise.api._predicting.predict_files(bundles, sources, out, fps=FPS)
    spent = imported if name == "imports" else time.process_time() - start
    return {"cpu_s": round(spent, 3), "peak_mb": peak_mb()}


def peak_mb() -> int | None:
    """Highest memory of this process; None where the system does not tell.

    ``ru_maxrss`` would not do: a child begins with that of its parent.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    lines = status.read_text(encoding="utf-8").splitlines()
    return round(int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024)


def measure() -> list[dict[str, Any]]:
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder)
        for stage_name in STAGES:
            order = [sys.executable, __file__, "--stage", stage_name, "--folder", name]
            runs = [json.loads(subprocess.check_output(order)) for _ in range(3)]
            middle = sorted(runs, key=lambda row: row["cpu_s"])[1]
            rate = 2 * N_FRAMES / middle["cpu_s"] if stage_name != "imports" else None
            rows.append(
                {
                    "job": stage_name,
                    **middle,
                    "animal_frames_per_cpu_s": None if rate is None else round(rate),
                    "to_reach": LIMITS.get(stage_name, ""),
                }
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--stage", choices=STAGES)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    if arguments.stage:
        print(json.dumps(stage(arguments.stage, arguments.folder)))
        return
    rows = measure()
    if arguments.json:
        machine = (
            f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        )
        print(json.dumps({"machine": machine, "rows": rows}))
        return
    print(f"{N_FRAMES:,} frames x 2 animals x {len(POINTS)} points, one thread")
    for row in rows:
        rate = row["animal_frames_per_cpu_s"]
        shown = "" if rate is None else f"{rate:>10,} animal-frames per CPU s"
        print(f"{row['job']:<10}{row['cpu_s']:>8.2f} CPU s {row['peak_mb']:>6} MB {shown}")


if __name__ == "__main__":
    main()
