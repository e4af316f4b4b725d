"""Fixtures that all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared(path: str) -> Path:
    """A file or folder of the real data beside the checkout; skips the test where it is missing."""
    found = DATA / path
    if not found.exists():
        pytest.skip(f"the real data '{path}' is not on this machine")
    return found


@pytest.fixture(name="shared")
def shared_fixture():
    return shared


def make_project(
    root: Path, *, animals: int = 4, minutes: float = 0.75, labelled: int = 99, seed: int = 5
):
    """A project of simulated mice; those beyond ``labelled`` have pose but no labels."""
    from boutwise.project import Project
    from boutwise.synthetic import simulate, write

    mice = simulate("easy", animals=animals, minutes=minutes, seed=seed)
    files = root.parent / f"{root.name}-files"
    write(mice, files)
    project = Project.create(root)
    project.set_ethogram(mice[0].ethogram)
    project.set_roles(dict(mice[0].pose.roles))
    for number, mouse in enumerate(mice):
        project.add_animal(mouse.animal)
        project.add_recording(mouse.recording)
        path = files / "pose" / f"{mouse.recording.id}.csv"
        project.add_pose(mouse.recording.id, path, format="dlc_csv")
        if number < labelled:
            project.add_bouts(mouse.bouts)
    return project


QUICK = [
    "members.0.optim.rounds=8",
    "members.0.windows.statistics=[0.25, 1.05]",
    "members.0.windows.frame_step=3",
    "members.0.augment=[]",
]
"""Settings with which a fold trains in a quarter of a second, for tests that are not about how
good it is: LightGBM takes most of a small fit to sort the rows of each column into bins."""


@pytest.fixture(scope="session")
def mice(tmp_path_factory):
    """A project of four labelled simulated mice; for tests that only read it."""
    return make_project(tmp_path_factory.mktemp("mice") / "project")


@pytest.fixture(scope="session")
def trained(mice):
    """The same project with a quick run of the recipe 'pose', mirror images and all of it.

    Project, plan, result.
    """
    from boutwise.planning import make_plan
    from boutwise.training import train

    plan = make_plan(mice, "pose", settings=[*QUICK, "members.0.augment=[mirror]"])
    return mice, plan, train(mice, plan, out="trained", workers=1)


@pytest.fixture(scope="session")
def filmed(tmp_path_factory):
    """Videos of three mice that shake now and then: their folder, and a project of them."""
    from tests.filmed import import_films, write_films

    folder = write_films(tmp_path_factory.mktemp("films") / "films")
    return folder, import_films(tmp_path_factory.mktemp("filmed") / "project", folder)


def make_pairs(root: Path, *, pairs: int = 4, minutes: float = 0.5, seed: int = 3):
    """A project of simulated cages of two mice each, both directions labelled."""
    from boutwise.project import Project
    from boutwise.synthetic import simulate_pairs, write_pairs

    simulated = simulate_pairs("easy", pairs=pairs, minutes=minutes, seed=seed)
    files = write_pairs(simulated, root.parent / f"{root.name}-files")
    project = Project.create(root)
    project.set_ethogram(simulated[0].ethogram)
    project.set_roles(dict(simulated[0].pose.roles))
    for pair in simulated:
        for animal in pair.animals:
            project.add_animal(animal)
        project.add_recording(pair.recording)
        path = files / "pose" / f"{pair.recording.id}.csv"
        project.add_pose(pair.recording.id, path, format="dlc_csv")
        project.add_bouts(pair.bouts)
    return project


@pytest.fixture(scope="session")
def social(tmp_path_factory):
    """Four labelled cages of two mice with a quick run of 'pose': (project, plan, result)."""
    from boutwise.planning import make_plan
    from boutwise.training import train

    project = make_pairs(tmp_path_factory.mktemp("social") / "project")
    quick = [*QUICK, "members.0.features=[social48]"]
    plan = make_plan(project, "pose", settings=quick)
    return project, plan, train(project, plan, out="social", workers=1)
