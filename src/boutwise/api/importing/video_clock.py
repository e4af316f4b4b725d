"""Which times the frames of a recording with a video have, and where video and project differ."""

from __future__ import annotations

from boutwise.api.importing.draft import Draft
from boutwise.api.importing.types import ImportPlan
from boutwise.project.recordings import CLOCKS_AGREE
from boutwise.types import FrameClock, Problem, Recording, Severity

SAME_RATE = 0.01
"""Share by which a rate that somebody names may differ from that of the video: who says 30 means
29.97 too, and the video knows it better."""


def same_rate(said: float, clock: FrameClock) -> bool:
    """Whether a rate in round figures is that of a clock: the usual one, or that of the whole.

    >>> clock = FrameClock.declared(900, fps=29.97)
    >>> same_rate(30, clock), same_rate(25, clock)
    (True, False)
    """
    whole = clock.n_frames / clock.duration_s if clock.duration_s else clock.fps
    return any(abs(said - rate) <= SAME_RATE * rate for rate in (clock.fps, whole))


def clock_with_video(draft: Draft, fps: float) -> FrameClock | None:
    """The clock of a recording with a video; None where it has none.

    The times are those of the video, unless somebody declared another rate: a video in slow
    motion, for instance.

    Args:
        draft: The recording, with its number of frames.
        fps: Rate that was found for it.
    """
    if draft.video is None:
        return None
    known, times = draft.known, draft.video.index.clock
    if known is None:
        return times if same_rate(fps, times) else FrameClock.declared(draft.n_frames, fps)
    if known.clock.kind == "pts" or draft.video.news in ("unchanged", "moved"):
        return known.clock
    if same_rate(known.clock.fps, times):
        return times
    return FrameClock.declared(draft.n_frames, known.clock.fps)


def tell_other_times(draft: Draft, plan: ImportPlan) -> None:
    """Report timestamps of a pose file that are not those of its video."""
    contents = draft.file.contents if draft.file is not None else None
    if draft.video is None or contents is None or contents.times_s is None:
        return
    times = draft.video.index.clock
    if contents.times_s.size != times.n_frames:
        return  # told as rows that are not as many as frames
    off = times.apart(FrameClock.from_pts(contents.times_s - contents.times_s[0]))
    if off > CLOCKS_AGREE:
        plan.problems.append(
            Problem(
                "import",
                Severity.BLOCKING,
                f"the timestamps of the pose are up to {off:.1f} frames from those of the video",
                recording=draft.id,
                file=draft.path,
                expected="the times of the video, which are used",
                todo="find out whether the pose is of this video",
                value=off,
            )
        )


def refuse_other_video(draft: Draft, told_fps: float | None, plan: ImportPlan) -> None:
    """Report why a video cannot be that of a recording of the project.

    Args:
        draft: A recording of the project, with a video of this import.
        told_fps: What ``--fps`` says.
        plan: Gets the contradiction.
    """
    known, video = draft.known, draft.video
    if known is None or video is None or video.news in ("unchanged", "moved"):
        return
    problem = _frames(draft, known) or _times(draft, known, told_fps)
    if problem is not None:
        plan.contradictions.append(problem)


def _frames(draft: Draft, known: Recording) -> Problem | None:
    assert draft.video is not None
    n_frames = draft.video.index.n_frames
    if n_frames == known.n_frames or (known.open_end and n_frames > known.n_frames):
        return None
    least = "at least " if known.open_end else ""
    counted = "up to the last of its labels" if known.open_end else "as the project has it"
    return _problem(
        draft,
        f"the video has {n_frames} frames",
        f"{least}{known.n_frames}: the recording {counted}",
        "import the video, pose and labels together into a new project, and say there by --rows "
        "which frame each row of pose is; or look whether it is the video of another recording",
        float(n_frames - known.n_frames),
    )


def _times(draft: Draft, known: Recording, told_fps: float | None) -> Problem | None:
    assert draft.video is not None
    clock, times = known.clock, draft.video.index.clock
    off = clock.apart(times)
    if off <= CLOCKS_AGREE:
        return None
    slowed = clock.kind == "declared" and not same_rate(clock.fps, times)
    if slowed and told_fps is not None and same_rate(told_fps, clock):
        return None  # the video was saved with a rate that is not true, and somebody says so
    rates = f"{clock.fps:.6g} frames/s in the project, {times.fps:.6g} in the video"
    todo = (
        "labels that were given in seconds lie on other frames by the times of the video: import "
        "video, pose and labels together into a new project, without --fps"
    )
    if slowed:
        todo += f"; if the video is in slow motion, say the true rate: --fps {clock.fps:g}"
    return _problem(
        draft,
        f"the times of the video are up to {off:.1f} frames from those of the project: {rates}",
        "the same times, to half a frame",
        todo,
        off,
    )


def _problem(draft: Draft, what: str, expected: str, todo: str, value: float) -> Problem:
    file = str(draft.video.path) if draft.video is not None else ""
    return Problem(
        "import",
        Severity.BLOCKING,
        what,
        recording=draft.id,
        file=file,
        expected=expected,
        todo=todo,
        value=value,
    )
