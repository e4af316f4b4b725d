"""Does a recording give what a bundle was trained on: by name, because files have any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from boutwise.errors import BundleError
from boutwise.types import PoseTrack

if TYPE_CHECKING:
    from boutwise.bundle.bundle import Bundle, StreamNeed


def refuse_misfit(
    bundle: Bundle,
    need: StreamNeed,
    columns: Sequence[str],
    *,
    recording: str,
    roles: Mapping[str, str],
) -> None:
    """Refuse a recording whose features are not those of training.

    A feature that some recordings of training lacked as well may be missing.

    Args:
        bundle: That was trained.
        need: What the stream was trained on.
        columns: Names of the features of the recording.
        recording: Its id, for messages.
        roles: Keypoint -> role of the recording.

    Raises:
        BundleError: A feature is missing that all recordings of training had, or one is new, or a
            keypoint has another role than in training; the message names it.
    """
    trained = bundle.keypoint_roles
    turned = [name for name, role in roles.items() if trained.get(name, role) != role]
    if turned:
        raise BundleError(
            f"the keypoint '{turned[0]}' has other roles here and in training",
            recording=recording,
            expected=f"{trained[turned[0]]}, got {roles[turned[0]]}",
            todo="give it the role that it had (keypoints: in boutwise.yaml), or train again",
        )
    there = set(columns)
    lost = [name for name in need.columns if name not in there and name not in need.optional]
    if lost:
        raise _lacks(bundle, need, lost, recording, roles)
    more = sorted(there - set(need.columns))
    if more:
        # With more keypoints the body's axis may be another one under the same names.
        raise BundleError(
            f"the pose gives {len(more)} features that training did not have: {more[0]}, ...",
            recording=recording,
            expected=f"the keypoints of training: {', '.join(bundle.keypoint_roles)}",
            todo="give the keypoints that training did not have the role 'none', or leave "
            "them out of the file",
        )


def _lacks(
    bundle: Bundle, need: StreamNeed, lost: list[str], recording: str, roles: Mapping[str, str]
) -> BundleError:
    absent = [role for role in bundle.manifest["roles"] if role not in set(roles.values())]
    what = f"no keypoint has the role {', '.join(absent)}" if absent else "the pose differs"
    return BundleError(
        f"{what}, so {len(lost)} of {len(need.columns)} features that the bundle was trained "
        f"on are missing: {', '.join(lost[:3])}, ...",
        recording=recording,
        expected=f"keypoints with the roles {', '.join(bundle.manifest['roles'])} in "
        f"{bundle.manifest['n_dims']}D",
        todo="give the keypoints these roles (keypoints: in boutwise.yaml, or a mapping)",
    )


def unknown_keypoints(bundle: Bundle, pose: PoseTrack) -> list[str]:
    """Keypoints of a recording that are not used: no recording of training had them.

    Only of a bundle whose recordings differed in their keypoints, as those of several labs do; of
    another one a new keypoint is a sign of another tracker, and its features are refused.
    """
    known = set(bundle.manifest.get("keypoints", ()))
    if not bundle.optional_roles or not known:
        return []
    return [name for name in pose.keypoints if pose.roles.get(name, name) not in known]


def known_pose(bundle: Bundle, pose: PoseTrack) -> PoseTrack:
    """The pose without the keypoints that are not used; the same one where all are."""
    unknown = unknown_keypoints(bundle, pose)
    if not unknown:
        return pose
    kept = [place for place, name in enumerate(pose.keypoints) if name not in unknown]
    names = tuple(pose.keypoints[place] for place in kept)
    return replace(
        pose,
        positions=pose.positions[:, :, kept],
        confidence=None if pose.confidence is None else pose.confidence[:, :, kept],
        keypoints=names,
        roles={name: role for name, role in pose.roles.items() if name in names},
    )


def crowd(bundle: Bundle, animals: Sequence[str]) -> int | None:
    """Animals in the fullest recording of training, where this one has more; else None.

    Nothing is refused: the behavior of an animal, or of a pair, is computed as in training. But how
    it looks while others stand by, in sight and in the way of the camera, was never seen, and no
    score of the bundle tells of it. None also for bundles that do not know it.
    """
    most = bundle.manifest.get("most_animals")
    return int(most) if most is not None and len(animals) > most else None


def absent_roles(bundle: Bundle, roles: Mapping[str, str]) -> list[str]:
    """Roles that some recordings of training had and this one lacks, sorted."""
    return sorted(set(bundle.optional_roles) - set(roles.values()))
