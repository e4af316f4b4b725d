"""Films as video files: packed as a camera packs them, with the times of the recording's clock."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boutwise.synthetic.rendering.films import Film
from boutwise.types import FrameClock
from boutwise.video import CAMERA, Encoding, VideoWriter

UNIT_S = Fraction(1, 90_000)
"""Unit of the times in the files; all usual frame rates are whole numbers of it."""


def write_film(
    film: Film,
    path: Path | str,
    *,
    encoding: Encoding = CAMERA,
    progress: Callable[[int], None] | None = None,
) -> Path:
    """Draw all frames into an MP4.

    Args:
        film: What is drawn; its height and width are even.
        path: Of the file; its folder is made when it is not there.
        encoding: How the pictures are packed.
        progress: Told the number of frames that are done, after each.

    Returns:
        The path.

    Raises:
        UsageError: The height or width is odd.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    times = ticks(film.clock)
    with VideoWriter(path, film.shot.size, UNIT_S, encoding=encoding) as writer:
        for frame, picture in enumerate(film.pictures()):
            writer.write(picture, int(times[frame]))
            if progress is not None:
                progress(frame + 1)
    return path


def ticks(clock: FrameClock) -> NDArray[np.int64]:
    """Times of the frames from the first one, in units of :data:`UNIT_S`, (frames,)."""
    seconds = clock.to_seconds(np.arange(clock.n_frames))
    return np.round((seconds - seconds[:1]) / float(UNIT_S)).astype(np.int64)
