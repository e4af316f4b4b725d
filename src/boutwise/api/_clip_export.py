"""``export --format clips``: class folders of short videos, and the test set beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from boutwise.api._clip_labels import Holdout, background_of, held_out, labelled, subject_words
from boutwise.api._clip_labels import tracks as label_tracks
from boutwise.api._clip_manifest import ManifestRow, read_manifest, write_manifest
from boutwise.api._clip_test_set import write_kept_apart
from boutwise.errors import DataError, UsageError
from boutwise.formats._prediction import file_stem, refuse_same_stems
from boutwise.prepare import material_of
from boutwise.prepare.boxes import Detect, boxes_of
from boutwise.prepare.clip_files import ClipCut, look_of, square_cut, whole_cut, write_clip
from boutwise.prepare.detectors import Scene
from boutwise.project import Project
from boutwise.types import Boxes, Recording
from boutwise.video import Video
from boutwise.windows import Clip, choose_clips

Say = Callable[[int, int, str], None]

TEST = "test"
WHOLE_PICTURE = "none"
"""In place of a detector: nothing is looked for, and clips show the whole picture."""


@dataclass(frozen=True)
class ClipWish:
    """What is asked for.

    Attributes:
        annotator: Whose labels; None where there is one annotator.
        detector: Name of a detector, ``auto``, or ``none`` for whole pictures.
        holdout: Animals that are kept apart for testing: how many, which, ``auto`` or ``none``.
        seed: Of the background clips and the animals that are kept apart.
    """

    annotator: str | None = None
    detector: str = "auto"
    holdout: Holdout = "auto"
    seed: int = 0


@dataclass(frozen=True)
class ExportedClips:
    """What was written.

    Attributes:
        counts: Class -> clips.
        cut: Files that were written now.
        kept: Files that were there already, unchanged.
        removed: Files of an earlier export that are no clips any more.
        without_box: Clips in which the animal was not found: they are left out.
        undecodable_frames: Frames that were left out because they cannot be decoded.
        test: Recordings that were kept apart.
        holdout: Why these.
        manifest: The list of clips.
    """

    counts: dict[str, int]
    cut: tuple[str, ...]
    kept: tuple[str, ...]
    removed: tuple[str, ...]
    without_box: tuple[str, ...]
    undecodable_frames: int
    test: tuple[str, ...]
    holdout: str
    manifest: Path


def export_clips(
    project: Project, out: str | Path, *, wish: ClipWish | None = None, say: Say | None = None
) -> ExportedClips:
    """Cut the labelled recordings into clips, one folder a class.

    Clips follow the rules of :mod:`boutwise.windows.clips`. A clip that is there with the same
    content is not cut again; files that an earlier export wrote and that are no clips any more are
    taken away, others never. Full-length videos of the animals that are kept apart are listed in
    ``test/videos.csv`` with their labels beside it, and stay where they are.

    Args:
        project: With labels and videos.
        out: Folder.
        wish: Whose labels, how animals are found, who is kept apart.
        say: Called with (done, total, words).

    Raises:
        DataError: There are no labels, a labelled recording has no video, or an animal cannot be
            found by the detector.
        UsageError: There are several annotators and none is named, or no animal has that name.
    """
    wish, out = wish or ClipWish(), Path(out)
    subjects = labelled(project, project.recordings(), wish.annotator)
    recordings = {item.recording.id: item.recording for item in subjects}
    _refuse_without_video(project, recordings)
    refuse_same_stems(recordings)
    apart, why = held_out(subjects, wish.holdout, wish.seed)
    learned = [item for item in subjects if item.recording.id not in apart]
    tracks = label_tracks(project, learned, whole_pictures=wish.detector == WHOLE_PICTURE)
    clips = choose_clips(tracks, seed=wish.seed)
    cutter = _Cutter(project, out, wish, say or (lambda done, total, words: None))
    out.mkdir(parents=True, exist_ok=True)
    cutter.cut_all(clips)
    write_kept_apart(
        project, [recordings[name] for name in sorted(apart)], out / TEST, wish.annotator
    )
    return ExportedClips(
        dict(sorted(Counter(row.behavior for row in cutter.rows).items())),
        tuple(cutter.cut),
        tuple(cutter.kept),
        tuple(cutter.removed),
        tuple(cutter.without_box),
        cutter.undecodable_frames,
        tuple(sorted(apart)),
        why,
        out / "manifest.csv",
    )


def _refuse_without_video(
    project: Project, recordings: Sequence[str] | dict[str, Recording]
) -> None:
    without = [name for name in recordings if not project.has_video(name)]
    if without:
        raise DataError(
            "the recording has labels and no video"
            + (f", as have {len(without) - 1} others" if len(without) > 1 else ""),
            recording=without[0],
            expected="a video of every labelled recording",
            todo="import its video; the dry run of 'import' says which file belongs to which",
        )


class _Cutter:
    """Cuts the clips of one export, recording by recording."""

    def __init__(self, project: Project, out: Path, wish: ClipWish, say: Say) -> None:
        self.project, self.out, self.wish, self.say = project, out, wish, say
        self.before = read_manifest(out)
        self.background = background_of(project.ethogram)
        self.folders = _folders([*project.ethogram.names, self.background])
        self.rows: list[ManifestRow] = []
        self.cut: list[str] = []
        self.kept: list[str] = []
        self.removed: list[str] = []
        self.without_box: list[str] = []
        self.undecodable_frames = 0

    def cut_all(self, clips: Sequence[Clip]) -> None:
        """Cut what is not there, and list all; what was done is listed also when it is stopped."""
        by_recording: dict[str, list[Clip]] = {}
        for clip in clips:
            by_recording.setdefault(clip.subject.recording, []).append(clip)
        whole = False
        done = 0
        try:
            for name, mine in by_recording.items():
                done = self._recording(name, mine, done, len(clips))
            whole = True
        finally:
            self._list(whole)
        self.say(len(clips), len(clips), "clips")

    def _list(self, whole: bool) -> None:
        """Write the manifest, and after a whole export take away what is no clip any more."""
        if whole:
            files = {row.file for row in self.rows}
            for name in sorted(self.before.keys() - files):
                path = self.out / name
                # A line of a list must not reach outside of the folder that it lists.
                if path.is_file() and self.out.resolve() in path.resolve().parents:
                    path.unlink()
                    self.removed.append(name)
        rows = {row.file: row for row in self.rows}
        write_manifest(self.out, rows.values() if whole else (self.before | rows).values())

    def _recording(self, name: str, clips: Sequence[Clip], done: int, total: int) -> int:
        recording = self.project.recording(name)
        scene = material_of(self.project, recording).scene
        assert scene is not None  # a recording without video was refused before
        boxes = self._boxes(scene, done, total)
        todo: list[tuple[str, Clip, ClipCut]] = []
        for clip in sorted(clips, key=lambda clip: (clip.start, clip.stop)):
            what = (
                whole_cut(clip.start, clip.stop, scene.size)
                if boxes is None
                else square_cut(clip.start, clip.stop, boxes, clip.subject, recording.clock)
            )
            if what is None:
                self.without_box.append(self._file(clip, recording))
                done += 1
            elif self._is_there(clip, what, recording, scene):
                done += 1
            else:
                todo.append((self._file(clip, recording), clip, what))
        if todo:
            # One decoder that goes forward: clips are read in the order of the file.
            with Video(scene.path, scene.index, look=look_of(todo[0][2])) as opened:
                for file, clip, what in todo:
                    self.say(done, total, f"cutting {file}")
                    self._write(file, what, opened, recording)
                    self._add(file, clip, what, recording, scene)
                    self.cut.append(file)
                    done += 1
        return done

    def _boxes(self, scene: Scene, done: int, total: int) -> Boxes | None:
        if self.wish.detector == WHOLE_PICTURE:
            return None
        return boxes_of(
            scene,
            Detect(detector=self.wish.detector),
            store=self.project.store,
            say=lambda frames, of, words: self.say(
                done, total, f"{scene.recording}: {words}, {frames} of {of} frames"
            ),
        )

    def _is_there(self, clip: Clip, what: ClipCut, recording: Recording, scene: Scene) -> bool:
        file = self._file(clip, recording)
        before = self.before.get(file)
        same = before is not None and before.key == what.key(scene.index.digest)
        if same and (self.out / file).is_file():
            self._add(file, clip, what, recording, scene)
            self.kept.append(file)
            return True
        return False

    def _write(self, file: str, what: ClipCut, opened: Video, recording: Recording) -> None:
        path = self.out / file
        path.parent.mkdir(exist_ok=True)
        self.undecodable_frames += write_clip(opened, what, path, clock=recording.clock)

    def _add(
        self, file: str, clip: Clip, what: ClipCut, recording: Recording, scene: Scene
    ) -> None:
        self.rows.append(
            ManifestRow(
                file,
                clip.behavior or self.background,
                recording.id,
                str(scene.path),
                subject_words(clip.subject),
                clip.start,
                clip.stop,
                round(clip.n_frames / recording.clock.fps, 3),
                clip.why,
                what.key(scene.index.digest),
            )
        )

    def _file(self, clip: Clip, recording: Recording) -> str:
        """Below the folder; animals are named where there are several."""
        who = [clip.subject.animal, clip.subject.target] if len(recording.animals) > 1 else []
        words = [file_stem(recording.id), *(file_stem(name) for name in who if name)]
        name = f"{'_'.join(words)}_{clip.start:06d}-{clip.stop:06d}.mp4"
        return f"{self.folders[clip.behavior or self.background]}/{name}"


def _folders(names: Sequence[str]) -> dict[str, str]:
    """Class -> folder.

    Raises:
        UsageError: A behavior has the name of the test set.
    """
    refuse_same_stems(set(names))
    found = {name: file_stem(name) for name in names}
    for name, folder in found.items():
        if folder.lower() == TEST:
            raise UsageError(
                f"a behavior is called '{name}', which is the folder of what is kept apart",
                todo="rename it in boutwise.yaml by 'merges', or export another format",
            )
    return found
