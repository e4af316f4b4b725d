"""The project folder: what a lab knows about its recordings, kept safely.

What lives here: :class:`Project` over ``boutwise.yaml`` (decisions, for people to edit) and
``project.db`` (recordings, animals, sessions, files, bouts with every revision, ratings), and
:mod:`boutwise.project.splits`, which divides animals into folds. What may be imported: ``types``,
``store``, ``formats``, ``video``, ``errors``. SQL stays inside this folder. To change the database:
add a file ``migrations/NNN_words.sql`` with the next number; never change one that was released.
"""

from boutwise.project.config import Defaults, EthogramSection, GroupSection, ProjectConfig
from boutwise.project.files import FilePart, SourceFile
from boutwise.project.labels import BoutRevision
from boutwise.project.project import Project
from boutwise.project.revisions import Change

__all__ = [
    "BoutRevision",
    "Change",
    "Defaults",
    "EthogramSection",
    "FilePart",
    "GroupSection",
    "Project",
    "ProjectConfig",
    "SourceFile",
]
