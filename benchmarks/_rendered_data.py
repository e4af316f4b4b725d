"""SUBTLE with pictures: its recordings drawn as videos, beside their pose and human labels.

The motion and the labels are real; the pictures are simulated. Two animals, an adult and a young
one, named here before anything was measured, have coats and cages unlike those of the other four.
"""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from boutwise.formats import dlc_csv, subtle
from boutwise.formats._boxes import write_boxes
from boutwise.synthetic.rendering import (
    VERSION,
    Family,
    Film,
    Shot,
    Side,
    draw_cage,
    draw_coat,
    write_film,
)
from boutwise.types import FrameClock

RECORDINGS = (
    "adult_6112",
    "adult_6115",
    "adult_6116",
    "young_7100",
    "young_8294",
    "young_8301",
)
TEST = ("adult_6116", "young_8301")
"""Recordings of the animals that are kept for testing."""


@dataclass(frozen=True)
class Taking:
    """How the recordings are filmed.

    Attributes:
        side: From where.
        size: Height and width of the videos, pixels.
        tip_deg: How far the camera is tipped from straight above or below, or up from the side.
        frames: So many first frames of each recording; None = all.
        seed: Of coats, cages and noise.
    """

    side: Side = "above"
    size: int = 256
    tip_deg: float = 40.0
    frames: int | None = None
    seed: int = 0


def family_of(recording: str) -> Family:
    """Coats and cages of which family a recording has."""
    return "test" if recording in TEST else "train"


def film_of(recording: str, data: Path, taking: Taking) -> Film:
    """The film of one recording."""
    pose = subtle.read(data / "coords" / f"{recording}.csv").pose
    assert pose is not None
    if taking.frames is not None:
        pose = pose.frames(0, taking.frames)
    number = RECORDINGS.index(recording)
    family = family_of(recording)
    # Kinds follow each other within a family: four training animals have the four coats.
    place = [name for name in RECORDINGS if family_of(name) == family].index(recording)
    return Film(
        pose,
        FrameClock.declared(pose.n_frames, subtle.FPS),
        coats=[draw_coat(taking.seed, place, family)],
        cage=draw_cage(taking.seed, place, taking.side, family),
        shot=Shot(size=(taking.size, taking.size), tip_deg=taking.tip_deg),
        seed=1000 * taking.seed + number,
    )


def render(
    folder: Path,
    data: Path,
    taking: Taking,
    *,
    recordings: Sequence[str] = RECORDINGS,
    say: Callable[[str, int, int], None] | None = None,
) -> list[dict[str, object]]:
    """Render recordings into a folder that can be imported as it is.

    ``coords/`` and ``annots/`` are in the layout of SUBTLE, cut to the frames that are rendered,
    ``videos/`` has the same names. Apart from what an import reads lie, under ``truth/``, the true
    boxes and the pose in pixels. A video that is there already, of the same kind, is kept.

    Args:
        folder: Made when it is not there.
        data: The folder of SUBTLE's labelled recordings.
        taking: How they are filmed.
        recordings: Which.
        say: Told recording, frames done and frames in all.

    Returns:
        One row a recording: what was written and how long it took.
    """
    for name in ("videos", "coords", "annots", "truth"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    rows = []
    for recording in recordings:
        started = time.process_time()
        film = film_of(recording, data, taking)
        video = folder / "videos" / f"{recording}.mp4"
        told = {"renderer": VERSION, **vars(taking), "n_frames": film.n_frames}
        note = folder / "truth" / f"{recording}.json"
        done = video.exists() and note.exists()
        if not (done and json.loads(note.read_text(encoding="utf-8")) == told):
            write_film(film, video, progress=_teller(say, recording, film.n_frames))
            _write_truth(film, recording, folder / "truth")
            note.write_text(json.dumps(told), encoding="utf-8")
        spent = time.process_time() - started
        _cut(data / "coords", folder / "coords", f"{recording}.csv", film.n_frames)
        _cut(data / "annots", folder / "annots", f"{recording}.csv", film.n_frames + 1)
        rows.append(
            {
                "recording": recording,
                "family": family_of(recording),
                "coat": film.coats[0].kind,
                "cage": film.cage.kind,
                "n_frames": film.n_frames,
                "cpu_s": round(spent, 1),
                "mb": round(video.stat().st_size / 1e6, 1),
            }
        )
    _list_animals(folder / "animals.csv", recordings)
    return rows


def _teller(
    say: Callable[[str, int, int], None] | None, recording: str, total: int
) -> Callable[[int], None] | None:
    if say is None:
        return None
    return lambda done: say(recording, done, total)


def _write_truth(film: Film, recording: str, folder: Path) -> None:
    write_boxes(film.boxes, film.clock, folder / f"{recording}.boxes.parquet")
    dlc_csv.write_pose(folder / f"{recording}.csv", film.pose, scorer="rendered")


def _cut(source: Path, folder: Path, name: str, n_rows: int) -> None:
    """The first rows of a file, as they are."""
    if sum(1 for _ in (source / name).open(encoding="utf-8")) <= n_rows:
        shutil.copyfile(source / name, folder / name)
        return
    with (source / name).open(encoding="utf-8", newline="") as file:
        lines = [line for _, line in zip(range(n_rows), file, strict=False)]
    (folder / name).write_text("".join(lines), encoding="utf-8", newline="")


def _list_animals(path: Path, recordings: Sequence[str]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("recording", "animal", "cohort"))
        for name in recordings:
            rows.writerow((name, subtle.animal_of(name), family_of(name)))
