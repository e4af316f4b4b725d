"""Index a video by one pass over its packets; only its first picture is decoded."""

from __future__ import annotations

import hashlib
from array import array
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError
from boutwise.video.files import first_picture, open_video, video_stream
from boutwise.video.index import VideoFacts, VideoIndex

if TYPE_CHECKING:
    import av.container
    import av.video

DIGEST_BYTES = 20
STREAMS = ("mpegts", "mpeg")
"""Containers that may be cut anywhere without anything in them saying so."""
MANY = 32
"""Packets at the end whose intervals are compared."""
GAP = 1.5
"""Usual intervals from which on a frame is missing."""
UNKNOWN = np.iinfo(np.int64).min


def index_video(path: Path | str) -> VideoIndex:
    """Index a video.

    Args:
        path: A file that FFmpeg can open.

    Raises:
        FormatError: The file is missing, is no video, or no picture of it can be decoded.
    """
    path = Path(path)
    with open_video(path) as container:
        stream = video_stream(container, path)
        packets, broken_off = _packets(container, stream, path)
        rate = Fraction(stream.average_rate or stream.guessed_rate or 0)
        reorders = stream.codec_context.has_b_frames
        time_base = Fraction(stream.time_base or 0)
        claims = (container.format.name, stream.codec_context.name, stream.frames)
        header_s = _stated_length(container, stream)
    if not packets.shown.any():
        raise FormatError("the video has no frame that is shown", file=path)
    picture = first_picture(path)
    facts = VideoFacts(
        container=claims[0],
        codec=claims[1],
        pixel_format=picture.format.name,
        width=picture.width,
        height=picture.height,
        rotation=picture.rotation,
        header_frames=claims[2],
        declared_fps=float(rate),
        packets=packets.pts.size,
        discarded=int((~packets.shown).sum()),
        header_s=header_s,
        broken_off=broken_off,
    )
    if broken_off or facts.header_frames > facts.packets or _ends_open(packets, facts, reorders):
        packets = packets.without_end(reorders)
    if packets.misleading(bool(reorders)):
        if not rate:
            raise FormatError(
                "the video has neither usable times nor a rate",
                file=path,
                todo="write it anew: ffmpeg -i IN -r RATE OUT.mp4",
            )
        return _counted(packets, rate, facts, reorders)
    return _timed(packets, time_base, facts)


def _ends_open(packets: _Packets, facts: VideoFacts, reorders: int) -> bool:
    """Whether a stream, which no header and no index closes, lacks a frame at its end."""
    if facts.container not in STREAMS or not reorders or packets.pts.size < MANY:
        return False
    steps = np.diff(np.sort(packets.pts)[-MANY:])
    last = packets.pts >= packets.pts[-1]
    return bool((steps[-int(last.sum()) :] > GAP * np.median(steps)).any())


@dataclass(frozen=True, eq=False)
class _Packets:
    """Arrays of (packets,) in the order of the file, and a digest of the bytes of some."""

    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    sizes: NDArray[np.int64]
    keys: NDArray[np.bool_]
    shown: NDArray[np.bool_]
    damaged: NDArray[np.bool_]
    fresh: NDArray[np.bool_]
    sampled: bytes

    def misleading(self, reorders: bool) -> bool:
        """Whether presentation times are missing, doubled, or made up from the order of decoding.

        An AVI file stores none. FFmpeg works them out for some codecs; for H.264 it gives the time
        of decoding plus a constant, though frames are shown in another order.
        """
        pts = self.pts[self.shown]
        if (pts == UNKNOWN).any() or np.unique(pts).size < pts.size:
            return True
        return reorders and pts.size > 1 and np.ptp(pts - self.dts[self.shown]) == 0

    def without_end(self, reorders: int) -> _Packets:
        """The same with the end marked as damaged, for a file that was cut off.

        Its last packet may be cut. Frames that are shown after it were stored before it, because
        others between them refer to them: of those some may be missing, and then their places
        are wrong.

        Args:
            reorders: By how many places the codec puts frames out of order.
        """
        if self.misleading(bool(reorders)):
            late = np.arange(self.pts.size) >= self.pts.size - max(reorders, 1)
        else:
            late = self.pts >= self.pts[-1]
        return replace(self, damaged=self.damaged | late)

    @property
    def digest(self) -> str:
        """Of all sizes, times and flags, and of some contents."""
        found = hashlib.blake2b(self.sampled, digest_size=DIGEST_BYTES)
        for column in (self.sizes, self.pts, self.dts, self.keys, self.shown):
            found.update(np.ascontiguousarray(column).tobytes())
        return found.hexdigest()


def _packets(
    container: av.container.InputContainer, stream: av.video.VideoStream, path: Path
) -> tuple[_Packets, str]:
    """All packets that can be read, and what stopped the reading before the end."""
    import av.error

    # Numbers and no objects: hours of video have a million packets.
    pts, dts, sizes, flags = array("q"), array("q"), array("q"), bytearray()
    sampled = hashlib.blake2b(digest_size=DIGEST_BYTES)
    broken_off, is_h264 = "", stream.codec_context.name == "h264"
    try:
        for packet in container.demux(stream):
            if packet.size == 0 and packet.dts is None:  # the last one only flushes the decoder
                continue
            clean = packet.is_keyframe and is_h264 and _starts_anew(bytes(packet))
            # Pictures that are not compressed all have one size: without a look into some of them,
            # all recordings of ten minutes would be the same.
            if len(pts) & (len(pts) - 1) == 0:  # 0, 1, 2, 4, 8, ...
                sampled.update(bytes(packet))
            pts.append(UNKNOWN if packet.pts is None else packet.pts)
            dts.append(UNKNOWN if packet.dts is None else packet.dts)
            sizes.append(packet.size)
            is_so = (packet.is_keyframe, not packet.is_discard, packet.is_corrupt, clean)
            flags.append(sum(bool(one) << place for place, one in enumerate(is_so)))
    except av.error.FFmpegError as error:
        # A file that breaks off: what came before is indexed, and the facts say that more is lost.
        if not pts:
            raise FormatError(f"no packet of the video can be read: {error}", file=path) from error
        broken_off = error.strerror or type(error).__name__
    marks = np.frombuffer(flags, dtype=np.uint8)
    keys, shown, damaged, fresh = ((marks >> place & 1).astype(bool) for place in range(4))
    packets = _Packets(
        pts=np.frombuffer(pts, dtype=np.int64),
        dts=np.frombuffer(dts, dtype=np.int64),
        sizes=np.frombuffer(sizes, dtype=np.int64),
        keys=keys,
        shown=shown,
        damaged=damaged,
        fresh=fresh,
        sampled=sampled.digest(),
    )
    return packets, broken_off


def _starts_anew(data: bytes) -> bool:
    """Whether the packet of a key frame is one of H.264 after which none refers to what was before.

    After other key frames there may be some that are shown before it and cannot be decoded after a
    jump, so that frames cannot be counted from there. Unit 5 of H.264 is such a clean start.
    """
    place = data.find(b"\x00\x00\x01")
    while 0 <= place < len(data) - 3:
        if data[place + 3] & 31 == 5:
            return True
        place = data.find(b"\x00\x00\x01", place + 3)
    return False


def _stated_length(container: av.container.InputContainer, stream: av.video.VideoStream) -> float:
    """Seconds that the header claims for the pictures; 0 where it says nothing of them alone."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration and len(container.streams) == 1:  # else sound may go on for longer
        return float(container.duration / 1_000_000)
    return 0.0


def _timed(packets: _Packets, time_base: Fraction, facts: VideoFacts) -> VideoIndex:
    """Frames that are told apart by their presentation times."""
    pts = np.sort(packets.pts[packets.shown])
    keys = np.sort(packets.pts[packets.keys & (packets.pts != UNKNOWN)])
    if not keys.size or keys[0] > pts[0]:  # the file begins in the middle
        keys = np.insert(keys, 0, pts[0])
    damaged = np.sort(packets.pts[packets.shown & packets.damaged])
    return VideoIndex(
        pts=pts,
        time_base=time_base,
        key_pts=keys,
        key_seek=keys,
        damaged=np.searchsorted(pts, damaged).astype(np.int64),
        counted=False,
        digest=packets.digest,
        facts=facts,
    )


def _counted(packets: _Packets, rate: Fraction, facts: VideoFacts, reorders: int) -> VideoIndex:
    """Frames that are told apart by counting, from key frame to key frame, at the header's rate."""
    number = np.cumsum(packets.shown) - 1
    keys = packets.keys & packets.shown & (packets.fresh | (reorders == 0))
    keys[np.flatnonzero(packets.shown)[0]] = True
    return VideoIndex(
        pts=np.arange(number[-1] + 1, dtype=np.int64),
        time_base=1 / rate,
        key_pts=number[keys].astype(np.int64),
        key_seek=packets.dts[keys],
        damaged=number[packets.shown & packets.damaged].astype(np.int64),
        counted=True,
        digest=packets.digest,
        facts=facts,
    )
