"""Animals, session, conditions and trials of the recordings of an import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from boutwise.api.importing.draft import Draft, names_of
from boutwise.api.importing.metadata import (
    AnimalFacts,
    Metadata,
)
from boutwise.api.importing.patterns import by_pattern, session_by_pattern
from boutwise.api.importing.reading import ImportOptions, defaults
from boutwise.api.importing.types import ImportPlan
from boutwise.errors import UsageError
from boutwise.types import Animal, Problem, Recording, Session, Severity, Trial

IN_PROJECT = "in the project"
"""How animals are known that nobody declares now."""


def animals_of(
    draft: Draft, metadata: Metadata, options: ImportOptions, plan: ImportPlan
) -> tuple[list[AnimalFacts], str]:
    """The animals of a recording in the order of its pose, and how they are known."""
    n, known = len(draft.tracks), draft.known
    declared, how = declared_animals(draft, metadata, options, plan)
    if declared:
        ordered = _in_order(declared, draft.tracks)
        if len(ordered) == n:
            return ordered, how
        warn(
            plan,
            draft,
            f"{len(declared)} animals are declared, and the pose has {n}: "
            + ", ".join(draft.tracks),
            "declare each animal of the pose once, in its order or with a column 'track'",
            Severity.BLOCKING,
        )
    if known is not None:
        same = draft.first_pose and set(draft.tracks) == set(known.animals)
        names = draft.tracks if same else known.animals
        return [AnimalFacts(Animal(name)) for name in names], IN_PROJECT
    own = draft.file.contents.animals if draft.file and draft.file.contents else ()
    if own and len(own) == n:
        return [AnimalFacts(animal) for animal in own], "animals as the file says"
    pattern = defaults(draft.format).get("animal_pattern") if draft.format else None
    if pattern and options.animal_pattern is None:
        declared = by_pattern(str(pattern), draft.name)
        if len(declared) == max(n, 1):  # labels alone name none, and are of one
            return declared, f"animals by the format's pattern {pattern}"
    if n > 1 or (n and not draft.posed):
        file = "pose" if draft.posed else "label"
        _undeclared(plan, draft, f"named as in the {file} file: {', '.join(draft.tracks)}")
        return [AnimalFacts(Animal(name)) for name in draft.tracks], "animals as in the file"
    _undeclared(plan, draft, "named after the recording")
    return [AnimalFacts(Animal(draft.id))], "animal named after the recording"


def declared_animals(
    draft: Draft, metadata: Metadata, options: ImportOptions, plan: ImportPlan
) -> tuple[list[AnimalFacts], str]:
    """Animals of a recording by the table or by the pattern, and which; empty without both."""
    declared = metadata.animals_of(names_of(draft))
    if declared or options.animal_pattern is None:
        return declared, "animals declared"
    place = draft.file.path.stem if draft.file is not None else draft.name
    declared = by_pattern(options.animal_pattern, place)
    if not declared:
        warn(plan, draft, f"the animal pattern does not fit '{place}'", "change the pattern")
    return declared, "animals by the pattern"


def _in_order(declared: Sequence[AnimalFacts], tracks: Sequence[str]) -> list[AnimalFacts]:
    by_track = {fact.track: fact for fact in declared if fact.track}
    if not by_track:
        return list(declared)
    return [by_track[track] for track in tracks if track in by_track]


def _undeclared(plan: ImportPlan, draft: Draft, how: str) -> None:
    warn(
        plan,
        draft,
        f"no animals were declared; they are {how}",
        "give --animals or an animal pattern: animals are what scores are split by",
    )


def warn(
    plan: ImportPlan,
    draft: Draft,
    what: str,
    todo: str,
    severity: Severity = Severity.WARNING,
) -> None:
    """Report something about a recording."""
    plan.problems.append(
        Problem("import", severity, what, recording=draft.id, file=draft.path, todo=todo)
    )


def session_of(draft: Draft, facts: Sequence[AnimalFacts], options: ImportOptions) -> str:
    """Session of a recording: declared, by the pattern, or as the project has it."""
    named = [fact.session for fact in facts if fact.session]
    if named:
        return named[0]
    if options.session_pattern is not None:
        place = draft.file.path.stem if draft.file is not None else draft.name
        return session_by_pattern(options.session_pattern, place)
    return draft.known.session if draft.known is not None else ""


def with_conditions(
    recording: Recording,
    facts: Sequence[AnimalFacts],
    sessions: dict[str, Session],
    plan: ImportPlan,
) -> Recording:
    """The recording with a session, when its animals have conditions; the session is noted."""
    conditions = {f.animal.id: f.condition for f in facts if f.condition is not None}
    if conditions and not recording.session:
        plan.notes.append(
            f"{recording.id}: a condition needs a session; it is named after the recording"
        )
        recording = replace(recording, session=recording.id)
    if recording.session:
        date = next((fact.date for fact in facts if fact.date), "")
        old = sessions.get(recording.session, Session(recording.session))
        for animal, condition in conditions.items():
            if old.conditions.get(animal, condition) != condition:
                plan.contradictions.append(
                    Problem(
                        "import",
                        Severity.BLOCKING,
                        f"animal '{animal}' has two conditions in session '{old.id}'",
                        recording=recording.id,
                        expected="one condition of an animal in a session",
                        todo="give the second condition a session of its own",
                    )
                )
        sessions[old.id] = Session(old.id, old.date or date, {**old.conditions, **conditions})
    return recording


def trials_of(
    draft: Draft, metadata: Metadata, options: ImportOptions, plan: ImportPlan
) -> tuple[Trial, ...]:
    """Trials of a recording: declared, a grid, or as the project has them."""
    trials = metadata.trials_of(names_of(draft))
    known = draft.known.trials if draft.known is not None else ()
    if not trials and draft.file is not None and draft.file.contents is not None:
        trials = draft.file.contents.trials
    if not trials and options.trial_length is not None:
        trials = known or grid(draft.n_frames, options.trial_length)
        left = draft.n_frames % options.trial_length
        if left and not known:
            warn(
                plan,
                draft,
                f"{draft.n_frames} frames are {len(trials)} trials of {options.trial_length} and "
                f"{left} frames",
                "check the length of the trials; the last frames are in no trial",
            )
    if trials and known and trials != known:
        plan.contradictions.append(
            Problem(
                "import",
                Severity.BLOCKING,
                "other trials are declared than the project has",
                recording=draft.id,
                expected=f"the {len(known)} trials of the project",
                todo="import into a new project",
            )
        )
    if trials and trials[-1].stop_frame > draft.n_frames:
        plan.contradictions.append(
            Problem(
                "import",
                Severity.BLOCKING,
                f"trial {trials[-1].number} ends at frame {trials[-1].stop_frame}",
                recording=draft.id,
                expected=f"at most {draft.n_frames}, the end of the recording",
                todo="mend the trials",
            )
        )
        return known
    return trials or known


def grid(n_frames: int, length: int) -> tuple[Trial, ...]:
    """Trials of equal length, numbered from 1; what is left at the end is in no trial.

    >>> [trial.first_frame for trial in grid(1080, 360)]
    [0, 360, 720]
    """
    if length < 1:
        raise UsageError(f"a trial cannot have {length} frames", expected="1 or more")
    return tuple(Trial(i + 1, i * length, length) for i in range(n_frames // length))
