"""Videos whose frames carry their own number: twelve large light or dark squares."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

HEIGHT, WIDTH = 128, 160
BITS = 12


def picture(number: int) -> np.ndarray:
    """The gray picture of a number."""
    pixels = np.full((HEIGHT, WIDTH), 110, np.uint8)
    for bit in range(BITS):
        row, column = divmod(bit, 4)
        top, left = 8 + 40 * row, 8 + 38 * column
        pixels[top : top + 32, left : left + 30] = 235 if number >> bit & 1 else 16
    return pixels


def number_in(pixels: np.ndarray) -> int:
    """The number that a picture shows; colors are averaged."""
    gray = pixels.mean(axis=-1) if pixels.ndim == 3 else pixels
    number = 0
    for bit in range(BITS):
        row, column = divmod(bit, 4)
        top, left = 8 + 40 * row, 8 + 38 * column
        number |= int(gray[top + 8 : top + 24, left + 8 : left + 22].mean() > 128) << bit
    return number


def write(
    path: Path,
    n_frames: int = 60,
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    milliseconds: Sequence[int] | None = None,
    b_frames: int | None = None,
    gop: int = 12,
    first: int = 0,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write a video of 30 frames per second, or of frames at given times."""
    import av

    unit = Fraction(1, 30) if milliseconds is None else Fraction(1, 1000)
    times = range(n_frames) if milliseconds is None else milliseconds
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream: Any = container.add_stream(codec, rate=30, options=options or {})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixel_format
        stream.gop_size = gop
        stream.codec_context.time_base = unit
        stream.codec_context.thread_count = 1
        if b_frames is not None:
            stream.max_b_frames = b_frames
        for number, time in zip(range(n_frames), times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture(first + number), format="gray")
            frame = frame.reformat(format=pixel_format)
            frame.pts, frame.time_base = int(time), unit
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def cut(source: Path, path: Path, *, second: float) -> Path:
    """Cut the beginning off without encoding anew, as editors do: an edit list hides the rest."""
    import av

    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream)
        start = round(second / stream.time_base)
        old.seek(start, stream=stream)
        for packet in old.demux(stream):
            if packet.dts is None:
                continue
            packet.pts -= start
            packet.dts -= start
            packet.stream = copy
            new.mux(packet)
    return path


def shorten(source: Path, path: Path, *, share: float) -> Path:
    """Keep the beginning of a file, as a full disk does."""
    whole = source.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    return path


def turn(source: Path, path: Path) -> Path:
    """Have players turn the picture of an MP4 file by a quarter, as telephones do."""
    bytes_ = bytearray(source.read_bytes())
    matrix = bytes_.index(b"tkhd") + 4 + 40
    quarter = (0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    bytes_[matrix : matrix + 36] = struct.pack(">9i", *quarter)
    path.write_bytes(bytes_)
    return path


def spoil(source: Path, path: Path, *, packet: int) -> Path:
    """Turn the bytes of one packet into nonsense."""
    import av

    with av.open(str(source)) as container:
        packets = [each for each in container.demux(video=0) if each.size]
        start, size = packets[packet].pos, packets[packet].size
    bytes_ = bytearray(source.read_bytes())
    for place in range(start + 12, start + size - 2):
        bytes_[place] ^= 0x5A
    path.write_bytes(bytes_)
    return path
