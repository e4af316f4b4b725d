"""JABS pose files, ``*_pose_est_v2.h5`` and later: twelve points of one or several mice by frame.

``poseest/points`` has y before x, in pixels; a point of confidence 0 was not found and becomes NaN.
From version 3 on, confidence is a score and no probability; it is cut at 1. Version 2 holds one
mouse. Version 3 numbers pieces of tracks, which are animals only where no track broke. From
version 4 on, ``instance_embed_id`` counts the mice from 1, and ``id_mask`` says where it does not.
"""

from __future__ import annotations

import re
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from boutwise.errors import FormatError
from boutwise.formats._contract import Contents
from boutwise.formats._dlc import ANIMAL
from boutwise.formats._hdf5 import holds, is_inside, numbers, opened
from boutwise.formats._pose_values import refuse_infinite
from boutwise.types import PoseTrack

DESCRIPTION = "JABS pose H5, version 2 and later: pose by frame from 0, one or several mice"

ROLES = {
    "nose": "nose",
    "left_ear": "left_ear",
    "right_ear": "right_ear",
    "base_neck": "neck",
    "left_front_paw": "left_forepaw",
    "right_front_paw": "right_forepaw",
    "center_spine": "center",
    "left_rear_paw": "left_hindpaw",
    "right_rear_paw": "right_hindpaw",
    "base_tail": "tail_base",
    "mid_tail": "",
    "tip_tail": "tail_tip",
}
"""The twelve points in the order of the file, and what they are."""
_AGAIN = "copy the file again, or write it again by JABS"
_Identities = tuple[NDArray[np.int64], NDArray[np.bool_]]


def sniff(path: Path) -> bool:
    """Whether this is an HDF5 file with a group ``poseest``."""
    return holds(path, "poseest")


def read(path: Path, *, fps: float | None = None) -> Contents:
    """Read a pose file.

    Args:
        path: The file.
        fps: Frame rate, which the file does not state.

    Raises:
        FormatError: The file is broken, or does not say which mouse is which.
    """
    with opened(path, expected="a JABS pose file", todo=_AGAIN) as file:
        group = file["poseest"]
        points = numbers(group, "points", path).astype(np.float32)[..., ::-1]
        confidence = numbers(group, "confidence", path).astype(np.float32)
        if points.ndim not in (3, 4) or points.shape != (*confidence.shape[:-1], len(ROLES), 2):
            raise FormatError(
                f"points have the shape {points.shape}, confidence {confidence.shape}",
                file=path,
                expected=f"(frames, {len(ROLES)}, 2) or (frames, mice, {len(ROLES)}, 2)",
                todo=_AGAIN,
            )
        identities = _identities(group, path) if points.ndim == 4 else None
    names = [ANIMAL]
    if identities is None:
        points, confidence = points[:, None], confidence[:, None]
    else:
        names, points, confidence = _by_animal(points, confidence, identities, path)
    points[~(confidence > 0)] = np.nan
    refuse_infinite(points, path=path, first_row=1)
    pose = PoseTrack(
        points,
        np.clip(confidence, 0, 1),
        tuple(names),
        tuple(ROLES),
        {name: role for name, role in ROLES.items() if role},
        "px",
        str(path),
    )
    name = re.sub(r"_pose_est_v\d+$", "", path.name.removesuffix(path.suffix))
    return Contents(path, "jabs_h5", name, pose=pose, fps=fps)


def _identities(group: h5py.Group, path: Path) -> _Identities:
    """Whose pose each place of each frame holds, (frames, places), and whether it holds any."""
    if is_inside(group, "instance_embed_id"):
        ids = numbers(group, "instance_embed_id", path).astype(np.int64)
        masked = numbers(group, "id_mask", path).astype(bool)
        return ids, (ids > 0) & ~masked
    ids = numbers(group, "instance_track_id", path).astype(np.int64)
    count = numbers(group, "instance_count", path).astype(np.int64)
    valid = np.arange(ids.shape[1]) < count[:, None]
    pieces, at_once = len(np.unique(ids[valid])), int(count.max(initial=0))
    if pieces > at_once:
        raise FormatError(
            f"there are {pieces} pieces of tracks, and never more than {at_once} mice at once: "
            "which piece is which mouse is not in the file",
            file=path,
            expected="mice that keep their number (JABS pose files of version 4 and later)",
            todo="identify the mice and write the file as version 4 or later",
        )
    return ids, valid


def _by_animal(
    points: NDArray[np.float32],
    confidence: NDArray[np.float32],
    identities: _Identities,
    path: Path,
) -> tuple[list[str], NDArray[np.float32], NDArray[np.float32]]:
    """Names, points (frames, mice, points, 2) and confidence, each mouse in a place of its own."""
    ids, valid = identities
    if ids.shape != confidence.shape[:2] or valid.shape != ids.shape:
        raise FormatError(
            f"the identities have the shape {ids.shape}",
            file=path,
            expected=f"{confidence.shape[:2]}, as the points",
            todo=_AGAIN,
        )
    mice = np.unique(ids[valid])
    if not len(mice):
        raise FormatError("no mouse is identified in any frame", file=path, todo=_AGAIN)
    frame, place = np.nonzero(valid)
    mouse = np.searchsorted(mice, ids[frame, place])
    if len(np.unique(frame * len(mice) + mouse)) != len(frame):
        raise FormatError("a mouse is in two places of one frame", file=path, todo=_AGAIN)
    shape = (len(ids), len(mice), len(ROLES))
    sorted_points = np.zeros((*shape, 2), dtype=np.float32)
    sorted_confidence = np.zeros(shape, dtype=np.float32)
    sorted_points[frame, mouse] = points[frame, place]
    sorted_confidence[frame, mouse] = confidence[frame, place]
    return [f"mouse{number}" for number in mice], sorted_points, sorted_confidence
