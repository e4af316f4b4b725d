"""``predict_trials``: one answer a trial of one recording."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from boutwise import formats
from boutwise.api._pose_files import pose_of
from boutwise.api._tasks import rate_of, with_roles
from boutwise.api.importing.sources import recording_id
from boutwise.bundle import Bundle
from boutwise.errors import DataError
from boutwise.inference import Predictor
from boutwise.inference import predict_trials as answer
from boutwise.types import FrameClock, PoseTrack, Trial, TrialPrediction


def predict_trials(
    bundle: Bundle | str | Path | Sequence[Bundle],
    source: str | Path | PoseTrack,
    *,
    trials: Sequence[Trial] = (),
    fps: float | None = None,
    format: str | None = None,
    recording: str | None = None,
    **options: Any,
) -> TrialPrediction:
    """Answer the trials of one recording.

    Args:
        bundle: Opened bundle or its path; several are averaged.
        source: A pose file, or a pose track.
        trials: In order; by default those of the file, and without any the whole recording is one.
        fps: Frame rate; needed unless the file states it.
        format: Of the file.
        recording: Id; by default from the file.
        **options: Of the format, such as ``member``.

    Raises:
        BundleError: The bundle answers frames, or refuses the recording.
        DataError: There is no frame rate; or the model compares trials, and there is one only.
    """
    opened = [bundle] if isinstance(bundle, Bundle | str | Path) else list(bundle)
    bundles = tuple(b if isinstance(b, Bundle) else Bundle.open(b) for b in opened)
    rate: float | None = fps
    if isinstance(source, str | Path):
        contents = formats.read(source, format=format, **options)
        pose, rate = pose_of(contents), rate_of(contents, fps)
        recording = recording or recording_id("", contents.recording)
        trials = trials or contents.trials
    else:
        pose = source
    if rate is None:
        raise DataError("there is no frame rate", todo="give it: fps=2000")
    clock = FrameClock.declared(pose.n_frames, rate)
    track = with_roles(pose, [each.keypoint_roles for each in bundles])
    return answer(Predictor(bundles), recording or "recording", track, clock, trials)
