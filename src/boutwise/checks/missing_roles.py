"""Every recording has the keypoints that features need, and those that the others have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from boutwise import registry
from boutwise.checks._contract import Study
from boutwise.checks._poses import poses
from boutwise.types import Problem, Severity
from boutwise.types.roles import mirrored

DESCRIPTION = "roles of keypoints that features need or other recordings have, and that are missing"

Needs = Sequence[Sequence[str]]
"""One of each must be there; ``a+b`` stands for the middle of two keypoints."""

_SHOWN = 6


def find(project: Study) -> list[Problem]:
    """Compare the roles of every recording with the needs of features and with the others."""
    roles: dict[str, set[str]] = {}
    nameless: dict[str, None] = {}
    single = True
    for recording, pose in poses(project):
        roles[recording.id] = set(pose.roles.values())
        single &= len(pose.keypoints) == 1
        nameless |= dict.fromkeys(name for name in pose.keypoints if name not in pose.roles)
    sets = {
        name: registry.load("feature set", name).NEEDED_ROLES
        for name in registry.names("feature set")
    }
    # Of a single point no set of a whole body is meant to be computed.
    of_points = single and any(not needs for needs in sets.values())
    return (
        ([] if of_points else needed_by_features(roles, sets))
        + unlike_the_others(roles)
        + one_sided(roles)
        + without_role(list(nameless))
    )


def needed_by_features(
    roles: Mapping[str, AbstractSet[str]], sets: Mapping[str, Needs]
) -> list[Problem]:
    """Recordings from which a feature set cannot be computed that is for such keypoints.

    A set that can be computed of no recording is for other keypoints than these, and is told of
    only where nothing better is left. A set that needs no roles (of single points) can be computed
    of everything, so then nothing blocks.

    Args:
        roles: Recording -> roles that its keypoints have.
        sets: Feature set -> roles that it needs.
    """
    needy = {name: needs for name, needs in sets.items() if needs}
    fitting = {n for n, needs in needy.items() if not all(lacks(needs, r) for r in roles.values())}
    if not fitting and len(needy) < len(sets) and roles:
        common = set.intersection(*map(set, roles.values()))
        return [_lacking("", {n: lacks(needs, common) for n, needs in needy.items()})]
    problems = []
    for recording, mine in roles.items():
        lacking = {name: lacks(needs, mine) for name, needs in needy.items()}
        lacking = {name: words for name, words in lacking.items() if words}
        if lacking and len(lacking) == len(needy):
            # Whatever is trained or predicted of the others cannot be of this one.
            problems.append(_lacking(recording, lacking, Severity.BLOCKING))
        elif set(lacking) & fitting:
            words = {name: lacking[name] for name in lacking if name in fitting}
            problems.append(_lacking(recording, words))
    return problems


def _lacking(
    recording: str, lacking: Mapping[str, str], severity: Severity = Severity.WARNING
) -> Problem:
    listed = "; ".join(f"'{name}' needs {words}" for name, words in lacking.items())
    return _problem(
        recording,
        f"keypoints that features need are missing or have no role: {listed}",
        severity=severity,
        todo="give the keypoints their roles under 'keypoints:' in boutwise.yaml; a role "
        "goes to one name only: bring files that name a point differently to one name",
        value=float(len(lacking)),
    )


def lacks(needs: Needs, roles: AbstractSet[str]) -> str:
    """What of the needs is not there, as words; empty when all is.

    >>> lacks([("neck", "left_ear+right_ear"), ("tail_base",)], {"neck"})
    "'tail_base'"
    """
    missing = [one for one in needs if not any(set(way.split("+")) <= set(roles) for way in one)]
    return " and ".join(" or ".join(f"'{way}'" for way in one) for one in missing)


def unlike_the_others(roles: Mapping[str, AbstractSet[str]]) -> list[Problem]:
    """Recordings without a role that more than half of them have."""
    count = Counter(role for mine in roles.values() for role in mine)
    usual = {role for role, times in count.items() if 2 * times > len(roles)}
    problems = []
    for recording, mine in roles.items():
        absent = sorted(usual - mine)
        if absent:
            problems.append(
                _problem(
                    recording,
                    f"no keypoint has the role {_listed(absent)}, as in most other recordings",
                    expected="the same keypoints in all recordings that are learned together",
                    todo="look how the keypoint is called in this file and give it its role in "
                    "boutwise.yaml; features of what is missing are left empty",
                    value=float(len(absent)),
                )
            )
    return problems


def one_sided(roles: Mapping[str, AbstractSet[str]]) -> list[Problem]:
    """A left without its right, or a right without its left, in the whole project."""
    everywhere = {role for mine in roles.values() for role in mine}
    lonely = sorted(role for role in everywhere if mirrored(role) not in everywhere)
    if not lonely:
        return []
    return [
        _problem(
            "",
            f"{_listed(lonely)} is there without the other side",
            expected="both sides, or none: mirroring and features of sides need both",
            todo="give the other keypoint its role in boutwise.yaml, or this one 'none'",
            value=float(len(lonely)),
        )
    ]


def without_role(keypoints: Sequence[str]) -> list[Problem]:
    """Keypoints of which nobody said what they are; they are used under their own names."""
    if not keypoints:
        return []
    return [
        _problem(
            "",
            f"no role is known for {_listed(keypoints)}",
            severity=Severity.NOTE,
            todo="if one of them is a paw, an ear or another known part, say so under "
            "'keypoints:' in boutwise.yaml",
            value=float(len(keypoints)),
        )
    ]


def _listed(names: Sequence[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:_SHOWN]) + rest


def _problem(
    recording: str,
    what: str,
    *,
    todo: str,
    value: float,
    expected: str = "",
    severity: Severity = Severity.WARNING,
) -> Problem:
    return Problem(
        "missing_roles",
        severity,
        what,
        recording=recording,
        expected=expected,
        todo=todo,
        value=value,
    )
