"""A video with what was predicted drawn into it: box, behavior and probability of each animal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.report.colors import swatches, text_on
from boutwise.types import Prediction, Subject
from boutwise.video import Look, Video, VideoIndex, VideoWriter

UNIT_S = Fraction(1, 90_000)
"""Unit of the times in the file."""
TEXT = 0.035
"""Height of the letters, as a share of the picture's height."""
LEAST_TEXT = 11
UNJUDGED = "not judged"
NOTHING = "#FFFFFF"
"""Color of the box of an animal that shows nothing."""


def write_overlay(
    prediction: Prediction,
    video: Path,
    index: VideoIndex,
    path: Path,
    *,
    say: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write the video of a recording with its prediction.

    Every frame of the video is in it once, at its time. A frame that cannot be decoded is gray, and
    says so.

    Args:
        prediction: Of this video.
        video: The file.
        index: Of this file.
        path: Of the MP4 that is written; it appears under its name when it is whole.
        say: Called with frames done and frames in all.
    """
    words = _Words(prediction)
    height, width = index.facts.height, index.facts.width
    size = (height + height % 2, width + width % 2)  # H.264 halves the color
    seconds = prediction.clock.to_seconds(np.arange(prediction.clock.n_frames))
    ticks = np.round((seconds - seconds[0]) / float(UNIT_S)).astype(np.int64)
    with (
        Video(video, index, look=Look(color="rgb")) as pictures,
        VideoWriter(path, size, UNIT_S) as writer,
    ):
        for frame, picture in enumerate(pictures.pictures(range(index.n_frames))):
            gone = picture is None
            plain = np.full((height, width, 3), 128, np.uint8) if picture is None else picture
            drawn = _drawn(plain, words.boxes(frame), words.lines(frame, float(seconds[frame])))
            if gone:
                drawn = _drawn(drawn, [], [("this frame cannot be decoded", "#A32D00")], low=True)
            padding = ((0, size[0] - height), (0, size[1] - width), (0, 0))
            writer.write(np.pad(drawn, padding, mode="edge"), int(ticks[frame]))
            say(frame + 1, index.n_frames)


Label = tuple[str, str]
"""Words and their color."""
Corners = tuple[float, float, float, float]


class _Words:
    """What is to be said of each frame."""

    def __init__(self, prediction: Prediction) -> None:
        self.prediction = prediction
        ethogram = prediction.ethogram
        wanted = {each.name: each.color for each in ethogram.behaviors if each.color}
        looks = swatches(ethogram.names, backgrounds=tuple(ethogram.backgrounds), colors=wanted)
        self.colors = {name: look.color for name, look in looks.items()}

    def _of(self, place: int, frame: int) -> list[Label]:
        """The decided behaviors of a subject, with their probabilities."""
        prediction = self.prediction
        if not prediction.observed[place, frame]:
            return [(UNJUDGED, "#56606B")]
        found = []
        for column, name in enumerate(prediction.ethogram.names):
            if prediction.decided[place, frame, column]:
                chance = prediction.probabilities[place, frame, column]
                found.append((f"{name} {chance:.2f}", self.colors[name]))
        return found

    def boxes(self, frame: int) -> list[tuple[Corners, list[Label]]]:
        """The box of each animal, and the words at it."""
        boxes = self.prediction.boxes
        if boxes is None:
            return []
        found = []
        for animal in boxes.animals:
            corners = boxes.corners[frame, boxes.index(animal)]
            if not np.isfinite(corners).all():
                continue
            words: list[Label] = [(animal, "#1B2026")] if len(boxes.animals) > 1 else []
            for place, subject in enumerate(self.prediction.subjects):
                if subject.animal == animal:
                    words += _towards(subject, self._of(place, frame))
            left, top, right, bottom = (float(value) for value in corners)
            found.append(((left, top, right, bottom), words))
        return found

    def lines(self, frame: int, second: float) -> list[Label]:
        """What stands in the corner: the frame, and who has no box."""
        found: list[Label] = [(f"frame {frame}  {second:.2f} s", "#1B2026")]
        boxes = self.prediction.boxes
        for place, subject in enumerate(self.prediction.subjects):
            if boxes is not None and subject.animal in boxes.animals:
                known = boxes.corners[frame, boxes.index(subject.animal)]
                if np.isfinite(known).all():
                    continue
            words = ", ".join(text for text, _ in _towards(subject, self._of(place, frame)))
            found.append((f"{subject.animal}: {words or 'nothing'}", "#1B2026"))
        return found


def _towards(subject: Subject, words: list[Label]) -> list[Label]:
    """Of a pair: whom it is directed at."""
    if not subject.target:
        return words
    return [(f"{text} -> {subject.target}", color) for text, color in words]


def _drawn(
    picture: NDArray[np.uint8],
    boxes: list[tuple[Corners, list[Label]]],
    lines: list[Label],
    *,
    low: bool = False,
) -> NDArray[np.uint8]:
    """The picture with boxes, the words at them, and lines in a corner."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.fromarray(picture)
    draw = ImageDraw.Draw(image)
    size = max(LEAST_TEXT, round(TEXT * image.height))
    font = ImageFont.load_default(size)
    step = size + 3

    def tag(x: float, y: float, label: Label) -> None:
        text, color = label
        x = min(max(x, 0), image.width - draw.textlength(text, font=font) - 4)
        y = min(max(y, 0), image.height - step)
        draw.rectangle((x, y, x + draw.textlength(text, font=font) + 4, y + step), fill=color)
        draw.text((x + 2, y), text, font=font, fill=text_on(color))

    for corners, labels in boxes:
        color = labels[-1][1] if labels else NOTHING
        draw.rectangle(corners, outline=color, width=max(2, size // 8))
        for place, y in enumerate(_rows(corners, len(labels), step)):
            tag(corners[0], y, labels[place])
    for place, line in enumerate(lines):
        y = image.height - step * (len(lines) - place) if low else step * place
        tag(0, y, line)
    return np.asarray(image)


def _rows(corners: Corners, count: int, step: int) -> Iterator[float]:
    """Where words stand: above the box, or below where there is no room above."""
    top = corners[1] - count * step
    first = top if top >= step else corners[3] + 1
    return (first + place * step for place in range(count))
