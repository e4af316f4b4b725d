"""What an import proposes where nobody has decided: the ethogram and the roles of keypoints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from boutwise.formats import LabelTrack
from boutwise.project.config import NO_ROLE
from boutwise.types import Behavior, Bout, Bouts, Ethogram, ExclusiveGroup, Observed
from boutwise.types.roles import propose_roles

GROUP = "activity"


def ethogram(
    tracks: Sequence[LabelTrack], bouts: Bouts, known: Ethogram | None
) -> tuple[Ethogram, str]:
    """Propose an ethogram from labels, and say how.

    Behaviors stand in the order in which the files name them. They exclude each other when
    every examined frame of a subject has exactly one of them, by the same annotator.

    Args:
        tracks: The labels as the files have them.
        bouts: The same on frames.
        known: The ethogram of the format, where it has one; further behaviors are appended.
    """
    names = list(known.names) if known else []
    named = dict.fromkeys(name for track in tracks for name in track.behaviors)
    names += [name for name in dict.fromkeys([*named, *bouts.behavior]) if name not in names]
    directed = {bout.behavior for bout in bouts.rows() if bout.target}
    points = _points(tracks)
    own = {behavior.name: behavior for behavior in known.behaviors} if known else {}
    behaviors = tuple(
        own[name]
        if name in own
        else Behavior(
            name,
            scope="directed" if name in directed else "individual",
            kind="point" if name in points else "state",
        )
        for name in names
    )
    if known and len(known.names) == len(names):
        return known, "the format's own"
    if known:
        return Ethogram(behaviors, known.groups), "the format's own and what else was labeled"
    groups, how = _groups(behaviors, bouts)
    return Ethogram(behaviors, groups), how


def joined(ethograms: Iterable[Ethogram]) -> Ethogram | None:
    """What several files say of behaviors, as one; of equal names the first counts.

    Groups of one name become one, with the members of all. None where nothing is said.
    """
    behaviors: dict[str, Behavior] = {}
    groups: dict[str, ExclusiveGroup] = {}
    for each in ethograms:
        for behavior in each.behaviors:
            behaviors.setdefault(behavior.name, behavior)
        for group in each.groups:
            before = groups.get(group.name, group)
            members = tuple(dict.fromkeys([*before.behaviors, *group.behaviors]))
            background = before.background or group.background
            groups[group.name] = ExclusiveGroup(group.name, members, background)
    if not behaviors:
        return None
    return Ethogram(tuple(behaviors.values()), tuple(groups.values()))


def _groups(
    behaviors: tuple[Behavior, ...], bouts: Bouts
) -> tuple[tuple[ExclusiveGroup, ...], str]:
    """Exclusive groups, one for each scope, and why; one animal tells nothing of pairs."""
    at_once = overlapping(bouts.rows())
    groups: list[ExclusiveGroup] = []
    words: dict[str, str] = {}
    for scope, label in (("individual", GROUP), ("directed", f"directed_{GROUP}")):
        free = [b.name for b in behaviors if b.scope == scope]
        both = sorted(at_once & set(free))
        if both:
            words[scope] = f"{', '.join(both)} were seen at once, so nothing excludes anything"
        elif len(free) < 2:
            continue
        elif _has_gaps(bouts, set(free)):
            # 'Exactly one at a time' is not so, and which behavior fills the gaps nobody has said.
            words[scope] = (
                "none excludes another: no two were seen at once, but there are frames without "
                "any; a group with a background in boutwise.yaml would make them exclusive"
            )
        else:
            groups.append(ExclusiveGroup(label, tuple(free)))
            words[scope] = "they exclude each other: each labeled frame has exactly one"
    if len({b.scope for b in behaviors}) == 1:
        return tuple(groups), words.get(behaviors[0].scope, "no exclusive group")
    whose = {"individual": "those of one animal", "directed": "those directed at another"}
    said = "; ".join(f"{whose[scope]}: {how}" for scope, how in words.items())
    return tuple(groups), said or "no exclusive group"


def _has_gaps(bouts: Bouts, names: set[str]) -> bool:
    """Whether a subject has examined frames in which it showed none of the behaviors."""
    pieces: dict[tuple[str, ...], list[Bout | Observed]] = {}
    everything: list[Bout | Observed] = [*bouts.rows(), *bouts.observed]
    for piece in everything:
        if piece.behavior in names:
            key = (piece.recording, piece.animal, piece.target, piece.annotator)
            pieces.setdefault(key, []).append(piece)
    for mine in pieces.values():
        shown, seen = np.zeros((2, max(piece.stop for piece in mine)), dtype=bool)
        for piece in mine:
            (shown if isinstance(piece, Bout) else seen)[piece.start : piece.stop] = True
        if (seen & ~shown).any():
            return True
    return False


def _points(tracks: Iterable[LabelTrack]) -> set[str]:
    """Behaviors of which every label has no length."""
    lengths: dict[str, float] = {}
    for track in tracks:
        for row in track.rows:
            lengths[row.behavior] = max(lengths.get(row.behavior, 0.0), row.stop - row.start)
    return {name for name, length in lengths.items() if length == 0}


def overlapping(bouts: Iterable[Bout]) -> set[str]:
    """Behaviors that were seen at once with another one, in one subject by one annotator."""
    subjects: dict[tuple[str, ...], list[Bout]] = {}
    for bout in bouts:
        if bout.state == "yes":
            key = (bout.recording, bout.animal, bout.target, bout.annotator)
            subjects.setdefault(key, []).append(bout)
    found: set[str] = set()
    for mine in subjects.values():
        found |= _overlapping_in(mine)
    return found


def _overlapping_in(bouts: list[Bout]) -> set[str]:
    names = sorted({bout.behavior for bout in bouts})
    stop = max(bout.stop for bout in bouts)
    shown = np.zeros((stop, len(names)), dtype=bool)
    for bout in bouts:
        shown[bout.start : bout.stop, names.index(bout.behavior)] = True
    double = shown.sum(axis=1) > 1
    return {name for place, name in enumerate(names) if shown[double, place].any()}


def roles(
    keypoints: Iterable[str], known: dict[str, str], of_format: dict[str, str]
) -> dict[str, str]:
    """Roles for keypoints that the project does not know yet; ``none`` where nobody can tell.

    Args:
        keypoints: Of all new pose files.
        known: Keypoint -> role, or ``none``, as the project has it.
        of_format: What the formats say.
    """
    new = [name for name in dict.fromkeys(keypoints) if name not in known]
    taken = set(known.values())
    guessed = propose_roles([name for name in new if name not in of_format])
    found: dict[str, str] = {}
    for name in new:
        role = of_format.get(name) or guessed.get(name) or NO_ROLE
        free = role == NO_ROLE or role not in taken
        found[name] = role if free else NO_ROLE
        taken.add(role)
    return found
