"""``predict``: every frame of the recordings of a project or of files, written to a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from boutwise.api._ensembles import averaging_of
from boutwise.api._predicting_one import (
    detector_words,
    given_detector,
    open_bundles,
    stride_words,
)
from boutwise.api._predicting_task import More, predict_task
from boutwise.api._tasks import (
    Task,
    as_project,
    file_tasks,
    lacking,
    project_tasks,
    shard_of,
    video_tasks,
)
from boutwise.api._written import known_format, refuse_format
from boutwise.bundle import Bundle
from boutwise.errors import BoutwiseError, DataError, UsageError
from boutwise.formats._prediction import file_stem, read_facts, refuse_same_stems
from boutwise.inference import (
    Predictor,
    answers_trials,
    refuse_unexplained,
    write_manifest,
)
from boutwise.project import Project
from boutwise.report.explained_page import write_explained_page
from boutwise.store import Store

Say = Callable[[int, int, str], None]


@dataclass(frozen=True)
class PredictResult:
    """What became of each recording.

    Attributes:
        done: Recordings predicted now.
        kept: Recordings whose files were there before, made by the same bundles.
        failed: Recording -> why.
        directory: Where the files are.
        without_pose: Recordings of the project of which there is not what the bundles read: left
            out.
        reads: What the bundles read of a recording: ``pose``, ``video`` or both.
        page: The page that explains the scores; None when it was not asked for.
        crowded: Recording -> its animals, and the most in any recording of training, for those that
            have more.
        in_data: Whether every failure lies in the data: a file cannot be read, or does not fit.
        notes: How the probabilities came about, where that is not as a bundle was trained:
            an average, a stride, another detector.
    """

    done: tuple[str, ...]
    kept: tuple[str, ...]
    failed: Mapping[str, str]
    directory: Path
    without_pose: tuple[str, ...] = ()
    reads: tuple[str, ...] = ("pose",)
    page: Path | None = None
    crowded: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    in_data: bool = False
    notes: tuple[str, ...] = ()


def predict_files(
    bundles: Sequence[Bundle | str | Path],
    sources: Sequence[str | Path] | Project,
    out: str | Path,
    *,
    format: str | None = None,
    mapping: str | Path | None = None,
    fps: float | None = None,
    only: str | None = None,
    shard: tuple[int, int] | None = None,
    cache: str | Path | None = None,
    write: str | None = None,
    explain: bool = False,
    overlay: bool = False,
    stride: int = 1,
    detector: str | Mapping[str, Any] | None = None,
    say: Say | None = None,
) -> PredictResult:
    """Predict many recordings into a folder; a recording that is done is not done again.

    Args:
        bundles: Averaged when there are several.
        sources: Pose files, folders of them, or one project.
        out: Folder of the files.
        format: Of the source files.
        mapping: YAML file that describes plain tables.
        fps: Frame rate where the files do not state it.
        only: Query, for a project.
        shard: ``(i, n)``: only every n-th recording, from 1 to n.
        cache: Folder for computed features; by default the project's store, else none.
        write: Name of one more format to write for each recording.
        explain: Write also what the scores were made of, and a page about it.
        overlay: Write also each video with its prediction drawn into it.
        stride: Score only one frame in so many; scores between are interpolated, so that every
            frame has probabilities. 1 = as each bundle was trained.
        detector: How animals are found in the videos, in place of what the bundles were trained
            with: a name, or ``{NAME: {option: value}}``. What is written says so.
        say: Called with (done, total, words).

    Raises:
        BundleError: With ``explain``, when no member can be explained.
        UsageError: An option has no meaning for these bundles or sources.
    """
    say = say or (lambda done, total, words: None)
    out = Path(out)
    if write is not None:
        write = known_format(write)
    if out.exists() and not out.is_dir():
        raise UsageError("this is a file, not a folder", file=out, todo="choose another --out")
    _refuse_out_among(sources, out)
    opened = open_bundles(bundles)
    if write is not None:
        refuse_format(write, out, opened[0].ethogram)
    more = More(write, explain, overlay)
    if answers_trials(opened[0]):
        _refuse_of_trials(more, stride)
    project = as_project(sources)
    store = Store(cache) if cache else (project.store if project else None)
    averaging = averaging_of(opened)
    other = given_detector(opened, detector)
    predictor = Predictor(opened, store=store, stride=stride, refit=averaging.refit, detector=other)
    words = (averaging.words, *stride_words(predictor), *detector_words(predictor))
    notes = tuple(each for each in words if each)
    unexplained = refuse_unexplained(predictor) if explain else ()
    options = {"format": format, "mapping": mapping}
    _refuse_unheeded({"only": only} if project is None else {**options, "fps": fps}, project)
    reads = tuple(sorted({what for bundle in opened for what in bundle.reads}))
    if project is not None:
        tasks = project_tasks(project, only, reads, draws=overlay)
    else:
        assert not isinstance(sources, Project)
        tasks = _tasks_of_files(opened, sources, options, fps, store=store)
    refuse_same_stems(task.recording for task in tasks)
    if shard is not None:
        tasks = [task for task in tasks if shard_of(task.recording, shard[1]) == shard[0] - 1]
    result = _predict_all(predictor, tasks, out, more, say)
    write_manifest(out, opened, result.failed)
    page = None
    if explain and (result.done or result.kept):
        page = write_explained_page(out, unexplained=unexplained)
    say(len(tasks), len(tasks), "done")
    return replace(
        result,
        without_pose=() if project is None else lacking(project, only, reads),
        reads=reads,
        page=page,
        crowded=_crowded(out, [*result.done, *result.kept]),
        notes=notes,
    )


def _predict_all(
    predictor: Predictor, tasks: Sequence[Task], out: Path, more: More, say: Say
) -> PredictResult:
    """Predict one recording after the other; one that fails does not stop the others."""
    done: list[str] = []
    kept: list[str] = []
    failed: dict[str, str] = {}
    in_data = True
    for count, task in enumerate(tasks):
        say(count, len(tasks), task.recording)
        try:
            new = predict_task(predictor, task, out, more, say=partial(say, count, len(tasks)))
        except BoutwiseError as error:
            failed[task.recording] = str(error)
            in_data &= error.exit_code == DataError.exit_code
            continue
        except OSError as error:
            in_data = False
            failed[task.recording] = (
                f"the system refused: {error}\n  where: {error.filename or out}\n  what to do: "
                "look at the room and the rights on the disk, and run the same command again"
            )
            continue
        (done if new else kept).append(task.recording)
    return PredictResult(tuple(done), tuple(kept), failed, out, in_data=in_data and bool(failed))


def _refuse_of_trials(more: More, stride: int) -> None:
    """Refuse what has no meaning for a bundle that answers whole trials."""
    given = {
        "--explain": more.explain,
        "--write": more.write,
        "--overlay": more.overlay,
        "--stride": stride > 1,
    }
    asked = [option for option, value in given.items() if value]
    if asked:
        raise UsageError(
            "a bundle that answers trials writes one table, and explains nothing",
            todo=f"leave {asked[0]} out",
        )


def _tasks_of_files(
    bundles: Sequence[Bundle],
    sources: Sequence[str | Path],
    options: dict[str, Any],
    fps: float | None,
    *,
    store: Store | None,
) -> list[Task]:
    """The recordings of files: pose files or videos, as the bundles read the one or the other.

    Raises:
        UsageError: They read both, and nothing says which files belong together.
    """
    reads = {what for bundle in bundles for what in bundle.reads}
    if reads == {"video"}:
        return video_tasks(sources, {**options, "fps": fps}, store=store)
    if reads == {"pose"}:
        roles = [bundle.keypoint_roles for bundle in bundles]
        return file_tasks(sources, options, fps, known_roles=roles)
    raise UsageError(
        "the bundle reads pose and video of each recording",
        expected="a project, which knows which files belong together",
        todo="import both into a project ('boutwise import'), and predict that",
    )


def _refuse_out_among(sources: Sequence[str | Path] | Project, out: Path) -> None:
    """Refuse to write where the next call would look for what there is to predict.

    Raises:
        UsageError: The folder of the results is that of a source, or within it.
    """
    if as_project(sources) is not None:
        return
    assert not isinstance(sources, Project)
    place = out.resolve()
    for source in map(Path, sources):
        if source.is_dir() and source.resolve() in (place, *place.parents):
            raise UsageError(
                "the results would lie among what is predicted, and be predicted the next time",
                file=out,
                expected="a folder outside of the sources",
                todo=f"choose another --out, which is not in {source}",
            )


def _crowded(out: Path, recordings: Sequence[str]) -> dict[str, tuple[int, int]]:
    """What the files of these recordings say of animals that training never saw together."""
    found = {}
    for name in recordings:
        told = read_facts(out / f"{file_stem(name)}.frames.parquet").get("more_animals")
        if told:
            found[name] = (told["here"], told["in_training"])
    return found


def _refuse_unheeded(given: Mapping[str, Any], project: Project | None) -> None:
    """An option that the source cannot heed is not passed over in silence."""
    for option, value in given.items():
        if value is not None:
            raise UsageError(
                f"--{option} has no meaning for {'files' if project is None else 'a project'}",
                expected="a project" if project is None else "pose files or folders of them",
                todo="leave it out; a project knows the rates and formats of its recordings"
                if project
                else "leave it out, or name the files that are meant",
            )
