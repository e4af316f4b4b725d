"""How many frames a second each recording of an import has, and who says so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from boutwise.api.importing.draft import Draft
from boutwise.api.importing.drafts import pose_row
from boutwise.api.importing.labels_only import refuse_endless
from boutwise.api.importing.matched import Matched, label_row
from boutwise.api.importing.reading import ImportOptions, defaults, problem_of
from boutwise.api.importing.types import ImportPlan
from boutwise.api.importing.video_clock import same_rate
from boutwise.errors import DataError
from boutwise.types import FrameClock, Problem, Severity

NOT_HERE = (
    "if the project's rate is right, leave --fps out; if it is wrong, import into a new project "
    "with the right one: labels were put on frames by the old rate"
)
"""What to do of a rate that is found to be wrong when the recording is there already."""


def all_rates(
    found: dict[str, Draft],
    labels: Mapping[str, Sequence[Matched]],
    said: Mapping[str, ImportOptions],
    plan: ImportPlan,
    default_fps: float | None,
) -> dict[str, float]:
    """Frame rate of each recording; those without one leave ``found``, and the plan says so."""
    rates: dict[str, float] = {}
    faults: dict[str, DataError] = {}
    for name, draft in found.items():
        try:
            mine = labels.get(name, ())
            fps = _fps(draft, _rates(mine), said[name], plan, default_fps)
            if draft.shown is None:
                refuse_endless(draft, [one.track for one in mine], fps)
            rates[name] = fps
        except DataError as error:
            faults[name] = error
    others = [name for name in rates if found[name].touched or name in labels]
    if faults and (plan.strict or not others):
        raise next(iter(faults.values()))
    for name, fault in faults.items():
        draft = found.pop(name)
        mine = labels.get(name, ())
        if draft.file is not None:
            plan.rows.append(pose_row(draft.file, name, fault.what, matched=False))
        plan.rows += [label_row(one.file, one.track, False, fault.what) for one in mine]
        file = draft.file or mine[0].file
        plan.problems.append(problem_of(fault, file.path, name))
    return rates


def _rates(labels: Sequence[Matched]) -> list[float]:
    """Frame rates that label files state."""
    said = (one.track.fps or (one.file.contents and one.file.contents.fps) for one in labels)
    return [rate for rate in said if rate]


def _fps(
    draft: Draft,
    of_labels: Sequence[float],
    options: ImportOptions,
    plan: ImportPlan,
    default_fps: float | None,
) -> float:
    own = draft.file.contents.fps if draft.file and draft.file.contents else None
    if draft.known is not None:
        clock = draft.known.clock
        for said in dict.fromkeys([options.fps, own if draft.first_pose else None]):
            if said is not None and _contradicts(said, clock):
                expected = f"{clock.fps:g}, as in the project"
                problem = _rate_problem(draft, f"{said:g}", expected)
                plan.contradictions.append(replace(problem, todo=NOT_HERE))
        return clock.fps
    of_format = defaults(draft.format).get("fps") if draft.format else None
    stated = sorted(set(of_labels))
    from_labels = stated[0] if len(stated) == 1 else None
    times = None if draft.video is None else draft.video.index.clock
    of_video = None if times is None else times.fps
    told = options.fps
    if times is not None and told is not None and same_rate(told, times):
        told = None  # a round figure for the same rate
    choices = [told, of_video, own, from_labels, default_fps, of_format]
    rate = next((float(choice) for choice in choices if choice is not None), None)
    if rate is not None:
        # A reader hands back the rate that it was told, so the format's own is compared too.
        others = [*stated, *(r for r in (of_video, own, of_format) if r is not None)]
        for other in dict.fromkeys(others):
            nearly = times is not None and told is None and same_rate(other, times)
            if abs(other - rate) > 0.01 and not nearly:
                problem = _rate_problem(draft, f"{other:g}", f"{rate:g}, which is used")
                plan.problems.append(problem)
        return rate
    raise DataError(
        "nothing says how many frames a second has",
        recording=draft.id,
        file=draft.path or None,
        todo="give it: --fps F (or defaults.fps in boutwise.yaml)",
    )


def _contradicts(said: float, clock: FrameClock) -> bool:
    """Whether a stated rate is another one than that of a recording of the project."""
    return abs(said - clock.fps) > 1e-6 and not (clock.kind == "pts" and same_rate(said, clock))


def _rate_problem(draft: Draft, said: str, expected: str) -> Problem:
    return Problem(
        "import",
        Severity.BLOCKING,
        f"a frame rate of {said} is stated",
        recording=draft.id,
        file=draft.path,
        expected=expected,
        todo="find out which is right, and give it by --fps",
    )
