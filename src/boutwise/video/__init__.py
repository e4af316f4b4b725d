"""Exact video: which frame is which, when it is shown, and its picture.

What lives here: the packet index (frame number <-> presentation time, one pass over the file), what
it tells of the file (``probe``), the reader that returns exactly the frame asked for, and the
writer of videos with the same times. May import: ``types``, ``store``, ``errors``. PyAV is imported
inside functions: whoever reads no video loads none.
"""

from boutwise.video._probe import Probe, probe
from boutwise.video.cached import cached_index
from boutwise.video.index import VideoFacts, VideoIndex
from boutwise.video.packets import index_video
from boutwise.video.reader import Look, Pictures, Video
from boutwise.video.writer import (
    CAMERA,
    EXACT_GRAY,
    EXACT_RGB,
    SHORT_GOP,
    Encoding,
    VideoWriter,
)

__all__ = [
    "CAMERA",
    "EXACT_GRAY",
    "EXACT_RGB",
    "SHORT_GOP",
    "Encoding",
    "Look",
    "Pictures",
    "Probe",
    "Video",
    "VideoFacts",
    "VideoIndex",
    "VideoWriter",
    "cached_index",
    "index_video",
    "probe",
]
