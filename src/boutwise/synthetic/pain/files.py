"""Simulated pain tests as the files that a lab has: videos, labels by trial, animals, trials."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from boutwise.formats import dlc_csv
from boutwise.synthetic.body import KEYPOINTS
from boutwise.synthetic.pain.acts import BEHAVIORS, FPS, N_TRIALS, TRIAL_FRAMES
from boutwise.synthetic.pain.simulation import PAIN_VERSION, PainTest
from boutwise.synthetic.presets import PRESETS
from boutwise.synthetic.rendering import Film, Shot, draw_cage, draw_coat, write_film
from boutwise.synthetic.rendering.looks import VERSION as RENDERER
from boutwise.synthetic.tracking import track
from boutwise.types import PoseTrack

SIZE = (512, 512)
_README = """Simulated pain tests, version {version}, drawn by the renderer, version {renderer}.
No animal was filmed.

videos/NAME.mp4                          seen from below, 30 frames a second, three trials of 360
pose/NAMEDLC_simulated.csv               keypoints in pixels, with the errors of a tracker
labels/prediction_NAME.mp4_TRIAL.csv     Frame (from 0 within the trial) and Action, a code:
                                         {codes}
animals.csv                              one row a recording
trials.csv                               where each trial lies in its video
"""


def film(test: PainTest, *, seed: int = 0, size: tuple[int, int] = SIZE) -> Film:
    """The film of one recording; an animal keeps its coat, and a day has a cage of its own.

    Args:
        test: What is filmed.
        seed: Of coats and cages.
        size: (height, width), pixels.
    """
    coat = draw_coat(seed, test.number, test.family)
    day = _day(test)
    # Two days of one animal in two cages: a cage must not tell the animal.
    cage = draw_cage(seed, test.number + day, "below", test.family)
    return Film(
        test.pose,
        test.recording.clock,
        coats=[coat],
        cage=cage,
        shot=Shot(size=size),
        seed=1000 * test.number + day,
    )


def write_pain(
    tests: Sequence[PainTest],
    directory: Path | str,
    *,
    seed: int = 0,
    size: tuple[int, int] = SIZE,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Draw the videos and write tracks and labels, as the pain systems have them.

    Args:
        tests: From :func:`~boutwise.synthetic.pain.simulation.simulate_pain`.
        directory: Made when it is not there.
        seed: Of coats and cages.
        size: (height, width) of the videos, pixels, both even.
        progress: Told the name of each recording that is done.

    Returns:
        The directory.
    """
    directory = Path(directory)
    for folder in ("videos", "labels", "pose"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for test in tests:
        name, drawn = test.recording.id, film(test, seed=seed, size=size)
        write_film(drawn, directory / "videos" / f"{name}.mp4")
        dlc_csv.write_pose(
            directory / "pose" / f"{name}DLC_simulated.csv",
            tracked(test, drawn),
            scorer="simulated",
        )
        write_labels(test, directory / "labels")
        if progress is not None:
            progress(test.recording.id)
    _table(
        directory / "animals.csv",
        ("recording", "animal", "sex", "strain", "cohort"),
        [(t.recording.id, t.animal.id, t.animal.sex, t.animal.strain, t.family) for t in tests],
    )
    _table(
        directory / "trials.csv",
        ("recording", "trial", "first_frame", "n_frames", "valid"),
        [
            (test.recording.id, trial.number, trial.first_frame, trial.n_frames, 1)
            for test in tests
            for trial in test.recording.trials
        ],
    )
    codes = ", ".join(f"{code} {name}" for code, name in enumerate(BEHAVIORS))
    text = _README.format(version=PAIN_VERSION, renderer=RENDERER, codes=codes)
    (directory / "README.txt").write_text(text, encoding="utf-8")
    return directory


def _day(test: PainTest) -> int:
    return int(test.recording.session.removeprefix("day_"))


def tracked(test: PainTest, drawn: Film) -> PoseTrack:
    """What a tracker finds in the video of a recording: keypoints in its pixels, with errors."""
    body = test.pose.positions[:, 0].astype(np.float64)
    way = body[:, KEYPOINTS.index("neck")] - body[:, KEYPOINTS.index("tail_base")]
    pitch = np.degrees(np.arctan2(way[:, 2], np.linalg.norm(way[:, :2], axis=1)))
    seen = drawn.pose.positions[:, 0].astype(np.float64)
    length = np.linalg.norm(
        seen[:, KEYPOINTS.index("nose")] - seen[:, KEYPOINTS.index("tail_base")], axis=1
    )
    found, confidence = track(
        seen,
        pitch,
        body_length=float(np.quantile(length, 0.7)),
        fps=FPS,
        preset=PRESETS["default"],
        generator=np.random.default_rng([PAIN_VERSION, 43, test.number, _day(test)]),
    )
    return replace(
        drawn.pose,
        positions=found[:, None].astype(np.float32),
        confidence=confidence[:, None].astype(np.float32),
    )


def write_labels(test: PainTest, folder: Path) -> list[Path]:
    """Write ``prediction_<video file name>_<trial>.csv`` of each trial: Frame, Action."""
    states = np.zeros(test.recording.n_frames, dtype=np.int64)
    for row in test.bouts.rows():
        states[row.start : row.stop] = BEHAVIORS.index(row.behavior)
    paths = []
    for trial in range(N_TRIALS):
        path = folder / f"prediction_{test.recording.id}.mp4_{trial + 1}.csv"
        part = states[TRIAL_FRAMES * trial : TRIAL_FRAMES * (trial + 1)]
        _table(path, ("Frame", "Action"), list(enumerate(part.tolist())))
        paths.append(path)
    return paths


def _table(path: Path, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)
