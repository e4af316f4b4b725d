"""How many frames a second video goes from file to bouts, beside the figures to reach.

``python benchmarks/video.py`` prints a table, ``--json`` one object ``{"machine": ..., "rows":
[...]}``. Seconds are CPU seconds of one thread, the median of three after a first one; each job
runs in a process of its own, so that the peak of its memory is its own (imports included).

The first jobs are networks alone: pictures are 96 x 96 gray and lie in memory; weights are random,
which changes no time. The vision transformer sees what systems with sliding windows see: 16 RGB
frames of 224 x 224 pixels, a window every 8 frames, one at a time, in 32 bits.

``conv3d clip by clip`` scores every frame from its own 17 frames with the network that ``conv3d``
scores in one pass, both with the same kernels; ``Conv3d`` is the same by torch's 3D convolutions,
as the network is usually computed; ``original`` is the one that is padded with zeros in time.
``difference`` is the largest one between the scores of one pass and of clips.

The other jobs read files (``_video_files.py`` says which): decoding alone, the parts on a
minute of 640 x 480, the recipes from the file to bouts, and, once each, ten minutes and two hours,
for the memory. ``--work DIR`` keeps the films and the bundles for the next time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import _video_files
import numpy as np
from numpy.typing import NDArray

from boutwise.learners import Fitted, score_subject
from boutwise.machine import usable_cores
from boutwise.types import Behavior, Ethogram, ExclusiveGroup, Subject
from boutwise.types.recipe import NetworkMember

SIZE, FPS = 96, 30.0
REPEATS = 3
NAMES = ("rest", "paw_withdraw", "paw_lick", "paw_shake", "walk", "active")
ETHOGRAM = Ethogram(tuple(map(Behavior, NAMES)), (ExclusiveGroup("activity", NAMES, "rest"),))
DENSE = {"temporal": [], "readout": {"frames": {"hidden": [512, 256]}}, "windows": {"length": 17}}
CLIP = {
    "temporal": [],
    "readout": {"mean": {"hidden": [512, 256]}},
    "windows": {"length": 17, "stride": 1},
}
LIGHT_DENSE = DENSE | {"readout": {"frames": {"hidden": [128]}}}


class Pictures:
    """Pixels in memory: smooth random pictures that move a little."""

    def __init__(self, frames: int, size: int, channels: int) -> None:
        rng = np.random.default_rng(0)
        base = rng.integers(0, 256, (channels, size + 64, size + 64), dtype=np.uint8)
        shift = (np.arange(frames) % 64)[:, None]
        steps = np.concatenate([shift, (shift * 3) % 64], axis=1)
        self.values = np.stack([base[:, y : y + size, x : x + size] for y, x in steps])
        self.present = np.ones(frames, dtype=bool)

    @property
    def shape(self) -> tuple[int, ...]:
        """(frames, channels, size, size)."""
        return self.values.shape

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, frames: slice) -> NDArray[np.uint8]:
        return self.values[frames]


@dataclass(frozen=True)
class Job:
    """One row: a network, and how many frames it scores."""

    encoder: dict[str, Any]
    parts: dict[str, Any]
    frames: int
    size: int = SIZE
    channels: int = 1
    way: str = "as boutwise scores"


TCN = {"tcn": {"channels": 64, "dilations": [1, 2, 4, 8, 16, 32], "activation": "gelu"}}
SPOTTER = {"temporal": [TCN], "readout": "frames", "windows": {"length": 128}}
VIT = {"temporal": [], "readout": "mean", "windows": {"length": 16, "stride": 8}}
JOBS = {
    "spotter": Job({"spotter": {}}, SPOTTER, 2000),
    "conv3d": Job({"conv3d": {}}, DENSE, 400),
    "conv3d clip by clip": Job({"conv3d": {}}, DENSE, 24, way="clips"),
    "conv3d clip by clip, Conv3d": Job({"conv3d": {}}, DENSE, 12, way="clips, 3D kernels"),
    "conv3d original": Job({"conv3d": {"padding": "zero"}}, CLIP, 24),
    "conv3d light": Job({"conv3d": {"variant": "light"}}, LIGHT_DENSE, 800),
    "conv3d light clip by clip": Job(
        {"conv3d": {"variant": "light"}}, LIGHT_DENSE, 48, way="clips"
    ),
    "ViT-S window, stride 8": Job(
        {"videomae": {"frames": 16, "rate": 1}}, VIT, 24, size=224, channels=3
    ),
}


def network(job: Job) -> Fitted:
    """The network of a job, with random weights and batch norms that have seen something."""
    import torch

    from boutwise.learners.network._fitted import FittedNetwork
    from boutwise.learners.network._network import build
    from boutwise.learners.network._pixels import Picture
    from boutwise.learners.network._scaling import Scaling

    member = NetworkMember.model_validate(
        {
            "learner": "network",
            "streams": {"video": {"encoder": job.encoder}},
            "heads": {"behavior": {"weights": "none"}},
            **job.parts,
        }
    )
    torch.set_num_threads(1)
    torch.manual_seed(0)
    scaling = Scaling({}, {}, {"video": Picture(job.channels, job.size)})
    module = build(member, ETHOGRAM, scaling, {"behavior": torch.ones(len(NAMES), 2)})
    for part in module.modules():
        if isinstance(part, torch.nn.BatchNorm2d | torch.nn.BatchNorm3d):
            torch.nn.init.uniform_(part.weight, 0.5, 1.5)
    return FittedNetwork(member, ETHOGRAM, scaling, module, steps=0)


def clips(fitted: Any, pixels: Pictures, *, kernels_3d: bool) -> NDArray[np.float32]:
    """Scores of every frame from its own 17 frames, the ends of the recording held still."""
    import torch
    from torch.nn import functional

    module = fitted._network
    encoder = module.inputs.parts["video"]
    found = []
    for frame in range(len(pixels)):
        places = np.clip(np.arange(frame - 8, frame + 9), 0, len(pixels) - 1)
        values = torch.from_numpy(pixels.values[places]).float().unsqueeze(0) / 255
        with torch.inference_mode():
            if kernels_3d:
                clip = values.transpose(1, 2)
                for block in encoder.blocks:
                    clip = functional.max_pool3d(block(clip), (1, 2, 2))
                embedded = clip.mean(dim=(3, 4)).transpose(1, 2)
            else:
                embedded = encoder.inner(values, torch.ones(1, 17, dtype=torch.bool), 8, 8)
            here = torch.ones(1, 1, dtype=torch.bool)
            joined = torch.cat([embedded, torch.zeros(1, 1, 1)], dim=-1)
            found.append(module.heads["behavior"](module.readout(joined, here))[0])
    return torch.cat(found).numpy()


def measure(name: str) -> dict[str, object]:
    """Run one job and give its row."""
    job = JOBS[name]
    fitted = network(job)
    pixels = Pictures(job.frames, job.size, job.channels)
    work: Callable[[], NDArray[np.float32]]
    if job.way == "as boutwise scores":
        work = lambda: score_subject(fitted, Subject("r", "m"), FPS, {"video": pixels})  # noqa: E731
    else:
        work = lambda: clips(fitted, pixels, kernels_3d="3D" in job.way)  # noqa: E731
    scores, seconds = work(), []
    for _ in range(REPEATS):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    difference = None
    if job.way != "as boutwise scores":
        dense = score_subject(fitted, Subject("r", "m"), FPS, {"video": pixels})
        difference = float(np.abs(dense - scores).max())
    module: Any = fitted
    return {
        "job": name,
        "frames": job.frames,
        "picture": f"{job.channels} x {job.size} x {job.size}",
        "parameters": sum(p.numel() for p in module._network.parameters()),
        "cpu_s": round(statistics.median(seconds), 3),
        "per_cpu_s": round(job.frames / statistics.median(seconds), 2),
        "difference": difference,
    }


def peak_mb() -> float:
    """Highest memory of this process so far; NaN where the system does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    scale = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def ratios(rows: list[dict[str, Any]]) -> list[dict[str, object]]:
    """What is to be reached, and what was."""
    speed = {row["job"]: row["per_cpu_s"] for row in rows}
    memory = {row["job"]: row["peak_mb"] for row in rows}
    wanted = [
        ("spotter", "ViT-S window, stride 8", 20.0),
        *((end, "ViT-S window, stride 8", 20.0) for end in _video_files.END),
        *((end, "decode alone", 0.6) for end in _video_files.END),
        ("conv3d", "conv3d clip by clip", 8.0),
        ("conv3d", "conv3d clip by clip, Conv3d", 8.0),
        ("conv3d", "conv3d original", 8.0),
        ("conv3d light", "conv3d light clip by clip", 8.0),
    ]
    found: list[dict[str, object]] = [
        {
            "what": f"frames per CPU s, {fast} / {slow}",
            "to_reach": f"at least {least:g}",
            "ratio": round(speed[fast] / speed[slow], 2),
        }
        for fast, slow, least in wanted
        if fast in speed and slow in speed
    ]
    names = list(_video_files.MEMORY)
    for short, long in zip(names[::2], names[1::2], strict=True):
        if short in memory and long in memory:
            ratio = round(memory[long] / memory[short], 3)
            what = f"memory, {long} / {short}"
            found.append({"what": what, "to_reach": "at most 1.1", "ratio": ratio})
    return found


def measured(jobs: list[str], work: Path) -> list[dict[str, Any]]:
    """A row for each job, each in its own process."""
    if any(job in _video_files.JOBS for job in jobs):
        # Apart from here: drawing and training need memory, and a child inherits its peak.
        words = "import sys, pathlib, _video_files as v; v.prepare(pathlib.Path(sys.argv[1]))"
        here = str(Path(__file__).parent)
        subprocess.run([sys.executable, "-c", words, str(work.resolve())], cwd=here, check=True)
    rows = []
    for job in jobs:
        command = [sys.executable, __file__, "--job", job, "--work", str(work)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
    return rows


def main() -> None:
    """Measure each job in its own process and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    jobs = [*JOBS, *_video_files.JOBS]
    parser.add_argument("--only", nargs="+", choices=jobs, default=jobs)
    parser.add_argument("--work", type=Path, help="folder in which films and bundle stay")
    parser.add_argument("--job", choices=jobs, help="this one only, here, as JSON")
    options = parser.parse_args()
    if options.job:
        of_file = options.job in _video_files.JOBS
        row = _video_files.measure(options.job, options.work) if of_file else measure(options.job)
        print(json.dumps(row | {"peak_mb": round(peak_mb())}))
        return
    with tempfile.TemporaryDirectory() as folder:
        rows = measured(options.only, options.work or Path(folder))
    if options.json:
        machine = {"machine": platform.machine(), "cores": usable_cores()}
        print(json.dumps({"machine": machine, "rows": rows, "ratios": ratios(rows)}))
        return
    widths = {name: max(len(name), *(len(str(row[name])) for row in rows)) for name in rows[0]}
    for row in ({name: name for name in rows[0]}, *rows):
        print("  ".join(f"{row[name]!s:>{width}}" for name, width in widths.items()))
    for row in ratios(rows):
        print(f"{row['what']}: {row['ratio']} (to reach: {row['to_reach']})")


if __name__ == "__main__":
    main()
