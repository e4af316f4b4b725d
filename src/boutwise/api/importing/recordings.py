"""Third step of an import: recordings with clock, animals, session and trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from boutwise.api.importing.drafts import Draft, pose_row
from boutwise.api.importing.facts import animals_of, session_of, trials_of, with_conditions
from boutwise.api.importing.metadata import AnimalFacts, Metadata
from boutwise.api.importing.reading import ImportOptions, defaults
from boutwise.api.importing.types import ImportPlan, PlannedRecording
from boutwise.errors import DataError
from boutwise.types import FrameClock, Problem, Recording, Session, Severity


def plan_recordings(
    found: Mapping[str, Draft],
    rates: Mapping[str, Sequence[float]],
    metadata: Metadata,
    options: ImportOptions,
    plan: ImportPlan,
    default_fps: float | None,
) -> dict[str, Recording]:
    """Give each draft its clock, animals, session and trials.

    Args:
        found: From :func:`drafts`.
        rates: Id -> frame rates that its label files state, for every recording with labels here.
        metadata: Tables that the user gave.
        options: What the user said.
        plan: Gets recordings, sessions, rows, notes and problems.
        default_fps: Of ``boutwise.yaml``.

    Raises:
        DataError: No frame rate anywhere.
    """
    done: dict[str, Recording] = {}
    sessions: dict[str, Session] = {}
    elsewhere = replace(
        options, fps=None, animal_pattern=None, session_pattern=None, trial_length=None
    )
    for name, draft in found.items():
        # What is said of the files of this import is not said of the project's other recordings.
        told = options if draft.file is not None or name in rates else elsewhere
        facts, how = animals_of(draft, metadata, told, plan)
        fps = _fps(draft, rates.get(name, ()), told, plan, default_fps)
        recording = Recording(
            name,
            draft.known.clock if draft.known else FrameClock.declared(draft.n_frames, fps),
            tuple(fact.animal.id for fact in facts),
            session=session_of(draft, facts, told) or (draft.known.session if draft.known else ""),
            trials=trials_of(draft, metadata, told, plan),
        )
        recording = with_conditions(recording, facts, sessions, plan)
        done[name] = recording
        _keep(draft, recording, facts, how, plan)
    plan.sessions = list(sessions.values())
    return done


def _keep(
    draft: Draft, recording: Recording, facts: Sequence[AnimalFacts], how: str, plan: ImportPlan
) -> None:
    known, file = draft.known, draft.file
    if known is not None and file is not None and known.n_frames != draft.n_frames:
        plan.contradictions.append(
            Problem(
                "import",
                Severity.BLOCKING,
                f"the pose file now has {draft.n_frames} frames",
                recording=draft.id,
                file=str(file.path),
                expected=f"{known.n_frames}, as when it was imported",
                todo="import it under another name, or into a new project",
            )
        )
    rename = known is not None and known.animals != recording.animals
    if known is not None and rename:
        old, new = ", ".join(known.animals), ", ".join(recording.animals)
        plan.notes.append(f"{draft.id}: its animals are renamed, from {old} to {new}")
    if file is not None:
        news = "new" if known is None else "unchanged" if file.contents is None else "changed"
        if known is not None and file.known is not None:
            news = "unchanged"
        plan.rows.append(
            replace(
                pose_row(file, draft.id, f"{how}: {', '.join(recording.animals)}", matched=True),
                n_rows=draft.n_frames,
                news=news,
            )
        )
    if file is None and not rename and known is not None:
        unchanged = (known.session, known.trials) == (recording.session, recording.trials)
        if unchanged:
            return
    path = file.path if file is not None else Path()
    plan.recordings.append(
        PlannedRecording(
            recording,
            path,
            file.found.format if file is not None else "",
            dict(file.options) if file is not None else {},
            tuple(fact.animal for fact in facts),
            draft.tracks,
            draft.keypoints,
            draft.roles,
            rename=rename,
            parsed=file.contents.pose if file is not None and file.contents else None,
            row_to_frame=file.contents.row_to_frame if file is not None and file.contents else None,
        )
    )


def _fps(
    draft: Draft,
    of_labels: Sequence[float],
    options: ImportOptions,
    plan: ImportPlan,
    default_fps: float | None,
) -> float:
    own = draft.file.contents.fps if draft.file and draft.file.contents else None
    if draft.known is not None:
        fps = draft.known.clock.fps
        if options.fps is not None and abs(options.fps - fps) > 1e-6:
            plan.contradictions.append(
                _rate_problem(draft, f"{options.fps:g}", f"{fps:g}, as in the project")
            )
        return fps
    of_format = defaults(draft.file.found.format).get("fps") if draft.file else None
    stated = sorted(set(of_labels))
    from_labels = stated[0] if len(stated) == 1 else None
    choices = [options.fps, own, from_labels, default_fps, of_format]
    rate = next((float(choice) for choice in choices if choice is not None), None)
    if rate is not None:
        # A reader hands back the rate that it was told, so the format's own is compared too.
        for other in dict.fromkeys([*stated, *(r for r in (own, of_format) if r is not None)]):
            if abs(other - rate) > 0.01:
                problem = _rate_problem(draft, f"{other:g}", f"{rate:g}, which is used")
                plan.problems.append(problem)
        return rate
    raise DataError(
        "nothing says how many frames a second has",
        recording=draft.id,
        file=draft.file.path if draft.file else None,
        todo="give it: --fps F (or defaults.fps in boutwise.yaml)",
    )


def _rate_problem(draft: Draft, said: str, expected: str) -> Problem:
    return Problem(
        "import",
        Severity.BLOCKING,
        f"a frame rate of {said} is stated",
        recording=draft.id,
        file=str(draft.file.path) if draft.file else "",
        expected=expected,
        todo="find out which is right, and give it by --fps",
    )
