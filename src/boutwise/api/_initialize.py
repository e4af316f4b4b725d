"""``init``: a new project folder."""

from __future__ import annotations

from pathlib import Path

from boutwise.project import Project, ProjectConfig


def initialize(root: str | Path, *, config: ProjectConfig | None = None) -> Project:
    """Make a project folder with a commented ``boutwise.yaml`` and an empty database.

    Args:
        root: The folder; made when it is not there.
        config: What ``boutwise.yaml`` shall say; empty sections when not given.

    Raises:
        ProjectError: There is a project already.
    """
    return Project.create(root, config=config)
