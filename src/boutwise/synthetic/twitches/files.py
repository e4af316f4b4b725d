"""Long simulated recordings as a Supervisely-shaped project: videos, and tags by frame."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from boutwise.synthetic.rendering import Film, Shot, Side, draw_cage, draw_coat, write_film
from boutwise.synthetic.twitches.acts import TAGS
from boutwise.synthetic.twitches.simulation import LongRecording
from boutwise.types import Bouts, Boxes

SIZE = (240, 320)
_BOX_EVERY = 30


def film(
    item: LongRecording, side: Side = "above", *, seed: int = 0, size: tuple[int, int] = SIZE
) -> Film:
    """The film of one recording.

    Args:
        item: What is filmed.
        side: From where.
        seed: Of coats and cages.
        size: (height, width), pixels.
    """
    return Film(
        item.pose,
        item.recording.clock,
        coats=[draw_coat(seed, item.number, item.family)],
        cage=draw_cage(seed, item.number, side, item.family),
        shot=Shot(size=size, tip_deg=12 if side == "side" else 0),
        seed=item.number,
    )


def write_supervisely(
    films: Sequence[tuple[LongRecording, Film]],
    directory: Path | str,
    *,
    datasets: Sequence[str] = ("week_1",),
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Draw the videos and write their tags and boxes, and ``animals.csv`` beside ``meta.json``.

    Args:
        films: Recordings and their films.
        directory: Of the project; made when it is not there. More recordings may be written into
            the same one later.
        datasets: Folders that take the recordings in turn; one with a slash, as ``week_1/cage_2``,
            is nested.
        progress: Told the name of each recording that is done.

    Returns:
        The directory.
    """
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    _write_json(directory / "meta.json", _meta())
    for place, (item, drawn) in enumerate(films):
        parts = datasets[place % len(datasets)].split("/")
        folder = directory.joinpath("/datasets/".join(parts))
        name = f"{item.recording.id}.mp4"
        write_film(drawn, folder / "video" / name)
        (folder / "ann").mkdir(parents=True, exist_ok=True)
        _write_json(folder / "ann" / f"{name}.json", annotation(item.truth, drawn.boxes))
        if progress is not None:
            progress(item.recording.id)
    _list_animals(directory / "animals.csv", [item for item, _film in films])
    return directory


def _list_animals(path: Path, items: Sequence[LongRecording]) -> None:
    """Write which animal is in which recording, behind those that are listed already."""
    head = ("recording", "animal", "sex", "strain", "cohort")
    rows: dict[str, tuple[str, ...]] = {}
    if path.exists():
        with path.open(encoding="utf-8", newline="") as file:
            rows = {row[0]: tuple(row) for row in list(csv.reader(file))[1:]}
    for item in items:
        one = item.animal
        rows[item.recording.id] = (item.recording.id, one.id, one.sex, one.strain, item.family)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([head, *rows.values()])


def _meta() -> dict[str, Any]:
    tags = [{"name": tag, "value_type": "none", "color": "#888888"} for tag in TAGS]
    classes = [{"title": "mouse", "shape": "rectangle", "color": "#888888"}]
    return {"classes": classes, "tags": tags, "projectType": "videos"}


def annotation(bouts: Bouts, boxes: Boxes) -> dict[str, Any]:
    """Tags with both ends inside, and a rectangle in every thirtieth frame."""
    height, width = boxes.size
    tags = [
        {"name": row.behavior, "value": None, "frameRange": [row.start, row.stop - 1]}
        for row in bouts.rows()
    ]
    keys = [f"object {place + 1}" for place in range(len(boxes.animals))]
    frames = []
    for frame in range(0, boxes.n_frames, _BOX_EVERY):
        figures = [
            {
                "objectKey": key,
                "geometryType": "rectangle",
                "geometry": {"points": {"exterior": _corners(boxes, frame, place), "interior": []}},
            }
            for place, key in enumerate(keys)
            if boxes.present[frame, place]
        ]
        if figures:
            frames.append({"index": frame, "figures": figures})
    return {
        "size": {"height": height, "width": width},
        "framesCount": boxes.n_frames,
        "description": "",
        "tags": tags,
        "objects": [{"key": key, "classTitle": "mouse", "tags": []} for key in keys],
        "frames": frames,
    }


def _corners(boxes: Boxes, frame: int, animal: int) -> list[list[int]]:
    left, top, right, bottom = (round(float(value)) for value in boxes.corners[frame, animal])
    return [[left, top], [right, bottom]]


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
