"""The page of a detector: how good it is on what was kept apart, and what it finds there."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from boutwise.planning.recipes import detector_setting
from boutwise.report.figures.losses import loss_over_steps
from boutwise.report.paper import rendered, write_page
from boutwise.report.tables import Cell, Table, missing, words

PAGE = "report.html"
SHOWN_WIDTH = 320
"""Pixels of a sample; a page with many stays small."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A picture that was kept apart, with the boxes in it.

    Attributes:
        name: Recording and frame.
        picture: (height, width, 3).
        truth: (animals, 4), in its pixels.
        found: (boxes, 4), in its pixels.
        scores: (boxes,), 0 to 1.
    """

    name: str
    picture: NDArray[np.uint8]
    truth: NDArray[np.floating]
    found: NDArray[np.floating]
    scores: NDArray[np.floating]


def write_detector_page(
    run: Path, scores: Mapping[str, Any], losses: Sequence[float], samples: Sequence[Sample]
) -> Path:
    """Write ``report.html`` of a detector; it is the last file of its run.

    Args:
        run: The run folder.
        scores: What ``detector.json`` holds.
        losses: Of each step.
        samples: Some pictures that were kept apart.
    """
    html = rendered(
        "detector.html.j2",
        scores=scores,
        name=run.name,
        table=_table(scores),
        curve=Markup(loss_over_steps(losses, name="Loss of the training")),
        samples=[(each.name, _picture(each)) for each in samples],
        use=detector_setting(run / "detector"),
    )
    return write_page(run / PAGE, html)


def _table(scores: Mapping[str, Any]) -> Table:
    rows = []
    for row in scores["held_out"]:
        precision = row["ap50"]
        shown = missing("no box") if precision is None else Cell(f"{precision:.2f}", number=True)
        counts = (Cell(f"{row[name]:,}", number=True) for name in ("pictures", "boxes"))
        rows.append((words(row["recording"]), *counts, shown))
    return Table(("recording", "pictures", "boxes", "AP@.5"), tuple(rows))


def _picture(sample: Sample) -> str:
    """The picture as a JPEG in the page: true boxes white, found ones orange with their score."""
    from PIL import Image, ImageDraw, ImageFont

    scale = SHOWN_WIDTH / sample.picture.shape[1]
    size = (SHOWN_WIDTH, max(1, round(sample.picture.shape[0] * scale)))
    image = Image.fromarray(sample.picture).resize(size)
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(12)
    for box in np.asarray(sample.truth) * scale:
        draw.rectangle(tuple(box.tolist()), outline="#FFFFFF", width=2)
    for box, score in zip(np.asarray(sample.found) * scale, sample.scores, strict=True):
        draw.rectangle(tuple(box.tolist()), outline="#E69F00", width=2)
        left, low = float(box[0]), max(float(box[1]) - 15, 0.0)
        draw.rectangle((left, low, left + 30, low + 15), fill="#E69F00")
        draw.text((left + 3, low), f"{score:.2f}", font=font, fill="#000000")
    packed = io.BytesIO()
    image.save(packed, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(packed.getvalue()).decode("ascii")
