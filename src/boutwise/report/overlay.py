"""A video with what was predicted drawn into it: box, behavior and probability of each animal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
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

    def extent(labels: list[Label]) -> tuple[float, float]:
        widths = (draw.textlength(plain_letters(text), font=font) for text, _ in labels)
        return max(widths, default=0.0) + 4, len(labels) * step

    def write(block: Corners, labels: list[Label]) -> None:
        for place, (text, color) in enumerate(labels):
            words = plain_letters(text)
            x, y = block[0], block[1] + place * step
            end = x + draw.textlength(words, font=font) + 4
            draw.rectangle((x, y, end, y + step), fill=color)
            draw.text((x + 2, y), words, font=font, fill=text_on(color))

    wide, high = extent(lines)
    top = image.height - high if low else 0.0
    corner = (0.0, top, wide, top + high)
    taken = [corner]
    for corners, labels in boxes:
        color = labels[-1][1] if labels else NOTHING
        draw.rectangle(corners, outline=color, width=max(2, size // 8))
    for corners, labels in boxes:
        if labels:
            others = [*taken, *(each for each, _ in boxes)]
            block = free_place(corners, extent(labels), (image.width, image.height), others)
            write(block, labels)
            taken.append(block)
    write(corner, lines)
    return np.asarray(image)


def free_place(
    box: Corners,
    extent: tuple[float, float],
    picture: tuple[float, float],
    others: list[Corners],
) -> Corners:
    """Where words about a box cover least of what is there, the nearer the better.

    Above, below, right or left of it; else farther below or above.

    Args:
        box: Of the animal.
        extent: Width and height of the words.
        picture: Width and height of the picture; words stay inside.
        others: Boxes and words that are there already, this box among them.

    >>> free_place((50, 50, 80, 70), (40, 12), (200, 100), [])
    (50, 38, 90, 50)
    >>> free_place((50, 5, 80, 25), (40, 12), (200, 100), [(50, 5, 80, 25)])
    (50, 26, 90, 38)
    """
    wide, high = extent
    left, top, right, bottom = box
    beside = [(left, top - high), (left, bottom + 1), (right + 1, top), (left - wide - 1, top)]
    farther = [(left, bottom + 1 + high * k / 2) for k in range(1, 6)]
    farther += [(left, top - high - high * k / 2) for k in range(1, 6)]
    best: tuple[float, Corners] | None = None
    for x, y in (*beside, *farther):
        x = min(max(x, 0), max(picture[0] - wide, 0))
        y = min(max(y, 0), max(picture[1] - high, 0))
        place = (x, y, x + wide, y + high)
        covered = sum(_shared(place, other) for other in others)
        if best is None or covered < best[0]:
            best = (covered, place)
    assert best is not None
    return best[1]


def _shared(one: Corners, other: Corners) -> float:
    """Area that two rectangles share."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    along = min(one[3], other[3]) - max(one[1], other[1])
    return max(across, 0.0) * max(along, 0.0)


def plain_letters(text: str) -> str:
    """Text in the letters that the font has: marks above letters are left out, others become ?.

    The font that comes with the library that draws has no letters beyond English ones, and fonts of
    the machine would make other videos elsewhere.

    >>> plain_letters("Schnüffeln, Straße, Ødegård, 嗅")
    'Schnuffeln, Strasse, Odegard, ?'
    """
    bare = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    kept = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return kept.encode("ascii", "replace").decode("ascii")


_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "ø": "o",
        "Ø": "O",
        "æ": "ae",
        "Æ": "AE",
        "œ": "oe",
        "ł": "l",
        "Ł": "L",
        "đ": "d",
        "–": "-",
        "→": "->",
        "µ": "u",
        "μ": "u",
    }
)
