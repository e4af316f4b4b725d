"""``predict`` in Python: every frame of one recording, from a file or an array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boutwise import formats
from boutwise.api._ensembles import averaging_of
from boutwise.api._pose_files import pose_of
from boutwise.api._tasks import rate_of, with_roles
from boutwise.api._video_tasks import video_material
from boutwise.api.importing.sources import VIDEOS, recording_id
from boutwise.bundle import Bundle
from boutwise.errors import DataError, UsageError
from boutwise.inference import Predictor
from boutwise.prepare import Material
from boutwise.prepare.other_detector import OtherDetector, instead_words, steps_with
from boutwise.types import FrameClock, PoseTrack, Prediction


def predict(
    bundle: Bundle | str | Path | Sequence[Bundle],
    source: str | Path | PoseTrack | NDArray[np.float32],
    *,
    fps: float | None = None,
    format: str | None = None,
    frames: tuple[int, int] | None = None,
    keypoints: Sequence[str] = (),
    recording: str | None = None,
    stride: int = 1,
    detector: str | Mapping[str, Any] | None = None,
    **options: Any,
) -> Prediction:
    """Predict one recording.

    Args:
        bundle: Opened bundle or its path; several are averaged, and calibrated anew where they
            lie in their run folders.
        source: A pose file, a video of one animal, a pose track, or positions as an array (frames,
            animals, keypoints, 2 or 3) with the names in ``keypoints``.
        fps: Frame rate; needed unless the file states it.
        format: Of the file.
        frames: Only ``[start, stop)`` of the recording.
        keypoints: Names of the keypoints of an array.
        recording: Id; by default from the file name.
        stride: Score only one frame in so many; scores between are interpolated. 1 = as trained.
        detector: How animals are found in a video, in place of what the bundle was trained with: a
            name, or ``{NAME: {option: value}}``.
        **options: Of the format, such as ``mapping``.

    Raises:
        BundleError: The bundle refuses the recording.
        DataError: There is no frame rate.
    """
    bundles = open_bundles([bundle] if isinstance(bundle, Bundle | str | Path) else bundle)
    if isinstance(source, str | Path) and Path(source).suffix.lower() in VIDEOS:
        material = _of_video(Path(source), recording, {"fps": fps, "format": format, **options})
    else:
        material = _of_pose(bundles, source, recording, fps, keypoints, format=format, **options)
    refit = averaging_of(bundles).refit
    other = given_detector(bundles, detector)
    predictor = Predictor(bundles, stride=stride, refit=refit, detector=other)
    prediction = predictor.predict(material)
    return prediction if frames is None else _cut(prediction, frames)


def _of_video(path: Path, recording: str | None, options: dict[str, Any]) -> Material:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise UsageError(
            f"'{given[0]}' has no meaning for a video",
            file=path,
            expected="nothing: a video states the time of each frame itself",
            todo="leave it out",
        )
    return video_material(recording or recording_id("", path.stem), path, None)


# Six parameters: what a person may say of one source.
def _of_pose(
    bundles: Sequence[Bundle],
    source: str | Path | PoseTrack | NDArray[np.float32],
    recording: str | None,
    fps: float | None,
    keypoints: Sequence[str],
    **options: Any,
) -> Material:
    rate: float | None
    if isinstance(source, str | Path):
        contents = formats.read(source, **options)
        pose, rate = pose_of(contents), rate_of(contents, fps)
        recording = recording or recording_id("", contents.recording)
    else:
        pose, rate = _as_track(source, keypoints), fps
    if rate is None:
        raise DataError(
            "there is no frame rate", todo="give it: fps=30 (on the command line --fps)"
        )
    clock = FrameClock.declared(pose.n_frames, rate)
    track = with_roles(pose, [bundle.keypoint_roles for bundle in bundles])
    return Material.of_pose(recording or "recording", track, clock)


def open_bundles(bundles: Sequence[Bundle | str | Path]) -> tuple[Bundle, ...]:
    """Open those that are paths."""
    return tuple(b if isinstance(b, Bundle) else Bundle.open(b) for b in bundles)


def given_detector(
    bundles: Sequence[Bundle], detector: str | Mapping[str, Any] | None
) -> OtherDetector | None:
    """The detector that is to find the animals, where one was given.

    Raises:
        UsageError: The bundles look for no animals in videos.
    """
    if detector is None:
        return None
    if all(bundle.pictures is None for bundle in bundles):
        raise UsageError(
            "a detector has no meaning for a bundle that reads no video", todo="leave it out"
        )
    other = OtherDetector(detector)
    for bundle in bundles:
        if bundle.pictures is not None:
            steps_with(bundle.pictures, other)
    return other


def detector_words(predictor: Predictor) -> list[str]:
    """What another detector means for the probabilities, in words."""
    needs = [bundle.pictures for bundle in predictor.bundles if bundle.pictures is not None]
    return instead_words(needs, predictor.detector)


def stride_words(predictor: Predictor) -> list[str]:
    """What a stride did to the probabilities, in words."""
    if predictor.stride == 1:
        return []
    words: dict[str, list[str]] = {}
    for bundle, steps in zip(predictor.bundles, predictor.steps, strict=True):
        for place, step in enumerate(steps):
            if step == 1:
                told = "scores all frames in one pass: a stride would save nothing, and is left out"
            else:
                told = (
                    f"scored one frame in {step}, at the rate of the bundle; the scores of the "
                    "frames between go straight from one to the next"
                )
            name = f"member {place} of {bundle.manifest['name']} {bundle.id}"
            words.setdefault(told, []).append(name)
    return [f"{', '.join(members)} {told}" for told, members in words.items()]


def _as_track(source: PoseTrack | NDArray[np.float32], keypoints: Sequence[str]) -> PoseTrack:
    if isinstance(source, PoseTrack):
        return source
    if source.ndim != 4:
        raise DataError(
            f"the array has the shape {source.shape}",
            expected="(frames, animals, keypoints, 2 or 3)",
        )
    animals = tuple(f"animal{number + 1}" for number in range(source.shape[1]))
    return PoseTrack(source, None, animals, tuple(keypoints))


def _cut(prediction: Prediction, frames: tuple[int, int]) -> Prediction:
    start, stop = frames
    n_frames = prediction.clock.n_frames
    if not 0 <= start < stop <= n_frames:
        raise UsageError(
            f"frames {start} to {stop} are not in the recording",
            recording=prediction.recording,
            expected=f"half-open frames inside 0 to {n_frames}",
        )
    times_s = prediction.clock.times_s[start:stop]
    return replace(
        prediction,
        clock=FrameClock(times_s, prediction.clock.fps, "pts"),
        probabilities=prediction.probabilities[:, start:stop],
        decided=prediction.decided[:, start:stop],
        observed=prediction.observed[:, start:stop],
    )
