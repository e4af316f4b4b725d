"""What a keypoint is: the roles that features use, and the names that tools give to them."""

from __future__ import annotations

import re
from collections.abc import Iterable

ALIASES: dict[str, tuple[str, ...]] = {
    "nose": ("nose", "snout", "mouth", "nosetip"),
    "left_ear": ("leftear", "lear", "earl", "earleft"),
    "right_ear": ("rightear", "rear", "earr", "earright"),
    "head": ("head", "headcenter", "headcentre", "skull"),
    "neck": ("neck", "nape", "mouseneck"),
    "center": ("center", "centre", "body", "bodycenter", "bodycentre", "spine", "spine1", "back"),
    "chest": ("chest", "breast"),
    "left_hip": ("lefthip", "lhip", "hipl", "hipleft", "leftfhip", "lefthiplateral", "leftside"),
    "right_hip": (
        "righthip",
        "rhip",
        "hipr",
        "hipright",
        "rightfhip",
        "righthiplateral",
        "rightside",
    ),
    "tail_base": (
        "tailbase",
        "tailroot",
        "tailstart",
        "anus",
        "butt",
        "basetail",
        "proximaltail",
        "buttproximaltail",
        "tail1",
    ),
    "tail_tip": ("tailtip", "tailend", "tip", "endtail"),
    "left_forepaw": (
        "lfrontpaw",
        "leftfrontpaw",
        "leftforepaw",
        "lforepaw",
        "frontleftpaw",
        "leftfrontlimb",
        "lhand",
        "lefthand",
        "forehandl",
        "forehandleft",
        "frontpawl",
        "forepawl",
        "leftfrontleg",
        "leftpaw1",
    ),
    "right_forepaw": (
        "rfrontpaw",
        "rightfrontpaw",
        "rightforepaw",
        "rforepaw",
        "frontrightpaw",
        "rightfrontlimb",
        "rhand",
        "righthand",
        "forehandr",
        "forehandright",
        "frontpawr",
        "forepawr",
        "rightfrontleg",
    ),
    "left_hindpaw": (
        "lhindpaw",
        "lefthindpaw",
        "lbackpaw",
        "leftbackpaw",
        "hindleftpaw",
        "leftbacklimb",
        "lfoot",
        "leftfoot",
        "hindhandl",
        "hindhandleft",
        "hindpawl",
        "lefthindlimb",
        "leftbackleg",
    ),
    "right_hindpaw": (
        "rhindpaw",
        "righthindpaw",
        "rbackpaw",
        "rightbackpaw",
        "hindrightpaw",
        "rightbacklimb",
        "rfoot",
        "rightfoot",
        "hindhandr",
        "hindhandright",
        "hindpawr",
        "righthindlimb",
        "rightbackleg",
    ),
}
"""Role -> names, in lower case without separators."""

ROLES = tuple(ALIASES)

_HIPS = {"left_hip", "right_hip"}
_OF_THE_REAR = ("tail", "anus", "butt", "rump")
"""Parts of names of points behind the hips."""
_EXACT = {role.replace("_", "") for role in ROLES}


def mirrored(role: str) -> str:
    """The role on the other side of the body; the same role on the midline.

    >>> mirrored("left_ear"), mirrored("nose")
    ('right_ear', 'nose')
    """
    if role.startswith("left_"):
        return "right_" + role.removeprefix("left_")
    if role.startswith("right_"):
        return "left_" + role.removeprefix("right_")
    return role


def propose_roles(keypoints: Iterable[str]) -> dict[str, str]:
    """Propose a role for each keypoint whose name is known; each role at most once.

    A proposal is written to ``boutwise.yaml``, where a person reads and changes it. Names that
    are not known get no role. A keypoint that is called like a role has it; of several other names
    the first.

    >>> propose_roles(["snout", "L_frontpaw", "mystery"])
    {'snout': 'nose', 'L_frontpaw': 'left_forepaw'}
    >>> propose_roles(["Spine_1", "Center"])
    {'Center': 'center'}

    A point that is just called tail may be anywhere on it. Only beside both hips, as the one point
    of the rear, is it the base: that is the set of seven points of MARS and CalMS21.

    >>> propose_roles(["left_hip", "right_hip", "tail"])["tail"]
    'tail_base'
    >>> propose_roles(["nose", "tail"])
    {'nose': 'nose'}
    """
    by_name = {alias: role for role, aliases in ALIASES.items() for alias in aliases}
    names = list(keypoints)
    plain = {name: re.sub(r"[^a-z0-9]", "", name.lower()) for name in names}
    exact = [name for name in names if plain[name] in _EXACT]
    proposal: dict[str, str] = {}
    for keypoint in [*exact, *names]:
        # 'R_ear' is an ear, but a point that is just called 'rear' may be the back of the mouse.
        role = None if keypoint.lower() == "rear" else by_name.get(plain[keypoint])
        if role is not None and keypoint not in proposal and role not in proposal.values():
            proposal[keypoint] = role
    if set(proposal.values()) >= _HIPS and "tail_tip" not in proposal.values():
        rear = [name for name in names if any(part in plain[name] for part in _OF_THE_REAR)]
        if len(rear) == 1 and plain[rear[0]] == "tail":
            proposal[rear[0]] = "tail_base"
    return {name: proposal[name] for name in names if name in proposal}
