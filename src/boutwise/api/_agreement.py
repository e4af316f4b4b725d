"""``agreement``: how well the people agree who labeled the same recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from boutwise.errors import DataError, UsageError, did_you_mean
from boutwise.metrics import PairAgreement, RaterAgreement, agree, fleiss, summed_up
from boutwise.metrics._raters import MAX_OFFSET_S
from boutwise.planning.raters import Raters
from boutwise.project import Project
from boutwise.report.rater_page import write_rater_page
from boutwise.types import Ethogram

Say = Callable[[int, int, str], None]


def agreement(
    project: Project,
    *,
    only: str | None = None,
    annotators: Sequence[str] | None = None,
    behaviors: Sequence[str] | None = None,
    zero_at: str = "",
    max_offset_s: float = MAX_OFFSET_S,
    html: str | Path | None = None,
    say: Say | None = None,
) -> RaterAgreement:
    """Compare every two annotators on the frames that both examined.

    What comes back has the agreement of the labels as they are, the offset between every two
    clocks, and the agreement with that offset taken out; no label is changed.

    Args:
        project: With labels of several annotators.
        only: Query for recordings.
        annotators: Who is compared; by default everybody.
        behaviors: What is compared; by default every behavior but ``zero_at``.
        zero_at: A behavior that marks the start of the session, such as ``Start``: each
            annotator's first bout of it becomes his frame 0. What lies before it is left out.
        max_offset_s: Largest offset between two clocks that is looked for, seconds.
        html: Where to write a page with pictures.
        say: Called with (done, total, words).

    Raises:
        DataError: No two annotators labeled the same frames.
        UsageError: An annotator or behavior that is not there.
    """
    ethogram = _ethogram(project, behaviors, zero_at)
    _known(project.annotators(), annotators)
    raters = Raters(project, ethogram, zero_at, annotators)
    recordings = project.recordings(only)
    pairs, kappas = [], []
    for done, recording in enumerate(recordings):
        if say is not None:
            say(done, len(recordings), recording.id)
        for rated in raters.subjects(recording):
            pairs += agree(rated, max_offset_s=max_offset_s)
            if len(rated.states) > 2:
                kappas.append((rated.unit, fleiss(rated)))
    if say is not None:
        say(len(recordings), len(recordings), "compared")
    if not pairs:
        raise DataError(
            "no two annotators labeled the same frames"
            + (f"; {raters.notes[0]}" if raters.notes else ""),
            file=project.root,
            expected="labels of two people for the same recordings",
            todo="import the labels of the second one; where files do not name their "
            "annotator, the guide to importing says how to",
        )
    notes = [*raters.notes, *_unshared(pairs, ethogram)]
    found = summed_up(ethogram, pairs, kappas, notes)
    if html is not None:
        _write(project, found, raters, Path(html))
    return found


def _ethogram(project: Project, behaviors: Sequence[str] | None, zero_at: str) -> Ethogram:
    whole = project.ethogram
    for name in [*(behaviors or ()), *([zero_at] if zero_at else [])]:
        if name not in whole.names:
            raise UsageError(f"there is no behavior '{name}'", todo=did_you_mean(name, whole.names))
    return whole.only(behaviors or [name for name in whole.names if name != zero_at])


def _known(there: Sequence[str], asked: Sequence[str] | None) -> None:
    for name in asked or ():
        if name not in there:
            raise UsageError(f"nobody named '{name}' labeled", todo=did_you_mean(name, there))
    if asked is not None and len(set(asked)) < 2:
        raise UsageError("one annotator alone cannot be compared", expected="two or more names")


def _unshared(pairs: Sequence[PairAgreement], ethogram: Ethogram) -> Iterator[str]:
    """Behaviors that were not compared because one of two people did not look for them."""
    for name in ethogram.names:
        mine = [pair for pair in pairs if name in pair.unshared]
        if mine:
            first = f"{mine[0].subject}, {' and '.join(mine[0].annotators)}"
            yield (
                f"'{name}' is not compared in {len(mine)} of {len(pairs)} pairs (the first: "
                f"{first}): as far as the files tell, only one of the two looked for it; where "
                "both did, say so when importing (rules: {examined: all})"
            )


def _write(project: Project, found: RaterAgreement, raters: Raters, path: Path) -> None:
    """The page, with the labels of the subject on which each two annotators agree least."""
    shown = []
    for names in sorted({pair.annotators for pair in found.pairs}):
        mine = [pair for pair in found.pairs if pair.annotators == names]
        worst = min(mine, key=lambda pair: (_last(pair.given.overall["kappa"]), pair.subject))
        recording = project.recording(worst.subject.recording)
        silent = Raters(raters.project, raters.ethogram, raters.zero_at, names)
        rated = next(r for r in silent.subjects(recording) if r.subject == worst.subject)
        shown.append((worst, rated))
    write_rater_page(found, shown, path)


def _last(kappa: float) -> float:
    """A kappa to sort by; one that is not defined comes last."""
    return kappa if kappa == kappa else 2.0
