"""What a plan says of recordings whose keypoints differ, as those of several labs do."""

from __future__ import annotations

from boutwise.planning.fingerprint import Fingerprint

NAMED = 6
"""Roles that are named; of more there is a number."""


def keypoint_reasons(facts: Fingerprint) -> dict[str, str]:
    """Under ``keypoints`` which roles only some recordings have, and what becomes of them."""
    if not facts.partial_roles:
        return {}
    rare = sorted(facts.partial_roles.items(), key=lambda pair: (pair[1], pair[0]))
    named = ", ".join(f"{role} ({count})" for role, count in rare[:NAMED])
    more = f" and {len(rare) - NAMED} more" if len(rare) > NAMED else ""
    words = (
        f"of {facts.recordings} recordings some have keypoints that others lack: {named}{more}; "
        "features that need them are missing (NaN) in the others"
    )
    if len(facts.trunks) > 1:
        ends = "; ".join(f"{trunk} in {count}" for trunk, count in facts.trunks.items())
        words += (
            f". The trunk is not marked by the same points everywhere ({ends}), so features that "
            "are measured from it have one name and mean not quite the same"
        )
    return {"keypoints": words}
