"""Simulated pairs as the files that a lab has: tracks of two animals, directed labels, animals."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from boutwise.errors import UsageError, did_you_mean
from boutwise.formats import boris_project, bouts_csv, dlc_csv
from boutwise.synthetic.files import write_intervals_csv
from boutwise.synthetic.pairs.presets import PAIRS_VERSION
from boutwise.synthetic.pairs.simulation import SimulatedPair
from boutwise.types import Bouts

Labels = Literal["bouts_csv", "intervals", "boris_project"]
_README = """Simulated pairs of mice, version {version} of boutwise's pairs. No animal was filmed.

pose/RECORDING.csv    keypoints of both mice in pixels, in DeepLabCut's layout for several animals
labels/               who did what to whom, as a (simulated) human labeled it: {labels}
animals.csv           one row an animal
swaps.csv             frames from start to before stop in which the tracker has exchanged the mice
"""


def write_pairs(
    recordings: Sequence[SimulatedPair],
    directory: Path | str,
    *,
    labels: Labels = "intervals",
    truth: bool = False,
) -> Path:
    """Write recordings as files, so that they can be imported like a lab's own.

    Args:
        recordings: From :func:`~boutwise.synthetic.pairs.simulation.simulate_pairs`.
        directory: Made when it is not there.
        labels: ``intervals`` (agent, target, behavior, start and stop in seconds), ``bouts_csv``
            (boutwise's own tables, the only ones that say what was examined), or
            ``boris_project`` (the target is a modifier).
        truth: Write ``truth/`` too, in the same way: what the mice did. No lab has such files.

    Returns:
        The directory.

    Raises:
        UsageError: There is no such way of writing labels.
    """
    if labels not in get_args(Labels):
        raise UsageError(
            f"labels cannot be written as '{labels}'", todo=did_you_mean(labels, get_args(Labels))
        )
    directory = Path(directory)
    for folder in ("pose", "labels", "truth")[: 3 if truth else 2]:
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for item in recordings:
        dlc_csv.write_pose(
            directory / "pose" / f"{item.recording.id}.csv", item.pose, scorer="simulated"
        )
        _write_labels(item, item.bouts, directory / "labels", labels)
        if truth:
            _write_labels(item, item.truth, directory / "truth", labels)
    _write_table(
        directory / "animals.csv",
        ["recording", "animal", "sex", "strain", "cohort"],
        [
            [item.recording.id, one.id, one.sex, one.strain, one.cohort]
            for item in recordings
            for one in item.animals
        ],
    )
    _write_table(
        directory / "swaps.csv",
        ["recording", "start", "stop"],
        [[item.recording.id, *swap] for item in recordings for swap in item.swaps],
    )
    readme = _README.format(version=PAIRS_VERSION, labels=labels)
    (directory / "README.txt").write_text(readme, encoding="utf-8")
    return directory


def _write_labels(item: SimulatedPair, bouts: Bouts, folder: Path, labels: Labels) -> None:
    name, clock = item.recording.id, item.recording.clock
    clocks = {name: clock}
    if labels == "bouts_csv":
        bouts_csv.write(folder / f"{name}.bouts.csv", bouts, clocks=clocks)
    elif labels == "boris_project":
        boris_project.write(folder / f"{name}.boris", bouts, clocks=clocks)
    else:
        write_intervals_csv(bouts, clock, folder / f"{name}.csv", directed=True)


def _write_table(path: Path, head: list[str], rows: list[list[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
