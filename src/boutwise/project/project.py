"""The project: one folder on disk, and everything that is known in it."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from boutwise.errors import UsageError
from boutwise.project import files
from boutwise.project.database import now
from boutwise.project.files import SourceFile
from boutwise.project.folder_boxes import BoxesOfProject
from boutwise.project.folder_labels import LabelsOfProject
from boutwise.project.folder_poses import PosesOfProject
from boutwise.project.folder_videos import VideosOfProject


class Project(PosesOfProject, LabelsOfProject, VideosOfProject, BoxesOfProject):
    """A project folder: ``boutwise.yaml``, ``project.db``, ``store/``, ``runs/``, ``predictions/``.

    Use ``Project.create`` or ``Project.open``. One process at a time writes; worker processes
    never open a project, they get what they need handed over. Every method that writes returns
    when the change is on the disk.
    """

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
