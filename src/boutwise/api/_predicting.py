"""``predict``: every frame of the recordings of a project or of files, written to a folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boutwise import registry
from boutwise.api._predicting_one import open_bundles
from boutwise.api._tasks import (
    Task,
    as_project,
    file_tasks,
    lacking,
    project_tasks,
    shard_of,
    video_tasks,
)
from boutwise.bundle import Bundle
from boutwise.bundle.fitting import absent_roles, crowd, unknown_keypoints
from boutwise.errors import BoutwiseError, DataError, UsageError, did_you_mean
from boutwise.formats._prediction import file_stem, read_facts, refuse_same_stems
from boutwise.formats._trial_prediction import ENDING, read_trial_facts
from boutwise.inference import (
    Predictor,
    answers_trials,
    explained_from,
    predict_trials,
    prediction_bouts,
    refuse_unexplained,
    write_explanations,
    write_manifest,
    write_prediction,
    write_trial_prediction,
)
from boutwise.inference import explain as explain_recording
from boutwise.prepare import Material
from boutwise.project import Project
from boutwise.report.explained_page import write_explained_page
from boutwise.store import Store

TABLES = (".bouts.csv", ".observed.csv")
"""What lies beside the frames of a recording that is done."""

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
        page: The page that explains the scores; None when it was not asked for.
        crowded: Recording -> its animals, and the most in any recording of training, for those that
            have more.
        in_data: Whether every failure lies in the data: a file cannot be read, or does not fit.
    """

    done: tuple[str, ...]
    kept: tuple[str, ...]
    failed: Mapping[str, str]
    directory: Path
    without_pose: tuple[str, ...] = ()
    page: Path | None = None
    crowded: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    in_data: bool = False


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
        say: Called with (done, total, words).

    Raises:
        BundleError: With ``explain``, when no member can be explained.
    """
    say = say or (lambda done, total, words: None)
    out = Path(out)
    if write is not None:
        _suffix(write)  # refuses a format that cannot be written, before hours of work
    if out.exists() and not out.is_dir():
        raise UsageError("this is a file, not a folder", file=out, todo="choose another --out")
    opened = open_bundles(bundles)
    if answers_trials(opened[0]) and (write is not None or explain):
        raise UsageError(
            "a bundle that answers trials writes one table, and explains nothing",
            todo=f"leave {'--explain' if explain else '--write'} out",
        )
    project = as_project(sources)
    store = Store(cache) if cache else (project.store if project else None)
    predictor = Predictor(opened, store=store)
    unexplained = refuse_unexplained(predictor) if explain else ()
    options = {"format": format, "mapping": mapping}
    _refuse_unheeded({"only": only} if project is None else {**options, "fps": fps}, project)
    reads = tuple(sorted({what for bundle in opened for what in bundle.reads}))
    if project is not None:
        tasks = project_tasks(project, only, reads)
    else:
        assert not isinstance(sources, Project)
        tasks = _tasks_of_files(opened, sources, options, fps, store=store)
    refuse_same_stems(task.recording for task in tasks)
    if shard is not None:
        tasks = [task for task in tasks if shard_of(task.recording, shard[1]) == shard[0] - 1]
    done: list[str] = []
    kept: list[str] = []
    failed: dict[str, str] = {}
    in_data = True
    for count, task in enumerate(tasks):
        say(count, len(tasks), task.recording)
        try:
            new = _predict_task(predictor, task, out, write, explained=explain)
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
    write_manifest(out, opened, failed)
    page = None
    if explain and (done or kept):
        page = write_explained_page(out, unexplained=unexplained)
    say(len(tasks), len(tasks), "done")
    lost = () if project is None else lacking(project, only, reads)
    crowded = _crowded(out, [*done, *kept])
    return PredictResult(
        tuple(done), tuple(kept), failed, out, lost, page, crowded, in_data and bool(failed)
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


def _predict_task(
    predictor: Predictor, task: Task, out: Path, write: str | None, *, explained: bool
) -> bool:
    """Predict one recording and write its files; False when they were there already."""
    material = task.load()
    if answers_trials(predictor.bundles[0]):
        return _predict_trials(predictor, task, material, out)
    facts = _facts(predictor, material)
    path = out / f"{file_stem(task.recording)}.frames.parquet"
    before = read_facts(path)
    origin = {"bundle": predictor.id, **material.content}
    same = all(before.get(what) == digest for what, digest in origin.items())
    more = out / f"{file_stem(task.recording)}.{write}{_suffix(write)}" if write else None
    others = [path.with_name(path.name.replace(".frames.parquet", end)) for end in TABLES]
    others += [more] if more else []
    if explained:
        same &= explained_from(out / f"{file_stem(task.recording)}.explained.json") == origin
    if same and all(file.exists() for file in others):
        return False
    prediction = predictor.predict(material)
    if more is not None and write is not None:
        out.mkdir(parents=True, exist_ok=True)
        part = registry.load("format", write)
        part.write(more, prediction_bouts(prediction), clocks={task.recording: material.clock})
    if explained:
        why = explain_recording(predictor, material)
        write_explanations(why, task.recording, material.clock, out, facts=origin)
    write_prediction(prediction, out, facts=facts)
    return True


def _facts(predictor: Predictor, material: Material) -> dict[str, Any]:
    """What the files of a prediction say of where it came from, and of how it differs."""
    facts: dict[str, Any] = {**material.content, "source": material.source}
    bundles, pose = predictor.bundles, material.pose
    if pose is not None:
        lacks = sorted({role for b in bundles for role in absent_roles(b, pose.roles)})
        strange = {name for b in bundles for name in unknown_keypoints(b, pose)}
        if strange:
            facts["unused_keypoints"] = sorted(strange)
        if lacks:  # as some recordings of training were; said in the manifest
            facts["without_roles"] = lacks
    known = [most for b in bundles if (most := crowd(b, material.animals)) is not None]
    if known:
        facts["more_animals"] = {"here": len(material.animals), "in_training": min(known)}
    return facts


def _predict_trials(predictor: Predictor, task: Task, material: Material, out: Path) -> bool:
    """Answer the trials of one recording and write its file; False when it was there already."""
    pose, trials = material.pose, task.trials()
    assert pose is not None  # only pose is read of trials
    known = read_trial_facts(out / f"{file_stem(task.recording)}{ENDING}")
    bounds = [[trial.number, trial.first_frame, trial.n_frames] for trial in trials]
    facts = {"pose": Store.key(material.content["pose"], bounds), "source": material.source}
    if known.get("bundle") == predictor.id and known.get("pose") == facts["pose"]:
        return False
    prediction = predict_trials(predictor, task.recording, pose, material.clock, trials)
    write_trial_prediction(prediction, out, facts=facts)
    return True


def _suffix(write: str) -> str:
    part = registry.load("format", write)
    if not hasattr(part, "write"):
        writable = [
            n for n in registry.names("format") if hasattr(registry.load("format", n), "write")
        ]
        raise UsageError(
            f"the format '{write}' cannot be written", todo=did_you_mean(write, writable)
        )
    return str(getattr(part, "SUFFIX", ".csv"))
