"""Gray parts of pictures are those that FFmpeg's own scaler makes."""

from __future__ import annotations

import numpy as np
import pytest

from boutwise.video._luma import luma


def frame(pixel_format, *, color_range=0, seed=0):
    """Noise in every plane; its width is no multiple of what decoders pad lines to."""
    import av

    made = av.VideoFrame(90, 50, pixel_format)
    rng = np.random.default_rng(seed)
    for plane in made.planes:
        plane.update(rng.integers(0, 256, plane.buffer_size, dtype=np.uint8).tobytes())
    made.color_range = color_range
    return made


@pytest.mark.parametrize("color_range", [0, 1, 2])
@pytest.mark.parametrize("name", ["yuv420p", "yuv422p", "yuv444p", "nv12", "yuvj420p", "gray"])
def test_the_picture_is_that_of_the_scaler(name, color_range):
    made = frame(name, color_range=color_range)
    expected = made.to_ndarray(format="gray")
    assert (luma(made, (0, 0, 90, 50)) == expected).all()
    part = luma(made, (7, 3, 60, 41))
    assert (part == expected[3:41, 7:60]).all()
    assert part.flags.owndata


@pytest.mark.parametrize("name", ["yuv420p10le", "rgb24", "gbrp", "pal8"])
def test_other_formats_are_left_to_the_scaler(name):
    import av

    assert luma(av.VideoFrame(16, 16, name), (0, 0, 8, 8)) is None
