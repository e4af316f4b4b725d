"""Simulated mice as the files that a lab has: tracks, labels, animals."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from boutwise.errors import UsageError
from boutwise.synthetic.presets import VERSION
from boutwise.synthetic.simulation import SimulatedRecording
from boutwise.types import Bouts, FrameClock, PoseTrack

_SCORER = "simulated"
_README = """Simulated mice, version {version} of boutwise's simulator. No animal was filmed.

pose/RECORDING.csv     keypoints in pixels at {fps:g} fps, in DeepLabCut's layout for one animal
labels/RECORDING.csv   what a (simulated) human labeled: one row a bout, in seconds
animals.csv            one row an animal
"""


def write(
    recordings: Sequence[SimulatedRecording], directory: Path | str, *, truth: bool = False
) -> Path:
    """Write recordings as files, so that they can be imported like a lab's own.

    Args:
        recordings: From :func:`~boutwise.synthetic.simulation.simulate`; 2D, because the DLC
            layout has no third coordinate.
        directory: Made when it is not there.
        truth: Write ``truth/RECORDING.csv`` too: what the mouse did, in the layout of the labels.
            No lab has such files, and an import of the whole folder would take them for a second
            annotator.

    Returns:
        The directory.

    Raises:
        UsageError: A recording is 3D.
    """
    directory = Path(directory)
    for folder in ("pose", "labels", "truth")[: 3 if truth else 2]:
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for item in recordings:
        name = f"{item.recording.id}.csv"
        write_dlc_csv(item.pose, directory / "pose" / name)
        write_intervals_csv(item.bouts, item.recording.clock, directory / "labels" / name)
        if truth:
            write_intervals_csv(item.truth, item.recording.clock, directory / "truth" / name)
    with (directory / "animals.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["recording", "animal", "sex", "strain"])
        for item in recordings:
            animal = item.animal
            rows.writerow([item.recording.id, animal.id, animal.sex, animal.strain])
    fps = recordings[0].recording.clock.fps if recordings else 30.0
    readme = _README.format(version=VERSION, fps=fps)
    (directory / "README.txt").write_text(readme, encoding="utf-8")
    return directory


def write_dlc_csv(pose: PoseTrack, path: Path) -> None:
    """Write the track of one animal as DeepLabCut does: three header rows, one row a frame.

    Raises:
        UsageError: The track has several animals or is 3D.
    """
    if len(pose.animals) != 1 or pose.n_dims != 2:
        raise UsageError(
            f"a track of {len(pose.animals)} animals in {pose.n_dims}D does not fit the layout",
            file=path,
            expected="one animal in 2D",
        )
    confidence = pose.confidence
    if confidence is None:
        raise UsageError("the track has no confidence", file=path, expected="one a keypoint")
    values = np.concatenate([pose.positions[:, 0], confidence[:, 0, :, None]], axis=2)
    n_points = len(pose.keypoints)
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["scorer", *[_SCORER] * (3 * n_points)])
        rows.writerow(["bodyparts", *(name for name in pose.keypoints for _ in range(3))])
        rows.writerow(["coords", *["x", "y", "likelihood"] * n_points])
        flat = values.reshape(len(values), -1).astype(np.float64)
        body = [
            f"{frame}," + ",".join(f"{v:.4f}" for v in row)
            for frame, row in enumerate(flat.tolist())
        ]
        file.write("\n".join(body) + "\n")


def write_intervals_csv(
    bouts: Bouts, clock: FrameClock, path: Path, *, directed: bool = False
) -> None:
    """Write bouts as rows of recording, animal, behavior, start and stop in seconds.

    ``directed`` adds a column ``target`` behind the animal.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        target = ["target"] if directed else []
        rows.writerow(["recording", "animal", *target, "behavior", "start_s", "stop_s"])
        for bout in bouts.rows():
            start_s, stop_s = clock.to_seconds([bout.start, bout.stop])
            who = [bout.recording, bout.animal, *([bout.target] if directed else [])]
            rows.writerow([*who, bout.behavior, f"{start_s:.4f}", f"{stop_s:.4f}"])
