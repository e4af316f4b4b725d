"""The project: one folder on disk, and everything that is known in it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from boutwise.errors import DataError, ProjectError, UsageError, did_you_mean
from boutwise.project import config_file, files, labels, poses, query, recordings
from boutwise.project.config import NO_ROLE, EthogramSection, ProjectConfig
from boutwise.project.database import BACKUPS, Database, now
from boutwise.project.files import FilePart, SourceFile
from boutwise.project.labels import BoutRevision
from boutwise.project.revisions import Change
from boutwise.store import Store
from boutwise.types import (
    Animal,
    Bout,
    Bouts,
    Ethogram,
    PoseTrack,
    Ratings,
    Recording,
    Session,
)

FOLDERS = ("store", "runs", "predictions")


class Project:
    """A project folder: ``boutwise.yaml``, ``project.db``, ``store/``, ``runs/``, ``predictions/``.

    Use :meth:`create` or :meth:`open`. One process at a time writes; worker processes never open
    a project, they get what they need handed over. Every method that writes returns when the
    change is on the disk.

    Attributes:
        root: The folder.
        store: Cache of parsed and computed arrays; deletable at any time.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._config = config_file.read(self.root / config_file.NAME)
        self.database = Database(self.root)
        self.store = Store(self.root / "store")

    @classmethod
    def create(cls, root: str | Path, *, config: ProjectConfig | None = None) -> Self:
        """Make a new project.

        Raises:
            ProjectError: There is one already, or the folder's place is taken by a file.
        """
        root = Path(root)
        if (root / config_file.NAME).exists():
            raise ProjectError(
                "there is a project already", file=root, todo="open it, or choose another folder"
            )
        if root.exists() and not root.is_dir():
            raise ProjectError("this is a file, not a folder", file=root)
        root.mkdir(parents=True, exist_ok=True)
        for folder in FOLDERS:
            (root / folder).mkdir(exist_ok=True)
        Database(root).close()
        # The configuration comes last: a folder that has it is a whole project.
        config_file.write(
            root / config_file.NAME, config or ProjectConfig(), backups=root / BACKUPS
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what there is to warn of has just been said
            return cls(root)

    @classmethod
    def open(cls, root: str | Path) -> Self:
        """Open a project; an old database is migrated, after a copy of it was made.

        Raises:
            ProjectError: There is none, or its files cannot be used.
        """
        return cls(root)

    def close(self) -> None:
        """Close the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # --- what people decide: boutwise.yaml

    @property
    def config(self) -> ProjectConfig:
        """What ``boutwise.yaml`` says."""
        return self._config

    def set_config(self, config: ProjectConfig) -> None:
        """Write ``boutwise.yaml``; sections that did not change keep every character."""
        path = self.root / config_file.NAME
        config_file.write(path, config, backups=self.root / BACKUPS)
        self._config = config_file.read(path)

    @property
    def ethogram(self) -> Ethogram:
        """The ethogram; without behaviors as long as nobody has declared any."""
        return self._config.ethogram.ethogram()

    def set_ethogram(self, ethogram: Ethogram) -> None:
        """Write the ethogram into ``boutwise.yaml``."""
        section = EthogramSection.of(ethogram)
        self.set_config(self._config.model_copy(update={"ethogram": section}))

    @property
    def roles(self) -> dict[str, str]:
        """Keypoint -> role."""
        return self._config.roles

    def set_roles(self, roles: Mapping[str, str]) -> None:
        """Write the roles of keypoints into ``boutwise.yaml``; ``none`` for a keypoint without."""
        plain = {name: role or NO_ROLE for name, role in roles.items()}
        data = self._config.model_dump(mode="json") | {"keypoints": plain}
        self.set_config(ProjectConfig.model_validate(data))

    # --- animals, sessions, recordings

    def add_animal(self, animal: Animal) -> None:
        """Add an animal, or fill in what was not known of it."""
        recordings.add_animal(self.database, animal)

    def animals(self) -> dict[str, Animal]:
        """All animals by id."""
        return recordings.animals(self.database)

    def add_session(self, session: Session) -> None:
        """Add a session, or conditions to it."""
        recordings.add_session(self.database, session)

    def sessions(self) -> dict[str, Session]:
        """All sessions by id."""
        return recordings.sessions(self.database)

    def add_recording(self, recording: Recording) -> None:
        """Add a recording; an equal one changes nothing.

        Raises:
            ProjectError: One of that id is there and says otherwise.
        """
        recordings.add(self.database, recording)

    def recordings(self, only: str | None = None) -> list[Recording]:
        """Recordings in order of their ids.

        Args:
            only: A query, see :func:`boutwise.project.query.select`: ``animal=6112 labelled``.
        """
        found = recordings.load(self.database).values()
        known = query.Known(self.animals(), self.sessions(), self._labelled())
        return query.select(found, only, known)

    def recording(self, recording_id: str) -> Recording:
        """The recording of that id.

        Raises:
            ProjectError: There is none.
        """
        found = recordings.load(self.database, recording_id)
        if recording_id not in found:
            known = [row["id"] for row in self.database.rows("SELECT id FROM recordings")]
            raise ProjectError(
                f"there is no recording '{recording_id}'",
                file=self.root,
                todo=did_you_mean(recording_id, known),
            )
        return found[recording_id]

    def rename_animals(
        self, recording_id: str, names: Sequence[str], *, author: str = "import"
    ) -> None:
        """Give the animals of a recording their declared names; its labels get revisions."""
        old = self.recording(recording_id).animals
        if len(names) != len(old) or len(set(names)) != len(names):
            raise DataError(
                f"{', '.join(names)} cannot name the animals",
                recording=recording_id,
                expected=f"{len(old)} different names",
            )
        with self.database.transaction():
            recordings.rename_animals(self.database, recording_id, tuple(names))
            # By way of names that nobody has, so that two animals may swap theirs.
            steps = [(a, f"\0{i}") for i, a in enumerate(old)]
            steps += [(f"\0{i}", name) for i, name in enumerate(names)]
            if set(old) & set(names) == set():
                steps = list(zip(old, names, strict=True))
            for before, after in steps:
                labels.rename_animal(self.database, recording_id, before, after, author=author)

    # --- pose

    def add_pose(
        self,
        recording_id: str,
        path: str | Path,
        *,
        format: str,
        options: Mapping[str, Any] | None = None,
        row_to_frame: NDArray[np.int64] | None = None,
        track: PoseTrack | None = None,
    ) -> None:
        """Register the pose file of a recording, and keep its parsed track in the store.

        Args:
            recording_id: A recording of the project.
            path: The file; it stays where it is.
            format: Name of its format.
            options: What the format needs to know.
            row_to_frame: Frame of each row, (rows,), when they are not 0, 1, 2, ...
            track: The parsed track, when the caller has it.

        Raises:
            DataError: The track does not fit the recording.
            ProjectError: The recording has another pose file.
        """
        recording = self.recording(recording_id)
        frames = None if row_to_frame is None else np.asarray(row_to_frame, dtype=np.int64)
        with self.database.transaction():
            part = FilePart(recording_id, row_to_frame=frames)
            files.register(
                self.database, "pose", path, format=format, options=options, parts=[part]
            )
            file = self._pose_file(recording_id)
            parsed = track or poses.cached(self.store, file) or poses.read(file)
            poses.check(parsed, file, recording)
        poses.keep(self.store, file, parsed)

    def has_pose(self, recording_id: str) -> bool:
        """Whether a pose file is registered for the recording."""
        return bool([f for f in files.load(self.database, "pose") if f.recording == recording_id])

    def pose(self, recording_id: str) -> PoseTrack:
        """Pose of a recording, memory-mapped, with the project's roles and animals.

        Raises:
            ProjectError: There is none, or cache and source are both gone.
        """
        recording, file = self.recording(recording_id), self._pose_file(recording_id)
        track = poses.cached(self.store, file)
        if track is None:
            track = poses.keep(self.store, file, poses.read(file))
        return poses.fit(track, file, recording, self.roles)

    def parsed_pose(
        self, path: str | Path, *, format: str, options: Mapping[str, Any], track: PoseTrack | None
    ) -> PoseTrack | None:
        """A parsed pose file in the store, before any recording uses it.

        Args:
            path: The file.
            format: Name of its format.
            options: What the format was told.
            track: What was parsed, to be kept; None to ask for what is there.
        """
        file = poses.unused(Path(path), format, options)
        return (
            poses.cached(self.store, file) if track is None else poses.keep(self.store, file, track)
        )

    def pose_names(self, recording_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the animals and of the keypoints as the pose file has them."""
        file = self._pose_file(recording_id)
        track = poses.cached(self.store, file)
        if track is None:
            track = poses.keep(self.store, file, poses.read(file))
        return track.animals, track.keypoints

    def _pose_file(self, recording_id: str) -> SourceFile:
        found = [f for f in files.load(self.database, "pose") if f.recording == recording_id]
        if len(found) == 1:
            return found[0]
        if found:
            raise ProjectError(
                "two pose files claim the same recording: "
                + " and ".join(str(file.path) for file in found),
                recording=recording_id,
                expected="one pose file a recording",
            )
        raise ProjectError(
            "this recording has no pose", recording=recording_id, todo="import its pose file"
        )

    # --- labels

    def add_bouts(self, bouts: Bouts, *, author: str | None = None) -> list[int]:
        """Add bouts and observed ranges; one that is there already is not added again.

        Args:
            bouts: Of recordings and animals of the project.
            author: Who enters them; the annotator of each, when not given.

        Returns:
            Id of each bout, in order. When it returns, they are on the disk.

        Raises:
            LabelError: Unknown recording, animal or behavior, or an end behind the recording's.
        """
        self._check_labels(bouts)
        rows = [(labels.bout_values(b), author or b.annotator) for b in bouts.rows()]
        pieces = [(labels.observed_values(o), author or o.annotator) for o in bouts.observed]
        with self.database.transaction():
            ids = labels.BOUTS.add(self.database, rows)
            labels.OBSERVED.add(self.database, pieces)
        return ids

    def revise_bout(self, bout_id: int, bout: Bout, *, annotator: str) -> None:
        """Change a bout: a new revision by ``annotator``; the old one stays readable."""
        self._check_labels(Bouts.from_rows([bout]))
        labels.BOUTS.revise(self.database, bout_id, labels.bout_values(bout), author=annotator)

    def delete_bout(self, bout_id: int, *, annotator: str) -> None:
        """Take a bout away: a new revision by ``annotator``; the old ones stay readable."""
        labels.BOUTS.revise(self.database, bout_id, None, author=annotator)

    def bouts(self, recording_id: str | None = None, *, annotator: str | None = None) -> Bouts:
        """Bouts and observed ranges in their newest revision, of one recording or all."""
        found, observed = labels.select(self.database, recording_id, annotator)
        return Bouts.from_rows(found.values(), observed)

    def numbered_bouts(self, recording_id: str | None = None) -> dict[int, Bout]:
        """Bouts by id, in their newest revision."""
        return labels.select(self.database, recording_id, None)[0]

    def bout_history(self, bout_id: int) -> list[BoutRevision]:
        """Every state that a bout had, oldest first."""
        return labels.history(self.database, bout_id)

    def add_ratings(self, ratings: Ratings) -> list[int]:
        """Add ratings; one that is there already is not added again."""
        known = recordings.load(self.database)
        for rating in ratings:
            if rating.recording not in known:
                raise ProjectError(
                    f"a rating speaks of the recording '{rating.recording}'",
                    todo=did_you_mean(rating.recording, known),
                )
        rows = [(labels.rating_values(rating), rating.annotator) for rating in ratings]
        return labels.RATINGS.add(self.database, rows)

    def ratings(self, recording_id: str | None = None) -> Ratings:
        """Ratings in their newest revision, of one recording or all."""
        return labels.select_ratings(self.database, recording_id)

    def annotators(self, recording_id: str | None = None) -> list[str]:
        """Who labeled, sorted."""
        bouts = self.bouts(recording_id)
        return sorted({*bouts.annotator, *(piece.annotator for piece in bouts.observed)})

    def _labelled(self) -> set[str]:
        rows = self.database.rows(
            "SELECT recording FROM current_observed UNION SELECT recording FROM current_bouts"
        )
        return {row["recording"] for row in rows}

    def _check_labels(self, bouts: Bouts) -> None:
        named = {*bouts.recording, *(piece.recording for piece in bouts.observed)}
        known = recordings.load(self.database, next(iter(named)) if len(named) == 1 else None)
        if not named <= set(known):  # for the message: the nearest of all names
            known = recordings.load(self.database)
        labels.check(bouts, known, self.ethogram)

    # --- files and runs

    def add_label_file(
        self,
        path: str | Path,
        *,
        format: str = "",
        options: Mapping[str, Any] | None = None,
        parts: Sequence[FilePart] = (),
        bouts: Bouts | None = None,
        ratings: Ratings | None = None,
        author: str = "import",
    ) -> Change:
        """Take over a label file: registered and followed in one transaction.

        Reading a changed file again adds what is new in it and marks as deleted what it no longer
        has; what a person entered or changed by other means is left alone.
        """
        bouts = Bouts.from_rows([]) if bouts is None else bouts
        self._check_labels(bouts)
        with self.database.transaction():
            number = files.register(
                self.database, "labels", path, format=format, options=options, parts=parts
            )
            change = labels.BOUTS.follow(
                self.database, number, [labels.bout_values(b) for b in bouts.rows()], author=author
            )
            pieces = [labels.observed_values(piece) for piece in bouts.observed]
            labels.OBSERVED.follow(self.database, number, pieces, author=author)
            rows = [labels.rating_values(rating) for rating in ratings or Ratings()]
            labels.RATINGS.follow(self.database, number, rows, author=author)
        return change

    def files(self) -> list[SourceFile]:
        """Files that the project was filled from, once for each recording and trial."""
        return files.load(self.database)

    @cached_property
    def runs(self) -> Path:
        """Folder of all runs."""
        return self.root / "runs"

    def run_directory(self, name: str) -> Path:
        """Folder of a run, made when it is not there.

        Raises:
            UsageError: The name cannot be that of a folder.
        """
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or name.endswith("."):
            raise UsageError(
                f"'{name}' cannot be the name of a run",
                expected="letters, digits, dot, dash and underscore",
            )
        with self.database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO runs VALUES (?, ?)", (name, now()))
        (self.runs / name).mkdir(parents=True, exist_ok=True)
        return self.runs / name

    def run_names(self) -> list[str]:
        """Names of the runs that are on the disk, oldest first."""
        rows = self.database.rows("SELECT name FROM runs ORDER BY made, name")
        return [row["name"] for row in rows if (self.runs / row["name"]).is_dir()]
