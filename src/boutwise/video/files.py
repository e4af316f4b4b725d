"""Open video files, with errors that name them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from boutwise.errors import FormatError

if TYPE_CHECKING:
    import av
    import av.container
    import av.video


def open_video(path: Path) -> av.container.InputContainer:
    """Open a video file.

    Raises:
        FormatError: There is no such file, or FFmpeg cannot open it.
    """
    import av
    import av.error

    if not path.is_file():
        raise FormatError("there is no such video file", file=path, todo="check the path")
    if path.stat().st_size == 0:
        raise FormatError(
            "the video file is empty",
            file=path,
            expected="a file with pictures in it",
            todo="copy it again from where it was recorded",
        )
    try:
        return av.open(str(path))
    except (av.error.FFmpegError, ValueError) as error:
        raise FormatError(
            f"cannot be opened as a video: {getattr(error, 'strerror', None) or error}",
            file=path,
            expected="a video that FFmpeg can read: MP4, AVI, MKV, MOV, WebM, TS and others",
        ) from error


def video_stream(container: av.container.InputContainer, path: Path) -> av.video.VideoStream:
    """The first stream of pictures that is no cover picture."""
    from av.stream import Disposition

    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise FormatError("the file has no video stream", file=path)


def first_picture(path: Path) -> av.VideoFrame:
    """The first picture that can be decoded.

    Raises:
        FormatError: None can.
    """
    import av.error

    with open_video(path) as container:
        for packet in container.demux(video_stream(container, path)):
            try:
                for frame in packet.decode():
                    return frame
            except av.error.FFmpegError:
                continue
    raise FormatError(
        "no picture of the video can be decoded",
        file=path,
        todo="copy the video again from where it was recorded",
    )
