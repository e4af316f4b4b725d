"""The project folder itself: opened, with its decisions, animals and recordings."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from boutwise.errors import ProjectError, did_you_mean
from boutwise.project import config_file, query, recordings
from boutwise.project.config import NO_ROLE, EthogramSection, ProjectConfig
from boutwise.project.database import BACKUPS, NAME, Database
from boutwise.store import Store
from boutwise.types import Animal, Ethogram, Recording, Session

FOLDERS = ("store", "runs", "predictions")


class ProjectFolder:
    """An open project folder: what its parts have in common.

    Attributes:
        root: The folder.
        database: The one connection to ``project.db``.
        store: Cache of parsed and computed arrays; deletable at any time.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root)
        self._config = config_file.read(self.root / config_file.NAME)
        self._refuse_without_database()
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

    def _refuse_without_database(self) -> None:
        """A new and empty database in place of a lost one would look as if nothing was labeled."""
        path = self.root / NAME
        if path.is_file() and path.stat().st_size:
            return
        raise ProjectError(
            f"the database of the project is {'empty' if path.exists() else 'missing'}; it holds "
            "all labels",
            file=path,
            todo="copy it back from where you keep copies; or make a new project and import the "
            "files again",
        )

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

    def _as_written(self) -> ProjectConfig:
        """The file as it is now: a person may have edited it since the project was opened."""
        return config_file.read(self.root / config_file.NAME)

    @property
    def ethogram(self) -> Ethogram:
        """The ethogram; without behaviors as long as nobody has declared any."""
        return self._config.ethogram.ethogram()

    def set_ethogram(self, ethogram: Ethogram) -> None:
        """Write the ethogram into ``boutwise.yaml``."""
        section = EthogramSection.of(ethogram)
        self.set_config(self._as_written().model_copy(update={"ethogram": section}))

    @property
    def roles(self) -> dict[str, str]:
        """Keypoint -> role."""
        return self._config.roles

    def set_roles(self, roles: Mapping[str, str]) -> None:
        """Write the roles of keypoints into ``boutwise.yaml``; ``none`` for a keypoint without."""
        plain = {name: role or NO_ROLE for name, role in roles.items()}
        data = self._as_written().model_dump(mode="json") | {"keypoints": plain}
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

    def _labelled(self) -> set[str]:
        rows = self.database.rows(
            "SELECT recording FROM current_observed UNION SELECT recording FROM current_bouts"
        )
        return {row["recording"] for row in rows}
