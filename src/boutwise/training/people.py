"""What people reach with each other: the ceiling that stands beside the score of a run."""

from __future__ import annotations

from typing import Any

from boutwise.metrics import RaterAgreement, agree, summed_up
from boutwise.metrics._scores import as_plain
from boutwise.planning.raters import Raters
from boutwise.project import Project
from boutwise.training.snapshot import Snapshot


def people(project: Project, snapshot: Snapshot) -> dict[str, Any] | None:
    """Agreement of every two people who labeled a recording of the run; None without two.

    Returns:
        ``annotators``, ``n_pairs``, ``n_animals``, and of the labels as they are ``macro_f1``,
        ``kappa`` and ``bout_f1`` (one a threshold of the page), each a mean over animals with its
        interval; ``macro_f1_aligned``, with the offsets between their clocks taken out; ``text``.
    """
    raters = Raters(project, snapshot.ethogram)
    names = sorted({entry.subject.recording for entry in snapshot.entries})
    pairs = [
        pair
        for name in names
        for rated in raters.subjects(project.recording(name))
        for pair in agree(rated)
    ]
    if not pairs:
        return None
    found = summed_up(snapshot.ethogram, pairs, [], raters.notes)
    overall = found.given.overall
    return {
        "annotators": sorted({name for pair in pairs for name in pair.annotators}),
        "n_pairs": found.given.n_pairs,
        "n_animals": found.given.n_animals,
        "macro_f1": as_plain(overall["macro_f1"]),
        "macro_f1_aligned": as_plain(found.aligned.overall["macro_f1"]),
        "kappa": as_plain(overall["kappa"]),
        "bout_f1": {
            name.removeprefix("bout_f1@"): as_plain(value)
            for name, value in overall.items()
            if name.startswith("bout_f1@")
        },
        "notes": list(found.notes),
        "text": _words(found),
    }


def _words(found: RaterAgreement) -> str:
    given, aligned = (each.overall["macro_f1"].value for each in (found.given, found.aligned))
    text = (
        f"two people who labeled the same recordings reach a macro-F1 of {given:.3f} with each "
        f"other (Cohen's kappa {found.given.overall['kappa'].value:.3f}, {found.given.n_pairs} "
        f"pairs, {found.given.n_animals} animals)"
    )
    if aligned > given + 0.005:
        text += f"; {aligned:.3f} with the offset between their clocks taken out"
    return text
