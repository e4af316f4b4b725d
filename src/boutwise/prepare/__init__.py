"""From a recording to the streams that learners see: resample, clean, compute features, cache.

What lives here: the one path that training and prediction share, so that both see the same
numbers. Each step is keyed by the content of its input and its parameters, so that nothing is
computed twice. May import: ``windows``, ``features``, ``cleaning``, ``store`` and below.
"""

from boutwise.prepare.poses import PreparedPose
from boutwise.prepare.rates import (
    put_back,
    resample_pose,
    resample_shares,
    resample_states,
    scores_at,
    working_clock,
)
from boutwise.prepare.recording import (
    Material,
    PreparedRecording,
    has_all,
    material_of,
    pose_steps,
)
from boutwise.prepare.rows import FeatureRows, at_once
from boutwise.prepare.streams import (
    Stream,
    load_streams,
    member_streams,
    placed,
    present_frames,
    stream_mirror,
)
from boutwise.prepare.views import (
    changed_pose,
    frames_of_view,
    pose_parts,
    view_generator,
)

__all__ = [
    "FeatureRows",
    "Material",
    "PreparedPose",
    "PreparedRecording",
    "Stream",
    "at_once",
    "changed_pose",
    "frames_of_view",
    "has_all",
    "load_streams",
    "material_of",
    "member_streams",
    "placed",
    "pose_parts",
    "pose_steps",
    "present_frames",
    "put_back",
    "resample_pose",
    "resample_shares",
    "resample_states",
    "scores_at",
    "stream_mirror",
    "view_generator",
    "working_clock",
]
