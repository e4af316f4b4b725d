import pytest
from tests.project._project_samples import ETHOGRAM, recording

from boutwise.project import Project


@pytest.fixture
def project(tmp_path):
    with Project.create(tmp_path / "lab") as project:
        project.set_ethogram(ETHOGRAM)
        project.add_recording(recording())
        yield project
