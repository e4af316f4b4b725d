"""One open decoder that steps through a video and knows the number of each frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from boutwise.video.files import open_video, video_stream
from boutwise.video.index import VideoIndex

if TYPE_CHECKING:
    import av

STRICTLY = {"err_detect": "crccheck+bitstream+buffer+explode"}
"""What decoders are told where frames are counted: one that is lost in silence would move all after
it. Elsewhere it would take many frames for broken that are shown after a jump and are whole."""
WORTH_DECODING = 8
"""Frames that are rather decoded in passing than skipped by a seek."""


class Decoder:
    """Returns the very frame that is asked for, or says that it cannot be decoded.

    Args:
        path: The video.
        index: Of this very file.
        threads: Of the decoder.
    """

    def __init__(self, path: Path, index: VideoIndex, *, threads: int = 1) -> None:
        self._path, self._index, self._threads = path, index, threads
        self._damaged = set(index.damaged.tolist())
        self._open()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def frame(self, number: int) -> av.VideoFrame | None:
        """The frame of a number; None where it cannot be decoded.

        After a broken packet nothing is trusted before the next key frame: decoders return frames
        there that look like frames, and show something else.
        """
        if number in self._damaged:
            return None
        if not self._within_reach(number):
            self._start(self._index.key_of(number))
        found = self._advance(number)
        if found is None and self._missed and self._key > 0:
            # The key frame was none, or the container went past it.
            self._start(0 if self._astray else self._key - 1)
            found = self._advance(number)
        return found

    def _open(self) -> None:
        self._container = open_video(self._path)
        self._stream = video_stream(self._container, self._path)
        self._stream.codec_context.thread_count = self._threads
        if self._index.counted:
            self._stream.codec_context.options = STRICTLY
        self._key = -1
        self._begin(0)

    def _begin(self, count: int, *, jumped: bool = False) -> None:
        self._count, self._jumped, self._fresh = count, jumped, jumped
        self._last: tuple[int, av.VideoFrame | None] = (-1, None)
        self._ahead: tuple[int, av.VideoFrame | None] | None = None
        self._missed = self._astray = False
        self._distrusted_until = 0
        self._numbered = self._decoded()

    def _start(self, key: int) -> None:
        """Go on decoding at a key frame; at the first one from the start of the file.

        A transport stream goes past its first key frame when it is asked for it.
        """
        if key == 0:
            self.close()
            self._open()
            return
        if self._key < 0 and self._last[0] < 0:
            # The first packet may say what the decoder must know to read the others rightly: the
            # build of x264 that wrote them, for one. Without it pictures are wrong and look right.
            next(self._numbered, None)
        self._container.seek(int(self._index.key_seek[key]), stream=self._stream)
        self._key = key
        self._begin(self._index.first_frame_of(key), jumped=self._index.counted)

    def _within_reach(self, number: int) -> bool:
        """Whether decoding on from here is the right way to a frame."""
        at = self._ahead[0] if self._ahead else self._last[0]
        if number == self._last[0]:
            return True
        key = self._index.first_frame_of(self._index.key_of(number))
        return at <= number and key <= at + WORTH_DECODING

    def _advance(self, number: int) -> av.VideoFrame | None:
        """Decode up to a number."""
        self._missed = False
        if number == self._last[0]:
            return self._last[1]
        while (following := self._next()) is not None:
            at, frame = following
            if at == number:
                self._last = following
                # Frames shown before the key frame of a jump refer to what lies before it.
                self._missed = frame is None and self._fresh
                return frame
            if at > number:
                self._ahead = following
                break
        self._missed = self._distrusted_until <= number
        self._last = (number, None)
        return None

    def _next(self) -> tuple[int, av.VideoFrame | None] | None:
        """The frame that was decoded too far, or the next one; None at the end of the file."""
        held, self._ahead = self._ahead, None
        return held or next(self._numbered, None)

    def _decoded(self) -> Iterator[tuple[int, av.VideoFrame | None]]:
        """Frames from here on, with their numbers; None in place of a broken one."""
        import av.error

        newest, lost = -1, False
        for packet in self._container.demux(self._stream):
            if self._jumped and not self._found_way(packet):
                return
            if lost and not self._resumes(packet):
                continue
            lost = False
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                if self._fresh:
                    # Damage, or a frame that is shown before the key frame and refers to what lies
                    # before it: which of them, and so the count, is known from the beginning only.
                    self._astray = True
                    return
                lost = self._index.counted  # how many frames are missing nobody can tell
                newest = max(newest, self._count - 1)
                self._distrust(newest + 1)
                self._distrust(self._number_of(packet))
                continue
            for frame in frames:
                number = self._number(frame)
                if number is None:
                    continue
                newest = max(newest, number)
                broken = frame.is_corrupt or number < self._distrusted_until
                if frame.is_corrupt and not self._fresh:
                    self._distrust(number)
                self._fresh = self._fresh and broken
                yield number, None if broken or number in self._damaged else frame

    def _number_of(self, packet: av.Packet[av.VideoStream]) -> int:
        """Frame of a packet; -1 where nobody can tell."""
        found = None
        if not self._index.counted and packet.pts is not None:
            found = self._index.frame_at(packet.pts)
        return -1 if found is None else found

    def _resumes(self, packet: av.Packet[av.VideoStream]) -> bool:
        """Count on from a packet, where it is that of a key frame; only there it is known again."""
        if not packet.is_keyframe or packet.dts is None or not self._found_way(packet):
            return False
        self._stream.codec_context.flush_buffers()
        self._fresh = True
        return True

    def _found_way(self, packet: av.Packet[av.VideoStream]) -> bool:
        """Count on from the key frame that a jump ended at; False where that is none known.

        An AVI file that was cut off has no index: jumps end at earlier key frames than asked for.
        """
        self._jumped = False
        if packet.dts is None:  # nothing is left: the jump went past the last packet
            return True
        found = np.flatnonzero(self._index.key_seek == packet.dts)
        self._astray = not found.size
        if found.size:
            self._count = self._index.first_frame_of(int(found[0]))
        return bool(found.size)

    def _distrust(self, number: int) -> None:
        """Nothing from a frame on is trusted before the next key frame."""
        number = min(max(number, 0), self._index.n_frames - 1)
        key = self._index.key_of(number) + 1
        self._distrusted_until = max(self._distrusted_until, self._index.first_frame_of(key))

    def _number(self, frame: av.VideoFrame) -> int | None:
        if self._index.counted:
            self._count += 1
            return self._count - 1
        return None if frame.pts is None else self._index.frame_at(frame.pts)
